//! The first start, repeated until somebody sets the gate up.

use std::time::Duration;

use portcullis::actions::account::{self, NewPerson};
use portcullis::actions::set_up::{self, FirstStart, Trying};
use portcullis::actions::sign_in::SignedIn;
use portcullis::actions::{ActionError, Actor, Noun, Origin, entitlement};
use portcullis::model::account::{AccountStatus, Office as Held};
use portcullis::model::email_link::Purpose;
use portcullis::secret::{Secret, token};
use portcullis::store::{accounts, api_keys, email_links, organisations};

use super::office::{Office, newcomer, password, refusal, visit};
use crate::store::ground::{Ground, NOON};

const DAY: u64 = 86_400;

async fn start(office: &Office) -> Option<FirstStart> {
    set_up::begin(&office.app, Trying::Allowed).await.unwrap()
}

fn token_of(first: &FirstStart) -> Secret<String> {
    Secret::new(first.link.url.expose().rsplit('/').next().unwrap().to_owned())
}

async fn complete(office: &Office, link: &Secret<String>, name: &str) -> Result<SignedIn, ActionError> {
    let new = (newcomer(name), password("seven lukewarm barges hum"));
    set_up::complete(&office.app, Origin::default(), link, new, visit()).await
}

async fn offices() -> Vec<Office> {
    let mut all = Vec::new();
    for ground in Ground::all().await {
        all.push(Office::bare(ground, |_| {}).await);
    }
    all
}

#[tokio::test]
async fn an_empty_gate_gets_a_home_a_link_and_a_trial_key() {
    for office in offices().await {
        let first = start(&office).await.unwrap();
        let home =
            organisations::by_slug(&office.app.store, &"home".parse().unwrap()).await.unwrap().unwrap();
        let platforms = entitlement::list(&office.app, &Actor::operator(), &home.slug).await.unwrap();
        assert_eq!(platforms.iter().map(ToString::to_string).collect::<Vec<_>>(), ["echo"]);
        assert!(first.link.url.expose().starts_with("https://localhost:8443/.portcullis/set-up/"));
        assert_eq!(first.link.expires_at, NOON.plus(Duration::from_secs(DAY)));
        let trial = first.trial.unwrap();
        assert_eq!(trial.made.key.expires_at, Some(NOON.plus(Duration::from_secs(DAY))));
        let carried: Vec<_> = trial.made.key.credentials.iter().map(ToString::to_string).collect();
        assert_eq!(carried, ["echo/home/general/viewer"], "the lowest role is enough to try");
    }
}

#[tokio::test]
async fn a_restart_hands_out_anew_and_ends_what_it_handed_out_before_but_adds_no_time() {
    for office in offices().await {
        let first = start(&office).await.unwrap();
        office.pass(3600);
        let second = start(&office).await.unwrap();
        let done = complete(&office, &token_of(&first), "ada").await;
        assert!(matches!(refusal(done), ActionError::Missing(Noun::Link)));
        let (old, new) = (first.trial.unwrap().made.key, second.trial.unwrap().made.key);
        let old = api_keys::by_id(&office.app.store, old.id).await.unwrap().unwrap();
        assert!(!old.is_live(NOON.plus(Duration::from_secs(3600))));
        assert_eq!((new.account, new.expires_at), (old.account, old.expires_at));
    }
}

/// dies on use; and with it everything of the first start.
#[tokio::test]
async fn the_link_makes_one_administrator_and_ends_the_trial() {
    for office in offices().await {
        let first = start(&office).await.unwrap();
        let link = token_of(&first);
        let ada = complete(&office, &link, "ada").await.unwrap().session.account;
        let ada = accounts::by_id(&office.app.store, ada).await.unwrap().unwrap();
        assert_eq!(ada.office, Some(Held::Administrator));
        let again = complete(&office, &link, "bob").await;
        assert!(matches!(refusal(again), ActionError::Missing(Noun::Link)));
        assert_ended(&office, &first).await;
        assert!(start(&office).await.is_none());
    }
}

#[tokio::test]
async fn an_administrator_made_on_the_command_line_ends_link_and_trial_too() {
    for office in offices().await {
        let first = start(&office).await.unwrap();
        let new = NewPerson { office: Some(Held::Administrator), ..newcomer("ada") };
        account::create_person(&office.app, &Actor::operator(), new).await.unwrap();
        assert_ended(&office, &first).await;
        let done = complete(&office, &token_of(&first), "bob").await;
        assert!(matches!(refusal(done), ActionError::Missing(Noun::Link)));
        assert!(start(&office).await.is_none());
    }
}

async fn assert_ended(office: &Office, first: &FirstStart) {
    let key = &first.trial.as_ref().unwrap().made.key;
    let key = api_keys::by_id(&office.app.store, key.id).await.unwrap().unwrap();
    assert!(!key.is_live(office.app.clock.now()));
    let account = accounts::by_id(&office.app.store, key.account).await.unwrap().unwrap();
    assert_eq!(account.status, AccountStatus::Closed);
}

/// a day, and no more.
#[tokio::test]
async fn after_a_day_link_and_trial_are_over_and_a_restart_gives_a_link_only() {
    for office in offices().await {
        let first = start(&office).await.unwrap();
        office.pass(DAY);
        let done = complete(&office, &token_of(&first), "ada").await;
        assert!(matches!(refusal(done), ActionError::Missing(Noun::Link)));
        let second = start(&office).await.unwrap();
        assert!(second.trial.is_none());
        assert_ended(&office, &first).await;
        let digest = token::session_digest(token_of(&second).expose().as_bytes());
        let link = email_links::by_digest(&office.app.store, &digest).await.unwrap().unwrap();
        assert_eq!((link.purpose, link.account), (Purpose::SetUp, None));
    }
}

#[tokio::test]
async fn where_others_could_reach_the_gate_there_is_no_trial() {
    for ground in Ground::all().await {
        let office = Office::bare(ground, |_| {}).await;
        let first = start(&office).await.unwrap();
        assert!(set_up::begin(&office.app, Trying::Refused).await.unwrap().unwrap().trial.is_none());
        assert_ended(&office, &first).await;
    }
}

#[tokio::test]
async fn a_store_with_people_in_it_gets_no_trial() {
    for office in offices().await {
        office.person("ada").await;
        let first = start(&office).await.unwrap();
        assert!(first.trial.is_none(), "but a link, for nobody is an administrator yet");
        let named_trial = office.person("trial").await;
        assert_eq!(named_trial.status, AccountStatus::Active);
        start(&office).await.unwrap();
        let still = accounts::by_id(&office.app.store, named_trial.id).await.unwrap().unwrap();
        assert_eq!(still.status, AccountStatus::Active, "a person of that name is no trial");
    }
}
