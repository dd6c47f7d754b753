//! Signing up without an invitation: what is done and said must not depend on whose address was named.

use std::sync::Arc;

use portcullis::actions::password::Password;
use portcullis::actions::sign_in::{SignedIn, Visit};
use portcullis::actions::sign_up::{self, Choice, Registration};
use portcullis::actions::{ActionError, Actor, Denied, Origin, account, post, validation};
use portcullis::model::account::Account;
use portcullis::secret::Secret;
use portcullis::store::{Constraint, Store, accounts, backup};
use sqlx::AssertSqlSafe;

use super::ground::{House, denied};

const PASSWORD: &str = "violet tractor under seven moons";

/// Houses whose door is open.
async fn open() -> Vec<House> {
    let all = House::all().await;
    for house in &all {
        let mut config = (**house.app.config.load()).clone();
        config.sign_up_open = true;
        house.app.config.store(Arc::new(config));
    }
    all
}

async fn sign_up(house: &House, name: &str, email: &str) -> Result<SignedIn, ActionError> {
    let choice = Choice {
        user_name: name.parse().unwrap(),
        shown_name: name.parse().unwrap(),
        password: Password::parse(&Secret::new(PASSWORD.to_owned())).unwrap(),
    };
    let registration = Registration { choice, email: email.parse().unwrap() };
    let by = Visit { browser: None, device: "test".to_owned(), remember: false };
    sign_up::sign_up(&house.app, Origin::default(), registration, by).await
}

async fn named(house: &House, name: &str) -> Account {
    accounts::by_user_name(&house.app.store, &name.parse().unwrap()).await.unwrap().unwrap()
}

/// How many rows each table has.
async fn rows(store: &Store) -> Vec<i64> {
    let mut all = Vec::new();
    for table in backup::TABLES {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        all.push(match store {
            Store::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await.unwrap(),
            Store::Postgres { pool, .. } => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        });
    }
    all
}

/// The addresses that letters went to, by kind.
async fn letters(house: &House) -> Vec<(String, String)> {
    while portcullis::store::outbox::waiting(&house.app.store).await.unwrap() > 0 {
        post::round(&house.app).await.unwrap();
    }
    let all = post::list(&house.app, &Actor::operator(), None, 100).await.unwrap();
    all.into_iter()
        .rev()
        .filter(|one| !one.recipient.is_empty())
        .map(|one| (one.kind, one.recipient))
        .collect()
}

/// S4-01: off unless the operator says otherwise.
#[tokio::test]
async fn nobody_signs_up_where_an_invitation_is_needed() {
    for house in House::all().await {
        denied(sign_up(&house, "eve", "eve@example.org").await.map(drop), Denied::NeedsInvitation);
    }
}

/// a free, a taken and an erased address cost the same hash and the same rows, and get the same.
#[tokio::test]
async fn whose_address_it_is_makes_no_difference_to_the_work() {
    for house in open().await {
        house.person("owner", None).await;
        house.person("gone", None).await;
        account::erase(&house.app, &Actor::operator(), &"gone".parse().unwrap()).await.unwrap();
        let mut costs = Vec::new();
        for (name, email) in
            [("one", "free@example.org"), ("two", "OWNER@example.org"), ("three", "gone@example.org")]
        {
            let (hashes, before) = (house.app.hashing.computed(), rows(&house.app.store).await);
            let begun = sign_up(&house, name, email).await.unwrap();
            let after = rows(&house.app.store).await;
            let written: Vec<_> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
            costs.push((house.app.hashing.computed() - hashes, written));
            let account = named(&house, name).await;
            assert_eq!((begun.session.account, account.validated), (account.id, false));
            assert_eq!(account.email.as_deref(), Some(email));
        }
        assert_eq!(costs[0].0, 1);
        assert_eq!(costs[0], costs[1]);
        assert_eq!(costs[0], costs[2]);
        // Written side by side, so in no order.
        let mut letters = letters(&house).await;
        letters.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        let all: Vec<_> = letters.iter().map(|(kind, to)| (kind.as_str(), to.as_str())).collect();
        assert_eq!(
            all,
            [
                ("validate", "free@example.org"),
                ("registered", "OWNER@example.org"),
                ("registered", "gone@example.org")
            ]
        );
        let holder = async |text: &str| {
            accounts::by_email(&house.app.store, &text.parse().unwrap())
                .await
                .unwrap()
                .map(|one| one.user_name)
        };
        assert_eq!(holder("free@example.org").await, Some("one".parse().unwrap()));
        assert_eq!(holder("owner@example.org").await, Some("owner".parse().unwrap()));
        assert_eq!(holder("gone@example.org").await, None);
    }
}

/// Pain 16: letter case and the two spellings of a domain are one address, which one account holds.
#[tokio::test]
async fn no_spelling_of_an_address_makes_a_double() {
    for house in open().await {
        sign_up(&house, "one", "Ada@Bücher.example").await.unwrap();
        letters(&house).await;
        sign_up(&house, "two", "ADA@xn--bcher-kva.example").await.unwrap();
        let letters = letters(&house).await;
        assert_eq!(letters.last().unwrap().0, "registered", "{letters:?}");
    }
}

/// Whoever only names an address asks for a letter as everybody does; its holder is told, and no link goes out.
/// Once it is free the same wish takes it.
#[tokio::test]
async fn an_address_is_taken_once_it_is_free() {
    for house in open().await {
        sign_up(&house, "first", "shared@example.org").await.unwrap();
        letters(&house).await;
        sign_up(&house, "second", "shared@example.org").await.unwrap();
        let second = named(&house, "second").await;
        let actor = house.acting(&second).await;
        validation::request(&house.app, &actor).await.unwrap();
        let kinds: Vec<_> = letters(&house).await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["validate", "registered", "registered"]);
        let mut tx = house.app.store.begin().await.unwrap();
        let first = named(&house, "first").await;
        portcullis::store::claims::release(&mut tx, first.id).await.unwrap();
        tx.change(portcullis::model::change::Change::Account(first.id));
        house.app.commit(tx).await.unwrap();
        validation::request(&house.app, &actor).await.unwrap();
        assert_eq!(letters(&house).await.last().unwrap().0, "validate");
    }
}

/// A letter about an account that only names an address does not reach whoever reads mail there.
#[tokio::test]
async fn erasing_such_an_account_leaves_the_address_to_its_holder() {
    for house in open().await {
        house.person("owner", None).await;
        sign_up(&house, "eve", "owner@example.org").await.unwrap();
        letters(&house).await;
        account::erase(&house.app, &Actor::operator(), &"eve".parse().unwrap()).await.unwrap();
        account::erase(&house.app, &Actor::operator(), &"owner".parse().unwrap()).await.unwrap();
        house.try_person("new", "other@example.org").await.unwrap();
        let sent = letters(&house).await;
        assert!(sent.iter().all(|(_, to)| to != "owner@example.org"), "erased with its holder: {sent:?}");
    }
    for house in open().await {
        sign_up(&house, "one", "free@example.org").await.unwrap();
        letters(&house).await;
        sign_up(&house, "eve", "free@example.org").await.unwrap();
        letters(&house).await;
        account::erase(&house.app, &Actor::operator(), &"eve".parse().unwrap()).await.unwrap();
        let one = house.acting(&named(&house, "one").await).await;
        validation::request(&house.app, &one).await.unwrap();
        assert_eq!(letters(&house).await.last().unwrap().0, "validate");
    }
}

/// Names are told to be taken: people choose them.
#[tokio::test]
async fn a_taken_name_is_told() {
    for house in open().await {
        house.person("owner", None).await;
        let taken = sign_up(&house, "owner", "new@example.org").await;
        assert!(matches!(taken, Err(ActionError::Taken(Constraint::UserName))));
    }
}

/// S2-27: whoever reads mail at an address is told before anybody holds it, however many letters went there.
#[tokio::test]
async fn an_address_whose_reader_cannot_be_told_is_held_by_nobody() {
    for house in open().await {
        let allow = |letters| {
            let mut config = (**house.app.config.load()).clone();
            config.mail.per_address = letters;
            house.app.config.store(Arc::new(config));
        };
        let quiet = "quiet@example.org".parse().unwrap();
        allow(0);
        sign_up(&house, "eve", "quiet@example.org").await.unwrap();
        post::round(&house.app).await.unwrap();
        assert!(accounts::by_email(&house.app.store, &quiet).await.unwrap().is_none());
        allow(5);
        house.clock.advance(std::time::Duration::from_secs(60));
        post::round(&house.app).await.unwrap();
        assert!(accounts::by_email(&house.app.store, &quiet).await.unwrap().is_some());
        assert_eq!(letters(&house).await, [("validate".to_owned(), "quiet@example.org".to_owned())]);
    }
}
