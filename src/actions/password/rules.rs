//! What a password must be: long enough, not cut, one form of Unicode, and hard to guess for somebody who
//! knows whose it is and what for. No rule about kinds of characters.

use unicode_normalization::UnicodeNormalization as _;

use crate::model::account::UserName;
use crate::secret::Secret;

/// Fewest code points.
pub const SHORTEST: usize = 15;

/// Most bytes. More is refused, never cut.
pub const LONGEST: usize = 1024;

/// Characters that the estimate looks at; it takes ever longer with more, and says nothing new.
const ESTIMATED: usize = 100;

/// Letters and digits that must remain beside words of the context: the estimate finds each such word easy
/// to guess, and three of them in a row hard.
const OWN: usize = 8;

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
}

/// Words that somebody who guesses would try first.
#[derive(Debug, Clone, Default)]
pub(in crate::actions) struct Context(Vec<String>);

impl Password {
    /// Takes in what a person typed as a new password.
    ///
    /// # Errors
    /// [`PasswordRule::TooShort`], [`PasswordRule::TooLong`].
    pub fn parse(typed: &Secret<String>) -> Result<Self, PasswordRule> {
        let text = normal(typed).ok_or(PasswordRule::TooLong)?;
        if text.expose().chars().count() < SHORTEST {
            return Err(PasswordRule::TooShort);
        }
        Ok(Self(text))
    }

    /// Asks whether it is easy to guess; takes some milliseconds of a thread that may block.
    ///
    /// # Errors
    /// [`PasswordRule::Guessable`], [`PasswordRule::Context`].
    pub(in crate::actions) async fn suits(self, context: Context) -> Result<Secret<String>, PasswordRule> {
        let judged = tokio::task::spawn_blocking(move || judge(self.0, &context)).await;
        judged.unwrap_or(Err(PasswordRule::Guessable))
    }
}

fn judge(text: Secret<String>, context: &Context) -> Result<Secret<String>, PasswordRule> {
    let start: Secret<String> = Secret::new(text.expose().chars().take(ESTIMATED).collect());
    if context.leaves_little_of(&start) {
        return Err(PasswordRule::Context);
    }
    let words: Vec<&str> = context.0.iter().map(String::as_str).collect();
    let score = |words: &[&str]| u8::from(zxcvbn::zxcvbn(start.expose(), words).score());
    if score(&words) >= ENOUGH {
        Ok(text)
    } else if score(&[]) >= ENOUGH {
        Err(PasswordRule::Context)
    } else {
        Err(PasswordRule::Guessable)
    }
}

impl Context {
    /// About an account: its names, the part of its address before the `@`, and this product.
    pub(in crate::actions) fn of(user_name: &UserName, email: Option<&str>, shown_name: &str) -> Self {
        let mut words = vec!["portcullis".to_owned()];
        let local = email.and_then(|email| email.rsplit_once('@')).map(|(local, _)| local);
        for text in [Some(user_name.as_str()), local, Some(shown_name)].into_iter().flatten() {
            words.push(text.to_lowercase());
            words.extend(text.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
        }
        words.retain(|word| word.chars().count() > 2);
        Self(words)
    }

    /// Whether a password is made of these words and not much else.
    fn leaves_little_of(&self, text: &Secret<String>) -> bool {
        let whole = Secret::new(text.expose().to_lowercase());
        let mut rest = Secret::new(whole.expose().clone());
        let mut words: Vec<&str> = self.0.iter().map(String::as_str).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        for word in words {
            // A mark in its place, so that what lay around it does not become a word of its own.
            rest = Secret::new(rest.expose().replace(word, " "));
        }
        let own = rest.expose().chars().filter(|c| c.is_alphanumeric()).count();
        own < OWN && rest.expose() != whole.expose()
    }

    /// Adds names of organisations and the like.
    pub(super) fn and(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.0.extend(names.into_iter().map(|name| name.to_lowercase()));
        self.0.retain(|word| word.chars().count() > 2);
        self
    }
}

/// The one form of a password that is hashed; `None` when it is longer than any may be.
pub(in crate::actions) fn normal(typed: &Secret<String>) -> Option<Secret<String>> {
    if typed.expose().len() > LONGEST {
        return None;
    }
    let text = Secret::new(typed.expose().nfc().collect::<String>());
    (text.expose().len() <= LONGEST).then_some(text)
}
