//! Proving once more who one is.

use std::time::Duration;

use portcullis::actions::sign_in::SignInError;
use portcullis::actions::step_up::{FRESH, confirm, is_fresh};
use portcullis::actions::{Actor, Origin, session};
use portcullis::secret::Secret;

use super::office::{Office, PASSWORD, found};

fn typed(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// the proof is fresh again and the cookie is a new one; the old one is dead.
#[tokio::test]
async fn a_step_up_makes_the_proof_fresh_and_the_token_new() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let signed_in = office.sign_in("ada", None).await;
        assert!(is_fresh(&signed_in.session, office.app.clock.now()));
        office.clock.advance(FRESH);
        assert!(!is_fresh(&signed_in.session, office.app.clock.now()));
        let done =
            confirm(&office.app, Origin::default(), &signed_in.session, typed("wrong wrong wrong")).await;
        assert!(matches!(done, Err(SignInError::Wrong)));
        assert!(!is_fresh(&found(&office, &signed_in.token).await.unwrap(), office.app.clock.now()));
        let text =
            confirm(&office.app, Origin::default(), &signed_in.session, typed(PASSWORD)).await.unwrap();
        let session = found(&office, &text).await.unwrap();
        assert_eq!(session.id, signed_in.session.id);
        assert!(is_fresh(&session, office.app.clock.now()));
        assert!(found(&office, &signed_in.token).await.is_none(), "the token before is dead");
        assert_eq!(office.trail(1).await[0].act, "auth.stepped-up");
    }
}

/// K10: a session that has ended meanwhile is not brought back.
#[tokio::test]
async fn an_ended_session_does_not_step_up() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let signed_in = office.sign_in("ada", None).await;
        session::end(&office.app, &Actor::operator(), signed_in.session.id).await.unwrap();
        let done = confirm(&office.app, Origin::default(), &signed_in.session, typed(PASSWORD)).await;
        assert!(matches!(done, Err(SignInError::Wrong)));
        let idle = office.sign_in("ada", None).await;
        office.clock.advance(Duration::from_secs(3600));
        let done = confirm(&office.app, Origin::default(), &idle.session, typed(PASSWORD)).await;
        assert!(matches!(done, Err(SignInError::Wrong)));
    }
}

/// K5: guesses in a session count in the lane of its browser, at sign-in too.
#[tokio::test]
async fn guesses_inside_a_session_and_at_sign_in_share_the_lane_of_the_browser() {
    for office in Office::all().await {
        office.guarded("ada").await;
        let here = office.sign_in("ada", None).await;
        for _ in 0..5 {
            let done =
                confirm(&office.app, Origin::default(), &here.session, typed("wrong wrong wrong")).await;
            assert!(matches!(done, Err(SignInError::Wrong)));
        }
        let done = confirm(&office.app, Origin::default(), &here.session, typed(PASSWORD)).await;
        assert!(matches!(done, Err(SignInError::Wait(_))));
        let done = office.try_in("ada", PASSWORD, Some(&here.browser)).await;
        assert!(matches!(done, Err(SignInError::Wait(_))));
        office.sign_in("ada", None).await;
    }
}
