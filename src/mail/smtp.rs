//! Letters by SMTP (RFC 5321), over TLS, on connections that are kept for a while. The library's own pool takes a
//! connection back in whatever state its user left it; here one on which anything went wrong or took too long is
//! never used again.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::time::timeout;

use super::{MailError, Mailer, Posted, Sender};
use crate::config::{MailServer, MailTls};
use crate::secret::Secret;

/// Sends letters to a server.
pub(super) struct Smtp {
    host: String,
    port: u16,
    tls: (MailTls, TlsParameters),
    credentials: Option<(String, Secret<String>)>,
    deadline: Duration,
    sender: Sender,
    kept: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

/// Connections kept.
const CONNECTIONS: usize = 4;

/// How long a connection is kept for another letter.
const IDLE: Duration = Duration::from_secs(30);

impl Smtp {
    pub(super) fn to(server: &MailServer, sender: Sender) -> Result<Self, MailError> {
        let secret = |(user, password): &(String, Secret<String>)| {
            (user.clone(), Secret::new(password.expose().clone()))
        };
        Ok(Self {
            host: server.host.clone(),
            port: server.port,
            tls: (server.tls, parameters(server).map_err(MailError::Setup)?),
            credentials: server.credentials.as_ref().map(secret),
            deadline: server.deadline,
            sender,
            kept: Mutex::default(),
        })
    }

    async fn bring(&self, letter: &Posted) -> Result<(), MailError> {
        let message = self.sender.message(letter)?;
        let sent = timeout(self.deadline, async {
            let mut connection = self.connection().await?;
            connection.send(message.envelope(), &message.formatted()).await?;
            Ok(connection)
        });
        let connection = sent.await.map_err(|_| MailError::Late)?.map_err(sorted)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(_, since)| since.elapsed() < IDLE);
        if kept.len() < CONNECTIONS {
            kept.push((connection, Instant::now()));
        }
        Ok(())
    }

    /// A connection that answers: a kept one, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        while let Some((mut connection, since)) = self.take() {
            if since.elapsed() < IDLE && connection.test_connected().await {
                return Ok(connection);
            }
        }
        self.connect().await
    }

    fn take(&self) -> Option<(AsyncSmtpConnection, Instant)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let (begins, parameters) = &self.tls;
        let at_once = (*begins == MailTls::AtOnce).then(|| parameters.clone());
        let place = (self.host.as_str(), self.port);
        let name = ClientId::default();
        let limit = Some(self.deadline);
        let mut connection = AsyncSmtpConnection::connect_tokio1(place, limit, &name, at_once, None).await?;
        let upgrade = match begins {
            MailTls::AtOnce => false,
            MailTls::Demanded => true,
            MailTls::Offered => connection.can_starttls(),
        };
        if upgrade {
            connection.starttls(parameters.clone(), &name).await?;
        }
        if let Some((user, password)) = &self.credentials {
            let credentials = Credentials::new(user.clone(), password.expose().clone());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        Ok(connection)
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
        format!("{}:{}", self.host, self.port)
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
