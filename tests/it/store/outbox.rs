//! Rows of letters on their way, on each database.

use std::time::Duration;

use portcullis::model::audit::{AuditActor, AuditEntry};
use portcullis::model::id::OutboxId;
use portcullis::model::outbox::OutboxState;
use portcullis::store::outbox::{Afterwards, NewLetter};
use portcullis::store::{Store, attic, outbox};

use super::ground::{Ground, NOON};

const MINUTE: Duration = Duration::from_secs(60);

async fn write(store: &Store, to: &str, asked_from: Option<&str>) -> OutboxId {
    let id = OutboxId::mint();
    let mut tx = store.begin().await.unwrap();
    let payload: &[u8] = b"sealed";
    let times = (NOON, Some(NOON.plus(MINUTE)));
    let letter =
        NewLetter { id, kind: "test", recipient: (to, to), payload, account: None, times, asked_from };
    outbox::insert(&mut tx, &letter).await.unwrap();
    tx.audit(AuditEntry {
        act: "letter.written",
        actor: AuditActor::Gate,
        subject: format!("letter {id}"),
        organisation: None,
        address: None,
        request: None,
        detail: String::new(),
        personal: None,
    });
    tx.commit(NOON).await.unwrap();
    id
}

/// Of many nodes that take a letter in hand, one has it, until its time is over.
#[tokio::test]
async fn a_letter_is_in_one_hand_at_a_time() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let id = write(&store, "ada@example.org", None).await;
        assert_eq!(outbox::due(&store, outbox::Which::All, NOON, 9).await.unwrap()[0].id, id);
        let hands = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { outbox::claim(&store, id, NOON, NOON.plus(MINUTE)).await.unwrap() })
        });
        let mut first = 0;
        for hand in hands.collect::<Vec<_>>() {
            first += usize::from(hand.await.unwrap());
        }
        assert_eq!(first, 1);
        assert!(outbox::due(&store, outbox::Which::All, NOON, 9).await.unwrap().is_empty());
        assert_eq!(
            outbox::due(&store, outbox::Which::All, NOON.plus(MINUTE), 9).await.unwrap()[0].attempts,
            1
        );
    }
}

/// A letter that is not taken waits, one that is given up can be tried again, and one that was sent is over:
/// what it said is forgotten, and after thirty days the row too.
#[tokio::test]
async fn a_letter_waits_is_given_up_is_tried_again_and_is_sent() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let id = write(&store, "ada@example.org", None).await;
        let state = async || outbox::by_id(&store, id).await.unwrap().map(|entry| entry.state());
        outbox::later(&store, id, NOON.plus(MINUTE), "not now").await.unwrap();
        assert!(outbox::due(&store, outbox::Which::All, NOON, 9).await.unwrap().is_empty());
        assert_eq!(outbox::waiting(&store).await.unwrap(), 1);
        outbox::failed(&store, id, NOON, "no").await.unwrap();
        assert_eq!(state().await, Some(OutboxState::Failed));
        assert!(outbox::due(&store, outbox::Which::All, NOON.plus(MINUTE), 9).await.unwrap().is_empty());
        let mut tx = store.begin().await.unwrap();
        assert!(outbox::again(&mut tx, id, NOON).await.unwrap());
        tx.change(portcullis::model::change::Change::Setting);
        tx.commit(NOON).await.unwrap();
        assert_eq!(
            outbox::due(&store, outbox::Which::All, NOON, 9).await.unwrap()[0].last_error.as_deref(),
            Some("no")
        );
        outbox::sent(&store, id, NOON, Afterwards::Kept).await.unwrap();
        assert_eq!(outbox::payload(&store, id).await.unwrap().unwrap(), b"sealed");
        outbox::sent(&store, id, NOON, Afterwards::Forgotten).await.unwrap();
        assert!(outbox::payload(&store, id).await.unwrap().unwrap().is_empty());
        assert_eq!(state().await, Some(OutboxState::Sent));
        let mut tx = store.begin().await.unwrap();
        assert!(!outbox::again(&mut tx, id, NOON).await.unwrap(), "sent is sent");
        drop(tx);
        attic::clear(&store, NOON.plus(MINUTE * 60 * 24 * 31)).await.unwrap();
        assert_eq!(state().await, None);
    }
}

/// only letters that somebody else caused are counted, for the address and for the source.
#[tokio::test]
async fn letters_are_counted_for_their_address_and_for_whoever_caused_them() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let before = NOON.minus(MINUTE);
        write(&store, "ada@example.org", None).await;
        write(&store, "ada@example.org", Some("192.0.2.1")).await;
        write(&store, "", Some("192.0.2.1")).await;
        assert_eq!(outbox::count_to(&store, "ada@example.org", "test", before).await.unwrap(), 1);
        assert_eq!(outbox::count_from(&store, "192.0.2.1", before).await.unwrap(), 2);
        assert_eq!(outbox::count_from(&store, "192.0.2.1", NOON).await.unwrap(), 0);
        let notices = outbox::due(&store, outbox::Which::Notices, NOON, 9).await.unwrap();
        assert_eq!(notices.len(), 1, "what others cause holds no notice up");
        assert_eq!(outbox::count_to(&store, "ada@example.org", "reset", before).await.unwrap(), 0);
        assert_eq!(outbox::count_sent(&store, before).await.unwrap(), 0);
        assert_eq!(outbox::list(&store, None, 9).await.unwrap().len(), 2, "a wish is no letter");
    }
}
