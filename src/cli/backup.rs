//! `portcullis backup` and `portcullis restore`: the whole store in one file, also while the gate serves.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::json;

use super::desk::{Desk, Exit};
use crate::actions::Actor;
use crate::config::Config;
use crate::secret::keyring::Keyring;
use crate::store::audit::Verdict;
use crate::store::backup::{self, Saved};
use crate::store::{self, Store, accounts};
use crate::time::{Clock as _, SystemClock};

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// Where to; the file must not exist
    file: PathBuf,
    /// Copies the keyring too, to FILE.keyring: whoever has both files can forge identities
    #[arg(long)]
    with_keyring: bool,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// What `backup` wrote
    file: PathBuf,
    /// Replaces a store that holds accounts; all that is in it is lost
    #[arg(long)]
    replace: bool,
    /// Puts FILE.keyring in the keyring's place, where there is none yet
    #[arg(long)]
    with_keyring: bool,
}

pub(super) fn backup(verb: &Backup, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| {
        let file = &verb.file;
        if verb.with_keyring {
            let to = beside(file);
            copy_private(app.keyring.load().path(), &to).map_err(Exit::Failed)?;
            desk.output.remark(&format!(
                "{} opens everything that {} seals: keep them apart",
                to.display(),
                file.display()
            ));
        }
        let saved = backup::save(&app.store, file).await;
        saved.with_context(|| format!("cannot write {}", file.display())).map_err(Exit::Failed)?;
        let mut tx = app.store.begin().await?;
        tx.audit(Actor::operator().entry("store.backed-up", "store".to_owned()));
        app.commit(tx).await?;
        desk.output.record(&[("file", json!(file.display().to_string()))]);
        Ok(())
    })
}

pub(super) fn restore(verb: &Restore, desk: &Desk) -> Result<(), Exit> {
    let config = desk.config()?;
    desk.block_on(async {
        let saved = Saved::open(&verb.file).await;
        let saved = saved.with_context(|| format!("cannot read {}", verb.file.display()));
        let saved = saved.map_err(Exit::Failed)?;
        let done = put_back(verb, desk, &config, &saved).await;
        saved.close().await;
        done
    })
}

async fn put_back(verb: &Restore, desk: &Desk, config: &Config, saved: &Saved) -> Result<(), Exit> {
    let Verdict::Whole { entries, .. } = saved.verify().await? else {
        return Err(Exit::Failed(anyhow!("the audit trail in {} is broken", verb.file.display())));
    };
    if verb.with_keyring {
        copy_private(&beside(&verb.file), &config.keyring).map_err(Exit::Failed)?;
    }
    let now = SystemClock.now();
    let known = store::keyring::known(saved.store()).await?;
    Keyring::open_for(&config.keyring, &known, now.into())
        .context("the copy belongs to another keyring")
        .map_err(Exit::Unusable)?;
    let target = store::open(&config.store).await?;
    let done = replace(verb, saved, &target).await;
    target.close().await;
    done?;
    desk.output.record(&[
        ("file", json!(verb.file.display().to_string())),
        ("audit_entries", json!(entries)),
        ("restored_at", json!(now.to_string())),
    ]);
    Ok(())
}

async fn replace(verb: &Restore, saved: &Saved, target: &Store) -> Result<(), Exit> {
    if !verb.replace && accounts::any(target).await? {
        return Err(Exit::Usage("the store holds accounts; say --replace to lose them".to_owned()));
    }
    let mut entry = Actor::operator().entry("store.restored", "store".to_owned());
    entry.detail = "from=backup".to_owned();
    saved.replace(target, entry, SystemClock.now()).await?;
    Ok(())
}

fn beside(file: &Path) -> PathBuf {
    let mut name: OsString = file.as_os_str().to_owned();
    name.push(".keyring");
    name.into()
}

/// Copies to a new file that only its owner reads; a copy that is there already and equal is fine.
fn copy_private(from: &Path, to: &Path) -> anyhow::Result<()> {
    let content = zeroize::Zeroizing::new(
        std::fs::read(from).with_context(|| format!("cannot read {}", from.display()))?,
    );
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to) {
        Ok(mut file) => {
            std::io::Write::write_all(&mut file, &content)?;
            Ok(file.sync_all()?)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists && std::fs::read(to)? == *content => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot make {}", to.display())),
    }
}
