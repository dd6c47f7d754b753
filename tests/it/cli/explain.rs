//! `portcullis explain`.

use portcullis::app::decisions::Decision;
use portcullis::model::caller::RequestId;

use super::Place;
use super::reload::gate;

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_explained_by_the_request_it_was_made_on() {
    let place = Place::new();
    let gate = gate(&place).await;
    let app = gate.app();
    let request = RequestId::from_random([7; 16]);
    app.decisions.note(Decision {
        request,
        at: app.clock.now(),
        status: 401,
        route: Some("echo".into()),
        reason: "expired",
        credential: None,
    });
    let id = request.to_string();
    let ended = place.run(&["explain", "--request-id", &id, "--config", "gate.toml"]);
    assert!(ended.out.contains("expired") && ended.out.contains("echo"), "{ended:?}");
    let other = "0".repeat(32);
    let ended = place.run(&["explain", "--request-id", &other, "--config", "gate.toml"]);
    assert!(ended.code == 1 && ended.err.contains("nothing is remembered"), "{ended:?}");
    assert_eq!(place.run(&["explain", "--request-id", "x"]).code, 2);
    gate.stop().await;
}
