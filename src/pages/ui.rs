//! What a browser remembers of how pages should look, in one small cookie: language, theme, and the message
//! that the next page says once. Nothing in it is trusted: what is not known counts as not there.

use http::HeaderValue;

use crate::web::cookie::{self, Kept};
use crate::words::Language;

/// How pages should look in this browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ui {
    /// The language that was chosen.
    pub language: Option<Language>,
    /// The theme that was chosen.
    pub theme: Theme,
    /// The id of the message to say.
    pub flash: Option<String>,
    /// Whether there was a message to say when the page was asked for.
    pub was_flashing: bool,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system likes it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Its word, as in the cookie and in `data-theme`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a word.
    pub fn of(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }
}

/// A year, in seconds.
const YEAR: u32 = 365 * 24 * 3600;

impl Ui {
    /// Reads the cookie's value.
    pub fn read(value: &str) -> Self {
        let mut parts = value.splitn(3, '.');
        let language = parts.next().and_then(Language::of_tag);
        let theme = Theme::of(parts.next().unwrap_or_default());
        let flash = parts.next().filter(|id| is_message(id)).map(ToOwned::to_owned);
        Self { language, theme, was_flashing: flash.is_some(), flash }
    }

    /// The cookie that remembers it.
    pub fn cookie(&self) -> HeaderValue {
        let language = self.language.map_or("", Language::tag);
        let flash = self.flash.as_deref().unwrap_or_default();
        let value = format!("{language}.{}.{flash}", self.theme.word());
        cookie::set(cookie::UI, &value, Kept::Seconds(YEAR))
    }
}

/// Whether this can be the id of a message for the next page.
fn is_message(id: &str) -> bool {
    id.starts_with("flash-") && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_reads_back_and_nonsense_counts_as_nothing() {
        let ui = Ui {
            language: Some(Language::German),
            theme: Theme::Dark,
            flash: Some("flash-key-revoked".into()),
            was_flashing: true,
        };
        let cookie = ui.cookie();
        let value = cookie.to_str().unwrap().split(['=', ';']).nth(1).unwrap();
        assert_eq!(Ui::read(value), ui);
        for nonsense in ["", "xx.blue.flash-<b>", "....", "de", "\u{202e}"] {
            let read = Ui::read(nonsense);
            assert_eq!((read.theme, read.flash), (Theme::System, None), "{nonsense}");
        }
    }
}
