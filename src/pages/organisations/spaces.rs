//! Spaces of an organisation: made, renamed and removed by its managers.

use axum::extract::Path;

use super::deed::about;
use super::{managed, path_of};
use crate::actions::space::GrantsInside;
use crate::actions::{ActionError, Noun, space};
use crate::model::organisation::{Organisation, Space};
use crate::model::shown_name::ShownName;
use crate::model::slug::Slug;
use crate::pages::sheet::{Form, Kind, Sheet};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, SignedIn, Stop};
use crate::web::fields::Fields;

const NEW: (&str, &str) = ("space-new-title", "");
const RENAME: (&str, &str) = ("space-rename-title", "");
const REMOVE: (&str, &str) = ("space-remove-title", "space-remove-text");

/// Asks for a new space.
pub async fn ask_new(Path(slug): Path<String>, signed_in: SignedIn) -> Outcome {
    let held = managed(&signed_in, &slug).await?;
    let form = new_form(&signed_in, &held);
    Ok(signed_in.sheet(about(&signed_in, &held, NEW, form)))
}

/// Makes a space.
pub async fn new(Path(slug): Path<String>, signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let held = managed(&signed_in, &slug).await?;
    let mut form = new_form(&signed_in, &held).filled(&fields);
    let slug: Option<Slug> = form.read(&fields, "slug", "field-slug-error");
    let name: Option<ShownName> = form.read(&fields, "name", "field-shown-name-error");
    let (Some(slug), Some(name)) = (slug, name) else {
        return Ok(signed_in.sheet(about(&signed_in, &held, NEW, form)));
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let done = space::create(&signed_in.visit.app, &signed_in.actor(), &held.slug, slug, name).await;
    let sheet = about(&signed_in, &held, NEW, form);
    signed_in.settled(done, sheet, &[("taken-space", "slug")], (&path_of(&held), "flash-space-made"))
}

fn new_form(signed_in: &SignedIn, held: &Organisation) -> Form {
    let action = format!("{}/new-space", path_of(held));
    Form::post(signed_in.visit.language, "space", action, "space-new-button")
        .needs("slug", "fact-slug", Kind::Line(63))
        .hint("field-slug-hint")
        .needs("name", "fact-name", Kind::Line(200))
}

/// Asks for another name of a space.
pub async fn ask_rename(Path((slug, space)): Path<(String, String)>, signed_in: SignedIn) -> Outcome {
    let (held, space) = known(&signed_in, &slug, &space).await?;
    let form = rename_form(&signed_in, &held, &space);
    Ok(signed_in.sheet(about_space(&signed_in, (&held, &space), RENAME, form)))
}

/// Gives a space another name.
pub async fn rename(
    Path((slug, space)): Path<(String, String)>,
    signed_in: SignedIn,
    fields: Fields,
) -> Outcome {
    let mut signed_in = signed_in;
    let (held, space) = known(&signed_in, &slug, &space).await?;
    let mut form = rename_form(&signed_in, &held, &space).filled(&fields);
    let Some(name) = form.read(&fields, "name", "field-shown-name-error") else {
        return Ok(signed_in.sheet(about_space(&signed_in, (&held, &space), RENAME, form)));
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let (app, actor) = (&signed_in.visit.app, signed_in.actor());
    let done = space::rename(app, &actor, &held.slug, &space.slug, name).await;
    let sheet = about_space(&signed_in, (&held, &space), RENAME, form);
    signed_in.settled(done, sheet, &[], (&path_of(&held), "flash-renamed"))
}

fn rename_form(signed_in: &SignedIn, held: &Organisation, space: &Space) -> Form {
    let action = format!("{}/spaces/{}", path_of(held), space.slug);
    Form::post(signed_in.visit.language, "space", action, "rename-button")
        .needs("name", "fact-name", Kind::Line(200))
        .holding(&space.name)
}

/// Asks before a space is removed.
pub async fn ask_remove(Path((slug, space)): Path<(String, String)>, signed_in: SignedIn) -> Outcome {
    let (held, space) = known(&signed_in, &slug, &space).await?;
    let form = remove_form(&signed_in, &held, &space);
    Ok(signed_in.sheet(about_space(&signed_in, (&held, &space), REMOVE, form)))
}

/// Removes a space, with the grants in it where that was ticked.
pub async fn remove(
    Path((slug, space)): Path<(String, String)>,
    signed_in: SignedIn,
    fields: Fields,
) -> Outcome {
    let mut signed_in = signed_in;
    let (held, space) = known(&signed_in, &slug, &space).await?;
    let form = remove_form(&signed_in, &held, &space).filled(&fields);
    step_up::fresh(&mut signed_in, &fields).await?;
    let inside = if fields.ticked("with-grants") { GrantsInside::Revoke } else { GrantsInside::Keep };
    let (app, actor) = (&signed_in.visit.app, signed_in.actor());
    let done = space::remove(app, &actor, &held.slug, &space.slug, inside).await;
    let sheet = about_space(&signed_in, (&held, &space), REMOVE, form);
    signed_in.settled(done, sheet, &[], (&path_of(&held), "flash-space-removed"))
}

fn remove_form(signed_in: &SignedIn, held: &Organisation, space: &Space) -> Form {
    let action = format!("{}/spaces/{}/remove", path_of(held), space.slug);
    Form::post(signed_in.visit.language, "space", action, "space-remove-button").grave().may(
        "with-grants",
        "space-remove-grants",
        Kind::Tick,
    )
}

async fn known(signed_in: &SignedIn, slug: &str, space: &str) -> Result<(Organisation, Space), Stop> {
    let held = managed(signed_in, slug).await?;
    let visit = &signed_in.visit;
    let spaces = visit.or_say(space::list(&visit.app, &signed_in.actor(), &held.slug).await)?;
    let found = spaces.into_iter().find(|known| known.slug.as_str() == space);
    let space = visit.or_say(found.ok_or(ActionError::Missing(Noun::Space)))?;
    Ok((held, space))
}

fn about_space(
    signed_in: &SignedIn,
    (held, space): (&Organisation, &Space),
    words: (&str, &str),
    form: Form,
) -> Sheet {
    Sheet { subject: format!("{} • {}", held.name, space.name), ..about(signed_in, held, words, form) }
}
