//! Grants in an organisation: given, revoked one by one, and ended with a membership.

use axum::extract::Path;

use super::deed::about;
use super::{managed, path_of};
use crate::actions::grant::{self, NewGrant};
use crate::actions::{ActionError, Noun, entitlement, space};
use crate::model::account::UserName;
use crate::model::id::GrantId;
use crate::model::organisation::Organisation;
use crate::model::slug::Slug;
use crate::pages::sheet::{Form, Kind, Moment, Sheet};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, SignedIn, Stop};
use crate::store::grants::Named;
use crate::web::fields::Fields;
use crate::words;

const NEW: (&str, &str) = ("grant-new-title", "");

/// Problems that one of the fields is to blame for.
const BLAMES: [(&str, &str); 7] = [
    ("no-account", "account"),
    ("account-closed", "account"),
    ("service-elsewhere", "account"),
    ("above-own-rank", "role"),
    ("no-role", "role"),
    ("no-space", "space"),
    ("not-entitled", "platform"),
];

/// Asks for a new grant.
pub async fn ask_new(Path(slug): Path<String>, signed_in: SignedIn) -> Outcome {
    let held = managed(&signed_in, &slug).await?;
    let form = new_form(&signed_in, &held).await?;
    Ok(signed_in.sheet(about(&signed_in, &held, NEW, form)))
}

/// Gives a grant.
pub async fn new(Path(slug): Path<String>, signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let held = managed(&signed_in, &slug).await?;
    let mut form = new_form(&signed_in, &held).await?.filled(&fields);
    let Some(new) = read(&mut form, &fields, &held) else {
        return Ok(signed_in.sheet(about(&signed_in, &held, NEW, form)));
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let done = grant::add(&signed_in.visit.app, &signed_in.actor(), new).await;
    let sheet = about(&signed_in, &held, NEW, form);
    let mut blames = BLAMES.to_vec();
    blames.push(("bad-period", "ends"));
    signed_in.settled(done, sheet, &blames, (&path_of(&held), "flash-grant-added"))
}

fn read(form: &mut Form, fields: &Fields, held: &Organisation) -> Option<NewGrant> {
    let account = form.read(fields, "account", "field-user-name-error");
    let role = form.read(fields, "role", "field-choice-error");
    let space = form.read_maybe(fields, "space", "field-choice-error");
    let platform = form.read_maybe(fields, "platform", "field-choice-error");
    let starts: Option<Option<Moment>> = form.read_maybe(fields, "starts", "field-moment-error");
    let ends: Option<Option<Moment>> = form.read_maybe(fields, "ends", "field-moment-error");
    Some(NewGrant {
        account: account?,
        organisation: held.slug.clone(),
        role: role?,
        space: space?,
        platform: platform?,
        starts_at: starts?.map(|at| at.0),
        ends_at: ends?.map(|at| at.0),
    })
}

async fn new_form(signed_in: &SignedIn, held: &Organisation) -> Result<Form, Stop> {
    let action = format!("{}/new-grant", path_of(held));
    let form = Form::post(signed_in.visit.language, "grant", action, "grant-new-button");
    places(form.needs("account", "field-user-name", Kind::Line(63)), signed_in, held).await
}

/// Adds to a form what a grant says: which role, where, and when.
pub(super) async fn places(form: Form, signed_in: &SignedIn, held: &Organisation) -> Result<Form, Stop> {
    let (visit, actor) = (&signed_in.visit, signed_in.actor());
    let spaces = visit.or_say(space::list(&visit.app, &actor, &held.slug).await)?;
    let platforms = visit.or_say(entitlement::list(&visit.app, &actor, &held.slug).await)?;
    let config = visit.app.config.load();
    let each = |word: &str| (String::new(), words::text(visit.language, word));
    let title = |slug: &Slug| {
        config.routing.platforms.get(slug).map_or_else(|| slug.to_string(), ToString::to_string)
    };
    let roles = config.roles.iter().map(|role| (role.slug.to_string(), role.title.clone())).collect();
    let spaces = spaces.iter().map(|space| (space.slug.to_string(), space.name.to_string()));
    let platforms = platforms.iter().map(|slug| (slug.to_string(), title(slug)));
    let spaces = [each("grant-each-space")].into_iter().chain(spaces).collect();
    let platforms = [each("grant-each-platform")].into_iter().chain(platforms).collect();
    Ok(form
        .needs("role", "fact-role", Kind::Choice(roles))
        .may("space", "fact-space", Kind::Choice(spaces))
        .may("platform", "fact-platform", Kind::Choice(platforms))
        .may("starts", "fact-starts", Kind::Moment)
        .hint("field-moment-hint")
        .may("ends", "fact-ends", Kind::Moment))
}

/// Asks before a grant is revoked.
pub async fn ask_revoke(Path((slug, id)): Path<(String, String)>, signed_in: SignedIn) -> Outcome {
    let held = managed(&signed_in, &slug).await?;
    let grant = known(&signed_in, &held, &id).await?;
    Ok(signed_in.sheet(revoke_sheet(&signed_in, &held, &grant)))
}

/// Revokes a grant.
pub async fn revoke(
    Path((slug, id)): Path<(String, String)>,
    signed_in: SignedIn,
    fields: Fields,
) -> Outcome {
    let mut signed_in = signed_in;
    let held = managed(&signed_in, &slug).await?;
    let grant = known(&signed_in, &held, &id).await?;
    step_up::fresh(&mut signed_in, &fields).await?;
    let done = grant::revoke(&signed_in.visit.app, &signed_in.actor(), grant.id).await;
    let sheet = revoke_sheet(&signed_in, &held, &grant);
    signed_in.settled(done, sheet, &[], (&path_of(&held), "flash-grant-revoked"))
}

/// The grant of an id in this very organisation.
async fn known(signed_in: &SignedIn, held: &Organisation, id: &str) -> Result<Named, Stop> {
    let visit = &signed_in.visit;
    let missing = || ActionError::Missing(Noun::Grant);
    let id: GrantId = visit.or_say(id.parse().map_err(|_| missing()))?;
    let grants = visit.or_say(grant::list(&visit.app, &signed_in.actor(), Some(&held.slug), None).await)?;
    visit.or_say(grants.into_iter().find(|grant| grant.id == id).ok_or_else(missing))
}

fn revoke_sheet(signed_in: &SignedIn, held: &Organisation, grant: &Named) -> Sheet {
    let action = format!("{}/grants/{}", path_of(held), grant.id);
    let form = Form::post(signed_in.visit.language, "grant", action, "grant-revoke-button").grave();
    let part = |slug: &Option<Slug>| slug.as_ref().map_or_else(|| "*".to_owned(), ToString::to_string);
    let subject = format!(
        "{}: {} • {} • {} • {}",
        grant.user_name,
        part(&grant.platform),
        held.slug,
        part(&grant.space),
        grant.role
    );
    Sheet { subject, ..about(signed_in, held, ("grant-revoke-title", "grant-revoke-text"), form) }
}

/// Asks before a membership ends.
pub async fn ask_leave(Path((slug, name)): Path<(String, String)>, signed_in: SignedIn) -> Outcome {
    let held = managed(&signed_in, &slug).await?;
    let name = member(&signed_in, &name)?;
    Ok(signed_in.sheet(leave_sheet(&signed_in, &held, &name)))
}

/// Ends a membership with its grants.
pub async fn leave(
    Path((slug, name)): Path<(String, String)>,
    signed_in: SignedIn,
    fields: Fields,
) -> Outcome {
    let mut signed_in = signed_in;
    let held = managed(&signed_in, &slug).await?;
    let name = member(&signed_in, &name)?;
    step_up::fresh(&mut signed_in, &fields).await?;
    let done = grant::leave(&signed_in.visit.app, &signed_in.actor(), &name, &held.slug).await;
    let sheet = leave_sheet(&signed_in, &held, &name);
    signed_in.settled(done, sheet, &[], (&path_of(&held), "flash-member-removed"))
}

fn member(signed_in: &SignedIn, name: &str) -> Result<UserName, Stop> {
    signed_in.visit.or_say(name.parse().map_err(|_| ActionError::Missing(Noun::Account)))
}

fn leave_sheet(signed_in: &SignedIn, held: &Organisation, name: &UserName) -> Sheet {
    let action = format!("{}/members/{name}", path_of(held));
    let form = Form::post(signed_in.visit.language, "member", action, "member-remove-button").grave();
    let words = ("member-remove-title", "member-remove-text");
    Sheet { subject: format!("{} • {name}", held.name), ..about(signed_in, held, words, form) }
}
