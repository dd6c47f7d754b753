//! `portcullis ban …`.

use std::net::IpAddr;

use super::Place;
use super::reload::gate;

#[tokio::test(flavor = "multi_thread")]
async fn who_used_up_the_budget_is_listed_and_can_be_let_go() {
    let place = Place::new();
    let gate = gate(&place).await;
    let app = gate.app();
    let source: IpAddr = "192.0.2.1".parse().unwrap();
    for _ in 0..30 {
        app.limits.failed(source, None, app.clock.now());
    }
    let list = || place.run(&["ban", "list", "--json", "--config", "gate.toml"]).out;
    assert!(list().contains("192.0.2.1"), "{}", list());
    let ended = place.run(&["ban", "remove", "192.0.2.1", "--config", "gate.toml"]);
    assert!(ended.out.contains("source 192.0.2.1 may try again"), "{ended:?}");
    assert_eq!(list().trim(), "[]");
    let trail = place.run(&["audit", "list", "--json", "--config", "gate.toml"]).out;
    assert!(trail.contains("ban.lifted"), "{trail}");
    let again = place.run(&["ban", "remove", "192.0.2.1", "--config", "gate.toml"]);
    assert!(again.out.contains("did not have to wait"), "{again:?}");
    assert_eq!(place.run(&["ban", "remove", "nobody!", "--config", "gate.toml"]).code, 2);
    gate.stop().await;
}
