//! Letters as files, for development and for machines without mail: one `.eml` for each, readable by the gate's
//! user only, since their links open accounts.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use tokio::io::AsyncWriteExt;

use super::{MailError, Mailer, Posted, Sender};

/// Writes letters to a directory.
pub(super) struct Directory {
    path: PathBuf,
    sender: Sender,
}

impl Directory {
    pub(super) const fn at(path: PathBuf, sender: Sender) -> Self {
        Self { path, sender }
    }

    /// Written under another name first, so that whoever reads the directory finds whole letters only.
    async fn write(&self, letter: &Posted) -> Result<(), MailError> {
        let message = self.sender.message(letter)?.formatted();
        make(&self.path).await.map_err(MailError::Disk)?;
        let name = format!("{}-{}", letter.at.to_string().replace(':', ""), letter.id);
        let (unfinished, finished) =
            (self.path.join(format!(".{name}")), self.path.join(format!("{name}.eml")));
        put(&unfinished, &message).await.map_err(MailError::Disk)?;
        tokio::fs::rename(&unfinished, &finished).await.map_err(MailError::Disk)?;
        tracing::info!(to = %letter.to, file = %finished.display(), "no mail server is configured: the letter is a file");
        Ok(())
    }
}

impl Mailer for Directory {
    fn send<'a>(
        &'a self,
        letter: &'a Posted,
    ) -> Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>> {
        Box::pin(self.write(letter))
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn leaves(&self) -> bool {
        false
    }
}

async fn make(path: &Path) -> std::io::Result<()> {
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).await
}

async fn put(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).await?;
    file.write_all(content).await?;
    file.sync_all().await
}
