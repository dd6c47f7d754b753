//! What a password must be: long enough, not cut, one form of Unicode, and hard to guess for somebody who
//! knows whose it is and what for. No rule about kinds of characters.

use unicode_normalization::UnicodeNormalization as _;

use super::super::error::ActionError;
use super::context::Context;
use crate::app::App;
use crate::secret::Secret;
use crate::secret::breached::{HashFile, HashFileError, is_common};
use crate::store::StoreError;

/// Fewest code points.
pub const SHORTEST: usize = 15;

/// Most bytes. More is refused, never cut.
pub const LONGEST: usize = 1024;

/// Characters that the estimate looks at; it takes ever longer with more, and says nothing new.
const ESTIMATED: usize = 100;

/// The estimate that is enough: 3 of 4, about 10⁸ guesses and more.
const ENOUGH: u8 = 3;

/// A new password of the right length, in normal form C. The acts that take it ask in addition whether it
/// is easy to guess for this person.
pub struct Password(Secret<String>);

/// Why a password will not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRule {
    ///
    #[error("the password is too short: take 15 characters or more")]
    TooShort,
    ///
    #[error("the password is too long: take 1024 bytes or less")]
    TooLong,
    /// common, or a pattern.
    #[error("the password is easy to guess: take some more words that do not belong together")]
    Guessable,
    /// made of words about this person or this place.
    #[error("the password is made of words that say who you are or where this is")]
    Context,
    /// on a list of passwords that leaked elsewhere.
    #[error("the password is on a list of passwords that leaked elsewhere: take another one")]
    Breached,
}

/// What is thought of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// From 0, guessed at once, to 4.
    pub score: u8,
    /// Why it will not do, if it will not.
    pub rule: Option<PasswordRule>,
}

impl Password {
    /// Takes in what a person typed as a new password.
    ///
    /// # Errors
    /// [`PasswordRule::TooShort`], [`PasswordRule::TooLong`].
    pub fn parse(typed: &Secret<String>) -> Result<Self, PasswordRule> {
        let text = normal(typed).ok_or(PasswordRule::TooLong)?;
        if is_short(&text) { Err(PasswordRule::TooShort) } else { Ok(Self(text)) }
    }

    /// Asks whether it is easy to guess, or known to others.
    ///
    /// # Errors
    /// `Password`; `Unavailable` when the operator's list cannot be read.
    pub(in crate::actions) async fn suits(
        self,
        app: &App,
        context: Context,
    ) -> Result<Secret<String>, ActionError> {
        let (text, judgement) = judged(app, self.0, context).await?;
        judgement.rule.map_or(Ok(text), |rule| Err(rule.into()))
    }
}

/// What is thought of a text in normal form. Takes some milliseconds of a thread that may block.
pub(super) async fn judged(
    app: &App,
    text: Secret<String>,
    context: Context,
) -> Result<(Secret<String>, Judgement), ActionError> {
    let list = app.config.load().passwords.breached.clone();
    let work = tokio::task::spawn_blocking(move || {
        let judgement = judge(&text, &context, list.as_deref());
        (text, judgement)
    });
    let (text, judgement) = work.await.map_err(|_| ActionError::Busy)?;
    let judgement = judgement.map_err(|error| {
        tracing::error!(%error, "the list of leaked passwords fails: it");
        ActionError::Unavailable(StoreError::Corrupt { column: "password.breached" })
    })?;
    Ok((text, judgement))
}

fn judge(
    text: &Secret<String>,
    context: &Context,
    list: Option<&HashFile>,
) -> Result<Judgement, HashFileError> {
    let start: Secret<String> = Secret::new(text.expose().chars().take(ESTIMATED).collect());
    let estimate = |words: &[&str]| u8::from(zxcvbn::zxcvbn(start.expose(), words).score());
    let score = estimate(&context.words());
    let known = || list.map_or(Ok(false), |list| list.holds(text.expose()));
    let rule = if is_short(text) {
        Some(PasswordRule::TooShort)
    } else if context.leaves_little_of(&start) || score < ENOUGH && estimate(&[]) >= ENOUGH {
        Some(PasswordRule::Context)
    } else if score < ENOUGH {
        Some(PasswordRule::Guessable)
    } else if is_common(text.expose()) || known()? {
        Some(PasswordRule::Breached)
    } else {
        None
    };
    Ok(Judgement { score, rule })
}

fn is_short(text: &Secret<String>) -> bool {
    text.expose().chars().count() < SHORTEST
}

/// The one form of a password that is hashed; `None` when it is longer than any may be.
pub(in crate::actions) fn normal(typed: &Secret<String>) -> Option<Secret<String>> {
    if typed.expose().len() > LONGEST {
        return None;
    }
    let text = Secret::new(typed.expose().nfc().collect::<String>());
    (text.expose().len() <= LONGEST).then_some(text)
}
