//! What is done with an account, each with a page that asks first: stop, put back, end, give an office or a
//! link, and revoke a key.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::new::office_of;
use super::{PATH, named};
use crate::actions::{ActionError, Noun, account, api_key, validation};
use crate::model::account::{Account, Office, UserName};
use crate::model::api_key::KeyId;
use crate::pages::frame::{Frame, When};
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

const DEEDS: [Deed; 8] = [
    Deed {
        path: "validate",
        title: "deed-validate-title",
        text: "deed-validate-text",
        button: "deed-validate-button",
        said: "flash-validation-sent-to",
    },
    Deed {
        path: "export",
        title: "deed-export-title",
        text: "deed-export-text",
        button: "deed-export-button",
        said: "",
    },
    Deed {
        path: "erase",
        title: "deed-erase-title",
        text: "deed-erase-text",
        button: "deed-erase-button",
        said: "flash-account-erased",
    },
    Deed {
        path: "suspend",
        title: "deed-suspend-title",
        text: "deed-suspend-text",
        button: "deed-suspend-button",
        said: "flash-account-suspended",
    },
    Deed {
        path: "resume",
        title: "deed-resume-title",
        text: "deed-resume-text",
        button: "deed-resume-button",
        said: "flash-account-resumed",
    },
    Deed {
        path: "close",
        title: "deed-close-title",
        text: "deed-close-text",
        button: "deed-close-button",
        said: "flash-account-closed",
    },
    Deed {
        path: "office",
        title: "deed-office-title",
        text: "deed-office-text",
        button: "deed-office-button",
        said: "flash-office-set",
    },
    Deed {
        path: "reset",
        title: "deed-reset-title",
        text: "deed-reset-text",
        button: "deed-reset-button",
        said: "",
    },
];

#[derive(Template)]
#[template(path = "pages/accounts/link.html")]
struct Link<'a> {
    frame: Frame,
    name: String,
    url: &'a str,
    until: When,
    /// That it was mailed; it is not shown then.
    mailed: Option<String>,
}

/// Asks before a deed.
pub async fn ask(Path((name, deed)): Path<(String, String)>, Overseer(signed_in): Overseer) -> Outcome {
    let (account, deed) = known(&signed_in, &name, &deed).await?;
    let form = form(&signed_in, &account, deed);
    Ok(question(&signed_in, &account, deed, form))
}

/// Does it.
pub async fn act(
    Path((name, deed)): Path<(String, String)>,
    Overseer(signed_in): Overseer,
    fields: Fields,
) -> Outcome {
    let mut signed_in = signed_in;
    let (account, deed) = known(&signed_in, &name, &deed).await?;
    let mut form = form(&signed_in, &account, deed).filled(&fields);
    let name = &account.user_name;
    if ["close", "erase"].contains(&deed.path) && fields.text("name") != name.as_str() {
        form.blame("name", "deed-close-error");
    }
    let office = if deed.path == "office" { office_of(&mut form, &fields) } else { Some(None) };
    let (false, Some(office)) = (form.is_wrong(), office) else {
        return Ok(question(&signed_in, &account, deed, form));
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    if deed.path == "reset" {
        return reset(&signed_in, &account, deed, form).await;
    }
    if deed.path == "export" {
        return export(&signed_in, &account, deed, form).await;
    }
    match done(&signed_in, name, deed, office).await {
        Ok(after) => Ok(signed_in.visit.go_saying(&format!("{PATH}/{}", after.user_name), deed.said)),
        Err(error) => Ok(refused(&signed_in, &account, deed, (form, error))),
    }
}

async fn done(
    signed_in: &SignedIn,
    name: &UserName,
    deed: &Deed,
    office: Option<Office>,
) -> Result<Account, ActionError> {
    let (app, actor) = (&signed_in.visit.app, signed_in.actor());
    match deed.path {
        "validate" => validation::request_for(app, &actor, name).await,
        "suspend" => account::suspend(app, &actor, name).await,
        "resume" => account::resume(app, &actor, name).await,
        "close" => account::close(app, &actor, name).await,
        "erase" => account::erase(app, &actor, name).await,
        _ => account::set_office(app, &actor, name, office).await,
    }
}

/// Makes a link, and shows it, this once, where it was not mailed.
async fn reset(signed_in: &SignedIn, held: &Account, deed: &Deed, form: Form) -> Outcome {
    let visit = &signed_in.visit;
    match account::reset(&visit.app, &signed_in.actor(), &held.user_name).await {
        Ok(begun) => {
            let (frame, name) = (signed_in.frame("deed-reset-title"), held.user_name.to_string());
            let mailed = begun.mailed_to.as_ref().map(|email| {
                words::text_with(visit.language, "deed-reset-mailed", &[("email", email.as_str())])
            });
            Ok(visit.show(&Link {
                frame,
                name,
                url: begun.url.expose(),
                until: When(begun.expires_at),
                mailed,
            }))
        }
        Err(error) => Ok(refused(signed_in, held, deed, (form, error))),
    }
}

/// Hands out everything that is kept about a person.
async fn export(signed_in: &SignedIn, held: &Account, deed: &Deed, form: Form) -> Outcome {
    let visit = &signed_in.visit;
    match account::personal_data(&visit.app, &signed_in.actor(), &held.user_name).await {
        Ok(data) => {
            let text = serde_json::to_string_pretty(&data).unwrap_or_default();
            let name = format!("{}.json", held.user_name);
            Ok(visit.hand_out(&name, "application/json", text.into()))
        }
        Err(error) => Ok(refused(signed_in, held, deed, (form, error))),
    }
}

fn refused(
    signed_in: &SignedIn,
    held: &Account,
    deed: &Deed,
    (mut form, error): (Form, ActionError),
) -> Response {
    form.refuse(&error, &[]);
    question(signed_in, held, deed, form)
}

/// Asks before a key is revoked.
pub async fn ask_key(Path((name, id)): Path<(String, String)>, Overseer(signed_in): Overseer) -> Outcome {
    signed_in.needs_administrator()?;
    let (name, id) = (named(&signed_in.visit, &name)?, key_of(&signed_in, &id)?);
    key_question(&signed_in, &name, id, None).await
}

/// Revokes a key.
pub async fn revoke_key(
    Path((name, id)): Path<(String, String)>,
    Overseer(signed_in): Overseer,
    fields: Fields,
) -> Outcome {
    let mut signed_in = signed_in;
    signed_in.needs_administrator()?;
    let (name, id) = (named(&signed_in.visit, &name)?, key_of(&signed_in, &id)?);
    step_up::fresh(&mut signed_in, &fields).await?;
    match api_key::revoke(&signed_in.visit.app, &signed_in.actor(), id).await {
        Ok(_) => Ok(signed_in.visit.go_saying(&format!("{PATH}/{name}"), "flash-key-revoked")),
        Err(error) => key_question(&signed_in, &name, id, Some(error)).await,
    }
}

async fn key_question(
    signed_in: &SignedIn,
    name: &UserName,
    id: KeyId,
    error: Option<ActionError>,
) -> Outcome {
    let visit = &signed_in.visit;
    let key = visit.or_say(api_key::show(&visit.app, &signed_in.actor(), id).await)?;
    let back = format!("{PATH}/{name}");
    let mut form =
        Form::post(visit.language, "key", format!("{back}/keys/{id}"), "key-revoke-button").grave();
    if let Some(error) = error {
        form.refuse(&error, &[]);
    }
    let frame = signed_in.frame("key-revoke-title");
    let text = words::text(visit.language, "key-revoke-text");
    Ok(signed_in.sheet(Sheet { frame, subject: format!("{} ({id})", key.name), text, form, back }))
}

fn key_of(signed_in: &SignedIn, id: &str) -> Result<KeyId, Stop> {
    signed_in.visit.or_say(KeyId::from_ascii(id.as_bytes()).ok_or(ActionError::Missing(Noun::Key)))
}

async fn known(signed_in: &SignedIn, name: &str, deed: &str) -> Result<(Account, &'static Deed), Stop> {
    let visit = &signed_in.visit;
    let name = named(visit, name)?;
    let shown = visit.or_say(account::show(&visit.app, &signed_in.actor(), &name).await)?;
    let deed = DEEDS.iter().find(|known| known.path == deed);
    let deed = deed.ok_or_else(|| visit.go(&format!("{PATH}/{name}")))?;
    if !["reset", "validate"].contains(&deed.path) {
        signed_in.needs_administrator()?;
    }
    Ok((shown.account, deed))
}

fn form(signed_in: &SignedIn, account: &Account, deed: &Deed) -> Form {
    let language = signed_in.visit.language;
    let action = format!("{PATH}/{}/{}", account.user_name, deed.path);
    let form = Form::post(language, "deed", action, deed.button);
    match deed.path {
        "close" | "erase" => form.grave().needs("name", "deed-close-name", Kind::Line(63)),
        "suspend" => form.grave(),
        "office" => {
            let held = account.office.map_or("none", Office::as_str);
            form.may("office", "fact-office", Kind::Choice(super::parts::offices(language))).holding(held)
        }
        _ => form,
    }
}

fn question(signed_in: &SignedIn, account: &Account, deed: &Deed, form: Form) -> Response {
    signed_in.sheet(Sheet {
        frame: signed_in.frame(deed.title),
        subject: account.user_name.to_string(),
        text: words::text(signed_in.visit.language, deed.text),
        form,
        back: format!("{PATH}/{}", account.user_name),
    })
}
