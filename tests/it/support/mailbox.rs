//! Letters as their readers find them: files in the folder of the gate, since no mail server is configured.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use portcullis::actions::post;
use portcullis::app::App;
use portcullis::store::outbox;

use super::gateway::Gateway;
use super::soon;

/// A letter that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) subject: String,
    /// What it says, in plain text.
    pub(crate) text: String,
}

impl Letter {
    /// Every link in it, in order.
    pub(crate) fn links(&self) -> Vec<String> {
        self.text
            .split_whitespace()
            .filter(|word| word.starts_with("https://"))
            .map(ToOwned::to_owned)
            .collect()
    }

    /// The link that leads to this page of the gate.
    #[track_caller]
    pub(crate) fn link(&self, page: &str) -> String {
        let part = format!("/.portcullis/{page}/");
        let found = self.links().into_iter().find(|link| link.contains(&part));
        found.unwrap_or_else(|| panic!("no link to {page} in:\n{}", self.text))
    }

    /// The code that stands alone on a line.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        let digits = |line: &&str| line.len() > 5 && line.chars().all(|c| c.is_ascii_digit() || c == ' ');
        let found = self.text.lines().map(str::trim).find(digits);
        found.unwrap_or_else(|| panic!("no code in:\n{}", self.text)).to_owned()
    }
}

impl Gateway {
    /// Every letter so far.
    pub(crate) async fn letters(&self) -> Vec<Letter> {
        all(&self.staff().0).await
    }

    /// Those to an address.
    pub(crate) async fn letters_to(&self, to: &str) -> Vec<Letter> {
        letters(&self.staff().0, to).await
    }

    /// The newest letter to an address.
    pub(crate) async fn letter_to(&self, to: &str) -> Letter {
        newest(&self.staff().0, to).await
    }
}

/// Every letter to an address so far, the oldest first. Waits until all that was written has been sent.
pub(crate) async fn letters(app: &Arc<App>, to: &str) -> Vec<Letter> {
    all(app).await.into_iter().filter(|letter| letter.to == to).collect()
}

/// The same for every address.
pub(crate) async fn all(app: &Arc<App>) -> Vec<Letter> {
    soon("letters to be sent", async {
        loop {
            post::round(app).await.unwrap();
            if outbox::waiting(&app.store).await.unwrap() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let folder = app.config.load().mail.directory.clone();
    let Ok(found) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = found.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "eml"));
    // The clock may stand still; identifiers go on.
    files.sort_by_key(|file| {
        file.file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .rsplit('-')
            .take(5)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    });
    files.iter().map(|file| read(file)).collect()
}

/// The newest letter to an address.
pub(crate) async fn newest(app: &Arc<App>, to: &str) -> Letter {
    letters(app, to).await.pop().unwrap_or_else(|| panic!("no letter to {to}"))
}

fn read(file: &Path) -> Letter {
    let source = std::fs::read_to_string(file).unwrap().replace("\r\n", "\n");
    let (head, body) = source.split_once("\n\n").unwrap();
    let head = head.replace("\n ", " ");
    let field = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().to_owned()
    };
    let part = body.split("Content-Type: text/plain").nth(1).unwrap();
    let (fields, rest) = part.split_once("\n\n").unwrap();
    let text = rest.split("\n--").next().unwrap();
    let text = match fields.split("Content-Transfer-Encoding:").nth(1).map(str::trim) {
        Some(encoding) if encoding.starts_with("quoted-printable") => unquoted(text),
        Some(encoding) if encoding.starts_with("base64") => panic!("{}: base64", file.display()),
        _ => text.to_owned(),
    };
    let to = field("To:").trim_matches(['<', '>']).to_owned();
    Letter { to, subject: field("Subject:"), text }
}

/// Undoes quoted-printable.
fn unquoted(text: &str) -> String {
    let mut bytes = Vec::new();
    let joined = text.replace("=\n", "");
    let mut rest = joined.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let code = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, code.and_then(|code| u8::from_str_radix(code, 16).ok())) {
            (b'=', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}
