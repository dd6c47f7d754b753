//! A password set anew with a link.

use portcullis::actions::{Actor, account};

use super::{PASSWORD, ada, house};
use crate::support::guest::{GATE, Guest, SESSION};

const NEW: &str = "eleven quiet lanterns drift north";

/// it ends every session and signs nobody in; R-24: the token leaves the address at once.
#[tokio::test]
async fn a_link_sets_a_password_and_signs_nobody_in() {
    let (_app, gateway) = house().await;
    let mut elsewhere = ada(&gateway).await;
    let app = gateway.household.app();
    let link = account::reset(app, &Actor::operator(), &"ada".parse().unwrap()).await.unwrap().url;
    let mut guest = Guest::of(&gateway);
    let page = guest.open(link.expose()).await.expect(200);
    assert_eq!(page.path, "/.portcullis/reset-password");
    let form = page.form("/.portcullis/reset-password");
    guest.send(&form.clone().with("password", "short")).await.expect(422).expect_words("at least 15");
    guest.send(&form.clone().with("password", "ada ada ada ada ada")).await.expect(422);
    let page = guest.send(&form.clone().with("password", NEW)).await.expect(200);
    assert_eq!(page.path, "/.portcullis/sign-in");
    let page = page.expect_words("The new password is set.");
    assert_eq!(guest.cookie(GATE, SESSION), None);
    assert!(elsewhere.gate("keys").await.path.starts_with("/.portcullis/sign-in"));
    guest.sign_in_on(&page, "ada", PASSWORD).await.expect(422);
    guest.sign_in("ada", NEW).await.expect(200).expect_words("Your apps");
    guest.open(link.expose()).await.expect(404).expect_words("This link does not work");
    guest.send(&form.with("password", PASSWORD)).await.expect(404);
    guest.open("https://gate.test/.portcullis/reset-password/no-such-token").await.expect(404);
}
