//! The gate's own certificates: read from PEM files, chosen by the name the client asks for. A reload
//! builds a new set beside the old one; `tls.rs` swaps them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, SignatureScheme};
use x509_parser::extensions::GeneralName;
use x509_parser::time::ASN1Time;

use crate::config::CertificateFiles;
use crate::model::presented::CertificateNames;
use crate::secret::token::sha256;
use crate::time::Timestamp;

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file cannot be read or is not PEM.
    #[error("cannot read {path}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What reading said.
        source: pem::Error,
    },
    /// The file holds no certificate.
    #[error("{path} holds no certificate", path = .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The leaf is not a certificate a client could check.
    #[error("{path} cannot be parsed as a certificate", path = .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The leaf has no usable subject alternative name; clients look at nothing else.
    #[error("{path} names no host in its subject alternative names", path = .path.display())]
    Nameless {
        /// The file.
        path: PathBuf,
    },
    /// The private key is of an unknown kind or belongs to another certificate.
    #[error("the key {path} does not fit its certificate", path = .path.display())]
    WrongKey {
        /// The key file.
        path: PathBuf,
        /// What was found.
        source: rustls::Error,
    },
    /// No certificate is configured at all.
    #[error("no certificate is configured")]
    None,
}

/// What a certificate says about itself.
#[derive(Debug)]
pub struct Leaf {
    /// Hosts it is good for.
    pub names: Arc<CertificateNames>,
    /// Who signed it.
    pub issuer: String,
    /// When its validity begins.
    pub not_before: Timestamp,
    /// When its validity ends.
    pub not_after: Timestamp,
    /// SHA-256 of its DER form, in hexadecimal digits.
    pub fingerprint: String,
}

/// One certificate with its key, ready to sign.
#[derive(Debug)]
pub struct Certificate {
    /// Chain and signing key.
    pub key: Arc<CertifiedKey>,
    /// What its leaf says.
    pub leaf: Leaf,
    /// Where it was read from.
    pub path: PathBuf,
}

/// A set of certificates, by name. The first one is shown to clients that name no known host.
#[derive(Debug)]
pub struct Certificates {
    all: Vec<Arc<Certificate>>,
    fallback: Group,
    exact: HashMap<Box<str>, Group>,
    parents: HashMap<Box<str>, Group>,
}

/// Certificates that serve one name, in order of configuration; they differ in the kind of their keys.
#[derive(Debug)]
struct Group {
    members: Vec<Arc<Certificate>>,
    /// What every one of them covers: which one a client was shown depends on what it can check.
    shared: Arc<CertificateNames>,
}

impl Group {
    fn new(first: &Arc<Certificate>) -> Self {
        Self { members: vec![Arc::clone(first)], shared: Arc::clone(&first.leaf.names) }
    }

    fn add(&mut self, next: &Arc<Certificate>) {
        self.members.push(Arc::clone(next));
        Arc::make_mut(&mut self.shared).keep_shared(&next.leaf.names);
    }

    fn insert(map: &mut HashMap<Box<str>, Self>, name: &str, certificate: &Arc<Certificate>) {
        match map.get_mut(name) {
            Some(group) => group.add(certificate),
            None => {
                map.insert(name.into(), Self::new(certificate));
            }
        }
    }
}

impl Certificates {
    /// Reads every pair of files; one that cannot be served fails them all.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn load(files: &[CertificateFiles], provider: &CryptoProvider) -> Result<Self, CertificateError> {
        let read = files.iter().map(|pair| read(pair, provider).map(Arc::new));
        let read = read.collect::<Result<Vec<_>, _>>()?;
        let (mut exact, mut parents) = (HashMap::new(), HashMap::new());
        for certificate in &read {
            for name in certificate.leaf.names.exact() {
                Group::insert(&mut exact, name, certificate);
            }
            for name in certificate.leaf.names.parents() {
                Group::insert(&mut parents, name, certificate);
            }
        }
        let (first, rest) = read.split_first().ok_or(CertificateError::None)?;
        let mut fallback = Group::new(first);
        let twins = rest.iter().filter(|other| other.leaf.names == first.leaf.names);
        twins.for_each(|twin| fallback.add(twin));
        Ok(Self { fallback, all: read, exact, parents })
    }

    /// Every certificate, in order of configuration.
    pub fn all(&self) -> &[Arc<Certificate>] {
        &self.all
    }

    /// Certificates for `name` (lower-case): those that carry it, else the wildcards above it.
    fn group(&self, name: &str) -> Option<&Group> {
        let above = || name.split_once('.').and_then(|(_, parent)| self.parents.get(parent));
        self.exact.get(name).or_else(above)
    }

    /// Whether any certificate carries `name`.
    pub fn knows(&self, name: &str) -> bool {
        self.group(name).is_some()
    }

    /// The one to show: for the name asked for, the first whose key signs in a way the client can check.
    pub fn choose(&self, name: Option<&str>, schemes: &[SignatureScheme]) -> Option<&Arc<Certificate>> {
        let members = &name.and_then(|name| self.group(name)).unwrap_or(&self.fallback).members;
        let signs = |certificate: &&Arc<Certificate>| certificate.key.key.choose_scheme(schemes).is_some();
        members.iter().find(signs).or(members.first())
    }

    /// The names that whichever certificate was shown for `name` covers.
    pub fn names_for(&self, name: Option<&str>) -> Arc<CertificateNames> {
        Arc::clone(&name.and_then(|name| self.group(name)).unwrap_or(&self.fallback).shared)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(canonical);
        self.choose(name.as_deref(), hello.signature_schemes()).map(|chosen| Arc::clone(&chosen.key))
    }
}

/// A server name as everything here compares it.
pub fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn read(files: &CertificateFiles, provider: &CryptoProvider) -> Result<Certificate, CertificateError> {
    let path = &files.certificate;
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        |source| CertificateError::Unreadable { path, source }
    };
    let chain = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(path))?;
    let leaf = chain.first().ok_or_else(|| CertificateError::Empty { path: path.clone() })?;
    let leaf = parse(leaf, path)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(unreadable(&files.key))?;
    let wrong = |source| CertificateError::WrongKey { path: files.key.clone(), source };
    let signing = provider.key_provider.load_private_key(key).map_err(wrong)?;
    let key = CertifiedKey::new(chain, signing);
    match key.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
        Err(source) => return Err(wrong(source)),
    }
    Ok(Certificate { key: Arc::new(key), leaf, path: path.clone() })
}

/// Reads names and end of validity out of a leaf.
///
/// # Errors
/// When it is malformed or names no host.
pub fn parse(der: &[u8], path: &Path) -> Result<Leaf, CertificateError> {
    let malformed = || CertificateError::Malformed { path: path.to_owned() };
    let (_, certificate) = x509_parser::parse_x509_certificate(der).map_err(|_| malformed())?;
    let mut names = CertificateNames::default();
    let alternatives = certificate.subject_alternative_name().map_err(|_| malformed())?;
    for name in alternatives.iter().flat_map(|extension| &extension.value.general_names) {
        match name {
            GeneralName::DNSName(name) => names.add_name(name).map_err(|_| malformed())?,
            GeneralName::IPAddress(bytes) => names.add_address(address(bytes).ok_or_else(malformed)?),
            _ => {}
        }
    }
    if names.is_empty() {
        return Err(CertificateError::Nameless { path: path.to_owned() });
    }
    let instant = |at: ASN1Time| Timestamp::from_millis(at.timestamp().saturating_mul(1000));
    let validity = certificate.validity();
    Ok(Leaf {
        names: Arc::new(names),
        issuer: certificate.issuer().to_string(),
        not_before: instant(validity.not_before),
        not_after: instant(validity.not_after),
        fingerprint: sha256(der).iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// An address as X.509 writes it: four or sixteen bytes.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = || <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four().ok().or_else(|| <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok())
}
