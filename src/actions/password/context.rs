//! What somebody who guesses knows: the names of a person, and of the places where they work.

use crate::model::account::UserName;
use crate::secret::Secret;

/// Letters and digits that must remain beside words of the context: the estimate finds each such word easy
/// to guess, and three of them in a row hard.
const OWN: usize = 8;

/// Words that somebody who guesses would try first.
#[derive(Debug, Clone)]
pub(in crate::actions) struct Context(Vec<String>);

impl Context {
    /// About this place only: the product and what it is called here.
    pub(super) fn of_place(called: &str) -> Self {
        Self(Vec::new()).and(["portcullis", called])
    }

    /// Adds the names of a person, and the part of the address before the `@`.
    pub(super) fn and_person(self, user_name: &UserName, email: Option<&str>, shown_name: &str) -> Self {
        let local = email.and_then(|email| email.rsplit_once('@')).map(|(local, _)| local);
        self.and([Some(user_name.as_str()), local, Some(shown_name)].into_iter().flatten())
    }

    /// Adds names, each whole and in its parts.
    pub(super) fn and<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        for name in names {
            let name = name.to_lowercase();
            self.0.extend(name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
            self.0.push(name);
        }
        self.0.retain(|word| word.chars().count() > 2);
        self
    }

    /// The words.
    pub(super) fn words(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }

    /// Whether a password is made of these words and not much else.
    pub(super) fn leaves_little_of(&self, text: &Secret<String>) -> bool {
        let whole = Secret::new(text.expose().to_lowercase());
        let mut rest = Secret::new(whole.expose().clone());
        let mut words = self.words();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        for word in words {
            // A mark in its place, so that what lay around it does not become a word of its own.
            rest = Secret::new(rest.expose().replace(word, " "));
        }
        let own = rest.expose().chars().filter(|c| c.is_alphanumeric()).count();
        own < OWN && rest.expose() != whole.expose()
    }
}
