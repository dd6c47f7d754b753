//! Keys: who may make which, and how they end.

use std::time::Duration;

use portcullis::actions::api_key::report::{Inspected, Reported, inspect, report};
use portcullis::actions::api_key::{self, KeyRule, Life, Overlap, Wish};
use portcullis::actions::{ActionError, Actor, Denied, Noun, Origin, account, grant};
use portcullis::model::api_key::{ApiKey, KeyAudience, KeyKind};
use portcullis::model::change::{Change, Seq};
use portcullis::model::identity::Presented;
use portcullis::model::key_text::{self, KeyShape};
use portcullis::model::role::{Permission, Permissions};
use portcullis::secret::Secret;
use portcullis::store::{Constraint, api_keys, changes};

use super::office::{Office, refusal, wish};
use crate::store::ground::NOON;

const VIEWER: &str = "echo/acme/general/viewer";

async fn stored(office: &Office, key: &ApiKey) -> ApiKey {
    api_keys::by_id(&office.app.store, key.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_new_key_is_found_by_its_text_and_leaves_its_change_and_its_entry() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "manager").await;
        let before = changes::latest(&office.app.store).await.unwrap();
        let made = office.key(ada.id, "laptop", &[VIEWER]).await;
        let shape = key_text::parse(made.text.expose().as_bytes());
        assert_eq!(shape, KeyShape::Native { kind: KeyKind::Personal, id: made.key.id });
        let keyring = office.app.keyring.load();
        let digest = keyring.pepper(made.key.pepper).unwrap().digest(made.text.expose().as_bytes());
        assert_eq!(stored(&office, &made.key).await.digest, digest);
        assert_eq!(made.key.expires_at, Some(NOON.plus(Duration::from_secs(90 * 86_400))));
        let logged = changes::since(&office.app.store, before).await.unwrap();
        assert_eq!(logged, [(Seq(before.0 + 1), Change::Key(made.key.locator()))]);
        let entry = office.trail(1).await.remove(0);
        assert_eq!((entry.act.as_str(), entry.subject), ("key.created", format!("key {}", made.key.id)));
        assert!(!entry.detail.contains("laptop"), "the name may name a person");
    }
}

/// R-68, and the lesson of CVE-2025-61928: a key's owner comes from who acts.
#[tokio::test]
async fn nobody_makes_a_key_for_another_person_and_no_key_makes_a_key() {
    for office in Office::all().await {
        let (ada, bob) =
            (office.member("ada", "acme", "manager").await, office.member("bob", "acme", "viewer").await);
        let manager = office.signed_in(&ada).await;
        let for_bob = api_key::create(&office.app, &manager, bob.id, wish("x", &[VIEWER])).await;
        assert!(matches!(refusal(for_bob), ActionError::Denied(Denied::NotOwner)));
        let own = api_key::create(&office.app, &manager, ada.id, wish("x", &[VIEWER])).await.unwrap();
        let key = office.presenting(&ada, Presented::Key(own.key.id)).await;
        for done in [
            api_key::create(&office.app, &key, ada.id, wish("y", &[VIEWER])).await,
            api_key::rotate(&office.app, &key, own.key.id, Overlap::None).await,
        ] {
            assert!(matches!(refusal(done), ActionError::Denied(Denied::Key)));
        }
        let ended = api_key::revoke(&office.app, &key, own.key.id).await;
        assert!(matches!(refusal(ended), ActionError::Denied(Denied::Key)));
    }
}

#[tokio::test]
async fn managers_make_keys_for_services_of_their_own_organisation_only() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "manager").await;
        let eve = office.member("eve", "other", "manager").await;
        let robot = office.service("robot", "acme").await;
        office.grant("robot", "acme", "simulation-runner", None).await;
        let wanted = || Wish { audience: KeyAudience::Api, ..wish("feed", &["echo/acme/lab/viewer"]) };
        let (ours, theirs) = (office.signed_in(&ada).await, office.signed_in(&eve).await);
        let made = api_key::create(&office.app, &ours, robot.id, wanted()).await.unwrap();
        assert_eq!((made.key.kind, made.key.audience), (KeyKind::Service, KeyAudience::Api));
        assert!(made.text.expose().starts_with("pcs_"));
        let done = api_key::create(&office.app, &theirs, robot.id, wanted()).await;
        assert!(matches!(refusal(done), ActionError::Denied(Denied::NotManager)));
        let above = wish("above", &["echo/acme/lab/manager"]);
        let done = api_key::create(&office.app, &ours, robot.id, above).await;
        assert!(
            matches!(refusal(done), ActionError::Key(KeyRule::NotHeld(_))),
            "the service's own role bounds"
        );
    }
}

#[tokio::test]
async fn a_key_carries_only_what_its_owner_holds() {
    for office in Office::all().await {
        let ada = office.person("ada").await;
        office.grant("ada", "acme", "simulation-runner", Some("lab")).await;
        let try_one = async |wanted: Wish| {
            api_key::create(&office.app, &Actor::operator(), ada.id, wanted).await.map(drop)
        };
        for not_held in [
            VIEWER,
            "echo/acme/lab/manager",
            "echo/acme/lab/emperor",
            "echo/other/general/viewer",
            "elsewhere/acme/lab/viewer",
        ] {
            let done = try_one(wish("x", &[not_held])).await;
            assert!(matches!(refusal(done), ActionError::Key(KeyRule::NotHeld(_))), "{not_held}");
        }
        let held = "echo/acme/lab/viewer";
        let rights = Some(Permissions::NONE.with(Permission::Manage));
        let done = try_one(Wish { rights, ..wish("x", &[held]) }).await;
        assert!(matches!(refusal(done), ActionError::Key(KeyRule::Rights(_))));
        assert!(matches!(refusal(try_one(wish("x", &[])).await), ActionError::Key(KeyRule::NoCredentials)));
        let twice = try_one(wish("x", &[held, held])).await;
        assert!(matches!(refusal(twice), ActionError::Key(KeyRule::Twice(_))));
        let api = Wish { audience: KeyAudience::Api, ..wish("x", &[held]) };
        assert!(matches!(refusal(try_one(api).await), ActionError::Key(KeyRule::Audience)));
        try_one(wish("x", &[held, "echo/acme/lab/simulation-runner"])).await.unwrap();
    }
}

/// R-29, K8.
#[tokio::test]
async fn an_account_that_is_suspended_or_not_validated_gets_no_key() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        account::suspend(&office.app, &Actor::operator(), &ada.user_name).await.unwrap();
        let done = api_key::create(&office.app, &Actor::operator(), ada.id, wish("x", &[VIEWER])).await;
        assert!(matches!(refusal(done), ActionError::Key(KeyRule::OwnerInactive)));
        let new = account::NewPerson { validated: false, ..super::office::newcomer("bob") };
        let bob = account::create_person(&office.app, &Actor::operator(), new).await.unwrap();
        office.grant("bob", "acme", "viewer", None).await;
        let done = api_key::create(&office.app, &Actor::operator(), bob.id, wish("x", &[VIEWER])).await;
        assert!(matches!(refusal(done), ActionError::Key(KeyRule::OwnerNotValidated)));
    }
}

#[tokio::test]
async fn a_name_is_taken_while_its_key_works() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        let hour = Wish { life: Life::For(Duration::from_secs(3600)), ..wish("laptop", &[VIEWER]) };
        api_key::create(&office.app, &Actor::operator(), ada.id, hour).await.unwrap();
        let again = api_key::create(&office.app, &Actor::operator(), ada.id, wish("laptop", &[VIEWER])).await;
        assert!(matches!(refusal(again), ActionError::Taken(Constraint::KeyName)));
        office.pass(3600);
        let second = office.key(ada.id, "laptop", &[VIEWER]).await;
        assert!(api_key::revoke(&office.app, &Actor::operator(), second.key.id).await.unwrap());
        office.key(ada.id, "laptop", &[VIEWER]).await;
    }
}

#[tokio::test]
async fn a_successor_has_the_same_settings_and_the_old_key_ends_after_the_overlap() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        let wanted = Wish {
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            rights: Some(Permissions::NONE.with(Permission::View)),
            life: Life::For(Duration::from_secs(30 * 86_400)),
            ..wish("laptop", &[VIEWER])
        };
        let old = api_key::create(&office.app, &Actor::operator(), ada.id, wanted).await.unwrap();
        office.pass(86_400);
        let mine = office.signed_in(&ada).await;
        let new = api_key::rotate(&office.app, &mine, old.key.id, Overlap::Hour).await.unwrap();
        let ends = NOON.plus(Duration::from_secs(86_400 + 3600));
        assert_eq!(new.previous_ends, Some(ends));
        assert_eq!(stored(&office, &old.key).await.revoked_at, Some(ends));
        assert_eq!((&*new.key.name, new.key.replaces), ("laptop", Some(old.key.id)));
        assert_eq!(new.key.expires_at, Some(NOON.plus(Duration::from_secs(31 * 86_400))));
        assert_eq!((new.key.rights, &new.key.networks), (old.key.rights, &old.key.networks));
        let again = api_key::rotate(&office.app, &mine, old.key.id, Overlap::Week).await;
        assert!(matches!(refusal(again), ActionError::Key(KeyRule::Replaced)));
        office.pass(3600);
        let again = api_key::rotate(&office.app, &mine, old.key.id, Overlap::Week).await;
        assert!(matches!(refusal(again), ActionError::Key(KeyRule::Ended)));
    }
}

/// A returning right does not come back to an old key, nor to its successor.
#[tokio::test]
async fn a_successor_does_not_carry_what_its_owner_lost() {
    for office in Office::all().await {
        let ada = office.person("ada").await;
        office.grant("ada", "acme", "viewer", Some("general")).await;
        office.grant("ada", "acme", "viewer", Some("lab")).await;
        let old = office.key(ada.id, "laptop", &[VIEWER, "echo/acme/lab/viewer"]).await;
        let shown = account::show(&office.app, &Actor::operator(), &ada.user_name).await.unwrap();
        for one in &shown.grants {
            if one.space.as_ref().is_some_and(|space| space.as_str() == "lab") {
                grant::revoke(&office.app, &Actor::operator(), one.id).await.unwrap();
            }
        }
        let new = api_key::rotate(&office.app, &Actor::operator(), old.key.id, Overlap::None).await.unwrap();
        assert_eq!(new.key.credentials.iter().map(ToString::to_string).collect::<Vec<_>>(), [VIEWER]);
        assert!(!stored(&office, &old.key).await.is_live(NOON));
    }
}

#[tokio::test]
async fn a_key_is_ended_by_its_owner_or_a_manager_of_all_it_carries_and_is_hidden_from_others() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        office.grant("ada", "other", "viewer", None).await;
        let bob = office.member("bob", "acme", "viewer").await;
        let eve = office.member("eve", "acme", "manager").await;
        let one = office.key(ada.id, "one", &[VIEWER]).await.key;
        let two = office.key(ada.id, "two", &[VIEWER, "echo/other/general/viewer"]).await.key;
        let (owner, colleague, manager) =
            (office.signed_in(&ada).await, office.signed_in(&bob).await, office.signed_in(&eve).await);
        for (actor, key) in [(&colleague, &one), (&manager, &two)] {
            let done = api_key::revoke(&office.app, actor, key.id).await;
            assert!(matches!(refusal(done), ActionError::Missing(Noun::Key)));
        }
        let done = api_key::rotate(&office.app, &manager, one.id, Overlap::None).await;
        assert!(matches!(refusal(done), ActionError::Missing(Noun::Key)), "a successor would be theirs");
        assert_eq!(api_key::list(&office.app, &manager, ada.id).await.unwrap().len(), 2);
        assert!(matches!(
            refusal(api_key::list(&office.app, &colleague, ada.id).await),
            ActionError::Missing(Noun::Account)
        ));
        assert!(api_key::revoke(&office.app, &manager, one.id).await.unwrap());
        assert!(!api_key::revoke(&office.app, &manager, one.id).await.unwrap(), "it is over already");
        assert!(api_key::revoke(&office.app, &owner, two.id).await.unwrap());
        assert!(!stored(&office, &two).await.is_live(NOON));
    }
}

#[tokio::test]
async fn whoever_holds_a_leaked_key_may_end_it_and_nobody_else() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        let (kept, leaked) =
            (office.key(ada.id, "kept", &[VIEWER]).await, office.key(ada.id, "leaked", &[VIEWER]).await);
        let tell = async |text: &str| {
            report(&office.app, Origin::default(), &Secret::new(text.to_owned())).await.unwrap()
        };
        let forged = with_id_of(leaked.text.expose());
        assert_eq!(&forged.expose()[..16], &leaked.text.expose()[..16]);
        assert_eq!(tell(forged.expose()).await, Reported::Nothing, "the public id proves nothing");
        assert_eq!(tell("pck_short").await, Reported::Nothing);
        assert_eq!(tell("").await, Reported::Nothing);
        assert_eq!(tell(leaked.text.expose()).await, Reported::Revoked);
        assert_eq!(tell(leaked.text.expose()).await, Reported::Nothing);
        assert!(!stored(&office, &leaked.key).await.is_live(NOON));
        assert!(stored(&office, &kept.key).await.is_live(NOON));
        let entry = office.trail(1).await.remove(0);
        assert_eq!((entry.act.as_str(), entry.actor.as_str()), ("key.reported", "stranger"));
    }
}

#[tokio::test]
async fn only_the_operator_and_offices_learn_what_a_text_is() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "manager").await;
        let made = office.key(ada.id, "laptop", &[VIEWER]).await;
        let manager = office.signed_in(&ada).await;
        assert!(matches!(refusal(inspect(&office.app, &manager, &made.text).await), ActionError::Denied(_)));
        let found = inspect(&office.app, &Actor::operator(), &made.text).await.unwrap();
        assert!(matches!(found, Inspected::Known(key) if key.id == made.key.id));
        let broken = Secret::new(format!("{}x", made.text.expose()));
        let found = inspect(&office.app, &Actor::operator(), &broken).await.unwrap();
        assert!(matches!(found, Inspected::Malformed));
    }
}

/// A well-formed key with the id of another, and a secret of its own.
fn with_id_of(text: &str) -> Secret<String> {
    const DIGITS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut random = [9; key_text::RANDOM_LEN];
    for (draw, digit) in random.chunks_exact_mut(4).zip(text[4..16].chars()) {
        let place = DIGITS.find(digit).unwrap() as u64;
        draw.copy_from_slice(&u32::try_from((place << 32).div_ceil(62)).unwrap().to_le_bytes());
    }
    key_text::compose(KeyKind::Personal, &Secret::new(random)).1
}
