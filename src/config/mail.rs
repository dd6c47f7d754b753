//! `[mail]` and `[links]`: which server takes letters, who they are from, how many of them, and how long the
//! links in them work.

use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::Uri;

use super::PublicUrl;
use super::file;
use super::notes::Notes;
use super::text;
use crate::model::demanded::Demanded;
use crate::model::email::Email;
use crate::secret::Secret;

/// How letters leave the gate.
#[derive(Clone)]
pub struct Mail {
    /// The server; `None` writes letters to the directory.
    pub server: Option<Arc<MailServer>>,
    /// Sender of every letter.
    pub from: Email,
    /// Where answers go, if elsewhere.
    pub reply_to: Option<Email>,
    /// Where letters are written while there is no server.
    pub directory: PathBuf,
    /// Longest time that a server may take for one letter.
    pub deadline: Duration,
    /// How long a letter is tried again.
    pub patience: Duration,
    /// Letters that others can cause to one address in an hour.
    pub per_address: u32,
    /// Letters that one source can cause in an hour.
    pub per_source: u32,
    /// Letters of the whole gate in an hour.
    pub per_hour: u32,
}

/// A server that takes letters.
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How TLS begins.
    pub tls: MailTls,
    /// User name and password, where it asks for them.
    pub credentials: Option<(String, Secret<String>)>,
    /// PEM of the authorities that vouch for it; `None` means those of the system.
    pub authorities: Option<Vec<u8>>,
    /// Longest time for one letter.
    pub deadline: Duration,
}

/// How TLS begins towards the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// With the connection.
    AtOnce,
    /// After STARTTLS, without which nothing is sent.
    Demanded,
    /// After STARTTLS where the server, which is on loopback, offers it.
    Offered,
}

/// How long what was mailed works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Links {
    /// Links that prove an address or delete an account.
    pub validation: Duration,
    /// Links that take something back.
    pub undo: Duration,
    /// Links that set a password.
    pub reset: Duration,
    /// Typed codes.
    pub code: Duration,
    /// Invitations.
    pub invitation: Duration,
}

/// No link works longer (S2-17, R-26).
pub const MAX_LINK_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Most bytes of a file with authorities.
const LARGEST: u64 = 1024 * 1024;

/// Reads `[mail]`.
pub(super) fn mail(written: &file::Mail, public: &PublicUrl, data: &Path, notes: &mut Notes<'_>) -> Mail {
    Mail {
        server: server(written, notes).map(Arc::new),
        from: sender(written, public, notes),
        reply_to: written.reply_to.as_deref().and_then(|text| address("mail.reply_to", text, notes)),
        directory: data.join(&written.directory),
        deadline: notes.positive("mail.deadline", &written.deadline),
        patience: notes.positive("mail.patience", &written.patience),
        per_address: notes.at_least_one("mail.per_address", written.per_address),
        per_source: notes.at_least_one("mail.per_source", written.per_source),
        per_hour: notes.at_least_one("mail.per_hour", written.per_hour),
    }
}

/// Reads `[links]`.
pub(super) fn links(written: &file::Links, notes: &mut Notes<'_>) -> Links {
    let mut life = |key: &str, written: &str| {
        let life = notes.positive(key, written);
        if life > MAX_LINK_AGE {
            let what = format!("`{key}` is longer than seven days");
            notes.error(key, what, "write \"7d\" or less: an old letter must not open an account");
        }
        life.min(MAX_LINK_AGE)
    };
    Links {
        validation: life("links.validation", &written.validation),
        undo: life("links.undo", &written.undo),
        reset: life("links.reset", &written.reset),
        code: life("links.code", &written.code),
        invitation: life("links.invitation", &written.invitation),
    }
}

/// The sender; without one, an address that nobody reads at the gate's own host.
fn sender(written: &file::Mail, public: &PublicUrl, notes: &mut Notes<'_>) -> Email {
    let named = written.from.as_deref().and_then(|text| address("mail.from", text, notes));
    let own = || format!("no-reply@{}", public.host).parse().ok();
    named.or_else(own).unwrap_or_else(Email::nobody)
}

fn address(key: &str, written: &str, notes: &mut Notes<'_>) -> Option<Email> {
    let read = written.parse().ok();
    if read.is_none() {
        let what = format!("`{key}` is not an e-mail address: \"{written}\"");
        notes.error(key, what, "write it as \"gate@example.com\"");
    }
    read
}

fn server(written: &file::Mail, notes: &mut Notes<'_>) -> Option<MailServer> {
    let credentials = credentials(written, notes);
    let authorities = written.authorities.as_deref().and_then(|file| authorities(file, notes));
    let deadline = notes.positive("mail.deadline", &written.deadline);
    if written.server == "none" {
        return None;
    }
    let Some((host, port, tls)) = place(&written.server) else {
        let what = format!("`mail.server` is no mail server: \"{}\"", written.server);
        let mend = "write \"smtps://mail.example.com\", \"smtp://mail.example.com:587\", or \"none\"";
        notes.error("mail.server", what, mend);
        return None;
    };
    Some(MailServer { host, port, tls, credentials, authorities, deadline })
}

/// Host, port and TLS of `smtp://HOST:PORT` or `smtps://HOST:PORT`.
fn place(written: &str) -> Option<(String, u16, MailTls)> {
    let url = written.parse::<Uri>().ok()?;
    let host = url.host().filter(|host| !host.is_empty())?;
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let extra = url.path() != "/" || url.query().is_some();
    if extra || url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return None;
    }
    let near = bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match (url.scheme_str()?, near) {
        ("smtps", _) => Some((bare, url.port_u16().unwrap_or(465), MailTls::AtOnce)),
        ("smtp", true) => Some((bare, url.port_u16().unwrap_or(25), MailTls::Offered)),
        ("smtp", false) => Some((bare, url.port_u16().unwrap_or(587), MailTls::Demanded)),
        _ => None,
    }
}

fn credentials(written: &file::Mail, notes: &mut Notes<'_>) -> Option<(String, Secret<String>)> {
    let password = match (&written.password, &written.password_file) {
        (Some(_), Some(_)) => {
            let mend = "keep either `password` or `password_file`";
            notes.error("mail.password_file", "`mail.password` is given twice", mend);
            return None;
        }
        (Some(password), None) => Some(password.clone()),
        (None, Some(file)) => Some(notes.secret_file("mail.password_file", file).unwrap_or_default()),
        (None, None) => None,
    };
    match (written.user.clone(), password) {
        (Some(user), Some(password)) => Some((user, Secret::new(password))),
        (None, None) => None,
        (Some(_), None) => {
            notes.error("mail.user", "`mail.user` stands without a password", "add `mail.password_file`");
            None
        }
        (None, Some(_)) => {
            notes.error("mail.user", "the mail password stands without a name", "add `mail.user`");
            None
        }
    }
}

fn authorities(file: &str, notes: &mut Notes<'_>) -> Option<Vec<u8>> {
    let path = notes.file("mail.authorities", file);
    if !notes.looks() {
        return None;
    }
    let mut content = Vec::new();
    text::open(&path).ok()?.take(LARGEST).read_to_end(&mut content).ok()?;
    Some(content)
}

/// Where validated addresses are demanded, if the file says so.
pub(super) fn demanded(written: &file::Validation, notes: &mut Notes<'_>) -> Option<Arc<Demanded>> {
    let places = written.demanded.as_ref()?;
    match places.join(" ").parse::<Demanded>() {
        Ok(demanded) => Some(Arc::new(demanded)),
        Err(error) => {
            notes.error("validation.demanded", error.to_string(), "write for example [\"platform:wiki\"]");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse_str;

    #[test]
    fn a_mail_server_is_a_url_and_clear_text_is_for_loopback_only() {
        let read = place;
        assert_eq!(read("smtps://a.example"), Some(("a.example".to_owned(), 465, MailTls::AtOnce)));
        assert_eq!(read("smtp://a.example:25"), Some(("a.example".to_owned(), 25, MailTls::Demanded)));
        assert_eq!(read("smtp://127.0.0.1:2525"), Some(("127.0.0.1".to_owned(), 2525, MailTls::Offered)));
        assert_eq!(read("smtp://[::1]"), Some(("::1".to_owned(), 25, MailTls::Offered)));
        for bad in ["", "a.example", "http://a.example", "smtp://", "smtp://u:p@a.example", "smtp://a/b?c"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    /// S2-17: higher is refused.
    #[test]
    fn no_link_may_work_longer_than_a_week() {
        let told = |text: &str| parse_str(text).map(|_| ()).map_err(|problems| problems.to_string());
        assert!(told("[links]\nvalidation = \"7d\"\nreset = \"5m\"\n").is_ok());
        let wrong = told("[links]\nundo = \"8d\"\n").unwrap_err();
        assert!(wrong.contains("longer than seven days"), "{wrong}");
    }
}
