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
        account: None,
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

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_might_come_is_explained_for_eyes_and_for_programs() {
    let place = Place::new();
    let gate = gate(&place).await;
    let asked = ["explain", "--nobody", "--url", "https://localhost/x?y=z", "--config", "gate.toml"];
    let ended = place.run(&asked);
    for word in
        ["host", "refused", "presented", "source 127.0.0.1", "Sign-in needed", "Nobody was identified"]
    {
        assert!(ended.code == 0 && ended.out.contains(word), "{word}: {ended:?}");
    }
    let ended = place.run(&[&asked[..], &["--json"]].concat());
    let told: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&told["outcome"]["reason"], &told["outcome"]["status"]), (&"nobody".into(), &401.into()));
    let ended = place.run(&[
        "explain",
        "--as",
        "nobody-here",
        "--url",
        "https://localhost/",
        "--config",
        "gate.toml",
    ]);
    assert!(ended.code == 1 && ended.err.contains("there is no account of this name"), "{ended:?}");
    assert_eq!(place.run(&["explain", "--as", "ada"]).code, 2);
    assert_eq!(place.run(&["explain", "--nobody", "--key", "000000000000", "--url", "https://a/"]).code, 2);
    gate.stop().await;
}
