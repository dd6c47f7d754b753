//! What is thought of a password while it is typed: the same that is thought of it when it is set.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use super::super::error::ActionError;
use super::context::Context;
use super::rules::{Judgement, PasswordRule, judged, normal};
use super::{context, here, promised};
use crate::app::App;
use crate::model::account::Account;
use crate::model::quota::{Bucket, Quota, Source, Verdict};
use crate::secret::Secret;

/// Whose password it will be.
pub enum About<'a> {
    /// Of whoever is signed in.
    Own(&'a Account),
    /// Of the account that a link leads to, if it does.
    Link(&'a Secret<String>),
    /// Of a person who is not known yet.
    Nobody,
}

/// Most words that are taken from a form, and most characters of each.
const WORDS: (usize, usize) = (8, 254);

/// How often one source may ask: a fast typist asks twice a second.
const OFTEN: Quota = Quota { amount: NonZeroU32::MIN.saturating_add(299), per: Duration::from_secs(60) };

/// Judges a password that is being typed, with what else was typed into the form. It tells nothing of
/// anybody's account but the one that the password is for. Longer than it may be is no harder to guess.
///
/// # Errors
/// `Busy` for a source that asks without end, or the store's.
pub async fn strength(
    app: &App,
    about: About<'_>,
    typed: &Secret<String>,
    words: &[&str],
) -> Result<Judgement, ActionError> {
    let Some(text) = normal(typed) else {
        return Ok(Judgement { score: 0, rule: Some(PasswordRule::TooLong) });
    };
    // Few at once: whoever signs in needs the store and a thread more.
    let _turn = app.turns.acquire().await;
    let cut = |word: &&str| word.chars().take(WORDS.1).collect::<String>();
    let words: Vec<String> = words.iter().take(WORDS.0).map(cut).collect();
    let context = known(app, about).await?.and(words.iter().map(|word| before_at(word)));
    Ok(judged(app, text, context).await?.1)
}

/// Whether a source may ask once more, or how long it must wait. Asking is counted.
pub fn may_ask(app: &App, source: IpAddr) -> Verdict {
    app.limiter.charge(&Bucket::Wishes("password-strength", Source::of(source)), OFTEN, app.clock.now())
}

async fn known(app: &App, about: About<'_>) -> Result<Context, ActionError> {
    let account = match about {
        About::Own(account) => return context(app, account).await,
        About::Link(text) => promised(app, text).await?,
        About::Nobody => None,
    };
    match account {
        Some(account) => context(app, &account).await,
        None => Ok(here(app)),
    }
}

/// Of an address the part before the `@`, which says who it is.
fn before_at(word: &str) -> &str {
    word.rsplit_once('@').map_or(word, |(local, _)| local)
}
