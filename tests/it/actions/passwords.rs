//! Passwords: what they must be, and what ends when one is set, changed or set anew.

use portcullis::actions::password::{self, ChangeError, EndOthers, LONGEST, Password, PasswordRule};
use portcullis::actions::sign_in::SignInError;
use portcullis::actions::{ActionError, Actor, Denied, Noun, Origin, Rule, account};
use portcullis::model::identity::Presented;
use portcullis::secret::Secret;
use portcullis::secret::breached::HashFile;

use super::office::{Office, PASSWORD, found, password as new, refusal};
use crate::store::ground::Ground;

const NEXT: &str = "eleven damp lanterns hum";

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// code points are counted, in normal form, and nothing is cut.
#[test]
fn a_password_has_fifteen_code_points_and_a_kilobyte_at_most() {
    let read = |text: &str| Password::parse(&secret(text)).map(drop);
    assert_eq!(read("fourteen chars"), Err(PasswordRule::TooShort));
    assert_eq!(read("fifteen chars.."), Ok(()));
    assert_eq!(read(&"\u{1f40e}".repeat(15)), Ok(()));
    assert_eq!(read(&"e\u{301}".repeat(14)), Err(PasswordRule::TooShort), "fourteen once composed");
    assert_eq!(read(&"x".repeat(LONGEST)), Ok(()));
    assert_eq!(read(&"x".repeat(LONGEST + 1)), Err(PasswordRule::TooLong));
}

/// with the reason.
#[tokio::test]
async fn a_password_that_is_easy_to_guess_for_this_person_is_refused() {
    for office in Office::all().await {
        office.member("ada.lovelace", "acme", "viewer").await;
        let name = "ada.lovelace".parse().unwrap();
        for (text, reason) in [
            ("passwordpassword", PasswordRule::Guessable),
            ("aaaaaaaaaaaaaaaaaaaa", PasswordRule::Guessable),
            ("123456789012345678", PasswordRule::Guessable),
            ("Lovelace lovelace lovelace!", PasswordRule::Context),
            ("ada.lovelaceada.lovelace", PasswordRule::Context),
            ("ada-lovelace-portcullis", PasswordRule::Context),
            ("portcullis-acme-lovelace", PasswordRule::Context),
            ("correct horse battery staple", PasswordRule::Breached),
            ("Correct-Horse-Battery-Staple2026!", PasswordRule::Breached),
        ] {
            let done = password::set(&office.app, &Actor::operator(), &name, new(text)).await;
            assert!(matches!(refusal(done), ActionError::Password(why) if why == reason), "{text}");
        }
        password::set(&office.app, &Actor::operator(), &name, new(PASSWORD)).await.unwrap();
    }
}

/// the operator's list counts too, and where it cannot be read nothing is set.
#[tokio::test]
async fn a_password_of_the_operators_list_is_refused() {
    for ground in Ground::all().await {
        let file = ground.folder.join("leaked.txt");
        // SHA-1 of "eleven damp lanterns hum".
        std::fs::write(&file, "E5287F3013849FD1A47B950AE5322277C11D437E:7\n").unwrap();
        let office = Office::bare(ground, |config| {
            config.passwords.breached = Some(HashFile::open(&file).unwrap().into());
        })
        .await;
        office.guarded("ada").await;
        let name = "ada".parse().unwrap();
        let done = password::set(&office.app, &Actor::operator(), &name, new(NEXT)).await;
        assert!(matches!(refusal(done), ActionError::Password(PasswordRule::Breached)));
        std::fs::write(&file, "x".repeat(5000)).unwrap();
        let done = password::set(&office.app, &Actor::operator(), &name, new("nine slow comets fade")).await;
        assert!(matches!(refusal(done), ActionError::Unavailable(_)));
    }
}

/// nobody chooses a password for another.
#[tokio::test]
async fn only_the_operator_sets_a_password_and_only_of_people() {
    for office in Office::all().await {
        let ada = office.guarded("ada").await;
        let boss = office.guarded("boss").await;
        let held = Some(portcullis::model::account::Office::Administrator);
        account::set_office(&office.app, &Actor::operator(), &boss.user_name, held).await.unwrap();
        let actor = office.signed_in(&boss).await;
        let done = password::set(&office.app, &actor, &ada.user_name, new(NEXT)).await;
        assert!(matches!(refusal(done), ActionError::Denied(Denied::NotAdministrator)));
        let robot = office.service("robot", "acme").await;
        let done = password::set(&office.app, &Actor::operator(), &robot.user_name, new(NEXT)).await;
        assert!(matches!(refusal(done), ActionError::Refused(Rule::ServiceAccount)));
    }
}

///
#[tokio::test]
async fn a_change_needs_the_current_password_and_ends_other_sessions_if_wished() {
    for office in Office::all().await {
        let ada = office.guarded("ada").await;
        let (here, there) = (office.sign_in("ada", None).await, office.sign_in("ada", None).await);
        let actor = office.presenting(&ada, Presented::Session(here.session.id)).await;
        let change = async |old: &str, to: &str, others| {
            password::change(&office.app, &actor, secret(old), new(to), others).await
        };
        let done = change("not the right one", NEXT, EndOthers::Yes).await;
        assert!(matches!(done, Err(ChangeError::Proof(SignInError::Wrong))));
        let done = change(PASSWORD, "passwordpassword", EndOthers::Yes).await;
        assert!(matches!(done, Err(ChangeError::Refused(ActionError::Password(_)))));
        assert_eq!(change(PASSWORD, NEXT, EndOthers::No).await.unwrap(), 0);
        assert_eq!(change(NEXT, PASSWORD, EndOthers::Yes).await.unwrap(), 1);
        assert!(found(&office, &there.token).await.unwrap().ended_at.is_some());
        assert!(found(&office, &here.token).await.unwrap().ended_at.is_none());
        assert_eq!(office.trail(1).await[0].act, "password.changed");
        assert!(office.try_in("ada", NEXT, None).await.is_err());
        office.sign_in("ada", None).await;
    }
}

/// K5, K6: inside a session there are no free guesses either, and strangers' failures do not count there.
#[tokio::test]
async fn guesses_at_the_current_password_are_slowed_down() {
    for office in Office::all().await {
        let ada = office.guarded("ada").await;
        let here = office.sign_in("ada", None).await;
        let actor = office.presenting(&ada, Presented::Session(here.session.id)).await;
        for _ in 0..6 {
            let _ = office.try_in("ada", "some wrong password", None).await;
        }
        for attempt in 0..6 {
            let old = secret("some wrong password");
            let done = password::change(&office.app, &actor, old, new(NEXT), EndOthers::No).await;
            match attempt {
                0..5 => assert!(matches!(done, Err(ChangeError::Proof(SignInError::Wrong)))),
                _ => assert!(matches!(done, Err(ChangeError::Proof(SignInError::Wait(_))))),
            }
        }
    }
}

async fn reset_link(office: &Office) -> Secret<String> {
    let issued = account::reset(&office.app, &Actor::operator(), &"ada".parse().unwrap()).await.unwrap();
    assert!(issued.url.expose().starts_with("https://localhost:8443/.portcullis/reset-password/"));
    secret(issued.url.expose().rsplit('/').next().unwrap())
}

///
#[tokio::test]
async fn a_reset_ends_every_session_signs_nobody_in_and_lets_strangers_try_again() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let before = office.sign_in("ada", None).await;
        for _ in 0..6 {
            let _ = office.try_in("ada", "some wrong password", None).await;
        }
        let link = reset_link(&office).await;
        assert!(password::peek(&office.app, &link).await.unwrap());
        assert!(password::peek(&office.app, &link).await.unwrap(), "looking changes nothing");
        let done = password::reset(&office.app, Origin::default(), &link, new("passwordpassword")).await;
        assert!(matches!(refusal(done), ActionError::Password(_)));
        password::reset(&office.app, Origin::default(), &link, new(NEXT)).await.unwrap();
        assert!(found(&office, &before.token).await.unwrap().ended_at.is_some());
        assert_eq!(office.trail(1).await[0].act, "password.reset");
        assert!(matches!(office.try_in("ada", PASSWORD, None).await, Err(SignInError::Wrong)));
        office.try_in("ada", NEXT, None).await.unwrap();
        assert!(!password::peek(&office.app, &link).await.unwrap());
        let computed = office.app.hashing.computed();
        let again = password::reset(&office.app, Origin::default(), &link, new(PASSWORD)).await;
        assert!(matches!(refusal(again), ActionError::Missing(Noun::Link)));
        assert_eq!(office.app.hashing.computed(), computed, "a dead link costs no hashing");
    }
}

/// whoever knew the old password keeps no lane of their own.
#[tokio::test]
async fn after_a_reset_no_browser_is_known_any_more() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let thief = office.sign_in("ada", None).await;
        let link = reset_link(&office).await;
        password::reset(&office.app, Origin::default(), &link, new(NEXT)).await.unwrap();
        for _ in 0..5 {
            let done = office.try_in("ada", PASSWORD, Some(&thief.browser)).await;
            assert!(matches!(done, Err(SignInError::Wrong)));
        }
        assert!(matches!(office.try_in("ada", NEXT, None).await, Err(SignInError::Wait(_))), "one lane");
    }
}

/// A changed password ends the links that would have set another one.
#[tokio::test]
async fn a_reset_link_dies_with_the_password_it_was_made_against() {
    for office in Office::all().await {
        let ada = office.guarded("ada").await;
        let here = office.sign_in("ada", None).await;
        let link = reset_link(&office).await;
        let actor = office.presenting(&ada, Presented::Session(here.session.id)).await;
        let done = password::change(&office.app, &actor, secret(PASSWORD), new(NEXT), EndOthers::No).await;
        assert_eq!(done.unwrap(), 0);
        assert!(!password::peek(&office.app, &link).await.unwrap());
        let link = reset_link(&office).await;
        office.pass(3600);
        assert!(!password::peek(&office.app, &link).await.unwrap(), "R-26: an hour");
    }
}

/// a key changes no password.
#[tokio::test]
async fn a_key_does_not_change_the_password() {
    for office in Office::all().await {
        let ada = office.guarded("ada").await;
        office.grant("ada", "acme", "viewer", None).await;
        let key = office.key(ada.id, "k", &["echo/acme/lab/viewer"]).await;
        let actor = office.presenting(&ada, Presented::Key(key.key.id)).await;
        let done = password::change(&office.app, &actor, secret(PASSWORD), new(NEXT), EndOthers::No).await;
        assert!(matches!(done, Err(ChangeError::Refused(ActionError::Denied(Denied::Key)))));
    }
}

/// A link that somebody was handed for a person is none for the administrator that this person became.
#[tokio::test]
async fn a_link_made_before_an_office_was_given_sets_no_password_after() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let link = reset_link(&office).await;
        assert!(password::peek(&office.app, &link).await.unwrap());
        let administrator = Some(portcullis::model::account::Office::Administrator);
        let name = "ada".parse().unwrap();
        account::set_office(&office.app, &Actor::operator(), &name, administrator).await.unwrap();
        assert!(!password::peek(&office.app, &link).await.unwrap());
    }
}
