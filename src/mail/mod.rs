//! How letters leave the gate: to a mail server, or into a directory while there is none. What a letter says
//! is in `letter`; when it is sent, and how often it is tried, is decided above.

mod directory;
mod letter;
mod smtp;

use std::future::Future;
use std::io;
use std::pin::Pin;

use lettre::message::{Mailbox, Message, MultiPart};

pub use self::letter::{Action, Letter, Written};
use crate::config::Mail;
use crate::model::email::Email;
use crate::model::id::OutboxId;
use crate::time::Timestamp;

/// A letter with its envelope.
pub struct Posted {
    /// Stable: the same letter sent twice has the same `Message-ID`.
    pub id: OutboxId,
    /// Whom it is for.
    pub to: Email,
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub written: Written,
}

/// Takes letters away.
pub trait Mailer: Send + Sync {
    /// Takes one letter away. `Ok` means that somebody else has it now.
    fn send<'a>(
        &'a self,
        letter: &'a Posted,
    ) -> Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>>;

    /// Where letters go, in words for logs.
    fn place(&self) -> String;

    /// Whether they leave the machine; otherwise an administrator reads the links in the page.
    fn leaves(&self) -> bool;
}

/// Why a letter did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The server cannot be spoken to as configured.
    #[error("the mail server cannot be used as configured")]
    Setup(#[source] lettre::transport::smtp::Error),
    /// The server will not take this letter, now or later.
    #[error("the mail server refuses the letter")]
    Refused(#[source] lettre::transport::smtp::Error),
    /// Not now: no connection, no answer in time, or a refusal that may pass.
    #[error("the mail server does not take letters at the moment")]
    Later(#[source] lettre::transport::smtp::Error),
    /// Not within the deadline.
    #[error("the mail server did not answer in time")]
    Late,
    /// The letter cannot be put into the form of a message.
    #[error("the letter has no form that can be sent")]
    Form(#[source] lettre::error::Error),
    /// The address is none that a message can bear.
    #[error("the address cannot be written into a message")]
    Address(#[source] lettre::address::AddressError),
    /// The file cannot be written.
    #[error("the letter cannot be written to the directory")]
    Disk(#[source] io::Error),
}

impl MailError {
    /// Whether trying again is of no use.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Form(_) | Self::Address(_) => true,
            Self::Setup(_) | Self::Later(_) | Self::Late | Self::Disk(_) => false,
        }
    }
}

/// The mailer that configuration asks for.
///
/// # Errors
/// [`MailError::Setup`] when TLS towards the server cannot be set up.
pub fn open(config: &Mail) -> Result<Box<dyn Mailer>, MailError> {
    let sender = Sender::of(config)?;
    Ok(match &config.server {
        Some(server) => Box::new(smtp::Smtp::to(server, sender)?),
        None => Box::new(directory::Directory::at(config.directory.clone(), sender)),
    })
}

/// Whom letters are from, and how they are put into the form of a message (RFC 5322).
struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    domain: String,
}

impl Sender {
    fn of(config: &Mail) -> Result<Self, MailError> {
        let from = mailbox(&config.from)?;
        let reply_to = config.reply_to.as_ref().map(mailbox).transpose()?;
        let domain = from.email.domain().to_owned();
        Ok(Self { from, reply_to, domain })
    }

    /// The message of a letter. Machines are told not to answer it (RFC 3834).
    fn message(&self, letter: &Posted) -> Result<Message, MailError> {
        let name = (!letter.written.sender.is_empty()).then(|| letter.written.sender.clone());
        let from = Mailbox::new(name, self.from.email.clone());
        let mut builder = Message::builder()
            .from(from)
            .to(mailbox(&letter.to)?)
            .subject(letter.written.subject.as_str())
            .date(jiff::Timestamp::from(letter.at).into())
            .message_id(Some(format!("<{}@{}>", letter.id, self.domain)))
            .header(letter::AutoSubmitted);
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        let both = MultiPart::alternative_plain_html(
            letter.written.text.expose().clone(),
            letter.written.html.expose().clone(),
        );
        builder.multipart(both).map_err(MailError::Form)
    }
}

fn mailbox(email: &Email) -> Result<Mailbox, MailError> {
    let address = email.as_str().parse().map_err(MailError::Address)?;
    Ok(Mailbox::new(None, address))
}
