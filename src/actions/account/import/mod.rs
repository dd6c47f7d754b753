//! Accounts of people that lived in another program, with the hashes of their passwords: each is checked with
//! the old scheme at the first sign-in and then hashed anew. All lines or none.

mod lines;

use std::collections::HashMap;

pub use self::lines::{Entry, Line, lines};

use super::super::actor::Actor;
use super::super::error::ActionError;
use super::super::password::kept;
use super::create::{NewPerson, insert_person};
use crate::app::App;
use crate::model::account::{NotAUserName, Office, UserName};
use crate::model::change::Change;
use crate::model::email::{Email, NotAnEmail};
use crate::model::shown_name::{NotAShownName, ShownName};
use crate::secret::Secret;
use crate::secret::foreign::{ForeignHash, NoForeignHash};
use crate::store::{Constraint, accounts};

/// What is done with a line whose hash cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UselessHash {
    /// The account has no password: a reset link sets one.
    Reset,
    /// The line is wrong.
    Wrong,
}

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Yes, when all lines are good.
    Write,
    /// No; everything else is done.
    None,
}

/// Accounts to be taken in.
pub struct Batch {
    /// One account each.
    pub lines: Vec<Line>,
    /// What a useless hash means.
    pub useless: UselessHash,
    /// Whether this is meant.
    pub effect: Effect,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Imported {
    /// Accounts that were made, or would be.
    pub accounts: usize,
    /// How many of them have a password.
    pub with_password: usize,
    /// Lines whose hash cannot be used, with the reason: these people set a password by a reset link.
    pub to_reset: Vec<(usize, NoPassword)>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Some lines cannot be imported; each with its number, from 1 on.
    #[error("{} of the lines cannot be imported; nothing was", .0.len())]
    Lines(Vec<(usize, LineFault)>),
    /// There is nothing in it.
    #[error("there are no accounts in it")]
    Empty,
    /// As every act.
    #[error(transparent)]
    Action(#[from] ActionError),
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum LineFault {
    /// No JSON, or of another shape.
    #[error("cannot be read: {0}")]
    Json(serde_json::Error),
    /// No CSV, or of another shape.
    #[error("cannot be read: {0}")]
    Csv(csv::Error),
    /// The name for good.
    #[error("user_name {0}")]
    UserName(NotAUserName),
    /// The address.
    #[error("email {0}")]
    Email(NotAnEmail),
    /// The name to show.
    #[error("shown_name {0}")]
    ShownName(NotAShownName),
    /// The office.
    #[error("office is neither administrator nor support")]
    Office,
    /// The same name as in an earlier line.
    #[error("has the user_name of line {0}")]
    NameTwice(usize),
    /// The same address as in an earlier line, maybe in other letters.
    #[error("has the email of line {0}")]
    EmailTwice(usize),
    /// An account has it, or had it.
    #[error("{0}")]
    Taken(Constraint),
    /// The hash cannot be used.
    #[error("password_hash {0}")]
    Password(NoPassword),
}

/// Why an account comes without the password that it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPassword {
    /// Too weak, of another kind, or damaged.
    #[error("{0}")]
    Hash(NoForeignHash),
    /// Checking it takes more memory than one hash may.
    #[error("takes more memory to check than one hash may take here")]
    TooCostly,
}

/// A line as understood.
struct Understood {
    line: usize,
    new: NewPerson,
    hash: Option<ForeignHash>,
}

/// Takes accounts in, in one transaction. `progress` is told how many steps are done: two for each line.
///
/// # Errors
/// [`ImportError`]; nothing was imported then.
pub async fn import(
    app: &App,
    actor: &Actor,
    batch: Batch,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Imported, ImportError> {
    actor.needs_person().map_err(ActionError::from)?;
    let mut tx = app.store.begin().await.map_err(ActionError::from)?;
    actor.administers(&mut tx).await?;
    drop(tx);
    let mut imported = Imported::default();
    let Batch { lines, useless, effect } = batch;
    let all = understood(app, lines, useless, &mut imported)?;
    not_taken(app, &all, progress).await?;
    write(app, actor, all, (effect, &mut imported, progress)).await?;
    Ok(imported)
}

/// Writes everything, and takes it back where nothing is meant.
async fn write(
    app: &App,
    actor: &Actor,
    all: Vec<Understood>,
    (effect, imported, progress): (Effect, &mut Imported, &(dyn Fn(usize) + Sync)),
) -> Result<(), ImportError> {
    let mut tx = app.store.begin().await.map_err(ActionError::from)?;
    actor.administers(&mut tx).await?;
    // Naming each of many new accounts would be no cheaper for those who follow.
    tx.change(Change::Everything);
    let count = all.len();
    for Understood { line, new, hash } in all {
        let account = match insert_person(app, actor, &mut tx, new).await {
            Err(ActionError::Taken(taken)) => {
                return Err(ImportError::Lines(vec![(line, LineFault::Taken(taken))]));
            }
            made => made?,
        };
        if let Some(hash) = hash {
            let stored = kept::of_another(app, &hash)?;
            kept::put(app, &mut tx, account.id, &stored).await?;
            imported.with_password += 1;
        }
        imported.accounts += 1;
        progress(count + imported.accounts);
    }
    if effect == Effect::Write {
        let mut entry = actor.entry("accounts.imported", "accounts".to_owned());
        entry.detail = format!("count={count} with-password={}", imported.with_password);
        tx.audit(entry);
        app.commit(tx).await.map_err(ActionError::from)?;
    }
    Ok(())
}

/// Reads every line, or says what is wrong with each.
fn understood(
    app: &App,
    lines: Vec<Line>,
    useless: UselessHash,
    imported: &mut Imported,
) -> Result<Vec<Understood>, ImportError> {
    let (mut all, mut faults) = (Vec::with_capacity(lines.len()), Vec::new());
    let (mut names, mut addresses) = (HashMap::new(), HashMap::new());
    for Line { number, entry } in lines {
        let read = entry.and_then(|entry| understood_line(app, entry, useless));
        match read {
            Err(fault) => faults.push((number, fault)),
            Ok((new, hash)) => {
                let canonical = new.email.as_ref().map(Email::canonical);
                let first = *names.entry(new.user_name.clone()).or_insert(number);
                let address = canonical.map(|email| *addresses.entry(email).or_insert(number));
                if first != number {
                    faults.push((number, LineFault::NameTwice(first)));
                } else if let Some(first) = address.filter(|first| *first != number) {
                    faults.push((number, LineFault::EmailTwice(first)));
                }
                let hash = hash.unwrap_or_else(|why| {
                    imported.to_reset.push((number, why));
                    None
                });
                all.push(Understood { line: number, new, hash });
            }
        }
    }
    match (faults.is_empty(), all.is_empty()) {
        (false, _) => Err(ImportError::Lines(faults)),
        (true, true) => Err(ImportError::Empty),
        (true, false) => Ok(all),
    }
}

type Hash = Result<Option<ForeignHash>, NoPassword>;

fn understood_line(app: &App, entry: Entry, useless: UselessHash) -> Result<(NewPerson, Hash), LineFault> {
    let Entry { user_name, email, shown_name, validated, password_hash, office } = entry;
    let user_name: UserName = user_name.trim().to_lowercase().parse().map_err(LineFault::UserName)?;
    let email = email.filter(|email| !email.trim().is_empty());
    let email = email.map(|email| email.parse::<Email>()).transpose().map_err(LineFault::Email)?;
    let shown = shown_name.filter(|name| !name.trim().is_empty());
    let shown = shown.as_deref().unwrap_or(user_name.as_str());
    let shown_name: ShownName = shown.parse().map_err(LineFault::ShownName)?;
    let office = match office.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(word) => Some(Office::from_word(word).ok_or(LineFault::Office)?),
    };
    let hash = hash(app, &password_hash);
    if let (Err(why), UselessHash::Wrong) = (&hash, useless) {
        return Err(LineFault::Password(*why));
    }
    Ok((NewPerson { user_name, email, shown_name, validated, office }, hash))
}

/// The hash that can be used. None is meant by nothing at all, and by Django's mark of an unusable password.
fn hash(app: &App, text: &Secret<String>) -> Hash {
    let text = text.expose().trim();
    if text.is_empty() || text.starts_with('!') {
        return Ok(None);
    }
    let hash = ForeignHash::parse(text).map_err(NoPassword::Hash)?;
    // Without a salt and done in a moment: good for random keys, not for what people think of.
    if let ForeignHash::Sha512(_) = hash {
        return Err(NoPassword::Hash(NoForeignHash::Unsupported));
    }
    app.hashing.bears(&hash).map_err(|_| NoPassword::TooCostly)?;
    Ok(Some(hash))
}

/// Looks for every name and address among those that are there.
async fn not_taken(
    app: &App,
    all: &[Understood],
    progress: &(dyn Fn(usize) + Sync),
) -> Result<(), ImportError> {
    let mut faults = Vec::new();
    for (done, Understood { line, new, .. }) in (1..).zip(all) {
        let named = accounts::by_user_name(&app.store, &new.user_name).await.map_err(ActionError::from)?;
        let known = match &new.email {
            Some(email) => accounts::by_email(&app.store, email).await.map_err(ActionError::from)?,
            None => None,
        };
        if named.is_some() {
            faults.push((*line, LineFault::Taken(Constraint::UserName)));
        } else if known.is_some() {
            faults.push((*line, LineFault::Taken(Constraint::Email)));
        }
        progress(done);
    }
    if faults.is_empty() { Ok(()) } else { Err(ImportError::Lines(faults)) }
}
