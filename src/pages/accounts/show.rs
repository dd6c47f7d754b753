//! One account: its facts, grants, keys and sessions, and what may be done with it.

use askama::Template;
use axum::extract::Path;

use super::parts::{GrantRow, grant_row, office_word};
use super::{Badge, PATH, badges, named};
use crate::actions::{account, api_key, organisation, session};
use crate::model::account::{Account, AccountKind, AccountStatus};
use crate::model::api_key::ApiKey;
use crate::model::session::Session;
use crate::pages::device;
use crate::pages::frame::{Frame, When};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, Overseer, SignedIn};
use crate::time::Timestamp;
use crate::web::fields::Fields;
use crate::words::Language;

#[derive(Template)]
#[template(path = "pages/accounts/show.html")]
struct Page {
    frame: Frame,
    name: String,
    account: Account,
    home: Option<String>,
    badges: Vec<Badge>,
    office: &'static str,
    created: When,
    grants: Vec<GrantRow>,
    keys: Vec<KeyRow>,
    sessions: Vec<SessionRow>,
    deeds: Vec<(&'static str, &'static str)>,
    administers: bool,
}

struct KeyRow {
    id: String,
    name: String,
    credentials: Vec<String>,
    created: When,
    used: Option<When>,
    ends: Option<When>,
    live: bool,
}

struct SessionRow {
    id: String,
    device: String,
    began: When,
    seen: When,
    ends: When,
}

/// Shows an account.
pub async fn show(Path(name): Path<String>, Overseer(signed_in): Overseer) -> Outcome {
    let visit = &signed_in.visit;
    let (app, actor, name) = (&visit.app, signed_in.actor(), named(visit, &name)?);
    let now = app.clock.now();
    let account::Shown { account, grants } = visit.or_say(account::show(app, &actor, &name).await)?;
    let keys = visit.or_say(api_key::list(app, &actor, account.id).await)?;
    let sessions = visit.or_say(session::list(app, &actor, account.id).await)?;
    let home = match account.kind {
        AccountKind::Service(id) => {
            Some(visit.or_say(organisation::by_id(app, &actor, id).await)?.slug.to_string())
        }
        AccountKind::Person => None,
    };
    let page = Page {
        frame: signed_in.frame_called(&name.to_string()),
        name: name.to_string(),
        home,
        badges: badges(&account),
        office: office_word(account.office),
        created: When(account.created_at),
        grants: grants.iter().map(|grant| grant_row(grant, now)).collect(),
        keys: keys.iter().map(|key| key_row(key, now)).collect(),
        sessions: sessions.iter().map(|session| session_row(session, signed_in.visit.language)).collect(),
        deeds: deeds(&signed_in, &account),
        administers: signed_in.administers(),
        account,
    };
    Ok(visit.show(&page))
}

/// Ends one session, or all of them.
pub async fn end_session(Path(name): Path<String>, Overseer(signed_in): Overseer, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let name = named(&signed_in.visit, &name)?;
    step_up::fresh(&mut signed_in, &fields).await?;
    let visit = &signed_in.visit;
    let (app, actor) = (&visit.app, signed_in.actor());
    let account = visit.or_say(account::show(app, &actor, &name).await)?.account;
    match fields.text("session") {
        "all" => {
            let own = (signed_in.person.account().id == account.id).then_some(signed_in.person.session.id);
            visit.or_say(session::end_all(app, &actor, account.id, own).await)?;
        }
        id => {
            let missing = || crate::actions::ActionError::Missing(crate::actions::Noun::Session);
            let id = visit.or_say(id.parse().map_err(|_| missing()))?;
            visit.or_say(session::end(app, &actor, id).await)?;
        }
    }
    Ok(signed_in.visit.go_saying(&format!("{PATH}/{name}"), "flash-sessions-ended"))
}

/// What may be done with the account by whoever looks at it: path and words.
fn deeds(signed_in: &SignedIn, account: &Account) -> Vec<(&'static str, &'static str)> {
    let person = account.kind == AccountKind::Person;
    let (administers, office) = (signed_in.administers(), account.office);
    let mut deeds = Vec::new();
    if administers {
        deeds.push(("export", "deed-export-title"));
    }
    if account.status == AccountStatus::Closed {
        if administers && person {
            deeds.push(("erase", "deed-erase-title"));
        }
        return deeds;
    }
    if person && (administers || office.is_none()) {
        deeds.push(("reset", "deed-reset-title"));
    }
    if person && !account.validated && account.email.is_some() {
        deeds.push(("validate", "deed-validate-title"));
    }
    if administers && person {
        deeds.push(("office", "deed-office-title"));
    }
    if administers {
        deeds.push(match account.status {
            AccountStatus::Suspended => ("resume", "deed-resume-title"),
            AccountStatus::Active | AccountStatus::Closed => ("suspend", "deed-suspend-title"),
        });
        deeds.push(("close", "deed-close-title"));
    }
    deeds
}

fn key_row(key: &ApiKey, now: Timestamp) -> KeyRow {
    KeyRow {
        id: key.id.to_string(),
        name: key.name.to_string(),
        credentials: key.credentials.iter().map(ToString::to_string).collect(),
        created: When(key.created_at),
        used: key.last_used_at.map(When),
        ends: key.ends_at().map(When),
        live: key.is_live(now),
    }
}

fn session_row(session: &Session, language: Language) -> SessionRow {
    SessionRow {
        id: session.id.to_string(),
        device: device::words(&session.device, language),
        began: When(session.created_at),
        seen: When(session.last_seen_at),
        ends: When(session.ends_at),
    }
}
