//! The development authority and its certificate: made on first start, kept, renewed before they end.
//! The authority can vouch for no host names but this gate's own, so trusting it on a laptop risks little.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use super::certificates::{Leaf, parse};
use crate::config::{CertificateFiles, Config};
use crate::time::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Browsers and operating systems refuse leaves of more than 398 days.
const LEAF_LIFETIME: Duration = Duration::from_secs(90 * 24 * 60 * 60);
const LEAF_RENEWED_BEFORE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const AUTHORITY_LIFETIME: Duration = Duration::from_secs(5 * 365 * 24 * 60 * 60);
/// Longer than a leaf lives: a leaf never outlives its authority.
const AUTHORITY_RENEWED_BEFORE: Duration = Duration::from_secs(120 * 24 * 60 * 60);

/// Why the development certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DevelopmentError {
    /// The directory or a file in it cannot be written.
    #[error("cannot write {path}", path = .path.display())]
    Unwritable {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The library refused a name or has no randomness.
    #[error("cannot make a development certificate")]
    Library(#[from] rcgen::Error),
}

/// What [`ensure`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Both were good.
    Kept,
    /// A new leaf under the old authority: whoever trusts it notices nothing.
    LeafMade,
    /// A new authority: it has to be trusted anew.
    AuthorityMade,
}

/// Paths inside the development directory.
#[derive(Debug, Clone)]
pub struct DevelopmentFiles {
    /// What people trust.
    pub authority: PathBuf,
    /// Signs leaves; readable by its owner only.
    pub authority_key: PathBuf,
    /// What the gate shows and proves itself with.
    pub leaf: CertificateFiles,
}

impl DevelopmentFiles {
    /// The files of `directory`, whether they exist or not.
    pub fn of(directory: &Path) -> Self {
        Self {
            authority: directory.join("authority.pem"),
            authority_key: directory.join("authority-key.pem"),
            leaf: CertificateFiles {
                certificate: directory.join("development.pem"),
                key: directory.join("development-key.pem"),
            },
        }
    }
}

/// Every host a configuration answers for, with those a development machine needs.
pub fn hosts(config: &Config) -> Vec<Arc<str>> {
    let always = ["localhost", "127.0.0.1", "::1"].map(Arc::from);
    let unbracketed = |host: &Arc<str>| host.trim_matches(['[', ']']).into();
    let configured = config.routing.hosts.iter().chain([&config.public_url.host]).map(unbracketed);
    let mut hosts: Vec<Arc<str>> = always.into_iter().chain(configured).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

/// Keeps, renews or makes the authority and its certificate so that the latter covers `hosts`.
///
/// # Errors
/// When the directory cannot be written.
pub fn ensure(directory: &Path, hosts: &[Arc<str>], now: Timestamp) -> Result<Outcome, DevelopmentError> {
    let files = DevelopmentFiles::of(directory);
    let kept = Authority::read(&files, hosts, now);
    let fresh = kept.is_none();
    if !fresh && leaf_is_good(&files, hosts, now) {
        return Ok(Outcome::Kept);
    }
    fs::create_dir_all(directory).map_err(|source| unwritable(directory, source))?;
    let authority = match kept {
        Some(authority) => authority,
        None => Authority::make(&files, hosts, now)?,
    };
    authority.sign_leaf(&files, hosts, now)?;
    Ok(if fresh { Outcome::AuthorityMade } else { Outcome::LeafMade })
}

/// An authority with its key.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// The one on disk, when it is whole, lasts, and may vouch for all of `hosts`.
    fn read(files: &DevelopmentFiles, hosts: &[Arc<str>], now: Timestamp) -> Option<Self> {
        let pem = fs::read_to_string(&files.authority).ok()?;
        let key = KeyPair::from_pem(&fs::read_to_string(&files.authority_key).ok()?).ok()?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&der).ok()?;
        let ends = Timestamp::from_millis(parsed.validity().not_after.timestamp().saturating_mul(1000));
        let lasts = ends.minus(AUTHORITY_RENEWED_BEFORE) > now;
        let own_key = owns(&key, &parsed);
        let vouches = hosts.iter().all(|host| permits(&parsed, host));
        let issuer = Issuer::from_ca_cert_pem(&pem, key).ok()?;
        (lasts && own_key && vouches).then_some(Self { pem, issuer })
    }

    fn make(files: &DevelopmentFiles, hosts: &[Arc<str>], now: Timestamp) -> Result<Self, DevelopmentError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Portcullis development authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let permitted_subtrees = subtrees(hosts);
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
        valid_until(&mut params, now, now.plus(AUTHORITY_LIFETIME));
        let pem = params.self_signed(&key)?.pem();
        write(&files.authority_key, &key.serialize_pem(), 0o600)?;
        write(&files.authority, &pem, 0o644)?;
        Ok(Self { pem, issuer: Issuer::new(params, key) })
    }

    fn sign_leaf(
        &self,
        files: &DevelopmentFiles,
        hosts: &[Arc<str>],
        now: Timestamp,
    ) -> Result<(), DevelopmentError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Portcullis development certificate");
        params.subject_alt_names = hosts.iter().map(|host| alternative(host)).collect::<Result<_, _>>()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        valid_until(&mut params, now, now.plus(LEAF_LIFETIME));
        let leaf = params.signed_by(&key, &self.issuer)?.pem();
        write(&files.leaf.key, &key.serialize_pem(), 0o600)?;
        write(&files.leaf.certificate, &format!("{leaf}{}", self.pem), 0o644)
    }
}

fn leaf_is_good(files: &DevelopmentFiles, hosts: &[Arc<str>], now: Timestamp) -> bool {
    let chain = CertificateDer::pem_file_iter(&files.leaf.certificate).and_then(Iterator::collect);
    let chain: Vec<CertificateDer<'_>> = chain.unwrap_or_default();
    let Ok(authority) = CertificateDer::from_pem_file(&files.authority) else { return false };
    let [leaf, issuer] = chain.as_slice() else { return false };
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(leaf) else { return false };
    let Ok(Leaf { names, not_after, .. }) = parse(leaf, &files.leaf.certificate) else { return false };
    let key = fs::read_to_string(&files.leaf.key).ok().and_then(|pem| KeyPair::from_pem(&pem).ok());
    *issuer == authority
        && key.is_some_and(|key| owns(&key, &parsed))
        && not_after.minus(LEAF_RENEWED_BEFORE) > now
        && hosts.iter().all(|host| names.covers(&host.replacen("*.", "any.", 1)))
}

fn owns(key: &KeyPair, certificate: &X509Certificate<'_>) -> bool {
    certificate.public_key().subject_public_key.data.as_ref() == key.public_key_raw()
}

/// Whether an authority's name constraints let it vouch for `host` (RFC 5280 section 4.2.1.10).
fn permits(authority: &X509Certificate<'_>, host: &str) -> bool {
    let Ok(Some(constraints)) = authority.name_constraints() else { return false };
    let permitted = constraints.value.permitted_subtrees.iter().flatten();
    let under = |base: &str| {
        let host = host.strip_prefix("*.").unwrap_or(host);
        host.strip_suffix(base).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    is_address(host)
        || permitted
            .into_iter()
            .any(|subtree| matches!(subtree.base, GeneralName::DNSName(base) if under(base)))
}

/// What the authority may vouch for. Names only: BoringSSL, which every gRPC client carries, refuses a
/// chain in which addresses are constrained.
fn subtrees(hosts: &[Arc<str>]) -> Vec<GeneralSubtree> {
    let names = hosts.iter().filter(|host| !is_address(host));
    names.map(|host| GeneralSubtree::DnsName(host.strip_prefix("*.").unwrap_or(host).to_owned())).collect()
}

fn is_address(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
}

fn alternative(host: &str) -> Result<SanType, rcgen::Error> {
    match host.parse::<IpAddr>() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => Ok(SanType::DnsName(host.try_into()?)),
    }
}

/// From a day ago, for clocks that run behind, until `end`.
fn valid_until(params: &mut CertificateParams, now: Timestamp, end: Timestamp) {
    let since_epoch = |at: Timestamp| Duration::from_secs(u64::try_from(at.seconds()).unwrap_or_default());
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + since_epoch(now.minus(DAY));
    params.not_after = epoch + since_epoch(end);
}

/// Writes beside the file and renames, so that nobody ever reads half of one.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), DevelopmentError> {
    let draft = path.with_extension("new");
    let written = || {
        let _ = fs::remove_file(&draft);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    written().map_err(|source| unwritable(path, source))
}

fn unwritable(path: &Path, source: io::Error) -> DevelopmentError {
    DevelopmentError::Unwritable { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("portcullis-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Self(path)
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn list(hosts: &[&str]) -> Vec<Arc<str>> {
        hosts.iter().copied().map(Arc::from).collect()
    }

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn authority_and_leaf_are_made_once_and_kept() {
        let directory = Directory::new("kept");
        let hosts = list(&["localhost", "127.0.0.1", "::1", "app.example"]);
        assert_eq!(ensure(&directory.0, &hosts, NOW).unwrap(), Outcome::AuthorityMade);
        let files = DevelopmentFiles::of(&directory.0);
        let before = fs::read(&files.leaf.certificate).unwrap();
        assert_eq!(ensure(&directory.0, &hosts, NOW.plus(DAY)).unwrap(), Outcome::Kept);
        assert_eq!(before, fs::read(&files.leaf.certificate).unwrap());
        for key in [&files.authority_key, &files.leaf.key] {
            assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_leaf_near_its_end_is_renewed_under_the_same_authority() {
        let directory = Directory::new("renewed");
        let hosts = list(&["localhost"]);
        ensure(&directory.0, &hosts, NOW).unwrap();
        let files = DevelopmentFiles::of(&directory.0);
        let authority = fs::read(&files.authority).unwrap();
        assert_eq!(ensure(&directory.0, &hosts, NOW.plus(DAY * 61)).unwrap(), Outcome::LeafMade);
        assert_eq!(authority, fs::read(&files.authority).unwrap());
        fs::write(&files.leaf.key, "garbage").unwrap();
        assert_eq!(ensure(&directory.0, &hosts, NOW.plus(DAY * 61)).unwrap(), Outcome::LeafMade);
    }

    #[test]
    fn a_host_outside_the_authoritys_constraints_needs_a_new_authority() {
        let directory = Directory::new("constraints");
        ensure(&directory.0, &list(&["localhost", "example.test"]), NOW).unwrap();
        let below = list(&["localhost", "app.example.test"]);
        assert_eq!(ensure(&directory.0, &below, NOW).unwrap(), Outcome::LeafMade);
        let beyond = list(&["localhost", "badexample.test"]);
        assert_eq!(ensure(&directory.0, &beyond, NOW).unwrap(), Outcome::AuthorityMade);
        // Addresses are not constrained: some clients refuse a chain in which they are.
        assert_eq!(ensure(&directory.0, &list(&["localhost", "192.0.2.1"]), NOW).unwrap(), Outcome::LeafMade);
    }
}
