//! Keys that other programs made: taken in all together or not at all, and found again after rotations.

use portcullis::actions::api_key::import::{Batch, ImportError, LineFault, import};
use portcullis::actions::api_key::report::{Inspected, Reported, inspect, report};
use portcullis::actions::api_key::{KeyRule, Life, Wish};
use portcullis::actions::keyring::rotate;
use portcullis::actions::{ActionError, Actor, Denied, Origin};
use portcullis::app::changes::follow;
use portcullis::model::api_key::{KeyId, KeyKind};
use portcullis::model::change::{Change, Seq};
use portcullis::model::id::AccountId;
use portcullis::secret::Secret;
use portcullis::secret::keyring::{Haste, Part};
use portcullis::store::{api_keys, changes};

use super::office::{Office, wish};

fn batch(owner: AccountId, lines: &[&str]) -> Batch {
    Batch {
        owner,
        wish: Wish { life: Life::Longest, ..wish("old", &["echo/acme/general/viewer"]) },
        lines: lines.iter().map(|line| Secret::new((*line).to_owned())).collect(),
    }
}

async fn take_in(office: &Office, batch: &Batch) -> Result<Vec<KeyId>, ImportError> {
    import(&office.app, &Actor::operator(), batch, &|_| {}).await
}

async fn found(office: &Office, text: &str) -> Option<KeyId> {
    match inspect(&office.app, &Actor::operator(), &Secret::new(text.to_owned())).await.unwrap() {
        Inspected::Known(key) => Some(key.id),
        Inspected::Unknown | Inspected::Malformed => None,
    }
}

#[tokio::test]
async fn imported_keys_are_found_by_their_text_and_carry_the_wish() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        let before = changes::latest(&office.app.store).await.unwrap();
        let lines = ["first-key-of-old", "", "user:second-key-of-old"];
        let ids = take_in(&office, &batch(ada.id, &lines)).await.unwrap();
        assert_eq!(found(&office, "first-key-of-old").await, Some(ids[0]));
        assert_eq!(found(&office, "user:second-key-of-old").await, Some(ids[1]), "nothing is stripped");
        assert_eq!(found(&office, "second-key-of-old").await, None);
        let key = api_keys::by_id(&office.app.store, ids[0]).await.unwrap().unwrap();
        assert_eq!((key.kind, key.expires_at), (KeyKind::Imported, None));
        let logged = changes::since(&office.app.store, before).await.unwrap();
        assert_eq!(logged, [(Seq(before.0 + 1), Change::Everything)]);
        let entry = office.trail(1).await.remove(0);
        assert_eq!((entry.act.as_str(), entry.detail.as_str()), ("keys.imported", "count=2 name=old"));
        let leaked = Secret::new("first-key-of-old".to_owned());
        assert_eq!(report(&office.app, Origin::default(), &leaked).await.unwrap(), Reported::Revoked);
    }
}

#[tokio::test]
async fn one_bad_line_keeps_all_lines_out() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        take_in(&office, &batch(ada.id, &["a-key-that-is-there"])).await.unwrap();
        let again = batch(ada.id, &["a-key-that-is-new-1", "a-key-that-is-there", "a-key-that-is-new-2"]);
        let Err(ImportError::Lines(faults)) = take_in(&office, &again).await else {
            panic!("refused by line")
        };
        assert_eq!(faults, [(2, LineFault::Known)]);
        assert_eq!(found(&office, "a-key-that-is-new-1").await, None);
        assert_eq!(api_keys::of_account(&office.app.store, ada.id).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn after_a_rotation_of_the_pepper_imported_keys_are_found_and_not_imported_twice() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        let lines = ["a-key-made-elsewhere"];
        let id = take_in(&office, &batch(ada.id, &lines)).await.unwrap().remove(0);
        let other = office.again().await;
        rotate(&office.app, &Actor::operator(), Part::Pepper, Haste::Orderly).await.unwrap();
        assert_eq!(found(&office, lines[0]).await, Some(id));
        let Err(ImportError::Lines(faults)) = take_in(&office, &batch(ada.id, &lines)).await else {
            panic!("refused by line")
        };
        assert_eq!(faults, [(1, LineFault::Known)]);
        assert_eq!(other.keyring.load().peppers().len(), 1);
        follow(&other).await.unwrap();
        assert_eq!(other.keyring.load().peppers().len(), 2, "a running process takes the new pepper over");
    }
}

#[tokio::test]
async fn keys_known_by_their_hash_only_need_an_id_in_front() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        let hash = format!("sha512$${}", "0f".repeat(64));
        let alone = batch(ada.id, &[&hash]);
        let Err(ImportError::Lines(faults)) = take_in(&office, &alone).await else {
            panic!("refused by line")
        };
        assert_eq!(faults, [(1, LineFault::HashWithoutId)]);
        let line = format!("ab12cd34.{hash}");
        take_in(&office, &batch(ada.id, &[&line])).await.unwrap();
        assert_eq!(found(&office, &line).await, None, "the stored line itself opens nothing");
    }
}

#[tokio::test]
async fn only_administrators_import_and_only_for_owners_who_hold_what_the_keys_carry() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "manager").await;
        let manager = office.signed_in(&ada).await;
        let some = batch(ada.id, &["a-key-made-elsewhere"]);
        let done = import(&office.app, &manager, &some, &|_| {}).await;
        assert!(matches!(done, Err(ImportError::Action(ActionError::Denied(Denied::NotAdministrator)))));
        let bob = office.person("bob").await;
        let done = take_in(&office, &batch(bob.id, &["a-key-made-elsewhere"])).await;
        assert!(matches!(done, Err(ImportError::Action(ActionError::Key(KeyRule::NotHeld(_))))));
    }
}
