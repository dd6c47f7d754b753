//! A session goes from the public host to another one.

use portcullis::actions::hand_off::{arrive, leave};
use portcullis::actions::{ActionError, Actor, Noun, Origin, account, session};
use portcullis::secret::{Secret, token};

use super::office::{Office, PASSWORD, found, newcomer, password, refusal};
use crate::store::ground::Ground;

const HOST: &str = "app.example.org";

async fn offices() -> Vec<Office> {
    let mut all = Vec::new();
    for ground in Ground::all().await {
        let office = Office::bare(ground, |config| {
            let mut routing = (*config.routing).clone();
            routing.hosts = vec![HOST.into(), "other.example.org".into(), "localhost".into()];
            config.routing = routing.into();
        })
        .await;
        let (app, operator) = (&office.app, Actor::operator());
        let ada = account::create_person(app, &operator, newcomer("ada")).await.unwrap();
        portcullis::actions::password::set(app, &operator, &ada.user_name, password(PASSWORD)).await.unwrap();
        all.push(office);
    }
    all
}

fn from() -> Origin {
    Origin { address: Some("192.0.2.7".parse().unwrap()), request: None, language: None }
}

/// Product decision 2: one session, one cookie for each host, and one end for all.
#[tokio::test]
async fn a_session_arrives_on_another_host_with_a_token_of_its_own() {
    for office in offices().await {
        let signed_in = office.sign_in("ada", None).await;
        let flow = token::mint_session_token();
        let code = leave(&office.app, &signed_in.session, HOST, &flow).await.unwrap();
        let arrived = arrive(&office.app, from(), HOST, &code, &flow).await.unwrap().unwrap();
        assert_eq!((arrived.session.id, &*arrived.session.host), (signed_in.session.id, HOST));
        let there = found(&office, &arrived.token).await.unwrap();
        assert_eq!((there.id, &*there.host), (signed_in.session.id, HOST));
        assert_eq!(&*found(&office, &signed_in.token).await.unwrap().host, "localhost");
        assert_eq!(office.trail(1).await[0].act, "session.arrived");
        session::end(&office.app, &Actor::operator(), signed_in.session.id).await.unwrap();
        assert!(found(&office, &arrived.token).await.unwrap().ended_at.is_some());
    }
}

/// K13: bound to host and browser; whoever else presents it does not use it up.
#[tokio::test]
async fn a_code_works_on_its_host_and_in_its_browser_only() {
    for office in offices().await {
        let signed_in = office.sign_in("ada", None).await;
        let (flow, other) = (token::mint_session_token(), token::mint_session_token());
        let code = leave(&office.app, &signed_in.session, HOST, &flow).await.unwrap();
        assert!(arrive(&office.app, from(), "other.example.org", &code, &flow).await.unwrap().is_none());
        assert!(arrive(&office.app, from(), HOST, &code, &other).await.unwrap().is_none());
        assert!(arrive(&office.app, from(), HOST, &flow, &code).await.unwrap().is_none());
        assert!(
            arrive(&office.app, from(), HOST, &Secret::new(String::new()), &flow).await.unwrap().is_none()
        );
        assert!(arrive(&office.app, from(), HOST, &code, &flow).await.unwrap().is_some());
    }
}

/// K13: once; and that somebody tried again is in the trail, once.
#[tokio::test]
async fn a_code_works_once_and_a_replay_is_noted() {
    for office in offices().await {
        let signed_in = office.sign_in("ada", None).await;
        let flow = token::mint_session_token();
        let code = leave(&office.app, &signed_in.session, HOST, &flow).await.unwrap();
        let (one, other) = tokio::join!(
            arrive(&office.app, from(), HOST, &code, &flow),
            arrive(&office.app, from(), HOST, &code, &flow),
        );
        assert_eq!([one, other].into_iter().filter(|done| done.as_ref().unwrap().is_some()).count(), 1);
        for _ in 0..3 {
            assert!(arrive(&office.app, from(), HOST, &code, &flow).await.unwrap().is_none());
        }
        let trail = office.trail(20).await;
        let noted = trail.iter().filter(|entry| entry.act == "session.arrival-refused").count();
        assert_eq!(noted, 1);
    }
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    for office in offices().await {
        let signed_in = office.sign_in("ada", None).await;
        let flow = token::mint_session_token();
        let code = leave(&office.app, &signed_in.session, HOST, &flow).await.unwrap();
        office.pass(60);
        assert!(arrive(&office.app, from(), HOST, &code, &flow).await.unwrap().is_none());
    }
}

/// K8, K9: what ended after the code was made does not arrive.
#[tokio::test]
async fn a_session_that_ended_on_the_way_does_not_arrive() {
    for office in offices().await {
        let flow = token::mint_session_token();
        let signed_in = office.sign_in("ada", None).await;
        let code = leave(&office.app, &signed_in.session, HOST, &flow).await.unwrap();
        session::end(&office.app, &Actor::operator(), signed_in.session.id).await.unwrap();
        assert!(arrive(&office.app, from(), HOST, &code, &flow).await.unwrap().is_none());
        let signed_in = office.sign_in("ada", None).await;
        let code = leave(&office.app, &signed_in.session, HOST, &flow).await.unwrap();
        account::suspend(&office.app, &Actor::operator(), &"ada".parse().unwrap()).await.unwrap();
        assert!(arrive(&office.app, from(), HOST, &code, &flow).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn nobody_is_handed_to_a_host_that_is_none_of_ours() {
    for office in offices().await {
        let signed_in = office.sign_in("ada", None).await;
        let flow = token::mint_session_token();
        for host in ["example.org", "app.example.org.evil", "APP.example.org:443", ""] {
            let done = leave(&office.app, &signed_in.session, host, &flow).await;
            assert!(matches!(refusal(done), ActionError::Missing(Noun::Host)), "{host}");
        }
    }
}
