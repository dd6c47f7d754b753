//! Making a key: for one application, with what it shall carry and for how long.

use std::net::IpAddr;
use std::time::Duration;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use ipnet::IpNet;

use super::super::form::{self, Wrong};
use super::super::frame::Frame;
use super::super::profile::{shown, usable};
use super::super::sheet::plain;
use super::super::step_up;
use super::super::visit::{Outcome, SignedIn};
use super::{made, right};
use crate::actions::ActionError;
use crate::actions::api_key::{self as act, KeyRule, Life, Wish};
use crate::config::Config;
use crate::model::api_key::KeyAudience;
use crate::model::credentials::Credentials;
use crate::model::role::{Permission, Permissions};
use crate::store::Constraint;
use crate::time::Timestamp;
use crate::web::fields::Fields;
use crate::web::problem_of;
use crate::words;

const DAY: Duration = Duration::from_secs(86_400);

/// Lives to choose from, in days, and the words for them.
const LIVES: [(u32, &str); 4] = [(7, "life-7"), (30, "life-30"), (90, "life-90"), (365, "life-365")];

/// Most networks of a key.
const MOST_NETWORKS: usize = 50;

#[derive(Template)]
#[template(path = "pages/keys/new.html")]
struct Page {
    frame: Frame,
    name: String,
    credentials: Vec<Choice>,
    chooses_rights: bool,
    rights: Vec<Choice>,
    lives: Vec<Choice>,
    until: String,
    networks: String,
    wrong: Wrong,
}

/// Something to choose, and whether it is chosen.
struct Choice {
    value: String,
    words: String,
    chosen: bool,
}

/// Shows the form.
pub async fn ask(signed_in: SignedIn) -> Outcome {
    Ok(page(&signed_in, StatusCode::OK, &Fields::default(), Wrong::default()))
}

/// Makes the key and shows it.
pub async fn create(signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let wish = match read(&signed_in, &fields) {
        Ok(wish) => wish,
        Err(wrong) => return Ok(page(&signed_in, StatusCode::UNPROCESSABLE_ENTITY, &fields, wrong)),
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let (visit, own) = (&signed_in.visit, signed_in.person.session.account);
    match act::create(&visit.app, &signed_in.actor(), own, wish).await {
        Ok(key) => Ok(made::show(&signed_in, &key)),
        Err(error) => {
            let wrong = visit.or_say(blame(&signed_in, error))?;
            Ok(page(&signed_in, StatusCode::UNPROCESSABLE_ENTITY, &fields, wrong))
        }
    }
}

/// The key that a form describes, or what is wrong with it.
fn read(signed_in: &SignedIn, fields: &Fields) -> Result<Wish, Wrong> {
    let visit = &signed_in.visit;
    let mut wrong = Wrong::default();
    let name = wrong.unless(fields.text("name").parse(), visit, "name", "problem-key-name-detail");
    let credentials: Result<Vec<Credentials>, _> = fields.all("credentials").map(str::parse).collect();
    let credentials = credentials.ok().filter(|all| !all.is_empty()).ok_or(());
    let credentials = wrong.unless(credentials, visit, "credentials", "problem-key-no-credentials-detail");
    let rights = wrong.unless(rights(fields).ok_or(()), visit, "rights", "key-rights-error");
    let life = wrong.unless(life(fields).ok_or(()), visit, "life", "key-life-error");
    let networks = networks(fields.text("networks")).ok_or(());
    let networks = wrong.unless(networks, visit, "networks", "key-networks-error");
    match (name, credentials, rights, life, networks) {
        (Some(name), Some(credentials), Some(rights), Some(life), Some(networks)) => {
            let audience = KeyAudience::Upstream;
            Ok(Wish { name, audience, credentials, rights, life, networks })
        }
        _ => Err(wrong),
    }
}

/// All of the role, or those that are ticked, of which there must be one.
fn rights(fields: &Fields) -> Option<Option<Permissions>> {
    match fields.text("rights") {
        "all" => Some(None),
        "chosen" => {
            let ticked: Option<Permissions> = fields.all("right").map(Permission::from_word).collect();
            ticked.filter(|ticked| *ticked != Permissions::NONE).map(Some)
        }
        _ => None,
    }
}

fn life(fields: &Fields) -> Option<Life> {
    match fields.text("life") {
        "none" => Some(Life::Endless),
        "custom" => {
            let day: jiff::civil::Date = fields.text("until").parse().ok()?;
            let end = day.tomorrow().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            Some(Life::Until(Timestamp::from(end.timestamp())))
        }
        days => {
            let (days, _) = LIVES.into_iter().find(|(known, _)| known.to_string() == days)?;
            Some(Life::For(DAY * days))
        }
    }
}

/// One network or address a line, or with commas between.
fn networks(text: &str) -> Option<Vec<IpNet>> {
    let each = text.split([',', '\n', ' ', '\r', '\t']).filter(|one| !one.is_empty());
    let read = |one: &str| one.parse::<IpNet>().ok().or_else(|| one.parse::<IpAddr>().ok().map(IpNet::from));
    let all: Option<Vec<IpNet>> = each.map(read).collect();
    all.filter(|all| all.len() <= MOST_NETWORKS)
}

/// The field that the act turned down; the error itself where no field is to blame.
fn blame(signed_in: &SignedIn, error: ActionError) -> Result<Wrong, ActionError> {
    let (field, slug) = match &error {
        ActionError::Taken(taken @ Constraint::KeyName) => ("name", problem_of::of_constraint(*taken)),
        ActionError::Key(rule) => match rule {
            KeyRule::Name => ("name", problem_of::of_key_rule(rule)),
            KeyRule::NoCredentials | KeyRule::NotHeld(_) | KeyRule::Twice(_) => {
                ("credentials", problem_of::of_key_rule(rule))
            }
            KeyRule::Rights(_) => ("rights", problem_of::of_key_rule(rule)),
            KeyRule::TooLong(_) | KeyRule::Past => ("life", problem_of::of_key_rule(rule)),
            _ => return Err(error),
        },
        _ => return Err(error),
    };
    Ok(Wrong::only(field, form::detail(&signed_in.visit, slug)))
}

fn page(signed_in: &SignedIn, status: StatusCode, fields: &Fields, wrong: Wrong) -> Response {
    let config = signed_in.visit.app.config.load();
    let held = usable(signed_in, &config);
    let only = held.len() == 1;
    let ticked = |name: &str, value: &str| fields.all(name).any(|one| one == value);
    let credentials = held.iter().map(|one| Choice {
        value: one.to_string(),
        words: format!("{} ({})", shown(one, &config), one.organisation),
        chosen: only || ticked("credentials", &one.to_string()),
    });
    let text = |id: &str| words::text(signed_in.visit.language, id);
    let rights = within_reach(&held, &config).into_iter().map(|(permission, word)| Choice {
        value: word.to_owned(),
        words: text(right(permission)),
        chosen: ticked("right", word),
    });
    let page = Page {
        frame: signed_in.frame("key-new-title"),
        name: plain(fields.text("name")),
        credentials: credentials.collect(),
        chooses_rights: fields.text("rights") == "chosen",
        rights: rights.collect(),
        lives: lives(&config, fields.text("life"), text),
        until: plain(fields.text("until")),
        networks: lines(fields.text("networks")),
        wrong,
    };
    signed_in.visit.show_as(status, &page)
}

/// What was typed line by line, made fit to be shown again.
fn lines(text: &str) -> String {
    text.lines().take(2 * MOST_NETWORKS).map(plain).collect::<Vec<_>>().join("\n")
}

/// The rights that any of these credentials has.
fn within_reach(held: &[Credentials], config: &Config) -> Vec<(Permission, &'static str)> {
    let roles: Vec<_> = held.iter().filter_map(|one| config.roles.by_slug(&one.role)).collect();
    let any = |permission| roles.iter().any(|role| role.permissions.has(permission));
    Permission::ALL.into_iter().filter(|(permission, _)| any(*permission)).collect()
}

/// The lives that the policy allows; chosen is what was, or what is usual here.
fn lives(config: &Config, chosen: &str, text: impl Fn(&str) -> String) -> Vec<Choice> {
    let longest = config.keys.longest_lifetime;
    let fits = |days: u32| longest.is_none_or(|longest| DAY * days <= longest);
    let usual = config.keys.default_lifetime.map(|usual| usual.as_secs() / DAY.as_secs());
    let mut all: Vec<Choice> = LIVES
        .into_iter()
        .filter(|(days, _)| fits(*days))
        .map(|(days, words)| {
            let chosen = match chosen {
                "" => usual == Some(u64::from(days)),
                typed => typed == days.to_string(),
            };
            Choice { value: days.to_string(), words: text(words), chosen }
        })
        .collect();
    let other = |value: &str, words| Choice { value: value.to_owned(), words, chosen: chosen == value };
    all.push(other("custom", text("life-custom")));
    if longest.is_none() {
        all.push(other("none", text("life-none")));
    }
    all
}
