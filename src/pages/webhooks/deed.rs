//! What is done with a webhook, each with a page that asks first: tried, stopped, let go on, sent to once more,
//! given another secret, removed.

use axum::extract::Path;

use super::{PATH, made, name_of, named, path_of};
use crate::actions::webhook::{self, Overlap};
use crate::actions::{ActionError, Noun};
use crate::model::webhook::Webhook;
use crate::pages::sheet::{Form, Kind, Sheet};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, Overseer, SignedIn, Stop};
use crate::web::fields::Fields;
use crate::words;

/// A deed: its word in the path, and the words of its page.
struct Deed {
    path: &'static str,
    title: &'static str,
    text: &'static str,
    button: &'static str,
    said: &'static str,
}

const DEEDS: [Deed; 6] = [
    Deed {
        path: "test",
        title: "webhook-test-title",
        text: "webhook-test-text",
        button: "webhook-test-button",
        said: "flash-webhook-tested",
    },
    Deed {
        path: "enable",
        title: "webhook-enable-title",
        text: "webhook-enable-text",
        button: "webhook-enable-button",
        said: "flash-webhook-enabled",
    },
    Deed {
        path: "disable",
        title: "webhook-disable-title",
        text: "webhook-disable-text",
        button: "webhook-disable-button",
        said: "flash-webhook-disabled",
    },
    Deed {
        path: "resend",
        title: "webhook-resend-title",
        text: "webhook-resend-text",
        button: "webhook-resend-button",
        said: "flash-webhook-resent",
    },
    Deed {
        path: "rotate",
        title: "webhook-rotate-title",
        text: "webhook-rotate-text",
        button: "webhook-rotate-button",
        said: "",
    },
    Deed {
        path: "remove",
        title: "webhook-remove-title",
        text: "webhook-remove-text",
        button: "webhook-remove-button",
        said: "flash-webhook-removed",
    },
];

/// Asks before a deed.
pub async fn ask(Path((id, deed)): Path<(String, String)>, Overseer(signed_in): Overseer) -> Outcome {
    let webhook = named(&signed_in, &id).await?;
    let deed = known(&signed_in, &deed)?;
    let form = form(&signed_in, &webhook, deed);
    Ok(signed_in.sheet(sheet(&signed_in, &webhook, deed, form)))
}

/// Does it.
pub async fn act(
    Path((id, deed)): Path<(String, String)>,
    Overseer(signed_in): Overseer,
    fields: Fields,
) -> Outcome {
    let mut signed_in = signed_in;
    let webhook = named(&signed_in, &id).await?;
    let deed = known(&signed_in, &deed)?;
    let mut form = form(&signed_in, &webhook, deed).filled(&fields);
    let overlap = overlap(&fields);
    if deed.path == "rotate" && overlap.is_none() {
        form.blame("overlap", "field-choice-error");
        return Ok(signed_in.sheet(sheet(&signed_in, &webhook, deed, form)));
    }
    step_up::fresh(&mut signed_in, &fields).await?;
    let (app, actor) = (&signed_in.visit.app, signed_in.actor());
    if let (Some(overlap), "rotate") = (overlap, deed.path) {
        let fresh = signed_in.visit.or_say(webhook::rotate(app, &actor, webhook.id, overlap).await)?;
        return Ok(made::show(&signed_in, &fresh));
    }
    let done = done(&signed_in, &webhook, deed).await;
    let to = if deed.path == "remove" { PATH.to_owned() } else { path_of(&webhook) };
    let sheet = sheet(&signed_in, &webhook, deed, form);
    signed_in.settled(done, sheet, &[], (&to, deed.said))
}

async fn done(signed_in: &SignedIn, webhook: &Webhook, deed: &Deed) -> Result<(), ActionError> {
    let (app, actor, id) = (&signed_in.visit.app, signed_in.actor(), webhook.id);
    match deed.path {
        "test" => webhook::test(app, &actor, id).await.map(drop),
        "enable" => webhook::enable(app, &actor, id).await.map(drop),
        "disable" => webhook::disable(app, &actor, id).await.map(drop),
        "resend" => webhook::resend_all(app, &actor, id).await.map(drop),
        _ => webhook::remove(app, &actor, id).await,
    }
}

fn overlap(fields: &Fields) -> Option<Overlap> {
    match fields.text("overlap") {
        "now" => Some(Overlap::None),
        "1h" => Some(Overlap::Hour),
        "24h" => Some(Overlap::Day),
        _ => None,
    }
}

fn known(signed_in: &SignedIn, deed: &str) -> Result<&'static Deed, Stop> {
    let found = DEEDS.iter().find(|known| known.path == deed);
    signed_in.visit.or_say(found.ok_or(ActionError::Missing(Noun::Webhook)))
}

fn form(signed_in: &SignedIn, webhook: &Webhook, deed: &Deed) -> Form {
    let action = format!("{}/{}", path_of(webhook), deed.path);
    let form = Form::post(signed_in.visit.language, "deed", action, deed.button);
    let form = if ["remove", "disable"].contains(&deed.path) { form.grave() } else { form };
    if deed.path != "rotate" {
        return form;
    }
    let text = |id: &str| words::text(signed_in.visit.language, id);
    let all = [("24h", "overlap-day"), ("1h", "overlap-hour"), ("now", "overlap-now")];
    let all = all.map(|(value, id)| (value.to_owned(), text(id)));
    form.needs("overlap", "webhook-overlap", Kind::Choice(all.to_vec())).holding("24h")
}

fn sheet(signed_in: &SignedIn, webhook: &Webhook, deed: &Deed, form: Form) -> Sheet {
    let text = words::text(signed_in.visit.language, deed.text);
    let frame = signed_in.frame(deed.title);
    Sheet { frame, subject: name_of(webhook), text, form, back: path_of(webhook) }
}
