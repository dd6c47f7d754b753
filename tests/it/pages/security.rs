//! Changing one's password.

use super::{MINUTE, PASSWORD, ada, house};
use crate::support::guest::Guest;

const NEW: &str = "eleven quiet lanterns drift north";

/// the current password, a good new one, and other devices out unless one says otherwise.
#[tokio::test]
async fn a_person_changes_their_password_and_is_signed_out_elsewhere() {
    let (_app, gateway) = house().await;
    let (mut here, mut there) = (ada(&gateway).await, ada(&gateway).await);
    let form = here.gate("security").await.expect(200).form("/.portcullis/security");
    assert_eq!(form.value("others"), Some("end"), "it is ticked already");
    let good = form.with("current", PASSWORD).with("password", NEW);
    here.send(&good.clone().with("password", "short")).await.expect(422).expect_words("at least 15");
    let wrong = here.send(&good.clone().with("current", "not this one, surely")).await.expect(422);
    let wrong = wrong.expect_words("This is not your current password.");
    assert!(!wrong.text().contains(NEW));
    there.gate("keys").await.expect(200).expect_words("You have no keys yet.");
    gateway.clock.advance(MINUTE);
    here.send(&good).await.expect(200).expect_words("Your password is changed.");
    here.gate("keys").await.expect(200).expect_words("You have no keys yet.");
    assert!(there.gate("keys").await.path.starts_with("/.portcullis/sign-in"));
    let mut guest = Guest::of(&gateway);
    guest.sign_in("ada", PASSWORD).await.expect(422);
    gateway.clock.advance(MINUTE);
    guest.sign_in("ada", NEW).await.expect(200);
    let form = here.gate("security").await.form("/.portcullis/security");
    let mut form = form.with("current", NEW).with("password", PASSWORD);
    form.fields.retain(|(name, _)| name != "others");
    here.send(&form).await.expect(200).expect_words("Your password is changed.");
    guest.gate("keys").await.expect(200).expect_words("You have no keys yet.");
}
