//! The words of pages, letters and problems: one catalogue per language. Command line and logs are English
//! and not in here.

use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_syntax::ast;
use unic_langid::LanguageIdentifier;

/// A language that there is a catalogue for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, complete by definition.
    English,
    /// German.
    German,
    /// French.
    French,
}

impl Language {
    /// Every language, in the order of preference where a reader has none.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::French];

    /// Its tag (BCP 47), as in `lang` and `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
        }
    }

    /// Its name for itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
        }
    }

    /// The language of a tag.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The language that a reader likes best, by an `Accept-Language` value (RFC 9110, 12.5.4).
    pub fn negotiate(accepted: Option<&str>) -> Self {
        let mut best = (Self::English, 0.0);
        for range in accepted.unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default();
            let quality =
                parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let primary = tag.split('-').next().unwrap_or_default();
            let known = Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()));
            if let Some(language) = known.filter(|_| quality > best.1) {
                best = (language, quality);
            }
        }
        best.0
    }
}

static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::of("en", include_str!("en.ftl")));
static GERMAN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::of("de", include_str!("de.ftl")));
static FRENCH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::of("fr", include_str!("fr.ftl")));

/// The words of one language.
struct Catalogue {
    bundle: FluentBundle<FluentResource>,
    /// What needs no arguments, ready made: a flood of refusals says the same thing again and again.
    plain: HashMap<String, String>,
}

impl Catalogue {
    fn of(tag: &str, text: &str) -> Self {
        let resource = match FluentResource::try_new(text.to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        let ids: Vec<String> = resource.entries().filter_map(message_id).collect();
        let language = tag.parse::<LanguageIdentifier>().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Isolation marks would end up in mail subjects and problem documents.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        let nothing = FluentArgs::new();
        let plain = ids.into_iter().filter_map(|id| said(&bundle, &id, &nothing).map(|words| (id, words)));
        let plain = plain.collect();
        Self { bundle, plain }
    }

    fn in_language(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
            Language::French => &FRENCH,
        }
    }
}

fn message_id(entry: &ast::Entry<&str>) -> Option<String> {
    match entry {
        ast::Entry::Message(message) => Some(message.id.name.to_owned()),
        _ => None,
    }
}

/// Whether there is a message of this id that needs no arguments.
pub fn exists(id: &str) -> bool {
    ENGLISH.plain.contains_key(id)
}

/// The words of a message that needs no arguments.
pub fn text(language: Language, id: &str) -> String {
    let own = Catalogue::in_language(language).plain.get(id);
    own.or_else(|| ENGLISH.plain.get(id)).cloned().unwrap_or_else(|| id.to_owned())
}

/// The words of a message with its arguments. A message that a catalogue lacks is given in English, one
/// that there is not at all as its id; a test sees to it that neither happens.
pub fn text_with(language: Language, id: &str, arguments: &[(&str, &str)]) -> String {
    let arguments: FluentArgs<'_> = arguments.iter().map(|(name, value)| (*name, *value)).collect();
    let own = Catalogue::in_language(language);
    let found = [own, &*ENGLISH].into_iter().find_map(|words| said(&words.bundle, id, &arguments));
    found.unwrap_or_else(|| id.to_owned())
}

fn said(bundle: &FluentBundle<FluentResource>, id: &str, arguments: &FluentArgs<'_>) -> Option<String> {
    let pattern = bundle.get_message(id)?.value()?;
    Some(bundle.format_pattern(pattern, Some(arguments), &mut Vec::new()).into_owned())
}

#[cfg(test)]
mod tests;
