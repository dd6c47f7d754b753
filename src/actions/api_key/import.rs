//! Keys made elsewhere. Each line is a key as its program holds it, stored as a keyed digest; or, for keys
//! of the form `prefix.secret`, the prefix and the hash that another program made. All lines or none.

use std::collections::HashMap;

use super::super::actor::Actor;
use super::super::error::{ActionError, Noun};
use super::wish::Wish;
use super::{KeyName, KeyRule};
use crate::app::App;
use crate::model::api_key::{ApiKey, KeyId, KeyKind, KeyLocator};
use crate::model::change::Change;
use crate::model::grant::Standing;
use crate::model::id::AccountId;
use crate::model::key_text;
use crate::secret::Secret;
use crate::secret::foreign::{ForeignHash, NoForeignHash, looks_like_a_hash};
use crate::secret::token;
use crate::store::{Tx, accounts, api_keys, imported_keys, standing};

/// Keys to be taken in for one owner. The wish's name stands in front of each key's own id.
pub struct Batch {
    /// Whose they become.
    pub owner: AccountId,
    /// What they may do; the same for all.
    pub wish: Wish,
    /// One key per line.
    pub lines: Vec<Secret<String>>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Some lines cannot be imported; each with its number, from 1 on.
    #[error("{} of the lines cannot be imported; nothing was", .0.len())]
    Lines(Vec<(usize, LineFault)>),
    /// There is nothing but empty lines.
    #[error("there are no keys in it")]
    Empty,
    /// As every act.
    #[error(transparent)]
    Action(#[from] ActionError),
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Begins like a key of ours.
    #[error("begins like a key made here; those are made by `key create`")]
    Ours,
    /// Guessable, or no key at all.
    #[error("has fewer than 16 characters: it could be guessed")]
    Short,
    /// Longer than any header that carries it.
    #[error("has more than 512 characters")]
    Long,
    /// A key is one word of visible ASCII.
    #[error("holds spaces or characters other than visible ASCII")]
    Characters,
    /// The hash alone finds nothing.
    #[error(
        "is a hash without an id: nothing in a request would lead to it. Import the keys themselves, or lines \
         of the form prefix.hash"
    )]
    HashWithoutId,
    /// The hash behind the prefix is of no use.
    #[error("{0}")]
    Hash(NoForeignHash),
    /// The same as an earlier line.
    #[error("is the same as line {0}")]
    Twice(usize),
    /// Imported before.
    #[error("is in the store already")]
    Known,
}

/// A line as understood.
enum Entry {
    Whole(Secret<String>),
    Hashed { prefix: String, hash: ForeignHash },
}

/// Longest and shortest key that is taken.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=512;

/// Takes keys in, in one transaction. `progress` is told how many lines are done.
///
/// # Errors
/// [`ImportError`]; nothing was imported then.
pub async fn import(
    app: &App,
    actor: &Actor,
    batch: &Batch,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<KeyId>, ImportError> {
    let entries = understood(&batch.lines)?;
    let rows = composed(app, batch, entries).await?;
    let mut tx = app.store.begin().await.map_err(ActionError::from)?;
    let owner = allowed(app, actor, &mut tx, batch).await?;
    let mut known = Vec::new();
    let mut ids = Vec::with_capacity(rows.len());
    for (done, (line, key, hashed)) in rows.iter().enumerate() {
        let hashed = hashed.as_ref().map(|(prefix, hash)| (prefix.as_str(), hash.as_str()));
        match imported_keys::insert(&mut tx, key, hashed).await.map_err(ActionError::from)? {
            true => ids.push(key.id),
            false => known.push((*line, LineFault::Known)),
        }
        progress(done + 1);
    }
    if !known.is_empty() {
        return Err(ImportError::Lines(known));
    }
    // Only absences can be remembered of keys that were not there, and naming each would be no cheaper.
    tx.change(Change::Everything);
    let mut entry = actor.entry("keys.imported", format!("account {}", batch.owner));
    entry.organisation = batch.wish.organisation(&owner);
    entry.detail = format!("count={} name={}", ids.len(), batch.wish.name.as_str());
    tx.audit(entry);
    app.commit(tx).await.map_err(ActionError::from)?;
    Ok(ids)
}

async fn allowed(app: &App, actor: &Actor, tx: &mut Tx, batch: &Batch) -> Result<Standing, ActionError> {
    actor.needs_person()?;
    actor.administers(tx).await?;
    let missing = || ActionError::Missing(Noun::Account);
    accounts::hold(tx, batch.owner).await?.ok_or_else(missing)?;
    let owner = standing::load_in(tx, batch.owner).await?.ok_or_else(missing)?;
    batch.wish.allowed_for(&owner, &app.config.load(), app.clock.now())?;
    Ok(owner)
}

fn understood(lines: &[Secret<String>]) -> Result<Vec<(usize, Entry)>, ImportError> {
    let (mut entries, mut faults) = (Vec::with_capacity(lines.len()), Vec::new());
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(lines.len());
    for (number, line) in (1..).zip(lines) {
        let text = line.expose().trim();
        if text.is_empty() {
            continue;
        }
        let first = *seen.entry(text).or_insert(number);
        match entry(text) {
            _ if first != number => faults.push((number, LineFault::Twice(first))),
            Err(fault) => faults.push((number, fault)),
            Ok(entry) => entries.push((number, entry)),
        }
    }
    match (faults.is_empty(), entries.is_empty()) {
        (false, _) => Err(ImportError::Lines(faults)),
        (true, true) => Err(ImportError::Empty),
        (true, false) => Ok(entries),
    }
}

fn entry(text: &str) -> Result<Entry, LineFault> {
    if key_text::wears_our_prefix(text.as_bytes()) {
        return Err(LineFault::Ours);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(LineFault::Characters);
    }
    // `name:hash` is a line of a password file; its name is not what a request would carry.
    let behind_colon = text.split_once(':').map(|(_, rest)| rest);
    if looks_like_a_hash(text) || behind_colon.is_some_and(looks_like_a_hash) {
        return Err(LineFault::HashWithoutId);
    }
    if let Some((prefix, hash)) = text.split_once('.').filter(|(_, rest)| looks_like_a_hash(rest)) {
        let hash = ForeignHash::parse(hash).map_err(LineFault::Hash)?;
        if prefix.is_empty() {
            return Err(LineFault::HashWithoutId);
        }
        return Ok(Entry::Hashed { prefix: prefix.to_owned(), hash });
    }
    match text.len() {
        short if short < *LENGTHS.start() => Err(LineFault::Short),
        long if long > *LENGTHS.end() => Err(LineFault::Long),
        _ => Ok(Entry::Whole(Secret::new(text.to_owned()))),
    }
}

type Row = (usize, ApiKey, Option<(String, String)>);

/// The rows to be written. Keys that are there under an earlier pepper have another digest and are looked
/// for by that.
async fn composed(app: &App, batch: &Batch, entries: Vec<(usize, Entry)>) -> Result<Vec<Row>, ImportError> {
    let keyring = app.keyring.load_full();
    let (mut rows, mut known) = (Vec::with_capacity(entries.len()), Vec::new());
    for (line, entry) in entries {
        let (digest, pepper, hashed) = match &entry {
            Entry::Whole(text) => {
                let text = text.expose().as_bytes();
                for earlier in keyring.peppers().iter().skip(1) {
                    let locator = KeyLocator::Imported(earlier.digest(text));
                    let found = api_keys::by_locator(&app.store, locator).await.map_err(ActionError::from)?;
                    known.extend(found.map(|_| (line, LineFault::Known)));
                }
                let (digest, pepper) = keyring.digest(text);
                (digest, pepper, None)
            }
            // The digest is not known before the key is first used: until then nothing has this one.
            Entry::Hashed { prefix, hash } => (token::random(), 0, Some((prefix.clone(), hash.written()))),
        };
        rows.push((line, as_key(app, batch, digest, pepper)?, hashed));
    }
    if known.is_empty() { Ok(rows) } else { Err(ImportError::Lines(known)) }
}

fn as_key(app: &App, batch: &Batch, digest: [u8; 32], pepper: u32) -> Result<ApiKey, ActionError> {
    let (now, wish) = (app.clock.now(), &batch.wish);
    let id = key_text::compose_id(&token::random());
    let name: KeyName = format!("{} {id}", wish.name.as_str()).parse()?;
    Ok(ApiKey {
        id,
        kind: KeyKind::Imported,
        account: batch.owner,
        name: name.shared(),
        digest,
        pepper,
        audience: wish.audience,
        credentials: wish.credentials.clone(),
        rights: wish.rights,
        networks: wish.networks.clone(),
        created_at: now,
        expires_at: wish.life.end(&app.config.load().keys, now)?,
        revoked_at: None,
        last_used_at: None,
        replaces: None,
    })
}

impl From<KeyRule> for ImportError {
    fn from(rule: KeyRule) -> Self {
        Self::Action(rule.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<Secret<String>> {
        texts.iter().map(|text| Secret::new((*text).to_owned())).collect()
    }

    fn faults(texts: &[&str]) -> Vec<(usize, LineFault)> {
        match understood(&lines(texts)) {
            Err(ImportError::Lines(faults)) => faults,
            Err(_) | Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn plain_keys_of_any_form_are_understood() {
        let some = [
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "",
            "  user:0123456789abcdef  ",
            "abcdefgh.ijklmnop",
        ];
        assert_eq!(understood(&lines(&some)).map(|entries| entries.len()).ok(), Some(3));
        let hashed = ["ab12cd34.pbkdf2_sha256$1000$salt$lh9OUHMi2gU9i6VlN9RTf3K2QkrvO7vWZ1cQFyh3UvE="];
        let entries = understood(&lines(&hashed)).unwrap_or_default();
        assert!(matches!(&entries[..], [(1, Entry::Hashed { prefix, .. })] if prefix == "ab12cd34"));
    }

    #[test]
    fn every_line_that_cannot_be_imported_is_named_with_its_reason() {
        let found = faults(&[
            "pck_0123456789",
            "fine-fine-fine-fine",
            "short",
            "with a space inside",
            "$2y$05$abcdefghijklmnopqrstuv",
            "ada:$apr1$abc$defghijklmnop",
            "prefix.$2b$12$abcdefghijklmnop",
            "fine-fine-fine-fine",
            &"x".repeat(513),
        ]);
        let expected = [
            (1, LineFault::Ours),
            (3, LineFault::Short),
            (4, LineFault::Characters),
            (5, LineFault::HashWithoutId),
            (6, LineFault::HashWithoutId),
            (7, LineFault::Hash(NoForeignHash::Damaged)),
            (8, LineFault::Twice(2)),
            (9, LineFault::Long),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn nothing_at_all_is_no_import() {
        assert!(matches!(understood(&lines(&["", "  "])), Err(ImportError::Empty)));
    }
}
