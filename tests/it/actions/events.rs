//! What platforms are told of each act, and which of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use portcullis::actions::{Actor, Rule, account, api_key, entitlement, feed, grant, session};
use portcullis::model::event::EventSeq;
use portcullis::model::id::AccountId;
use portcullis::store::{attic, events};
use portcullis::time::Clock as _;
use serde_json::Value;

use super::ground::{House, refused, wanted};

const VIEWER: &str = "echo/acme/general/viewer";

impl House {
    /// What `echo` was told since, in order.
    async fn told(&self, after: EventSeq) -> Vec<Value> {
        let kept = events::feed(&self.app.store, &"echo".parse().unwrap(), after, 100).await.unwrap();
        assert!(kept.is_sorted_by(|one, next| one.seq < next.seq));
        kept.iter().map(|one| serde_json::from_str(&one.body).unwrap()).collect()
    }

    async fn newest(&self) -> EventSeq {
        events::newest(&self.app.store).await.unwrap()
    }
}

fn kinds(told: &[Value]) -> Vec<&str> {
    told.iter().map(|one| one["type"].as_str().unwrap()).collect()
}

fn all_about(told: &[Value], account: AccountId) -> bool {
    told.iter().all(|one| one["data"]["account"]["id"] == account.to_string())
}

/// S2-19, B-20.
#[tokio::test]
async fn a_platform_is_told_what_becomes_of_the_accounts_that_can_enter_it() {
    for house in House::all().await {
        let (ada, operator) = (house.person("ada", None).await, Actor::operator());
        let start = house.newest().await;
        let given = house.give(&operator, &wanted("ada", "acme", "viewer")).await.unwrap();
        let key = house.key(&ada, &[VIEWER]).await;
        api_key::revoke(&house.app, &operator, key.id).await.unwrap();
        account::suspend(&house.app, &operator, &ada.user_name).await.unwrap();
        account::resume(&house.app, &operator, &ada.user_name).await.unwrap();
        house.key(&ada, &[VIEWER]).await;
        grant::revoke(&house.app, &operator, given.id).await.unwrap();
        let told = house.told(start).await;
        assert_eq!(
            kinds(&told),
            [
                "grant.changed",
                "key.revoked",
                "account.disabled",
                "account.updated",
                "grant.changed",
                "key.revoked"
            ]
        );
        assert!(all_about(&told, ada.id), "{told:?}");
        assert_eq!(told[0]["data"]["change"], "added");
        assert_eq!(told[0]["data"]["grant"]["role"], "viewer");
        assert_eq!(told[1]["data"]["key"]["id"], key.id.as_str());
        assert_eq!(told[2]["data"]["account"]["status"], "suspended");
        assert_eq!(told[2]["timestamp"], "2027-01-15T08:00:00.000Z");
        assert_eq!(told[4]["data"]["change"], "removed");

        let after = house.newest().await;
        account::suspend(&house.app, &operator, &ada.user_name).await.unwrap();
        assert!(house.told(after).await.is_empty(), "an account that cannot enter is no news");
    }
}

#[tokio::test]
async fn the_end_of_an_account_is_told_where_it_could_enter_until_then() {
    for house in House::all().await {
        let (ada, operator) = (house.member("ada", "acme", "viewer").await, Actor::operator());
        let new = session::NewSession {
            account: ada.id,
            hosts: Vec::new(),
            methods: vec!["pwd".into()],
            stay: session::Stay::Usual,
            chosen: Vec::new(),
            device: String::new(),
        };
        let begun = session::create(&house.app, &operator, new).await.unwrap();
        let start = house.newest().await;
        account::close(&house.app, &operator, &ada.user_name).await.unwrap();
        let told = house.told(start).await;
        assert_eq!(kinds(&told), ["session.ended", "account.deleted"]);
        assert_eq!(told[0]["data"]["session"]["id"], begun.session.id.to_string());
        assert_eq!(told[1]["data"]["account"]["status"], "closed");
        assert_eq!(told[1]["data"]["account"]["email"], "ada@example.org");

        account::erase(&house.app, &operator, &ada.user_name).await.unwrap();
        let told = house.told(EventSeq(0)).await;
        assert_eq!(told.last().unwrap()["data"]["erased"], true);
        assert!(!format!("{told:?}").contains("ada"), "nothing names the person any more: {told:?}");
    }
}

#[tokio::test]
async fn what_concerns_a_whole_organisation_is_one_event() {
    for house in House::all().await {
        house.member("ada", "acme", "viewer").await;
        let start = house.newest().await;
        let (acme, echo) = ("acme".parse().unwrap(), "echo".parse().unwrap());
        entitlement::remove(&house.app, &Actor::operator(), &acme, &echo).await.unwrap();
        let told = house.told(start).await;
        assert_eq!(kinds(&told), ["grant.changed"]);
        assert_eq!(told[0]["data"]["account"], Value::Null);
        assert_eq!(told[0]["data"]["grant"]["organisation"], "acme");
        assert_eq!(told[0]["data"]["grant"]["platform"], "echo");
    }
}

/// S2-19: a number is given with the commit, so whoever goes on from the place given back misses nothing, however
/// many write at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_misses_nothing_while_many_write_at_once() {
    for house in House::all().await {
        let (operator, echo, count) = (Actor::operator(), "echo".parse().unwrap(), 24);
        // Each writer holds one connection and reads by another, so no more at once than half of them.
        let turns = Arc::new(tokio::sync::Semaphore::new(4));
        for at in 0..count {
            house.person(&format!("ada-{at}"), None).await;
        }
        let mut after = Some(house.newest().await);
        let writers: Vec<_> = (0..count)
            .map(|at| {
                let (app, new) = (house.app.clone(), wanted(&format!("ada-{at}"), "acme", "viewer"));
                let turns = turns.clone();
                tokio::spawn(async move {
                    let _turn = turns.acquire().await.unwrap();
                    grant::add(&app, &Actor::operator(), new).await.unwrap()
                })
            })
            .collect();
        let mut seen = BTreeSet::new();
        let all = async {
            while seen.len() < count {
                let part = feed::read(&house.app, (&operator, None), &echo, after, 3).await.unwrap();
                seen.extend(part.events.iter().map(|one| one.id));
                after = Some(part.next);
                tokio::task::yield_now().await;
            }
        };
        crate::support::soon("every event", all).await;
        for writer in writers {
            writer.await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_is_kept_no_more_is_said_and_not_passed_over() {
    for house in House::all().await {
        let (operator, echo) = (Actor::operator(), "echo".parse().unwrap());
        house.member("ada", "acme", "viewer").await;
        let seen = feed::read(&house.app, (&operator, None), &echo, None, 1).await.unwrap();
        house.member("bob", "acme", "viewer").await;
        house.clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
        attic::clear(&house.app.store, house.clock.now()).await.unwrap();
        refused(
            feed::read(&house.app, (&operator, None), &echo, Some(seen.next), 9).await,
            Rule::FeedExpired,
        );
        let afresh = feed::read(&house.app, (&operator, None), &echo, None, 9).await.unwrap();
        assert!(afresh.events.is_empty());
        house.member("eve", "acme", "viewer").await;
        let next = feed::read(&house.app, (&operator, None), &echo, Some(afresh.next), 9).await.unwrap();
        assert_eq!(next.events.len(), 1);
    }
}
