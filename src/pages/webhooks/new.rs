//! Making a webhook: of which platform, where, and of what it is told.

use super::{PATH, event, made};
use crate::actions::webhook::{self, NewWebhook};
use crate::model::egress::WebAddress;
use crate::model::event::EventKind;
use crate::model::slug::Slug;
use crate::pages::sheet::{Form, Kind, Sheet};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, Overseer, SignedIn};
use crate::web::fields::Fields;
use crate::words;

/// Problems and the fields that are to blame.
const BLAMES: [(&str, &str); 4] = [
    ("no-platform", "platform"),
    ("address-not-https", "url"),
    ("address-not-public", "url"),
    ("taken-webhook", "url"),
];

/// Asks for a new webhook.
pub async fn ask(Overseer(signed_in): Overseer) -> Outcome {
    signed_in.needs_administrator()?;
    let form = form(&signed_in);
    Ok(signed_in.sheet(sheet(&signed_in, form)))
}

/// Makes it and shows its secret.
pub async fn create(Overseer(signed_in): Overseer, fields: Fields) -> Outcome {
    signed_in.needs_administrator()?;
    let mut signed_in = signed_in;
    let mut form = form(&signed_in).filled(&fields);
    let platform: Option<Slug> = form.read(&fields, "platform", "field-choice-error");
    let url: Option<WebAddress> = form.read(&fields, "url", "webhook-url-error");
    let (Some(platform), Some(url)) = (platform, url) else {
        return Ok(signed_in.sheet(sheet(&signed_in, form)));
    };
    let kinds = EventKind::TOLD.into_iter().filter(|kind| fields.ticked(kind.as_str())).collect();
    step_up::fresh(&mut signed_in, &fields).await?;
    let new = NewWebhook { platform, url, kinds };
    match webhook::create(&signed_in.visit.app, &signed_in.actor(), new).await {
        Ok(fresh) => Ok(made::show(&signed_in, &fresh)),
        Err(error) => {
            form.refuse(&error, &BLAMES);
            Ok(signed_in.sheet(sheet(&signed_in, form)))
        }
    }
}

fn form(signed_in: &SignedIn) -> Form {
    let config = signed_in.visit.app.config.load();
    let platforms = config.routing.platforms.iter();
    let mut platforms: Vec<_> = platforms.map(|(slug, title)| (slug.to_string(), title.clone())).collect();
    platforms.sort();
    let action = "/.portcullis/new-webhook".to_owned();
    let form = Form::post(signed_in.visit.language, "webhook", action, "webhook-new-button")
        .needs("platform", "fact-platform", Kind::Choice(platforms))
        .needs("url", "webhook-url", Kind::Line(1_000))
        .hint("webhook-url-hint");
    let ticks = |form: Form, kind: EventKind| form.may(kind.as_str(), event(kind), Kind::Tick);
    EventKind::TOLD.into_iter().fold(form, ticks)
}

fn sheet(signed_in: &SignedIn, form: Form) -> Sheet {
    let text = words::text(signed_in.visit.language, "webhook-new-text");
    let frame = signed_in.frame("webhook-new-title");
    Sheet { frame, subject: String::new(), text, form, back: PATH.to_owned() }
}
