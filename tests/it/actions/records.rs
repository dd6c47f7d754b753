//! What is kept about people: the trail searched and taken out, one person's data, and a person erased.

use std::time::Duration;

use portcullis::actions::account::{erase, personal_data};
use portcullis::actions::audit::{self, Export, Search};
use portcullis::actions::{ActionError, Actor, Denied};
use portcullis::config::Config;
use portcullis::model::account::{AccountStatus, Office, UserName};
use portcullis::store::audit::Verdict;
use portcullis::store::{Constraint, accounts};

use super::ground::House;

fn name(text: &str) -> UserName {
    text.parse().unwrap()
}

async fn seen(house: &House, search: &Search) -> Vec<String> {
    let found = audit::list(&house.app, &Actor::operator(), search, None, 999).await.unwrap();
    found.into_iter().map(|entry| entry.act).collect()
}

/// Names are looked up, and only those may read who hold an office or manage the organisation.
#[tokio::test]
async fn the_trail_is_searched_by_names_and_shown_to_those_who_may_see_it() {
    for house in House::all().await {
        house.member("ada", "acme", "manager").await;
        let eve = house.member("eve", "acme", "viewer").await;
        let about_ada = Search { subject: Some("ada".into()), ..Search::default() };
        assert_eq!(seen(&house, &about_ada).await, ["account.created"]);
        let by_ada = Search { actor: Some("ada".into()), ..Search::default() };
        assert!(seen(&house, &by_ada).await.is_empty());
        let unknown = Search { actor: Some("nobody-here".into()), ..Search::default() };
        let missing = audit::list(&house.app, &Actor::operator(), &unknown, None, 9).await;
        assert!(matches!(missing, Err(ActionError::Missing(_))), "{missing:?}");
        let eve = house.acting(&eve).await;
        let denied = audit::list(&house.app, &eve, &Search::default(), None, 9).await;
        assert!(matches!(denied, Err(ActionError::Denied(_))), "{denied:?}");
        let denied = Export::begin(&house.app, &eve, &Search::default()).await.map(|_| ());
        assert!(matches!(denied, Err(ActionError::Denied(_))), "{denied:?}");
    }
}

/// An export has every entry once, in order, in pages, and ends although entries go on being written.
#[tokio::test]
async fn an_export_holds_every_entry_once_in_order() {
    for house in House::all().await {
        for number in 0..40 {
            house.person(&format!("person-{number}"), None).await;
        }
        let total = seen(&house, &Search::default()).await.len();
        let mut export = Export::begin(&house.app, &Actor::operator(), &Search::default()).await.unwrap();
        let mut numbers = Vec::new();
        house.person("late", None).await;
        loop {
            let page = export.page(&house.app).await.unwrap();
            if page.is_empty() {
                break;
            }
            numbers.extend(page.iter().map(|entry| entry.seq));
        }
        assert_eq!(numbers, (1..=total as i64).collect::<Vec<_>>());
    }
}

/// Retention counts in whole days, so that the trail is cut once a day at most.
#[tokio::test]
async fn what_is_older_than_the_configuration_keeps_is_cut_once_a_day() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for house in House::all().await {
        let entries = seen(&house, &Search::default()).await.len();
        house.clock.advance(DAY * 40);
        assert_eq!(audit::cut_what_is_old(&house.app).await.unwrap(), 0, "nothing is cut unless asked for");
        let config = Config { audit_retention: Some(DAY * 30), ..(**house.app.config.load()).clone() };
        house.app.config.store(config.into());
        assert_eq!(audit::cut_what_is_old(&house.app).await.unwrap(), entries as u64);
        assert_eq!(seen(&house, &Search::default()).await, ["audit.cut"]);
        house.clock.advance(Duration::from_secs(3600));
        assert_eq!(audit::cut_what_is_old(&house.app).await.unwrap(), 0);
        let verdict = audit::verify(&house.app, &Actor::operator()).await.unwrap();
        assert_eq!(verdict, Verdict::Whole { entries: 1, erased: 0 });
    }
}

/// A person gets what is kept about them, and no secret is in it.
#[tokio::test]
async fn a_person_gets_everything_that_is_kept_about_them() {
    for house in House::all().await {
        let ada = house.member("ada", "acme", "viewer").await;
        house.key(&ada, &["echo/acme/general/viewer"]).await;
        let (eve, root) =
            (house.person("eve", None).await, house.person("root", Some(Office::Administrator)).await);
        let own = personal_data(&house.app, &house.acting(&ada).await, &name("ada")).await.unwrap();
        assert_eq!(
            (own.keys.len(), own.grants.len(), &own.organisations[..]),
            (1, 1, &["acme".to_owned()][..])
        );
        assert_eq!(own.account.email.as_deref(), Some("ada@example.org"));
        assert!(own.audit.iter().any(|line| line.act == "account.created"));
        personal_data(&house.app, &house.acting(&root).await, &name("ada")).await.unwrap();
        for whose in ["ada", "nobody-here"] {
            let denied =
                personal_data(&house.app, &house.acting(&eve).await, &name(whose)).await.unwrap_err();
            assert!(matches!(denied, ActionError::Denied(Denied::NotAdministrator)), "{denied:?}");
        }
        let text = serde_json::to_string(&own).unwrap();
        for secret in ["digest", "pepper", "token"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

/// After erasure nothing tells who it was, the trail still holds, and nobody takes the name.
#[tokio::test]
async fn an_erased_person_is_nowhere_and_their_name_is_nobodys() {
    for house in House::all().await {
        let root = house.person("root", Some(Office::Administrator)).await;
        let ada = house.member("ada", "acme", "viewer").await;
        house.key(&ada, &["echo/acme/general/viewer"]).await;
        let eve = house.acting(&house.person("eve", None).await).await;
        let denied = erase(&house.app, &eve, &name("ada")).await.unwrap_err();
        assert!(matches!(denied, ActionError::Denied(_)), "{denied:?}");
        let root = house.acting(&root).await;
        let erased = erase(&house.app, &root, &name("ada")).await.unwrap();
        assert_eq!((erased.status, erased.email.as_deref()), (AccountStatus::Closed, None));
        assert!(accounts::by_user_name(&house.app.store, &name("ada")).await.unwrap().is_none());
        let row = accounts::by_id(&house.app.store, ada.id).await.unwrap().unwrap();
        assert_eq!((row.user_name.as_str(), &*row.display_name), (&*format!("erased-{}", ada.id), ""));
        let left = personal_data(&house.app, &root, &row.user_name).await.unwrap();
        let text = serde_json::to_string(&left).unwrap();
        assert!(!text.contains("\"ada\"") && !text.contains("ada@"), "{text}");
        let everything = audit::list(&house.app, &root, &Search::default(), None, 999).await.unwrap();
        assert!(
            everything.iter().all(|entry| !entry.personal.as_deref().unwrap_or_default().contains("ada"))
        );
        let verdict = audit::verify(&house.app, &root).await.unwrap();
        assert!(matches!(verdict, Verdict::Whole { erased: 1.., .. }), "{verdict:?}");
        let taken = |result: Result<_, ActionError>| match result {
            Err(ActionError::Taken(constraint)) => constraint,
            other => panic!("{:?}", other.map(|_: ()| ())),
        };
        assert_eq!(taken(house.try_person("ada", "new@example.org").await), Constraint::UserName);
        assert_eq!(taken(house.try_person("another", "Ada@example.org").await), Constraint::Email);
        house.try_person("another", "another@example.org").await.unwrap();
        erase(&house.app, &root, &row.user_name).await.unwrap();
    }
}
