//! New accounts: of a person, and of a service of an organisation. Managers make services of their own.

use http::StatusCode;

use super::PATH;
use crate::actions::account::{self, NewPerson};
use crate::actions::organisation;
use crate::model::account::Office;
use crate::model::organisation::OrganisationStatus;
use crate::model::slug::Slug;
use crate::pages::sheet::{Form, Kind, Sheet};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, Overseer, SignedIn, Stop};
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::words;

/// Problems that one of the fields is to blame for.
const BLAMES: [(&str, &str); 4] = [
    ("taken-user-name", "user-name"),
    ("taken-email", "email"),
    ("no-organisation", "organisation"),
    ("organisation-closed", "organisation"),
];

/// Asks for a new person.
pub async fn ask_person(Overseer(signed_in): Overseer) -> Outcome {
    signed_in.needs_administrator()?;
    Ok(answer(&signed_in, "account-new-title", person_form(&signed_in)))
}

/// Makes a person.
pub async fn person(Overseer(signed_in): Overseer, fields: Fields) -> Outcome {
    signed_in.needs_administrator()?;
    let mut signed_in = signed_in;
    let mut form = person_form(&signed_in).filled(&fields);
    let user_name = form.read(&fields, "user-name", "field-user-name-error");
    let shown_name = form.read(&fields, "shown-name", "field-shown-name-error");
    let email = form.read_maybe(&fields, "email", "field-email-error");
    let office = office_of(&mut form, &fields);
    let (Some(user_name), Some(shown_name), Some(email), Some(office)) =
        (user_name, shown_name, email, office)
    else {
        return Ok(answer(&signed_in, "account-new-title", form));
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let visit = &signed_in.visit;
    let new = NewPerson { user_name, email, shown_name, validated: fields.ticked("validated"), office };
    match account::create_person(&visit.app, &signed_in.actor(), new).await {
        Ok(made) => {
            let to = format!("{PATH}/{}", made.user_name);
            Ok(signed_in.visit.go_saying(&to, "flash-account-made"))
        }
        Err(error) => {
            form.refuse(&error, &BLAMES);
            Ok(answer(&signed_in, "account-new-title", form))
        }
    }
}

/// Asks for a new service.
pub async fn ask_service(signed_in: SignedIn) -> Outcome {
    let form = service_form(&signed_in).await?;
    Ok(answer(&signed_in, "service-new-title", form))
}

/// Makes a service account.
pub async fn service(signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let mut form = service_form(&signed_in).await?.filled(&fields);
    let user_name = form.read(&fields, "user-name", "field-user-name-error");
    let shown_name = form.read(&fields, "shown-name", "field-shown-name-error");
    let home: Option<Slug> = form.read(&fields, "organisation", "field-choice-error");
    let (Some(user_name), Some(shown_name), Some(home)) = (user_name, shown_name, home) else {
        return Ok(answer(&signed_in, "service-new-title", form));
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let visit = &signed_in.visit;
    match account::create_service(&visit.app, &signed_in.actor(), user_name, shown_name, &home).await {
        Ok(made) => {
            let to = match signed_in.person.account().office {
                Some(_) => format!("{PATH}/{}", made.user_name),
                None => format!("/.portcullis/organisations/{home}"),
            };
            Ok(signed_in.visit.go_saying(&to, "flash-account-made"))
        }
        Err(error) => {
            form.refuse(&error, &BLAMES);
            Ok(answer(&signed_in, "service-new-title", form))
        }
    }
}

fn person_form(signed_in: &SignedIn) -> Form {
    let language = signed_in.visit.language;
    let offices = super::parts::offices(language);
    Form::post(language, "person", "/.portcullis/new-person".to_owned(), "account-new-button")
        .needs("user-name", "field-user-name", Kind::Line(63))
        .hint("field-user-name-hint")
        .needs("shown-name", "account-shown-name", Kind::Line(200))
        .may("email", "field-email", Kind::Email)
        .may("validated", "account-new-validated", Kind::Tick)
        .may("office", "fact-office", Kind::Choice(offices))
}

async fn service_form(signed_in: &SignedIn) -> Result<Form, Stop> {
    let visit = &signed_in.visit;
    let homes = visit.or_say(organisation::list(&visit.app, &signed_in.actor(), "", 500).await)?;
    let open = homes.into_iter().filter(|home| home.status == OrganisationStatus::Open);
    let managed = open.filter(|home| signed_in.manages(home.id));
    let choices: Vec<_> = managed.map(|home| (home.slug.to_string(), home.name.to_string())).collect();
    if choices.is_empty() && !signed_in.administers() {
        return Err(visit.say(&Problem::new(StatusCode::FORBIDDEN, "not-manager")).into());
    }
    let form =
        Form::post(visit.language, "service", "/.portcullis/new-service".to_owned(), "account-new-button");
    Ok(form
        .needs("user-name", "field-user-name", Kind::Line(63))
        .hint("field-user-name-hint")
        .needs("shown-name", "account-shown-name", Kind::Line(200))
        .needs("organisation", "fact-organisation", Kind::Choice(choices)))
}

/// The office that a form gives; `None` when it names one that there is not.
pub(super) fn office_of(form: &mut Form, fields: &Fields) -> Option<Option<Office>> {
    match fields.text("office") {
        "" | "none" if fields.all("office").count() < 2 => Some(None),
        word => {
            let office = Office::from_word(word);
            if office.is_none() {
                form.blame("office", "field-choice-error");
            }
            office.map(Some)
        }
    }
}

fn answer(signed_in: &SignedIn, title: &str, form: Form) -> axum::response::Response {
    let text = words::text(signed_in.visit.language, "account-new-text");
    let back = match signed_in.person.account().office {
        Some(_) => PATH,
        None => "/.portcullis/organisations",
    };
    signed_in.sheet(Sheet {
        frame: signed_in.frame(title),
        subject: String::new(),
        text,
        form,
        back: back.to_owned(),
    })
}
