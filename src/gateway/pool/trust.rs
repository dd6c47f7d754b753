//! What makes an upstream's certificate good: the machine's authorities, a private authority, or one pinned
//! certificate. Built once per configuration; sessions are resumed across workers.

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs as provider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::error::UpstreamSetupError;
use crate::model::upstream::{Protocol, Trust, Upstream, UpstreamTls};

/// TLS towards one upstream: how to greet it, and by which name.
#[derive(Debug, Clone)]
pub(super) struct Greeting {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
}

impl Greeting {
    /// Builds it; `None` for an upstream in clear text.
    pub(super) fn of(upstream: &Upstream) -> Result<Option<Self>, UpstreamSetupError> {
        let Some(tls) = &upstream.tls else { return Ok(None) };
        let name = ServerName::try_from(tls.server_name.to_string()).map_err(|_| {
            UpstreamSetupError::ServerName { upstream: upstream.name.clone(), name: tls.server_name.clone() }
        })?;
        let provider = Arc::new(provider::default_provider());
        let setup = |source| UpstreamSetupError::Tls { upstream: upstream.name.clone(), source };
        let verifier = verifier(upstream, tls, &provider)?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(setup)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols = match upstream.protocol {
            Protocol::Http1 => vec![b"http/1.1".to_vec()],
            Protocol::Http2 => vec![b"h2".to_vec()],
        };
        Ok(Some(Self { config: Arc::new(config), name }))
    }
}

fn verifier(
    upstream: &Upstream,
    tls: &UpstreamTls,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, UpstreamSetupError> {
    match &tls.trust {
        Trust::Platform => match Verifier::new(provider.clone()) {
            Ok(verifier) => Ok(Arc::new(verifier)),
            Err(source) => Err(UpstreamSetupError::Tls { upstream: upstream.name.clone(), source }),
        },
        Trust::Authorities(path) => {
            let roots = Arc::new(authorities(upstream, path)?);
            let built = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build();
            let none =
                |_| UpstreamSetupError::NoAuthority { upstream: upstream.name.clone(), path: path.clone() };
            Ok(built.map_err(none)?)
        }
        Trust::Pinned(fingerprint) => {
            Ok(Arc::new(Pinned { fingerprint: *fingerprint, provider: provider.clone() }))
        }
    }
}

fn authorities(upstream: &Upstream, path: &Path) -> Result<RootCertStore, UpstreamSetupError> {
    let unreadable = |source| UpstreamSetupError::Authorities {
        upstream: upstream.name.clone(),
        path: path.to_owned(),
        source,
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        if roots.add(certificate.map_err(unreadable)?).is_err() {
            return Err(UpstreamSetupError::NoAuthority {
                upstream: upstream.name.clone(),
                path: path.to_owned(),
            });
        }
    }
    Ok(roots)
}

/// Takes exactly one certificate, whoever signed it and whatever it says; whoever shows it must still
/// prove to hold its key.
#[derive(Debug)]
struct Pinned {
    fingerprint: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if digest(&SHA256, end_entity).as_ref() == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
