//! The pages, as a browser meets them: over TLS, with cookies, redirects and forms.

mod change_address;
mod choose;
mod demanded;
mod forgot_password;
mod forms;
mod hand_off;
mod invitations;
mod keys;
mod office;
mod password_strength;
mod profile;
mod report_key;
mod reset_password;
mod security;
mod sessions;
mod set_up;
mod sign_in;
mod sign_out;
mod sign_up;
mod step_up;
mod taken_over;
mod usurper;
mod validate;

use std::time::Duration;

use crate::support::gateway::Gateway;
use crate::support::guest::Guest;
use crate::support::upstream::Upstream;

/// Everybody's password.
const PASSWORD: &str = "violet tractor under seven moons";

/// The first page of whoever is signed in.
const HOME: &str = "/.portcullis/";

const MINUTE: Duration = Duration::from_secs(60);

/// An app behind `app.test` and `other.test`, and Ada, who has a password.
async fn house() -> (Upstream, Gateway) {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    gateway.household.password("ada", PASSWORD).await;
    (app, gateway)
}

/// Ada's browser, signed in at the gate.
async fn ada(gateway: &Gateway) -> Guest<'_> {
    let mut ada = Guest::of(gateway);
    let page = ada.sign_in("ada", PASSWORD).await.expect(200);
    assert_eq!(page.path, HOME);
    ada
}
