//! Letters about keys: before they end, and when somebody reported them.

use std::time::Duration;

use portcullis::actions::Origin;
use portcullis::actions::api_key::report::{Reported, report};
use portcullis::actions::api_key::{Life, create, tell_of_expiry};
use portcullis::actions::{Actor, post};
use portcullis::store::outbox;

use super::office::{Office, wish};
use crate::store::ground::NOON;

const VIEWER: &str = "echo/acme/general/viewer";
const DAY: u64 = 86_400;

/// Kind and address of every letter so far, oldest first.
async fn letters(office: &Office) -> Vec<(String, String)> {
    let all = post::list(&office.app, &Actor::operator(), None, 99).await.unwrap();
    all.into_iter().rev().map(|entry| (entry.kind, entry.recipient)).collect()
}

/// B-27: thirty, seven and one day before its end, each once, whatever the round and the node; a key that was
/// made for a week is told of once.
#[tokio::test]
async fn an_owner_is_told_three_times_that_a_key_ends() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        office.key(ada.id, "laptop", &[VIEWER]).await;
        let week = Life::Until(NOON.plus(Duration::from_secs(7 * DAY)));
        let short = portcullis::actions::api_key::Wish { life: week, ..wish("short", &[VIEWER]) };
        create(&office.app, &Actor::operator(), ada.id, short).await.unwrap();
        let mut told = Vec::new();
        for day in 0..90 {
            tell_of_expiry(&office.app).await.unwrap();
            tell_of_expiry(&office.again().await).await.unwrap();
            let count = letters(&office).await.len();
            told.extend((told.len()..count).map(|_| day));
            office.pass(DAY);
        }
        assert_eq!(told, [6, 60, 83, 89]);
        let expected = ("key-expires".to_owned(), "ada@example.org".to_owned());
        assert!(letters(&office).await.iter().all(|letter| *letter == expected));
    }
}

/// The keys of a service are its managers' to look after.
#[tokio::test]
async fn managers_are_told_of_the_keys_of_their_services() {
    for office in Office::all().await {
        office.member("mia", "acme", "manager").await;
        office.member("max", "other", "manager").await;
        office.member("vera", "acme", "viewer").await;
        let robot = office.service("robot", "acme").await;
        office.grant("robot", "acme", "viewer", None).await;
        office.key(robot.id, "nightly", &[VIEWER]).await;
        office.pass(89 * DAY + 1);
        tell_of_expiry(&office.app).await.unwrap();
        assert_eq!(letters(&office).await, [("key-expires".to_owned(), "mia@example.org".to_owned())]);
    }
}

#[tokio::test]
async fn the_owner_of_a_reported_key_is_told() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        let made = office.key(ada.id, "laptop", &[VIEWER]).await;
        let origin = Origin { address: Some("192.0.2.9".parse().unwrap()), ..Origin::default() };
        assert_eq!(report(&office.app, origin, &made.text).await.unwrap(), Reported::Revoked);
        assert_eq!(report(&office.app, origin, &made.text).await.unwrap(), Reported::Nothing);
        assert_eq!(letters(&office).await, [("key-reported".to_owned(), "ada@example.org".to_owned())]);
        assert_eq!(outbox::waiting(&office.app.store).await.unwrap(), 1);
    }
}
