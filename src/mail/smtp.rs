//! Letters by SMTP (RFC 5321), over TLS, on connections that are kept for a while.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{MailError, Mailer, Posted, Sender};
use crate::config::{MailServer, MailTls};

/// Sends letters to a server.
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Sender,
    place: String,
}

/// Connections at once.
const CONNECTIONS: u32 = 4;

/// How long a connection waits for another letter.
const IDLE: Duration = Duration::from_secs(30);

impl Smtp {
    pub(super) fn to(server: &MailServer, sender: Sender) -> Result<Self, MailError> {
        let tls = parameters(server).map_err(MailError::Setup)?;
        let tls = match server.tls {
            MailTls::AtOnce => Tls::Wrapper(tls),
            MailTls::Demanded => Tls::Required(tls),
            MailTls::Offered => Tls::Opportunistic(tls),
        };
        let pool = PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.clone())
            .port(server.port)
            .tls(tls)
            .timeout(Some(server.deadline))
            .pool_config(pool);
        if let Some((user, password)) = &server.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().clone()));
        }
        let place = format!("{}:{}", server.host, server.port);
        Ok(Self { transport: builder.build(), sender, place })
    }

    async fn bring(&self, letter: &Posted) -> Result<(), MailError> {
        let message = self.sender.message(letter)?;
        self.transport.send(message).await.map(drop).map_err(sorted)
    }
}

impl Mailer for Smtp {
    fn send<'a>(
        &'a self,
        letter: &'a Posted,
    ) -> Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>> {
        Box::pin(self.bring(letter))
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn leaves(&self) -> bool {
        true
    }
}

fn parameters(server: &MailServer) -> Result<TlsParameters, Error> {
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(pem) = &server.authorities {
        builder = builder.certificate_store(CertificateStore::None);
        for authority in CertificateDer::pem_slice_iter(pem).flatten() {
            builder = builder.add_root_certificate(Certificate::from_der(authority.to_vec())?);
        }
    }
    builder.build_rustls()
}

/// A refusal of the server's own policy towards us (530 to 538) can be mended by the operator, so the letter
/// waits; any other final answer is about this letter (RFC 5321 section 4.2.1, RFC 4954 section 6).
fn sorted(error: Error) -> MailError {
    let code = error.status().map(u16::from);
    let ours = code.is_some_and(|code| (530..=538).contains(&code));
    if error.is_permanent() && !ours { MailError::Refused(error) } else { MailError::Later(error) }
}
