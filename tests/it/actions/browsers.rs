//! Several people in one browser, and credentials that are switched.

use portcullis::actions::session::{choose, of_browser, take_up};
use portcullis::actions::{ActionError, Actor, Denied, Noun, Origin, account, session};
use portcullis::model::identity::Presented;

use super::office::{Office, found, refusal};

/// B-35: the first stays signed in when a second one signs in.
#[tokio::test]
async fn two_people_are_signed_in_in_one_browser_and_either_is_taken_up() {
    for office in Office::all().await {
        let (ada, bob) = (office.guarded("ada").await, office.guarded("bob").await);
        let first = office.sign_in("ada", None).await;
        let second = office.sign_in("bob", Some(&first.browser)).await;
        let here = of_browser(&office.app, &second.browser).await.unwrap();
        let mut people: Vec<_> = here.iter().map(|(session, account)| (session.id, account.id)).collect();
        people.sort();
        let mut expected = vec![(first.session.id, ada.id), (second.session.id, bob.id)];
        expected.sort();
        assert_eq!(people, expected);
        let text = take_up(&office.app, Origin::default(), &second.browser, first.session.id).await.unwrap();
        assert_eq!(found(&office, &text).await.unwrap().account, ada.id);
        assert!(found(&office, &first.token).await.is_none(), "R-47: the token before is dead");
        assert!(found(&office, &second.token).await.is_some());
    }
}

#[tokio::test]
async fn only_what_is_live_in_this_browser_is_listed_and_taken_up() {
    for office in Office::all().await {
        office.guarded("ada").await;
        office.guarded("bob").await;
        let (here, elsewhere) = (office.sign_in("ada", None).await, office.sign_in("bob", None).await);
        let gone = |done| matches!(refusal(done), ActionError::Missing(Noun::Session));
        let from = Origin::default();
        assert!(gone(take_up(&office.app, from, &here.browser, elsewhere.session.id).await));
        assert!(gone(take_up(&office.app, from, &here.token, here.session.id).await));
        session::end(&office.app, &Actor::operator(), here.session.id).await.unwrap();
        assert!(gone(take_up(&office.app, from, &here.browser, here.session.id).await));
        assert!(of_browser(&office.app, &here.browser).await.unwrap().is_empty());
        account::suspend(&office.app, &Actor::operator(), &"bob".parse().unwrap()).await.unwrap();
        assert!(of_browser(&office.app, &elsewhere.browser).await.unwrap().is_empty());
        let idle = office.sign_in("ada", None).await;
        office.pass(3600);
        assert!(of_browser(&office.app, &idle.browser).await.unwrap().is_empty());
    }
}

/// a switch of credentials changes the token; one set stays for each platform.
#[tokio::test]
async fn credentials_are_switched_to_what_is_held_and_the_token_is_a_new_one() {
    for office in Office::all().await {
        let ada = office.guarded("ada").await;
        office.grant("ada", "acme", "simulation-runner", None).await;
        let signed_in = office.sign_in("ada", None).await;
        let actor = office.presenting(&ada, Presented::Session(signed_in.session.id)).await;
        let mut last = signed_in.token;
        for wanted in ["echo/acme/lab/viewer", "echo/acme/general/simulation-runner"] {
            let id = signed_in.session.id;
            let text = choose(&office.app, &actor, id, wanted.parse().unwrap()).await.unwrap();
            let session = found(&office, &text).await.unwrap();
            assert_eq!(session.chosen.iter().map(ToString::to_string).collect::<Vec<_>>(), [wanted]);
            assert!(found(&office, &last).await.is_none());
            last = text;
        }
        let trail = office.trail(1).await;
        assert_eq!((trail[0].act.as_str(), trail[0].organisation.is_some()), ("session.switched", true));
        let above = "echo/acme/lab/manager".parse().unwrap();
        let done = choose(&office.app, &actor, signed_in.session.id, above).await;
        assert!(matches!(refusal(done), ActionError::Key(_)));
        assert!(found(&office, &last).await.is_some(), "what was refused changes nothing");
    }
}

#[tokio::test]
async fn nobody_switches_in_another_persons_session_and_no_key_does() {
    for office in Office::all().await {
        let (ada, bob) = (office.guarded("ada").await, office.guarded("bob").await);
        for name in ["ada", "bob"] {
            office.grant(name, "acme", "viewer", None).await;
        }
        let of_ada = office.sign_in("ada", None).await.session.id;
        let wanted = || "echo/acme/lab/viewer".parse().unwrap();
        let actor = office.signed_in(&bob).await;
        let done = choose(&office.app, &actor, of_ada, wanted()).await;
        assert!(matches!(refusal(done), ActionError::Missing(Noun::Session)));
        let done = choose(&office.app, &Actor::operator(), of_ada, wanted()).await;
        assert!(matches!(refusal(done), ActionError::Missing(Noun::Session)));
        let key = office.key(ada.id, "k", &["echo/acme/lab/viewer"]).await;
        let actor = office.presenting(&ada, Presented::Key(key.key.id)).await;
        let done = choose(&office.app, &actor, of_ada, wanted()).await;
        assert!(matches!(refusal(done), ActionError::Denied(Denied::Key)));
    }
}
