//! Events on their way to webhooks: signed, tried again, never lost, and never held up by somebody else's.

use std::sync::Arc;
use std::time::Duration;

use portcullis::actions::webhook::courier::{self, Courier};
use portcullis::actions::webhook::{self, Made, NewWebhook, Overlap};
use portcullis::actions::{Actor, Denied, Rule, account};
use portcullis::config::Config;
use portcullis::model::account::Office;
use portcullis::model::egress::Egress;
use portcullis::model::event::EventKind;
use portcullis::model::id::WebhookId;
use portcullis::model::webhook::{Condition, Delivery, DeliveryState, Disabled, Failure};
use serde_json::Value;

use super::ground::{House, denied, refused};
use crate::support::upstream::{Reply, Seen, Then, Upstream};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";

impl House {
    /// Lets webhooks lie on this machine.
    fn allow_loopback(&self) {
        let egress = Egress { networks: vec!["127.0.0.0/8".parse().unwrap()], origins: Vec::new() };
        let config = Config { egress, ..Config::clone(&self.app.config.load()) };
        self.app.config.store(Arc::new(config));
    }

    /// A webhook of `echo` at this receiver.
    async fn webhook(&self, receiver: &Upstream) -> Made {
        self.allow_loopback();
        self.webhook_at(&format!("http://{}/hook", receiver.address)).await
    }

    async fn webhook_at(&self, url: &str) -> Made {
        let new =
            NewWebhook { platform: "echo".parse().unwrap(), url: url.parse().unwrap(), kinds: Vec::new() };
        webhook::create(&self.app, &Actor::operator(), new).await.unwrap()
    }

    /// Sends what is due, and waits until that is done.
    async fn send(&self) {
        let courier = Arc::new(Courier::default());
        courier::round(&self.app, &courier).await.unwrap();
        courier.settled().await;
    }

    async fn sent(&self, webhook: WebhookId) -> Vec<Delivery> {
        webhook::deliveries(&self.app, &Actor::operator(), webhook, None, 100).await.unwrap()
    }

    async fn condition(&self, webhook: WebhookId) -> (Condition, Option<Disabled>) {
        let found = webhook::show(&self.app, &Actor::operator(), webhook).await.unwrap();
        (found.condition(), found.disabled.map(|(_, why)| why))
    }
}

/// A receiver that takes everything.
async fn willing() -> Upstream {
    Upstream::answering(|_| Reply::raw(OK, Then::Close)).await
}

fn kind(seen: &Seen) -> String {
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    body["type"].as_str().unwrap().to_owned()
}

/// S2-19, B-20, B-21, R-71.
#[tokio::test]
async fn an_event_arrives_signed_and_once() {
    for house in House::all().await {
        let receiver = willing().await;
        let made = house.webhook(&receiver).await;
        let ada = house.member("ada", "acme", "viewer").await;
        house.send().await;
        house.send().await;
        let seen = receiver.only();
        assert_eq!(
            (seen.method.as_str(), seen.target.as_str(), kind(&seen).as_str()),
            ("POST", "/hook", "grant.changed")
        );
        assert!(!String::from_utf8_lossy(&seen.body).contains(made.secret.expose().as_str()));
        let sent = house.sent(made.webhook.id).await;
        assert_eq!(sent.len(), 1);
        assert_eq!((sent[0].state, sent[0].status, sent[0].attempts), (DeliveryState::Arrived, Some(204), 1));
        assert_eq!(seen.header("webhook-id"), Some(sent[0].event.to_string().as_str()));
        assert_eq!(seen.header("webhook-timestamp"), Some("1800000000"));
        assert!(seen.header("webhook-signature").unwrap().starts_with("v1,"));
        assert_eq!(seen.header("content-type"), Some("application/json"));
        assert_eq!(house.condition(made.webhook.id).await, (Condition::Well, None));
        account::suspend(&house.app, &Actor::operator(), &ada.user_name).await.unwrap();
        house.send().await;
        assert_eq!(kind(&receiver.last()), "account.disabled");
    }
}

/// B-20: each of these has a clear state, and the event is not lost by it.
#[tokio::test]
async fn a_receiver_that_misbehaves_leaves_a_clear_state_and_gets_the_event_later() {
    let wrong: [(&str, Then, Failure, Option<u16>); 6] = [
        (
            "HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\nContent-Length: 0\r\n\r\n",
            Then::Close,
            Failure::Redirect,
            Some(302),
        ),
        ("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", Then::Close, Failure::Answer, Some(500)),
        ("", Then::Hang, Failure::Late, None),
        ("", Then::Close, Failure::Broken, None),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Then::Close, Failure::Broken, None),
        ("SMTP?\r\n", Then::Close, Failure::Broken, None),
    ];
    for house in House::all().await {
        let operator = Actor::operator();
        for (at, (answer, then, failure, status)) in wrong.into_iter().enumerate() {
            let receiver = Upstream::answering({
                let tried = std::sync::atomic::AtomicUsize::new(0);
                move |_| match tried.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                    0 => Reply::raw(answer, then),
                    _ => Reply::raw(OK, Then::Close),
                }
            })
            .await;
            let made = house.webhook(&receiver).await;
            house.member(&format!("ada-{at}"), "acme", "viewer").await;
            house.send().await;
            let sent = house.sent(made.webhook.id).await;
            let state = (sent[0].state, sent[0].failure, sent[0].status, sent[0].attempts);
            assert_eq!(state, (DeliveryState::Waiting, Some(failure), status, 1), "{answer:?}");
            assert_eq!(house.condition(made.webhook.id).await.0, Condition::Failing);
            house.send().await;
            assert_eq!(receiver.seen().len(), 1, "not before its time");
            house.clock.advance(6 * SECOND);
            house.send().await;
            let sent = house.sent(made.webhook.id).await;
            assert_eq!((sent[0].state, sent[0].failure), (DeliveryState::Arrived, None), "{answer:?}");
            let (first, second) = (&receiver.seen()[0], &receiver.seen()[1]);
            assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
            assert_eq!(first.body, second.body);
            assert_ne!(first.header("webhook-signature"), second.header("webhook-signature"));
            assert_eq!(house.condition(made.webhook.id).await.0, Condition::Well);
            webhook::remove(&house.app, &operator, made.webhook.id).await.unwrap();
        }
    }
}

///
#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_public() {
    for house in House::all().await {
        let receiver = willing().await;
        for (url, rule) in [
            (format!("http://{}/", receiver.address), Rule::NotPublic),
            (format!("https://{}/", receiver.address), Rule::NotPublic),
            ("https://[::ffff:10.0.0.1]/".to_owned(), Rule::NotPublic),
            ("http://example.com/".to_owned(), Rule::NotHttps),
        ] {
            let new = NewWebhook {
                platform: "echo".parse().unwrap(),
                url: url.parse().unwrap(),
                kinds: Vec::new(),
            };
            refused(webhook::create(&house.app, &Actor::operator(), new).await.map(|_| ()), rule);
        }
        let made = house.webhook_at(&format!("https://localhost:{}/", receiver.address.port())).await;
        house.member("ada", "acme", "viewer").await;
        house.send().await;
        assert_eq!(house.sent(made.webhook.id).await[0].failure, Some(Failure::Refused));
        assert_eq!(receiver.connections(), 0);
    }
}

/// at least 24 hours of attempts. Then it is given up, and can be sent once more by hand.
#[tokio::test]
async fn what_never_arrives_is_tried_for_three_days_and_the_webhook_stopped_after_five() {
    for house in House::all().await {
        let receiver =
            Upstream::answering(|_| Reply::raw("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", Then::Close))
                .await;
        let made = house.webhook(&receiver).await;
        let ada = house.member("ada", "acme", "viewer").await;
        let mut hours = 0;
        while house.sent(made.webhook.id).await[0].state == DeliveryState::Waiting {
            house.send().await;
            house.clock.advance(HOUR / 4);
            hours += 1;
            assert!(hours < 4 * 24 * 4, "{:?}", house.sent(made.webhook.id).await);
        }
        let sent = house.sent(made.webhook.id).await;
        assert_eq!((sent[0].state, sent[0].attempts), (DeliveryState::GivenUp, 10));
        assert!(hours > 4 * 60, "{hours} quarters of an hour");
        house.clock.advance(3 * 24 * HOUR);
        account::suspend(&house.app, &Actor::operator(), &ada.user_name).await.unwrap();
        house.send().await;
        assert_eq!(house.condition(made.webhook.id).await, (Condition::Disabled, Some(Disabled::Failing)));
        let (before, operator) = (receiver.seen().len(), Actor::operator());
        house.clock.advance(HOUR);
        house.send().await;
        assert_eq!(receiver.seen().len(), before, "nothing is sent to it");
        refused(webhook::test(&house.app, &operator, made.webhook.id).await, Rule::WebhookDisabled);
        webhook::enable(&house.app, &operator, made.webhook.id).await.unwrap();
        assert_eq!(webhook::resend_all(&house.app, &operator, made.webhook.id).await.unwrap(), 1);
        house.send().await;
        house.send().await;
        assert_eq!(receiver.seen().len(), before + 2, "what waited, and what was given up");
    }
}

#[tokio::test]
async fn a_webhook_that_says_it_is_gone_is_stopped_at_once_and_goes_on_when_it_is_back() {
    for house in House::all().await {
        let gone = Arc::new(std::sync::atomic::AtomicBool::new(true));
        let answer = gone.clone();
        let receiver = Upstream::answering(move |_| match answer.load(std::sync::atomic::Ordering::SeqCst) {
            true => Reply::raw("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", Then::Close),
            false => Reply::raw(OK, Then::Close),
        })
        .await;
        let made = house.webhook(&receiver).await;
        house.member("ada", "acme", "viewer").await;
        house.send().await;
        assert_eq!(house.condition(made.webhook.id).await, (Condition::Disabled, Some(Disabled::Gone)));
        house.member("bob", "acme", "viewer").await;
        gone.store(false, std::sync::atomic::Ordering::SeqCst);
        webhook::enable(&house.app, &Actor::operator(), made.webhook.id).await.unwrap();
        house.clock.advance(6 * SECOND);
        house.send().await;
        let sent = house.sent(made.webhook.id).await;
        assert_eq!(sent.len(), 1, "what happened while it was stopped is in the feed only");
        assert_eq!(sent[0].state, DeliveryState::Arrived);
    }
}

/// B-20: the dead one keeps its attempt, the other gets its event meanwhile.
#[tokio::test]
async fn a_receiver_that_never_answers_holds_up_nobody_else() {
    for house in House::all().await {
        let dead = Upstream::answering(|_| Reply::raw("", Then::Hang)).await;
        let alive = willing().await;
        house.webhook(&dead).await;
        house.webhook(&alive).await;
        for name in ["ada", "bob", "eve"] {
            house.member(name, "acme", "viewer").await;
        }
        let courier = Arc::new(Courier::default());
        courier::round(&house.app, &courier).await.unwrap();
        alive.saw(3).await;
        dead.saw(3).await;
        courier.settled().await;
        assert_eq!((alive.seen().len(), dead.seen().len()), (3, 3));
    }
}

/// Several nodes: whoever takes a delivery first sends it.
#[tokio::test]
async fn what_one_node_sends_no_other_sends_too() {
    for house in House::all().await {
        let receiver = willing().await;
        house.webhook(&receiver).await;
        for at in 0..20 {
            house.member(&format!("ada-{at}"), "acme", "viewer").await;
        }
        let nodes: Vec<_> = (0..4).map(|_| Arc::new(Courier::default())).collect();
        for node in &nodes {
            courier::round(&house.app, node).await.unwrap();
        }
        for node in &nodes {
            node.settled().await;
        }
        let ids: std::collections::BTreeSet<_> =
            receiver.seen().iter().map(|seen| seen.header("webhook-id").unwrap().to_owned()).collect();
        assert_eq!((receiver.seen().len(), ids.len()), (20, 20));
    }
}

/// several signatures while one secret takes over from another.
#[tokio::test]
async fn both_secrets_sign_until_the_old_one_ends() {
    for house in House::all().await {
        let (receiver, operator) = (willing().await, Actor::operator());
        let made = house.webhook(&receiver).await;
        let signatures = async |name: &str| {
            house.member(name, "acme", "viewer").await;
            house.send().await;
            receiver.last().header("webhook-signature").unwrap().split(' ').count()
        };
        assert_eq!(signatures("ada").await, 1);
        let next = webhook::rotate(&house.app, &operator, made.webhook.id, Overlap::Hour).await.unwrap();
        assert_ne!(made.secret.expose(), next.secret.expose());
        assert_eq!(signatures("bob").await, 2);
        house.clock.advance(HOUR);
        assert_eq!(signatures("eve").await, 1);
        webhook::rotate(&house.app, &operator, made.webhook.id, Overlap::Day).await.unwrap();
        webhook::rotate(&house.app, &operator, made.webhook.id, Overlap::None).await.unwrap();
        assert_eq!(signatures("fay").await, 1);
    }
}

#[tokio::test]
async fn a_webhook_is_told_only_what_it_asked_for_and_a_test_tells_no_other() {
    for house in House::all().await {
        let (picky, other, operator) = (willing().await, willing().await, Actor::operator());
        house.allow_loopback();
        let new = NewWebhook {
            platform: "echo".parse().unwrap(),
            url: format!("http://{}/", picky.address).parse().unwrap(),
            kinds: vec![EventKind::AccountDisabled],
        };
        let made = webhook::create(&house.app, &operator, new).await.unwrap();
        house.webhook(&other).await;
        let ada = house.member("ada", "acme", "viewer").await;
        account::suspend(&house.app, &operator, &ada.user_name).await.unwrap();
        webhook::test(&house.app, &operator, made.webhook.id).await.unwrap();
        house.send().await;
        let mut kinds: Vec<_> = picky.seen().iter().map(kind).collect();
        kinds.sort();
        assert_eq!(kinds, ["account.disabled", "test.ping"]);
        assert_eq!(other.seen().len(), 2);
    }
}

#[tokio::test]
async fn only_administrators_have_to_do_with_webhooks() {
    for house in House::all().await {
        let receiver = willing().await;
        let made = house.webhook(&receiver).await;
        let manager = house.member("mia", "acme", "manager").await;
        let support = house.person("sue", Some(Office::Support)).await;
        for account in [&manager, &support] {
            let actor = house.acting(account).await;
            denied(webhook::list(&house.app, &actor, None).await, Denied::NotAdministrator);
            denied(webhook::remove(&house.app, &actor, made.webhook.id).await, Denied::NotAdministrator);
            let resent = webhook::resend_all(&house.app, &actor, made.webhook.id).await;
            denied(resent, Denied::NotAdministrator);
        }
    }
}
