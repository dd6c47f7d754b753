//! Signing in by password: the same for everybody until it is right.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use portcullis::actions::sign_in::{SignInError, sign_in};
use portcullis::actions::{Actor, Origin, account};
use portcullis::app::App;
use portcullis::config::Config;
use portcullis::model::quota::{Party, Source};
use portcullis::secret::Secret;
use portcullis::secret::foreign::ForeignHash;
use portcullis::store::{accounts, sign_in_lanes};

use super::office::{Office, PASSWORD, attempt, found, same};

const WRONG: &str = "seven lukewarm barges";

/// The names of everybody who cannot sign in with [`PASSWORD`], and of nobody.
async fn hopeless(office: &Office) -> [&'static str; 6] {
    office.guarded("ada").await;
    office.guarded("sue").await;
    account::suspend(&office.app, &Actor::operator(), &"sue".parse().unwrap()).await.unwrap();
    office.guarded("cleo").await;
    account::close(&office.app, &Actor::operator(), &"cleo".parse().unwrap()).await.unwrap();
    office.person("bare").await;
    office.service("robot", "acme").await;
    ["sue", "cleo", "bare", "robot", "nobody", "nobody@example.org"]
}

#[tokio::test]
async fn a_person_signs_in_by_user_name_or_address_in_any_letter_case() {
    for office in Office::all().await {
        let ada = office.guarded("ada").await;
        for name in ["ada", " Ada ", "ada@example.org", "ADA@Example.ORG"] {
            let signed_in = office.try_in(name, PASSWORD, None).await.unwrap();
            let session = found(&office, &signed_in.token).await.unwrap();
            assert_eq!((session.id, session.account), (signed_in.session.id, ada.id));
            assert_eq!((&*session.host, &*session.methods[0]), ("localhost", "pwd"));
        }
        let trail = office.trail(1).await;
        assert_eq!(trail[0].act, "session.created");
    }
}

/// typed on another keyboard, it is the same password.
#[tokio::test]
async fn composed_and_decomposed_letters_are_the_same_password() {
    for office in Office::all().await {
        office.person("ada").await;
        let new = super::office::password("zw\u{f6}lf laue G\u{e4}nse streiten");
        let name = "ada".parse().unwrap();
        portcullis::actions::password::set(&office.app, &Actor::operator(), &name, new).await.unwrap();
        office.try_in("ada", "zwo\u{308}lf laue Ga\u{308}nse streiten", None).await.unwrap();
        assert!(office.try_in("ada", "zwolf laue Ganse streiten", None).await.is_err());
    }
}

/// R-14, K2, K3: whoever it is, one stored password is opened, one hash is computed and one thing is said;
/// never more, never less.
#[tokio::test]
async fn whoever_cannot_sign_in_costs_the_same_hashing_and_hears_the_same() {
    for office in Office::all().await {
        let mut names = hopeless(&office).await.map(|name| (name, PASSWORD)).to_vec();
        names.push(("ada", WRONG));
        let too_long = "x".repeat(2000);
        names.extend([("ada", too_long.as_str()), ("nobody", too_long.as_str()), ("a b\nc", PASSWORD)]);
        for (name, password) in names {
            let before = office.app.hashing.computed();
            let opened = office.app.keyring.load().unsealed();
            let done = office.try_in(name, password, None).await;
            assert!(matches!(done, Err(SignInError::Wrong)), "{name}");
            assert_eq!(office.app.hashing.computed() - before, 1, "{name}");
            assert_eq!(office.app.keyring.load().unsealed() - opened, 1, "{name}");
        }
    }
}

/// What each of a row of wrong attempts was told, a moment apart.
async fn told(office: &Office, name: &str, attempts: usize) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..attempts {
        told.push(office.try_in(name, WRONG, None).await.err().map(|error| format!("{error:?}")).unwrap());
    }
    told
}

/// known and unknown names are slowed down alike.
#[tokio::test]
async fn from_the_fifth_failure_each_wait_is_twice_as_long_whether_or_not_the_name_exists() {
    for office in Office::all().await {
        hopeless(&office).await;
        for name in ["ada", "sue", "bare", "nobody", "no.one@example.org"] {
            assert_eq!(
                told(&office, name, 6).await,
                ["Wrong", "Wrong", "Wrong", "Wrong", "Wrong", "Wait(1s)"]
            );
            let mut waits = Vec::new();
            for _ in 0..12 {
                let Err(SignInError::Wait(wait)) = office.try_in(name, WRONG, None).await else { panic!() };
                waits.push(wait.as_secs());
                office.clock.advance(wait);
                assert!(matches!(office.try_in(name, WRONG, None).await, Err(SignInError::Wrong)), "{name}");
            }
            assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        }
    }
}

/// while the wait lasts nothing is hashed, and the right password is not looked at either.
#[tokio::test]
async fn a_wait_holds_for_the_right_password_too_and_costs_no_hashing() {
    for office in Office::all().await {
        office.guarded("ada").await;
        told(&office, "ada", 5).await;
        let before = office.app.hashing.computed();
        assert!(matches!(office.try_in("ada", PASSWORD, None).await, Err(SignInError::Wait(_))));
        assert_eq!(office.app.hashing.computed(), before);
        office.pass(1);
        office.sign_in("ada", None).await;
        assert_eq!(told(&office, "ada", 5).await, ["Wrong"; 5], "a success clears what was counted");
    }
}

/// after a hundred in a row strangers need a reset; said of names that nobody has, too.
#[tokio::test]
async fn after_a_hundred_failures_in_a_row_strangers_are_sent_to_a_reset() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let owner = office.sign_in("ada", None).await;
        for name in ["ada", "nobody"] {
            for _ in 0..100 {
                assert!(matches!(office.try_in(name, WRONG, None).await, Err(SignInError::Wrong)));
                office.pass(900);
            }
            for password in [WRONG, PASSWORD] {
                let done = office.try_in(name, password, None).await;
                assert!(matches!(done, Err(SignInError::ResetNeeded)), "{name}");
            }
            assert!(matches!(
                office.try_in("ada@example.org", PASSWORD, None).await,
                Err(SignInError::ResetNeeded)
            ));
        }
        office.sign_in("ada", Some(&owner.browser)).await;
    }
}

/// a stranger locks nobody out of a browser that was used before; a stolen one has its own count.
#[tokio::test]
async fn a_browser_that_was_used_before_has_its_own_lane() {
    for office in Office::all().await {
        office.guarded("ada").await;
        office.guarded("bob").await;
        let owner = office.sign_in("ada", None).await;
        told(&office, "ada", 6).await;
        assert!(matches!(office.try_in("ada", PASSWORD, None).await, Err(SignInError::Wait(_))));
        let of_bob = office.sign_in("bob", None).await.browser;
        let elsewhere = office.try_in("ada", PASSWORD, Some(&of_bob)).await;
        assert!(matches!(elsewhere, Err(SignInError::Wait(_))), "known for another account only");
        for _ in 0..5 {
            let done = office.try_in("ada", WRONG, Some(&owner.browser)).await;
            assert!(matches!(done, Err(SignInError::Wrong)));
        }
        assert!(matches!(
            office.try_in("ada", PASSWORD, Some(&owner.browser)).await,
            Err(SignInError::Wait(_))
        ));
        office.pass(1);
        office.sign_in("ada", Some(&owner.browser)).await;
    }
}

/// K5: another name of the same account is no other account.
#[tokio::test]
async fn failures_are_counted_on_the_account_whichever_of_its_names_was_typed() {
    for office in Office::all().await {
        office.guarded("ada").await;
        for name in ["ada", "ADA", "ada@example.org", " Ada@EXAMPLE.org", "ada"] {
            assert!(matches!(office.try_in(name, WRONG, None).await, Err(SignInError::Wrong)));
        }
        for name in ["ada", "ada@example.org"] {
            assert!(matches!(office.try_in(name, WRONG, None).await, Err(SignInError::Wait(_))));
        }
    }
}

/// K5: of many at the same moment no more are looked at than one after the other.
#[tokio::test]
async fn attempts_at_the_same_moment_get_no_more_guesses() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let before = office.app.hashing.computed();
        let office = Arc::new(office);
        let all: Vec<_> = (0..40)
            .map(|_| {
                let office = office.clone();
                tokio::spawn(async move { office.try_in("ada", WRONG, None).await.is_err() })
            })
            .collect();
        for one in all {
            assert!(one.await.unwrap());
        }
        assert!(office.app.hashing.computed() - before <= 5);
    }
}

/// K5: the source has one budget for all doors, and a source without any is turned away before hashing.
#[tokio::test]
async fn a_source_that_failed_too_often_at_any_door_waits_here_too() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let address = "192.0.2.9".parse().unwrap();
        let origin = Origin { address: Some(address), request: None, language: None };
        for number in 0..15 {
            let done = sign_in(&office.app, origin, attempt(&format!("name{number}"), WRONG, None)).await;
            assert!(matches!(done, Err(SignInError::Wrong)));
        }
        for _ in 0..15 {
            office.app.limits.failed(address, None, office.app.clock.now());
        }
        let before = office.app.hashing.computed();
        let done = sign_in(&office.app, origin, attempt("ada", PASSWORD, None)).await;
        assert!(matches!(done, Err(SignInError::Wait(_))));
        assert_eq!(office.app.hashing.computed(), before);
        let bans = office.app.limits.bans(office.app.clock.now());
        assert_eq!(bans[0].party, Party::Source(Source::of(address)));
    }
}

/// what was counted outlives the process, and counts for every process on the same data.
#[tokio::test]
async fn failures_in_a_row_outlive_a_restart() {
    for office in Office::all().await {
        office.guarded("ada").await;
        told(&office, "ada", 5).await;
        let other = office.again().await;
        let done = sign_in(&other, Origin::default(), attempt("ada", PASSWORD, None)).await;
        assert!(matches!(done, Err(SignInError::Wait(_))));
        let later = office.app.clock.now().plus(Duration::from_secs(60));
        sign_in_lanes::prune(&office.app.store, later).await.unwrap();
        sign_in(&other, Origin::default(), attempt("ada", PASSWORD, None)).await.unwrap();
    }
}

/// K10: what was known before signing in is worth nothing afterwards.
#[tokio::test]
async fn signing_in_again_ends_the_session_before_and_renames_the_browser() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let first = office.sign_in("ada", None).await;
        let second = office.sign_in("ada", Some(&first.browser)).await;
        assert_ne!(first.browser.expose(), second.browser.expose());
        assert_ne!(first.token.expose(), second.token.expose());
        let old = found(&office, &first.token).await.unwrap();
        assert!(!old.is_live(office.app.clock.now(), office.app.clock.now()));
        assert!(found(&office, &second.token).await.unwrap().ended_at.is_none());
    }
}

/// K10: a device cookie that somebody planted does not let them take up the session.
#[tokio::test]
async fn a_planted_browser_cookie_leads_nowhere_after_signing_in() {
    for office in Office::all().await {
        office.guarded("ada").await;
        office.guarded("eve").await;
        let planted = office.sign_in("eve", None).await.browser;
        let victim = office.sign_in("ada", Some(&planted)).await;
        let seen = portcullis::actions::session::of_browser(&office.app, &planted).await.unwrap();
        assert!(seen.is_empty());
        let id = victim.session.id;
        let taken = portcullis::actions::session::take_up(&office.app, Origin::default(), &planted, id).await;
        assert!(taken.is_err());
        let own = portcullis::actions::session::of_browser(&office.app, &same(&victim.browser)).await;
        assert_eq!(own.unwrap().len(), 2);
    }
}

/// a password hashed at a lower cost is hashed anew once it has been right.
#[tokio::test]
async fn a_password_is_hashed_anew_at_sign_in_when_the_cost_has_risen() {
    for office in Office::all().await {
        let ada = office.guarded("ada").await;
        let kept =
            async || portcullis::store::factors::password(&office.app.store, ada.id).await.unwrap().unwrap();
        let before = kept().await;
        office.sign_in("ada", None).await;
        assert_eq!(kept().await, before);
        let mut config: Config = (**office.app.config.load()).clone();
        config.hashing.passes = 4;
        let dear = portcullis::app::App::open(config, office.clock.clone()).await.unwrap();
        let computed = dear.hashing.computed();
        sign_in(&dear, Origin::default(), attempt("ada", PASSWORD, None)).await.unwrap();
        assert_eq!(dear.hashing.computed() - computed, 2);
        assert_ne!(kept().await.secret, before.secret);
        let computed = dear.hashing.computed();
        sign_in(&dear, Origin::default(), attempt("ada", PASSWORD, None)).await.unwrap();
        assert_eq!(dear.hashing.computed() - computed, 1);
    }
}

/// Holds one place of the crew for some seconds.
async fn keep_busy(app: Arc<App>) {
    let iterations = NonZeroU32::new(10_000_000).unwrap();
    let long = ForeignHash::Pbkdf2 { iterations, salt: "salt".to_owned(), tag: [0; 32] };
    app.hashing.verify_foreign(Secret::new("any".to_owned()), &long).await.unwrap();
}

/// whoever finds the crew busy is sent away, and nothing is counted.
#[tokio::test]
async fn a_busy_crew_is_no_failure() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let mut config: Config = (**office.app.config.load()).clone();
        (config.hashing.at_once, config.hashing.waiting) = (1, 0);
        let small = App::open(config, office.clock.clone()).await.unwrap();
        let origin = Origin { address: Some("192.0.2.9".parse().unwrap()), request: None, language: None };
        let small = Arc::new(small);
        let busy = tokio::spawn(keep_busy(small.clone()));
        while small.hashing.room() > 0 {
            tokio::task::yield_now().await;
        }
        let mut turned_away = 0;
        for _ in 0..10 {
            let done = sign_in(&small, origin, attempt("ada", PASSWORD, None)).await;
            if busy.is_finished() {
                break;
            }
            assert!(matches!(done, Err(SignInError::Busy)));
            turned_away += 1;
        }
        assert!(turned_away > 0);
        busy.await.unwrap();
        sign_in(&small, origin, attempt("ada", PASSWORD, None)).await.unwrap();
        let wrong = || sign_in(&small, Origin::default(), attempt("ada", WRONG, None));
        let (a, b, c, d) = tokio::join!(wrong(), wrong(), wrong(), wrong());
        let looked_at = [a, b, c, d].iter().filter(|done| matches!(done, Err(SignInError::Wrong))).count();
        let left = told(&office, "ada", 5).await.iter().filter(|told| *told == "Wrong").count();
        assert_eq!(looked_at + left, 5);
    }
}

/// K5: whoever hangs up before the answer has had the attempt, and the source pays for it.
#[tokio::test]
async fn an_attempt_that_nobody_waits_for_is_counted() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let address = "192.0.2.9".parse().unwrap();
        let origin = Origin { address: Some(address), request: None, language: None };
        for number in 0..30 {
            let before = office.app.hashing.room();
            let name = format!("name{number}");
            let mut pending = Box::pin(sign_in(&office.app, origin, attempt(&name, WRONG, None)));
            while office.app.hashing.room() == before {
                let step = Duration::from_millis(1);
                let _ = tokio::time::timeout(step, &mut pending).await;
            }
            drop(pending);
            while office.app.hashing.room() < before {
                tokio::task::yield_now().await;
            }
        }
        let done = sign_in(&office.app, origin, attempt("ada", PASSWORD, None)).await;
        assert!(matches!(done, Err(SignInError::Wait(_))));
    }
}

#[tokio::test]
async fn what_is_stored_is_neither_the_password_nor_its_hash_in_clear() {
    for office in Office::all().await {
        let ada = office.guarded("ada").await;
        let kept = portcullis::store::factors::password(&office.app.store, ada.id).await.unwrap().unwrap();
        let text = String::from_utf8_lossy(&kept.secret);
        assert!(!text.contains(PASSWORD) && !text.contains("argon2"));
        assert!(accounts::by_id(&office.app.store, ada.id).await.unwrap().is_some());
    }
}

///
#[tokio::test]
async fn a_remembered_session_lasts_longer() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let mut wish = attempt("ada", PASSWORD, None);
        wish.remember = true;
        let kept = sign_in(&office.app, Origin::default(), wish).await.unwrap().session;
        assert_eq!(kept.ends_at, office.app.clock.now().plus(Duration::from_secs(30 * 86_400)));
    }
}
