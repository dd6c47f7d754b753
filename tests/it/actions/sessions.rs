//! Sessions: begun by the operator, one token per host, ended at once.

use std::time::Duration;

use portcullis::actions::session::{self, NewSession, Stay};
use portcullis::actions::{ActionError, Actor, Denied, Noun, Rule, account};
use portcullis::model::account::Account;
use portcullis::secret::token;
use portcullis::store::sessions;

use super::office::{Office, refusal};
use crate::store::ground::{Ground, NOON};

fn new(account: &Account, hosts: &[&str]) -> NewSession {
    NewSession {
        account: account.id,
        hosts: hosts.iter().map(|host| (*host).into()).collect(),
        methods: vec!["cli".into()],
        stay: Stay::Usual,
        chosen: Vec::new(),
        device: "a\ttest".to_owned(),
    }
}

///
#[tokio::test]
async fn a_session_has_another_token_on_every_host_and_only_digests_are_stored() {
    for ground in Ground::all().await {
        let office = Office::bare(ground, |config| {
            let mut routing = (*config.routing).clone();
            routing.hosts = vec!["app.example.org".into(), "*.tools.example.org".into(), "localhost".into()];
            config.routing = routing.into();
        })
        .await;
        let ada = office.person("ada").await;
        let begun = session::create(&office.app, &Actor::operator(), new(&ada, &[])).await.unwrap();
        let hosts: Vec<_> = begun.tokens.iter().map(|(host, _)| &**host).collect();
        assert_eq!(hosts, ["app.example.org", "localhost"], "a wildcard is no host to name");
        for (host, text) in &begun.tokens {
            let digest = token::session_digest(text.expose().as_bytes());
            let found = sessions::by_token(&office.app.store, &digest).await.unwrap().unwrap();
            assert_eq!((found.id, &found.host), (begun.session.id, host));
        }
        let named = new(&ada, &["git.tools.example.org", "localhost"]);
        assert_eq!(session::create(&office.app, &Actor::operator(), named).await.unwrap().tokens.len(), 2);
        for stranger in ["example.org", "a.b.tools.example.org", ".tools.example.org", "app.example.org.evil"]
        {
            let done = session::create(&office.app, &Actor::operator(), new(&ada, &[stranger])).await;
            assert!(matches!(refusal(done), ActionError::Missing(Noun::Host)), "{stranger}");
        }
    }
}

#[tokio::test]
async fn services_and_inactive_accounts_do_not_sign_in_and_accounts_sign_nobody_in() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "manager").await;
        let robot = office.service("robot", "acme").await;
        let done = session::create(&office.app, &Actor::operator(), new(&robot, &[])).await;
        assert!(matches!(refusal(done), ActionError::Refused(Rule::ServiceSession)));
        let person = office.signed_in(&ada).await;
        let done = session::create(&office.app, &person, new(&ada, &[])).await;
        assert!(matches!(refusal(done), ActionError::Denied(Denied::NotAdministrator)));
        account::suspend(&office.app, &Actor::operator(), &ada.user_name).await.unwrap();
        let done = session::create(&office.app, &Actor::operator(), new(&ada, &[])).await;
        assert!(matches!(refusal(done), ActionError::Denied(Denied::Inactive)));
    }
}

#[tokio::test]
async fn a_session_begins_only_under_credentials_that_are_held_one_per_platform() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        let with = |chosen: &[&str]| NewSession {
            chosen: chosen.iter().map(|one| one.parse().unwrap()).collect(),
            ..new(&ada, &[])
        };
        let begun =
            session::create(&office.app, &Actor::operator(), with(&["echo/acme/lab/viewer"])).await.unwrap();
        assert_eq!(begun.session.chosen.len(), 1);
        let above = session::create(&office.app, &Actor::operator(), with(&["echo/acme/lab/manager"])).await;
        assert!(matches!(refusal(above), ActionError::Key(_)));
        let two = with(&["echo/acme/lab/viewer", "echo/acme/general/viewer"]);
        let two = session::create(&office.app, &Actor::operator(), two).await;
        assert!(matches!(refusal(two), ActionError::Refused(Rule::OnePerPlatform)));
    }
}

///
#[tokio::test]
async fn people_see_and_end_their_own_sessions_and_managers_do_not_read_them() {
    for office in Office::all().await {
        let ada = office.member("ada", "acme", "viewer").await;
        let eve = office.member("eve", "acme", "manager").await;
        let mut begun = Vec::new();
        for _ in 0..3 {
            begun.push(
                session::create(&office.app, &Actor::operator(), new(&ada, &[])).await.unwrap().session.id,
            );
        }
        let (owner, manager) = (office.signed_in(&ada).await, office.signed_in(&eve).await);
        let seen = session::list(&office.app, &manager, ada.id).await;
        assert!(matches!(refusal(seen), ActionError::Missing(Noun::Account)));
        let done = session::end(&office.app, &manager, begun[0]).await;
        assert!(matches!(refusal(done), ActionError::Missing(Noun::Session)));
        assert!(matches!(
            refusal(session::end_all(&office.app, &manager, ada.id, None).await),
            ActionError::Missing(Noun::Account)
        ));
        assert!(session::end(&office.app, &owner, begun[0]).await.unwrap());
        assert!(!session::end(&office.app, &owner, begun[0]).await.unwrap());
        assert_eq!(session::end_all(&office.app, &owner, ada.id, Some(begun[1])).await.unwrap(), 1);
        let left = session::list(&office.app, &owner, ada.id).await.unwrap();
        assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [begun[1]]);
    }
}

///
#[tokio::test]
async fn a_session_that_paused_too_long_is_not_listed() {
    for office in Office::all().await {
        let ada = office.person("ada").await;
        session::create(&office.app, &Actor::operator(), new(&ada, &[])).await.unwrap();
        let kept = NewSession { stay: Stay::Remembered, ..new(&ada, &[]) };
        let kept = session::create(&office.app, &Actor::operator(), kept).await.unwrap().session;
        assert_eq!(kept.ends_at, NOON.plus(Duration::from_secs(30 * 86_400)));
        office.pass(3600);
        let left = session::list(&office.app, &Actor::operator(), ada.id).await.unwrap();
        assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [kept.id]);
    }
}
