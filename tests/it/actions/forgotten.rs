//! A forgotten password, and the letters about passwords.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use portcullis::actions::password::{self, EndOthers, Password, forgotten};
use portcullis::actions::sign_in::SignInError;
use portcullis::actions::{ActionError, Actor, Noun, Origin, account, post};
use portcullis::app::App;
use portcullis::mail::{MailError, Mailer, Posted};
use portcullis::model::identity::Presented;
use portcullis::secret::Secret;

use super::office::{Office, PASSWORD, password as new};

const NEXT: &str = "eleven damp lanterns hum";

fn origin(last: u8) -> Origin {
    Origin { address: Some([192, 0, 2, last].into()), ..Origin::default() }
}

/// Lets the post do its rounds, and tells what was written since: recipient, kind and text, oldest first.
async fn letters(app: &Arc<App>) -> Vec<(String, String, String)> {
    for _ in 0..3 {
        post::round(app).await.unwrap();
    }
    let mut all = Vec::new();
    for entry in post::list(app, &Actor::operator(), None, 100).await.unwrap() {
        let seen = post::read(app, &Actor::operator(), entry.id).await.unwrap();
        let (_, text) = seen.content.unwrap();
        all.push((entry.recipient, entry.kind, text.expose().clone()));
    }
    all.reverse();
    all
}

/// The token of the link in a letter.
fn token(text: &str) -> Secret<String> {
    let at = text.find("/.portcullis/reset-password/").unwrap();
    let path = text[at..].split_whitespace().next().unwrap();
    Secret::new(path.rsplit('/').next().unwrap().to_owned())
}

async fn reset(app: &App, token: &Secret<String>, text: &str) -> Result<(), ActionError> {
    let new = Password::parse(&Secret::new(text.to_owned())).unwrap();
    password::reset(app, Origin::default(), token, new).await
}

/// whoever is asked for, the request does the same; only somebody who is there is written to.
#[tokio::test]
async fn asking_costs_the_same_for_everybody_and_only_people_get_letters() {
    for office in Office::all().await {
        office.guarded("ada").await;
        office.guarded("sue").await;
        account::suspend(&office.app, &Actor::operator(), &"sue".parse().unwrap()).await.unwrap();
        office.service("robot", "acme").await;
        let app = Arc::new(office.again().await);
        assert_eq!(letters(&app).await.len(), 2, "their passwords were set");
        let long = "x".repeat(5000);
        let names =
            ["ada", "Ada@Example.org", "sue", "robot", "nobody", "nobody@example.org", "a b\nc", &long];
        for (last, name) in (1..).zip(names) {
            let work = || (app.hashing.computed(), app.keyring.load().unsealed());
            let (before, entries) = (work(), office.trail(1).await[0].seq);
            forgotten::ask(&app, origin(last), name).await.unwrap();
            assert_eq!(work(), before, "{name}");
            assert_eq!(office.trail(1).await[0].seq - entries, 1, "{name}");
        }
        let sent = letters(&app).await.split_off(2);
        let to: Vec<_> = sent.iter().map(|(to, kind, _)| (to.as_str(), kind.as_str())).collect();
        assert_eq!(to, [("ada@example.org", "reset"); 2]);
        let links = [token(&sent[0].2), token(&sent[1].2)];
        // The post grants wishes side by side: whichever came later ended the other.
        let mut done = Vec::new();
        for link in &links {
            done.push(reset(&app, link, NEXT).await);
        }
        let gone = |done: &Result<(), ActionError>| matches!(done, Err(ActionError::Missing(Noun::Link)));
        assert_eq!(
            (done.iter().filter(|done| done.is_ok()).count(), done.iter().filter(|done| gone(done)).count()),
            (1, 1)
        );
        for link in &links {
            assert!(gone(&reset(&app, link, PASSWORD).await), "once");
        }
        office.try_in("ada", NEXT, None).await.unwrap();
    }
}

/// 5 letters an hour to one address, 20 wishes an hour from one source; R-26: an hour.
#[tokio::test]
async fn letters_are_bounded_by_address_and_source_and_their_links_by_time() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let app = Arc::new(office.again().await);
        let before = letters(&app).await.len();
        for last in 1..=8 {
            forgotten::ask(&app, origin(last), "ada").await.unwrap();
            letters(&app).await;
        }
        let sent = letters(&app).await.split_off(before);
        assert_eq!(sent.len(), 5, "whoever asks is not told");
        for _ in 0..20 {
            forgotten::ask(&app, origin(99), "nobody").await.unwrap();
        }
        for name in ["ada", "nobody"] {
            let done = forgotten::ask(&app, origin(99), name).await;
            assert!(matches!(done, Err(ActionError::TooManyLetters)));
        }
        let last = token(&sent[4].2);
        office.pass(59 * 60);
        assert!(password::peek(&app, &last).await.unwrap());
        office.pass(2 * 60);
        assert!(!password::peek(&app, &last).await.unwrap());
        assert!(reset(&app, &last, NEXT).await.is_err());
        forgotten::ask(&app, origin(99), "ada").await.unwrap();
        assert_eq!(letters(&app).await.split_off(before).len(), 6, "an hour later");
    }
}

/// the way back in for whose account strangers guessed at too often.
#[tokio::test]
async fn a_mailed_link_opens_the_way_that_guesses_closed() {
    for office in Office::all().await {
        office.guarded("ada").await;
        for _ in 0..120 {
            if matches!(office.try_in("ada", "wrong", None).await, Err(SignInError::ResetNeeded)) {
                break;
            }
            office.pass(15 * 60);
        }
        assert!(matches!(office.try_in("ada", PASSWORD, None).await, Err(SignInError::ResetNeeded)));
        let app = Arc::new(office.again().await);
        forgotten::ask(&app, origin(1), "ada").await.unwrap();
        let (_, _, text) = letters(&app).await.pop().unwrap();
        reset(&app, &token(&text), NEXT).await.unwrap();
        office.try_in("ada", NEXT, None).await.unwrap();
    }
}

/// whoever sets or changes it, the owner is told when, from where, and what to do.
#[tokio::test]
async fn every_new_password_is_told_to_its_owner() {
    for office in Office::all().await {
        let ada = office.guarded("ada").await;
        let app = Arc::new(office.again().await);
        let here = office.sign_in("ada", None).await;
        let mut actor = office.presenting(&ada, Presented::Session(here.session.id)).await;
        actor.origin = origin(7);
        let old = Secret::new(PASSWORD.to_owned());
        password::change(&app, &actor, old, new(NEXT), EndOthers::Yes).await.unwrap();
        let link = account::reset(&app, &Actor::operator(), &ada.user_name).await.unwrap();
        reset(&app, &Secret::new(link.url.expose().rsplit('/').next().unwrap().to_owned()), PASSWORD)
            .await
            .unwrap();
        let told = letters(&app).await;
        assert_eq!(told.len(), 3, "set, changed, reset");
        for (to, kind, text) in &told {
            assert_eq!((to.as_str(), kind.as_str()), ("ada@example.org", "password-changed"));
            assert!(text.contains("https://localhost:8443/.portcullis/forgot-password"), "{text}");
            assert!(!text.contains(PASSWORD) && !text.contains(NEXT));
        }
        assert!(told[1].2.contains("192.0.2.7") && told[1].2.contains("UTC"), "{}", told[1].2);
    }
}

/// A mail server that keeps what it was given.
#[derive(Default, Clone)]
struct Kept(Arc<Mutex<Vec<(String, String)>>>);

impl Mailer for Kept {
    fn send<'a>(
        &'a self,
        letter: &'a Posted,
    ) -> Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>> {
        let text = letter.written.text.expose().clone();
        self.0.lock().unwrap().push((letter.to.as_str().to_owned(), text));
        Box::pin(std::future::ready(Ok(())))
    }

    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn leaves(&self) -> bool {
        true
    }
}

/// whoever begins a reset for another hands over the link only where it cannot be mailed.
#[tokio::test]
async fn a_reset_begun_for_another_is_mailed_where_letters_leave() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let boss = office.person("boss").await;
        let held = Some(portcullis::model::account::Office::Administrator);
        account::set_office(&office.app, &Actor::operator(), &boss.user_name, held).await.unwrap();
        let app = Arc::new(office.again().await);
        let (boss, name) = (office.signed_in(&boss).await, "ada".parse().unwrap());
        let shown = account::reset(&app, &boss, &name).await.unwrap();
        assert!(shown.mailed_to.is_none(), "without mail the administrator hands it over");
        let kept = Kept::default();
        app.mailer.store(Arc::new(Box::new(kept.clone())));
        let mailed = account::reset(&app, &boss, &name).await.unwrap();
        assert_eq!(
            mailed.mailed_to.map(|email| email.as_str().to_owned()).as_deref(),
            Some("ada@example.org")
        );
        let operators = account::reset(&app, &Actor::operator(), &name).await.unwrap();
        assert!(operators.mailed_to.is_none(), "the operator reads the database anyway");
        let mailed = account::reset(&app, &boss, &name).await.unwrap();
        post::round(&app).await.unwrap();
        let letters = kept.0.lock().unwrap().clone();
        assert!(letters.iter().all(|(to, _)| to == "ada@example.org"));
        let (_, text) = letters.iter().find(|(_, text)| text.contains(mailed.url.expose())).unwrap();
        reset(&app, &token(text), NEXT).await.unwrap();
        office.try_in("ada", NEXT, None).await.unwrap();
    }
}
