//! An organisation made, renamed and closed, and the platforms that it may use.

use axum::extract::Path;

use super::{PATH, managed, path_of};
use crate::actions::{ActionError, Noun, entitlement, organisation};
use crate::model::organisation::Organisation;
use crate::model::shown_name::ShownName;
use crate::model::slug::Slug;
use crate::pages::sheet::{Form, Kind, Sheet};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, Overseer, SignedIn, Stop};
use crate::web::fields::Fields;
use crate::words;

/// Asks for a new organisation.
pub async fn ask_new(Overseer(signed_in): Overseer) -> Outcome {
    signed_in.needs_administrator()?;
    let form = new_form(&signed_in);
    Ok(signed_in.sheet(new_sheet(&signed_in, form)))
}

/// Makes an organisation.
pub async fn new(Overseer(signed_in): Overseer, fields: Fields) -> Outcome {
    signed_in.needs_administrator()?;
    let mut signed_in = signed_in;
    let mut form = new_form(&signed_in).filled(&fields);
    let slug: Option<Slug> = form.read(&fields, "slug", "field-slug-error");
    let name: Option<ShownName> = form.read(&fields, "name", "field-shown-name-error");
    let (Some(slug), Some(name)) = (slug, name) else {
        return Ok(signed_in.sheet(new_sheet(&signed_in, form)));
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let to = format!("{PATH}/{slug}");
    let done = organisation::create(&signed_in.visit.app, &signed_in.actor(), slug, name).await;
    let sheet = new_sheet(&signed_in, form);
    signed_in.settled(done, sheet, &[("taken-organisation", "slug")], (&to, "flash-organisation-made"))
}

fn new_form(signed_in: &SignedIn) -> Form {
    let action = "/.portcullis/new-organisation".to_owned();
    Form::post(signed_in.visit.language, "organisation", action, "organisation-new-button")
        .needs("slug", "fact-slug", Kind::Line(63))
        .hint("field-slug-hint")
        .needs("name", "fact-name", Kind::Line(200))
}

fn new_sheet(signed_in: &SignedIn, form: Form) -> Sheet {
    let text = words::text(signed_in.visit.language, "organisation-new-text");
    let frame = signed_in.frame("organisation-new-title");
    Sheet { frame, subject: String::new(), text, form, back: PATH.to_owned() }
}

/// Asks for another name.
pub async fn ask_rename(Path(slug): Path<String>, signed_in: SignedIn) -> Outcome {
    let held = managed(&signed_in, &slug).await?;
    let form = rename_form(&signed_in, &held);
    Ok(signed_in.sheet(about(&signed_in, &held, ("organisation-rename-title", ""), form)))
}

/// Gives another name.
pub async fn rename(Path(slug): Path<String>, signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let held = managed(&signed_in, &slug).await?;
    let mut form = rename_form(&signed_in, &held).filled(&fields);
    let Some(name) = form.read(&fields, "name", "field-shown-name-error") else {
        return Ok(signed_in.sheet(about(&signed_in, &held, ("organisation-rename-title", ""), form)));
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let done = organisation::rename(&signed_in.visit.app, &signed_in.actor(), &held.slug, name).await;
    let sheet = about(&signed_in, &held, ("organisation-rename-title", ""), form);
    signed_in.settled(done, sheet, &[], (&path_of(&held), "flash-renamed"))
}

fn rename_form(signed_in: &SignedIn, held: &Organisation) -> Form {
    let action = format!("{}/rename", path_of(held));
    Form::post(signed_in.visit.language, "rename", action, "rename-button")
        .needs("name", "fact-name", Kind::Line(200))
        .holding(&held.name)
}

/// Asks before an organisation is closed.
pub async fn ask_close(Path(slug): Path<String>, Overseer(signed_in): Overseer) -> Outcome {
    signed_in.needs_administrator()?;
    let held = managed(&signed_in, &slug).await?;
    let form = close_form(&signed_in, &held);
    Ok(signed_in.sheet(about(&signed_in, &held, CLOSE, form)))
}

const CLOSE: (&str, &str) = ("organisation-close-title", "organisation-close-text");

/// Closes an organisation.
pub async fn close(Path(slug): Path<String>, Overseer(signed_in): Overseer, fields: Fields) -> Outcome {
    signed_in.needs_administrator()?;
    let mut signed_in = signed_in;
    let held = managed(&signed_in, &slug).await?;
    let mut form = close_form(&signed_in, &held).filled(&fields);
    if fields.text("slug") != held.slug.as_str() {
        form.blame("slug", "organisation-close-error");
        return Ok(signed_in.sheet(about(&signed_in, &held, CLOSE, form)));
    }
    step_up::fresh(&mut signed_in, &fields).await?;
    let done = organisation::close(&signed_in.visit.app, &signed_in.actor(), &held.slug).await;
    let sheet = about(&signed_in, &held, CLOSE, form);
    signed_in.settled(done, sheet, &[], (&path_of(&held), "flash-organisation-closed"))
}

fn close_form(signed_in: &SignedIn, held: &Organisation) -> Form {
    let action = format!("{}/close", path_of(held));
    Form::post(signed_in.visit.language, "close", action, "organisation-close-button").grave().needs(
        "slug",
        "organisation-close-name",
        Kind::Line(63),
    )
}

/// Asks for a platform that the organisation may use from now on.
pub async fn ask_platform(Path(slug): Path<String>, Overseer(signed_in): Overseer) -> Outcome {
    signed_in.needs_administrator()?;
    let held = managed(&signed_in, &slug).await?;
    let form = platform_form(&signed_in, &held).await?;
    Ok(signed_in.sheet(about(&signed_in, &held, ADD, form)))
}

const ADD: (&str, &str) = ("platform-add-title", "");

/// Lets the organisation use a platform.
pub async fn add_platform(
    Path(slug): Path<String>,
    Overseer(signed_in): Overseer,
    fields: Fields,
) -> Outcome {
    signed_in.needs_administrator()?;
    let mut signed_in = signed_in;
    let held = managed(&signed_in, &slug).await?;
    let mut form = platform_form(&signed_in, &held).await?.filled(&fields);
    let Some(platform) = form.read(&fields, "platform", "field-choice-error") else {
        return Ok(signed_in.sheet(about(&signed_in, &held, ADD, form)));
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let done = entitlement::add(&signed_in.visit.app, &signed_in.actor(), &held.slug, &platform).await;
    let sheet = about(&signed_in, &held, ADD, form);
    let blames = [("no-platform", "platform"), ("taken-entitlement", "platform")];
    signed_in.settled(done, sheet, &blames, (&path_of(&held), "flash-platform-added"))
}

async fn platform_form(signed_in: &SignedIn, held: &Organisation) -> Result<Form, Stop> {
    let visit = &signed_in.visit;
    let has = visit.or_say(entitlement::list(&visit.app, &signed_in.actor(), &held.slug).await)?;
    let config = visit.app.config.load();
    let others = config.routing.platforms.iter().filter(|(slug, _)| !has.contains(slug));
    let mut others: Vec<_> = others.map(|(slug, title)| (slug.to_string(), title.to_string())).collect();
    others.sort();
    let action = format!("{}/new-platform", path_of(held));
    let form = Form::post(visit.language, "platform", action, "platform-add-button");
    Ok(form.needs("platform", "fact-platform", Kind::Choice(others)))
}

/// Asks before the use of a platform ends.
pub async fn ask_remove_platform(
    Path((slug, platform)): Path<(String, String)>,
    Overseer(signed_in): Overseer,
) -> Outcome {
    signed_in.needs_administrator()?;
    let held = managed(&signed_in, &slug).await?;
    let platform = platform_of(&signed_in, &platform)?;
    Ok(signed_in.sheet(remove_sheet(&signed_in, &held, &platform)))
}

/// Ends the use of a platform.
pub async fn remove_platform(
    Path((slug, platform)): Path<(String, String)>,
    Overseer(signed_in): Overseer,
    fields: Fields,
) -> Outcome {
    signed_in.needs_administrator()?;
    let mut signed_in = signed_in;
    let held = managed(&signed_in, &slug).await?;
    let platform = platform_of(&signed_in, &platform)?;
    step_up::fresh(&mut signed_in, &fields).await?;
    let done = entitlement::remove(&signed_in.visit.app, &signed_in.actor(), &held.slug, &platform).await;
    let sheet = remove_sheet(&signed_in, &held, &platform);
    signed_in.settled(done, sheet, &[], (&path_of(&held), "flash-platform-removed"))
}

fn platform_of(signed_in: &SignedIn, platform: &str) -> Result<Slug, Stop> {
    signed_in.visit.or_say(platform.parse().map_err(|_| ActionError::Missing(Noun::Platform)))
}

fn remove_sheet(signed_in: &SignedIn, held: &Organisation, platform: &Slug) -> Sheet {
    let action = format!("{}/platforms/{platform}", path_of(held));
    let form = Form::post(signed_in.visit.language, "remove", action, "platform-remove-button").grave();
    let words = ("platform-remove-title", "platform-remove-text");
    Sheet { subject: format!("{} • {platform}", held.name), ..about(signed_in, held, words, form) }
}

/// A page about an organisation that is one form.
pub(super) fn about(
    signed_in: &SignedIn,
    held: &Organisation,
    (title, text): (&str, &str),
    form: Form,
) -> Sheet {
    let text = if text.is_empty() { String::new() } else { words::text(signed_in.visit.language, text) };
    let (frame, subject) = (signed_in.frame(title), held.name.to_string());
    Sheet { frame, subject, text, form, back: path_of(held) }
}
