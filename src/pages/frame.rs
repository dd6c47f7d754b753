//! The frame that every page is set in: head, navigation, message of the last page, foot. Templates extend
//! `frame.html` and take their words from [`Frame::t`].

use std::fmt;

use super::assets;
use super::ui::Theme;
use super::visit::Visit;
use crate::auth::at_home::Person;
use crate::config::Support;
use crate::model::account::Office;
use crate::model::role::Permission;
use crate::time::Timestamp;
use crate::words::{self, Language};

/// The frame of one page.
pub struct Frame {
    /// The language of the page.
    pub language: Language,
    /// The theme that was chosen.
    pub theme: Theme,
    /// The title, in the page's language.
    pub title: String,
    /// The name of the product, as the operator calls it.
    pub product: String,
    /// Where people find help.
    pub support: Option<Support>,
    /// What the last page left to say.
    pub flash: Option<String>,
    /// Who is signed in; without anybody the page is narrow and has no navigation.
    pub person: Option<Shown>,
    /// The path of this page.
    pub path: String,
    /// Addresses of what pages load.
    pub assets: assets::Addresses,
}

/// The person in the corner.
pub struct Shown {
    /// The name shown to people.
    pub name: String,
    /// The user name.
    pub user_name: String,
    /// The first letter of the name.
    pub initial: String,
    /// Whether the pages of an office are theirs.
    pub office: Option<Office>,
    /// Whether they manage something.
    pub manages: bool,
}

/// A line of the navigation.
pub struct Line {
    /// The page.
    pub path: &'static str,
    /// Its name, as a word of the catalogue.
    pub name: &'static str,
}

/// Pages that everybody has.
const OWN: [Line; 5] = [
    Line { path: "/.portcullis/", name: "nav-home" },
    Line { path: "/.portcullis/profile", name: "nav-profile" },
    Line { path: "/.portcullis/security", name: "nav-security" },
    Line { path: "/.portcullis/sessions", name: "nav-sessions" },
    Line { path: "/.portcullis/keys", name: "nav-keys" },
];

/// Pages of those who hold an office; the last three are for administrators only.
const OFFICE: [Line; 11] = [
    Line { path: "/.portcullis/accounts", name: "nav-accounts" },
    Line { path: "/.portcullis/organisations", name: "nav-organisations" },
    Line { path: "/.portcullis/letters", name: "nav-letters" },
    Line { path: "/.portcullis/bans", name: "nav-bans" },
    Line { path: "/.portcullis/audit", name: "nav-audit" },
    Line { path: "/.portcullis/explain", name: "nav-explain" },
    Line { path: "/.portcullis/upstreams", name: "nav-upstreams" },
    Line { path: "/.portcullis/certificates", name: "nav-certificates" },
    Line { path: "/.portcullis/validation", name: "nav-validation" },
    Line { path: "/.portcullis/webhooks", name: "nav-webhooks" },
    Line { path: "/.portcullis/configuration", name: "nav-configuration" },
];

/// Pages of those who manage an organisation.
const MANAGERS: [Line; 1] = [Line { path: "/.portcullis/organisations", name: "nav-organisations" }];

/// Whether somebody manages anything now. What this shows or hides is convenience: acts decide.
pub(super) fn manages(visit: &Visit, person: &Person) -> bool {
    let (config, now) = (visit.app.config.load(), visit.app.clock.now());
    let counting = person.standing.grants.iter().filter(|grant| grant.counts_at(now));
    let mut roles = counting.filter_map(|grant| config.roles.by_slug(&grant.role));
    roles.any(|role| role.permissions.has(Permission::Manage))
}

/// A moment as a page shows it: in UTC, for readers without script; `machine` is what `datetime` holds.
#[derive(Debug, Clone, Copy)]
pub struct When(pub Timestamp);

impl When {
    /// RFC 3339.
    pub fn machine(self) -> String {
        self.0.to_string()
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = self.machine();
        let (day, time) = machine.split_once('T').unwrap_or((&machine, ""));
        write!(f, "{day} {} UTC", time.split('.').next().unwrap_or_default())
    }
}

impl Frame {
    pub(super) fn of(visit: &Visit, title: &str, person: Option<&Person>) -> Self {
        let (language, config) = (visit.language, visit.app.config.load());
        Self {
            language,
            theme: visit.ui.theme,
            title: words::text(language, title),
            product: config.pages.name.to_string(),
            support: config.pages.support.clone(),
            flash: visit
                .ui
                .flash
                .as_deref()
                .filter(|id| words::exists(id))
                .map(|id| words::text(language, id)),
            person: person.map(|person| Shown::of(visit, person)),
            path: visit.uri.path().to_owned(),
            assets: assets::addresses(&config),
        }
    }

    /// The words of a message.
    pub fn t(&self, id: &str) -> String {
        words::text(self.language, id)
    }

    /// The words of a message with one argument.
    pub fn t1(&self, id: &str, name: &str, value: &(impl ToString + ?Sized)) -> String {
        words::text_with(self.language, id, &[(name, &value.to_string())])
    }

    /// The words of a message with two arguments.
    pub fn t2(&self, id: &str, one: (&str, &str), other: (&str, &str)) -> String {
        words::text_with(self.language, id, &[one, other])
    }

    /// The tag of the language, for `lang`.
    pub const fn tag(&self) -> &'static str {
        self.language.tag()
    }

    /// The languages to choose from: tag, own name, and whether it is this page's.
    pub fn languages(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        Language::ALL.into_iter().map(|one| (one.tag(), one.own_name(), one == self.language))
    }

    /// The themes to choose from: word, name, and whether it is this page's.
    pub fn themes(&self) -> impl Iterator<Item = (&'static str, String, bool)> {
        [Theme::System, Theme::Light, Theme::Dark].into_iter().map(|one| {
            (one.word(), words::text(self.language, &format!("theme-{}", one.word())), one == self.theme)
        })
    }

    /// The navigation of everybody who is signed in.
    pub const fn own(&self) -> &'static [Line] {
        &OWN
    }

    /// The navigation of an office, or of managers; empty for all others.
    pub fn office(&self) -> &'static [Line] {
        match &self.person {
            Some(Shown { office: Some(Office::Administrator), .. }) => &OFFICE,
            Some(Shown { office: Some(Office::Support), .. }) => {
                OFFICE.split_last_chunk::<3>().map_or(&[], |(without, _)| without)
            }
            Some(person) if person.manages => &MANAGERS,
            Some(_) | None => &[],
        }
    }

    /// Whether a line of the navigation leads to this page or to one above it.
    pub fn is_here(&self, line: &Line) -> bool {
        let below = |path: &str| {
            self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if line.path.ends_with('/') { self.path == line.path } else { below(line.path) }
    }
}

impl Shown {
    fn of(visit: &Visit, person: &Person) -> Self {
        let account = person.account();
        Self {
            name: account.display_name.to_string(),
            user_name: account.user_name.to_string(),
            initial: account.initial(),
            office: account.office,
            manages: manages(visit, person),
        }
    }
}
