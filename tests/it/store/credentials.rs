//! What the store promises about keys and sessions, and about the fingerprints of the keyring.

use std::time::Duration;

use portcullis::model::api_key::{ApiKey, KeyAudience, KeyId, KeyKind, KeyLocator};
use portcullis::model::id::{AccountId, SessionId};
use portcullis::model::role::{Permission, Permissions};
use portcullis::model::session::Session;
use portcullis::secret::keyring::{Fingerprint, PEPPER};
use portcullis::store::sessions::HostToken;
use portcullis::store::{Constraint, Store, StoreError, Tx, api_keys, keyring, sessions};
use portcullis::time::Timestamp;

use super::contract::entry;
use super::ground::{Ground, NOON};

const ADA: &str = "01890000-0000-7000-8000-00000000000a";
const ACCOUNT: &str = "INSERT INTO account (id, user_name, display_name, validated, status, created_at)
    VALUES ('01890000-0000-7000-8000-00000000000a', 'ada', 'Ada', TRUE, 'active', 0)";

fn ada() -> AccountId {
    ADA.parse().unwrap()
}

fn later(seconds: u64) -> Timestamp {
    NOON.plus(Duration::from_secs(seconds))
}

fn key(id: &str, name: &str) -> ApiKey {
    ApiKey {
        id: KeyId::from_ascii(id.as_bytes()).unwrap(),
        kind: KeyKind::Personal,
        account: ada(),
        name: name.into(),
        digest: [id.as_bytes()[11]; 32],
        pepper: 3,
        audience: KeyAudience::Upstream,
        credentials: vec![
            "echo/home/general/viewer".parse().unwrap(),
            "echo/home/lab/manager".parse().unwrap(),
        ],
        rights: Some(Permissions::NONE.with(Permission::View).with(Permission::Feed)),
        networks: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
        created_at: NOON,
        expires_at: Some(later(100)),
        revoked_at: None,
        last_used_at: None,
        replaces: None,
    }
}

async fn ready(ground: &Ground) -> Store {
    let store = ground.open().await;
    ground.execute(ACCOUNT).await;
    store
}

async fn insert(store: &Store, key: &ApiKey) -> Result<(), StoreError> {
    let mut tx = store.begin().await.unwrap();
    api_keys::insert(&mut tx, key).await?;
    settle(tx).await;
    Ok(())
}

async fn settle(mut tx: Tx) {
    tx.audit(entry("key.created"));
    tx.commit(NOON).await.unwrap();
}

#[tokio::test]
async fn a_key_is_read_back_as_it_was_written() {
    for ground in Ground::all().await {
        let store = ready(&ground).await;
        let wrote = ApiKey { replaces: KeyId::from_ascii(b"0000000000zz"), ..key("000000000001", "laptop") };
        insert(&store, &wrote).await.unwrap();
        let bare = ApiKey {
            credentials: vec![],
            rights: None,
            networks: vec![],
            expires_at: None,
            created_at: later(1),
            ..key("000000000002", "bare")
        };
        insert(&store, &bare).await.unwrap();
        let read = api_keys::by_locator(&store, wrote.locator()).await.unwrap().unwrap();
        assert_eq!(format!("{read:?}"), format!("{wrote:?}"));
        let listed = api_keys::of_account(&store, ada()).await.unwrap();
        assert_eq!(format!("{listed:?}"), format!("{:?}", [&bare, &wrote]));
        let first = api_keys::page(&store, None, 1).await.unwrap();
        let second = api_keys::page(&store, Some((first[0].created_at, first[0].id)), 9).await.unwrap();
        assert_eq!(format!("{first:?}{second:?}"), format!("{:?}{:?}", [&wrote], [&bare]));
    }
}

/// K7 in small: the two ways to find a key never lead to one of the other kind.
#[tokio::test]
async fn an_imported_key_is_found_by_its_digest_only_and_ours_by_its_id_only() {
    for ground in Ground::all().await {
        let store = ready(&ground).await;
        let ours = key("000000000001", "ours");
        insert(&store, &ours).await.unwrap();
        assert!(!api_keys::any_imported(&store).await.unwrap());
        let foreign = ApiKey { kind: KeyKind::Imported, ..key("000000000002", "foreign") };
        insert(&store, &foreign).await.unwrap();
        assert!(api_keys::any_imported(&store).await.unwrap());
        let found = |locator| api_keys::by_locator(&store, locator);
        assert!(found(KeyLocator::Imported(foreign.digest)).await.unwrap().is_some());
        assert!(found(KeyLocator::Imported(ours.digest)).await.unwrap().is_none());
        assert!(found(KeyLocator::Native(foreign.id)).await.unwrap().is_none());
        assert_eq!(api_keys::count_by_pepper(&store).await.unwrap(), [(3, 2)]);
    }
}

#[tokio::test]
async fn two_live_keys_of_an_owner_never_share_a_name_but_a_dead_one_gives_it_free() {
    for ground in Ground::all().await {
        let store = ready(&ground).await;
        insert(&store, &key("000000000001", "laptop")).await.unwrap();
        let second = key("000000000002", "laptop");
        let taken = insert(&store, &second).await.unwrap_err();
        assert!(matches!(taken, StoreError::Conflict(Constraint::KeyName)), "{taken}");
        let mut tx = store.begin().await.unwrap();
        api_keys::free_name(&mut tx, ada(), "laptop", later(99)).await.unwrap();
        assert!(api_keys::insert(&mut tx, &second).await.is_err(), "it lives for another second");
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        api_keys::free_name(&mut tx, ada(), "laptop", later(100)).await.unwrap();
        api_keys::insert(&mut tx, &second).await.unwrap();
        settle(tx).await;
        let twin = ApiKey { digest: second.digest, ..key("000000000003", "other") };
        let taken = insert(&store, &twin).await.unwrap_err();
        assert!(matches!(taken, StoreError::Conflict(Constraint::Key)), "{taken}");
    }
}

#[tokio::test]
async fn a_revocation_may_come_earlier_but_never_later() {
    for ground in Ground::all().await {
        let store = ready(&ground).await;
        let wrote = key("000000000001", "laptop");
        insert(&store, &wrote).await.unwrap();
        for (at, changes) in [(60, true), (90, false), (30, true), (30, false)] {
            let mut tx = store.begin().await.unwrap();
            assert_eq!(api_keys::revoke(&mut tx, wrote.id, later(at)).await.unwrap(), changes, "{at}");
            settle(tx).await;
        }
        let read = api_keys::by_id(&store, wrote.id).await.unwrap().unwrap();
        assert_eq!(read.revoked_at, Some(later(30)));
    }
}

#[tokio::test]
async fn all_keys_of_an_account_end_together_and_are_named() {
    for ground in Ground::all().await {
        let store = ready(&ground).await;
        let keys =
            [key("000000000001", "one"), ApiKey { kind: KeyKind::Imported, ..key("000000000002", "two") }];
        for key in &keys {
            insert(&store, key).await.unwrap();
        }
        let mut tx = store.begin().await.unwrap();
        let mut ended = api_keys::revoke_all_of(&mut tx, ada(), later(5)).await.unwrap();
        ended.sort_by_key(|(_, locator)| matches!(locator, KeyLocator::Imported(_)));
        assert_eq!(ended, keys.each_ref().map(|key| (key.id, key.locator())));
        assert!(api_keys::revoke_all_of(&mut tx, ada(), later(6)).await.unwrap().is_empty());
        settle(tx).await;
    }
}

#[tokio::test]
async fn last_uses_are_written_in_bulk_and_never_move_back() {
    for ground in Ground::all().await {
        let store = ready(&ground).await;
        let ids: Vec<_> = (0..3).map(|n| key(&format!("00000000000{n}"), &n.to_string())).collect();
        for key in &ids {
            insert(&store, key).await.unwrap();
        }
        let gone = KeyId::from_ascii(b"zzzzzzzzzzzz").unwrap();
        let many: Vec<_> = std::iter::repeat_n(gone, 1200).chain(ids.iter().map(|key| key.id)).collect();
        api_keys::touch(&store, &many, later(60)).await.unwrap();
        api_keys::touch(&store, &[ids[1].id], later(120)).await.unwrap();
        api_keys::touch(&store, &[ids[1].id, ids[2].id], later(90)).await.unwrap();
        let mut used = Vec::new();
        for key in &ids {
            used.push(api_keys::by_id(&store, key.id).await.unwrap().unwrap().last_used_at.unwrap());
        }
        assert_eq!(used, [later(60), later(120), later(90)]);
    }
}

fn session() -> Session {
    Session {
        id: SessionId::mint(),
        account: ada(),
        created_at: NOON,
        authenticated_at: NOON,
        methods: vec!["pwd".into(), "otp".into()],
        last_seen_at: NOON,
        idle: Duration::from_secs(3600),
        ends_at: later(86_400),
        ended_at: None,
        chosen: vec!["echo/home/general/viewer".parse().unwrap()],
        host: "app.example.org".into(),
        device: "curl/8".into(),
        address: Some("192.0.2.7".parse().unwrap()),
    }
}

async fn begin(store: &Store, session: &Session, hosts: &[(&str, u8)]) {
    let mut tx = store.begin().await.unwrap();
    sessions::insert(&mut tx, session).await.unwrap();
    for (host, digest) in hosts {
        let token = HostToken { session: session.id, host, digest: [*digest; 32] };
        sessions::add_host(&mut tx, &token, NOON).await.unwrap();
    }
    settle(tx).await;
}

/// only digests are stored; each host has its own, and each leads to the one session.
#[tokio::test]
async fn a_session_is_found_by_the_token_of_each_host() {
    for ground in Ground::all().await {
        let store = ready(&ground).await;
        let wrote = session();
        begin(&store, &wrote, &[("app.example.org", 1), ("other.example.org", 2)]).await;
        let read = sessions::by_token(&store, &[1; 32]).await.unwrap().unwrap();
        assert_eq!(format!("{read:?}"), format!("{wrote:?}"));
        let other = sessions::by_token(&store, &[2; 32]).await.unwrap().unwrap();
        assert_eq!((other.id, &*other.host), (wrote.id, "other.example.org"));
        assert!(sessions::by_token(&store, &[3; 32]).await.unwrap().is_none());
        let mut tx = store.begin().await.unwrap();
        let token = HostToken { session: wrote.id, host: "app.example.org", digest: [9; 32] };
        sessions::add_host(&mut tx, &token, NOON).await.unwrap();
        settle(tx).await;
        assert!(sessions::by_token(&store, &[1; 32]).await.unwrap().is_none(), "a new token ends the old");
        assert!(sessions::by_token(&store, &[9; 32]).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_session_can_be_ended_alone_or_with_all_others_of_its_account() {
    for ground in Ground::all().await {
        let store = ready(&ground).await;
        let all = [session(), session(), session()];
        for (session, digest) in all.iter().zip(1..) {
            begin(&store, session, &[("app.example.org", digest)]).await;
        }
        let mut tx = store.begin().await.unwrap();
        assert!(sessions::end(&mut tx, all[0].id, later(1)).await.unwrap());
        assert!(!sessions::end(&mut tx, all[0].id, later(2)).await.unwrap());
        let ended = sessions::end_all_of(&mut tx, ada(), Some(all[1].id), later(3)).await.unwrap();
        assert_eq!(ended, [all[2].id]);
        settle(tx).await;
        let open = sessions::open_of(&store, ada(), later(4)).await.unwrap();
        assert_eq!(open.iter().map(|session| session.id).collect::<Vec<_>>(), [all[1].id]);
        let read = sessions::by_token(&store, &[1; 32]).await.unwrap().unwrap();
        assert_eq!(read.ended_at, Some(later(1)));
    }
}

#[tokio::test]
async fn credentials_are_chosen_and_last_seen_never_moves_back() {
    for ground in Ground::all().await {
        let store = ready(&ground).await;
        let wrote = session();
        begin(&store, &wrote, &[("app.example.org", 1)]).await;
        let mut tx = store.begin().await.unwrap();
        assert!(sessions::choose(&mut tx, wrote.id, &[]).await.unwrap());
        assert!(!sessions::choose(&mut tx, SessionId::mint(), &[]).await.unwrap());
        settle(tx).await;
        sessions::touch(&store, &[wrote.id], later(120)).await.unwrap();
        sessions::touch(&store, &[wrote.id], later(60)).await.unwrap();
        let read = sessions::by_id(&store, wrote.id).await.unwrap().unwrap();
        assert_eq!((read.chosen.len(), read.last_seen_at), (0, later(120)));
    }
}

#[tokio::test]
async fn fingerprints_of_the_keyring_are_noted_once() {
    for ground in Ground::all().await {
        let store = ready(&ground).await;
        let print = Fingerprint { part: PEPPER, version: 7, print: "ab".into(), made_at: NOON.into() };
        for added in [1, 0] {
            let mut tx = store.begin().await.unwrap();
            assert_eq!(keyring::note(&mut tx, std::slice::from_ref(&print)).await.unwrap(), added);
            settle(tx).await;
        }
        assert_eq!(keyring::known(&store).await.unwrap(), [print]);
    }
}
