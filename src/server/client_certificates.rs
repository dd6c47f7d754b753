//! Client certificates: checked against the authorities of the host's own policy, and refused when they
//! carry a name that could be read in two ways.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime, pem};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use crate::config::ClientAuth;

/// Why client certificates cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// The file cannot be read or is not PEM.
    #[error("cannot read {path}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What reading said.
        source: pem::Error,
    },
    /// One of the authorities cannot sign anything.
    #[error("{path} holds something that is no authority", path = .path.display())]
    NotAnAuthority {
        /// The file.
        path: PathBuf,
        /// What was found.
        source: rustls::Error,
    },
    /// The file holds none.
    #[error("{path} holds no authority", path = .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What was found.
        source: VerifierBuilderError,
    },
}

/// The check of one policy.
///
/// # Errors
/// See [`AuthoritiesError`]; a policy that cannot be loaded must not be served without.
pub fn verifier(
    policy: &ClientAuth,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, AuthoritiesError> {
    let path = || policy.authorities.clone();
    let authorities = CertificateDer::pem_file_iter(&policy.authorities)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|source| AuthoritiesError::Unreadable { path: path(), source })?;
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority).map_err(|source| AuthoritiesError::NotAnAuthority { path: path(), source })?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let builder = if policy.required { builder } else { builder.allow_unauthenticated() };
    let inner = builder.build().map_err(|source| AuthoritiesError::Unusable { path: path(), source })?;
    Ok(Arc::new(PlainNames { inner }))
}

/// Refuses what the usual check lets pass: NUL bytes and wildcards in a client's names.
#[derive(Debug)]
struct PlainNames {
    inner: Arc<dyn ClientCertVerifier>,
}

impl ClientCertVerifier for PlainNames {
    fn offer_client_auth(&self) -> bool {
        self.inner.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.inner.verify_client_cert(leaf, intermediates, now)?;
        if names_are_plain(leaf) { Ok(verified) } else { Err(CertificateError::BadEncoding.into()) }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn names_are_plain(leaf: &[u8]) -> bool {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(leaf) else { return false };
    let subject = certificate.subject().iter_attributes().all(|part| no_nul(part.as_slice()));
    subject && alternatives_are_plain(&certificate)
}

fn alternatives_are_plain(certificate: &X509Certificate<'_>) -> bool {
    let Ok(extension) = certificate.subject_alternative_name() else { return false };
    extension.iter().flat_map(|extension| &extension.value.general_names).all(|name| match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
            no_nul(text.as_bytes()) && !text.contains('*')
        }
        GeneralName::Invalid(..) => false,
        _ => true,
    })
}

fn no_nul(bytes: &[u8]) -> bool {
    !bytes.contains(&0)
}
