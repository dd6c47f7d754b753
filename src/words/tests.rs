//! Every message in every language, and none that nobody says.

use std::collections::BTreeSet;

use super::*;

const CATALOGUES: [(&str, &str); 3] =
    [("en", include_str!("en.ftl")), ("de", include_str!("de.ftl")), ("fr", include_str!("fr.ftl"))];

fn ids(catalogue: &str) -> BTreeSet<&str> {
    catalogue.lines().filter_map(|line| line.split_once(" = ")).map(|(id, _)| id).collect()
}

#[test]
fn every_language_has_every_message() {
    let english = ids(CATALOGUES[0].1);
    for (tag, catalogue) in CATALOGUES {
        assert_eq!(ids(catalogue), english, "{tag}");
        assert!(FluentResource::try_new(catalogue.to_owned()).is_ok(), "{tag} has a syntax error");
    }
}

#[test]
fn readers_get_the_language_they_like_best() {
    for (accepted, language) in [
        (None, Language::English),
        (Some("de-AT,de;q=0.9,en;q=0.5"), Language::German),
        (Some("fr;q=0.3, en;q=0.4"), Language::English),
        (Some("ja, fr;q=0.1"), Language::French),
        (Some("de;q=0"), Language::English),
        (Some(";;,,q=1"), Language::English),
    ] {
        assert_eq!(Language::negotiate(accepted), language, "{accepted:?}");
    }
}

#[test]
fn arguments_are_set_in() {
    assert_eq!(text_with(Language::German, "trouble-reference", &[("request", "x")]), "Anfrage x");
}
