//! Where validated addresses are demanded: the administrator's switch.

use axum::response::Response;

use crate::actions::demand;
use crate::model::demanded::Demanded;
use crate::model::slug::Slug;
use crate::pages::HOME;
use crate::pages::sheet::{Form, Kind, Sheet};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, Overseer, SignedIn};
use crate::web::fields::Fields;
use crate::words;

/// The page.
const PATH: &str = "/.portcullis/validation";

/// Shows the switch.
pub async fn show(Overseer(signed_in): Overseer) -> Outcome {
    signed_in.needs_administrator()?;
    let shown = signed_in.visit.or_say(demand::show(&signed_in.visit.app, &signed_in.actor()))?;
    let list = |slugs: &[Slug]| slugs.iter().map(Slug::to_string).collect::<Vec<_>>().join(" ");
    let demanded = &shown.demanded;
    let held = [
        ("everywhere", if demanded.everywhere { "yes".to_owned() } else { String::new() }),
        ("platforms", list(&demanded.platforms)),
        ("organisations", list(&demanded.organisations)),
    ];
    let mut form = form(&signed_in);
    for (name, value) in held {
        form.fields
            .iter_mut()
            .filter(|field| field.name == name)
            .for_each(|field| value.clone_into(&mut field.value));
    }
    let text = if shown.locked { "demand-locked" } else { "demand-text" };
    Ok(sheet(&signed_in, form, text))
}

/// Sets it.
pub async fn set(Overseer(signed_in): Overseer, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    signed_in.needs_administrator()?;
    let mut form = form(&signed_in).filled(&fields);
    let platforms = slugs(&mut form, &fields, "platforms");
    let organisations = slugs(&mut form, &fields, "organisations");
    let (Some(platforms), Some(organisations)) = (platforms, organisations) else {
        return Ok(sheet(&signed_in, form, "demand-text"));
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let everywhere = !fields.text("everywhere").is_empty();
    let demanded = Demanded { everywhere, platforms, organisations };
    match demand::set(&signed_in.visit.app, &signed_in.actor(), demanded).await {
        Ok(()) => Ok(signed_in.visit.go_saying(PATH, "flash-demand-set")),
        Err(error) => {
            form.refuse(&error, &[]);
            Ok(sheet(&signed_in, form, "demand-text"))
        }
    }
}

fn slugs(form: &mut Form, fields: &Fields, name: &'static str) -> Option<Vec<Slug>> {
    let read: Result<Vec<Slug>, _> = fields.text(name).split_whitespace().map(str::parse).collect();
    if read.is_err() {
        form.blame(name, "field-slug-error");
    }
    read.ok()
}

fn form(signed_in: &SignedIn) -> Form {
    let form = Form::post(signed_in.visit.language, "demand", PATH.to_owned(), "demand-button");
    let form = form.may("everywhere", "demand-everywhere", Kind::Tick);
    let form = form.may("platforms", "demand-platforms", Kind::Line(1000)).hint("demand-hint");
    form.may("organisations", "demand-organisations", Kind::Line(1000)).hint("demand-hint")
}

fn sheet(signed_in: &SignedIn, form: Form, text: &str) -> Response {
    signed_in.sheet(Sheet {
        frame: signed_in.frame("nav-validation"),
        subject: String::new(),
        text: words::text(signed_in.visit.language, text),
        form,
        back: HOME.to_owned(),
    })
}
