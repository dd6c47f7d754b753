//! The pages of those who hold an office, and of managers. Root administers, Sue supports, Mia manages the
//! organisation `home`, Olga manages `other`, Ada is a member of `home`.

mod accounts;
mod brand;
mod entry;
mod organisations;
mod running;
mod webhooks;
mod wrong;

use portcullis::actions::account::{self, NewPerson};
use portcullis::actions::grant::{self, NewGrant};
use portcullis::actions::{Actor, entitlement, organisation};
use portcullis::app::App;
use portcullis::model::account::Office;

use super::PASSWORD;
use crate::support::gateway::Gateway;
use crate::support::guest::{Form, Guest, Page};
use crate::support::upstream::Upstream;

/// Everybody in their places.
async fn house() -> (Upstream, Gateway) {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let household = &gateway.household;
    household.resident("mia", "manager").await;
    person(household.app(), "root", Some(Office::Administrator)).await;
    person(household.app(), "sue", Some(Office::Support)).await;
    person(household.app(), "olga", None).await;
    other(household.app()).await;
    for name in ["ada", "mia", "root", "sue", "olga"] {
        household.password(name, PASSWORD).await;
    }
    (app, gateway)
}

async fn person(app: &App, name: &str, office: Option<Office>) {
    let new = NewPerson {
        user_name: name.parse().unwrap(),
        email: Some(format!("{name}@example.org").parse().unwrap()),
        shown_name: name.parse().unwrap(),
        validated: true,
        office,
    };
    account::create_person(app, &Actor::operator(), new).await.unwrap();
}

/// Another organisation, which Olga manages.
async fn other(app: &App) {
    let (actor, slug) = (Actor::operator(), "other".parse().unwrap());
    organisation::create(app, &actor, "other".parse().unwrap(), "Other".parse().unwrap()).await.unwrap();
    entitlement::add(app, &actor, &slug, &"app".parse().unwrap()).await.unwrap();
    let new = NewGrant {
        account: "olga".parse().unwrap(),
        organisation: slug,
        role: "manager".parse().unwrap(),
        space: None,
        platform: None,
        starts_at: None,
        ends_at: None,
    };
    grant::add(app, &actor, new).await.unwrap();
}

/// Somebody's browser, signed in at the gate.
async fn guest<'g>(gateway: &'g Gateway, name: &str) -> Guest<'g> {
    let mut guest = Guest::of(gateway);
    guest.sign_in(name, PASSWORD).await.expect(200);
    guest
}

/// Fills in the form of a page and sends it.
async fn fill(guest: &mut Guest<'_>, path: &str, fields: &[(&str, &str)]) -> Page {
    let page = guest.gate(path).await.expect(200);
    let form = page.form(&format!("/.portcullis/{path}"));
    let form = fields.iter().fold(form, |form, (name, value)| form.with(name, value));
    guest.send(&form).await
}

/// Sends a form that no page showed.
async fn post(guest: &mut Guest<'_>, path: &str, fields: &[(&str, &str)]) -> Page {
    let form = Form::to(&format!("/.portcullis/{path}"));
    guest.send(&fields.iter().fold(form, |form, (name, value)| form.with(name, value))).await
}
