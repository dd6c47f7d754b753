//! What monitoring is told about requests.

use portcullis::actions::set_up::{self, Trying};
use portcullis::config::Bind;
use portcullis::server::doors::Kind;

use super::gate::{Gate, ask, wait_for};

const ADMITTED: &str = "portcullis_auth_decisions_total{kind=\"key\",outcome=\"admitted\"} ";
const REFUSED: &str = "portcullis_auth_decisions_total{kind=\"key\",outcome=\"refused\"} ";
const NOBODY: &str = "portcullis_auth_decisions_total{kind=\"none\",outcome=\"refused\"} ";
const HITS: &str = "portcullis_key_cache_total{result=\"hit\"} ";
const MISSES: &str = "portcullis_key_cache_total{result=\"miss\"} ";

#[tokio::test]
async fn decisions_look_ups_and_answers_are_counted() {
    let gate =
        Gate::with(|config, _| config.listen.http = vec![Bind::Tcp("127.0.0.1:0".parse().unwrap())]).await;
    let first = set_up::begin(gate.running.app(), Trying::Allowed).await.unwrap().unwrap();
    let key = first.trial.unwrap().made.text;
    let get = async |authorization: &str| {
        let request =
            format!("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{authorization}\r\n");
        ask(gate.socket(Kind::Http).await, &request).await
    };
    for _ in 0..3 {
        let answer = get(&format!("authorization: Bearer {}\r\n", key.expose())).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert!(get("authorization: Bearer pck_nonsense\r\n").await.starts_with("HTTP/1.1 401 "));
    assert!(get("").await.starts_with("HTTP/1.1 401 "));
    for (line, count) in [(ADMITTED, 3.0), (REFUSED, 1.0), (NOBODY, 1.0), (MISSES, 1.0)] {
        assert_eq!(gate.number(line).await, Some(count), "{line}");
    }
    // On a slow machine an exchange lasts long enough to be looked at again while it is under way.
    assert!(gate.number(HITS).await >= Some(2.0));
    let answered = "portcullis_requests_total{route=\"echo\",code=\"200\",method_class=\"read\"} ";
    assert_eq!(gate.number(answered).await, Some(3.0));
    gate.running.stop().await;
}

#[tokio::test]
async fn open_connections_and_targets_are_shown() {
    let gate = Gate::with(|config, directory| {
        let url = "http://127.0.0.1:9";
        *config = portcullis::config::Config::default_for(directory, Some(url)).unwrap();
        let free = || Bind::Tcp("127.0.0.1:0".parse().unwrap());
        config.listen.https = vec![];
        config.listen.http = vec![free()];
        config.listen.operations = free();
    })
    .await;
    let held = gate.socket(Kind::Http).await;
    wait_for(|| async { gate.number("portcullis_connections_open ").await == Some(1.0) }).await;
    drop(held);
    wait_for(|| async { gate.number("portcullis_connections_open ").await == Some(0.0) }).await;
    let text = gate.running.app().metrics.text();
    let target = "portcullis_upstream_target_healthy{upstream=\"";
    assert!(
        text.lines().any(|line| line.starts_with(target) && line.ends_with("\"127.0.0.1:9\"} 1")),
        "{text}"
    );
    gate.running.shutdown().advance(portcullis::server::shutdown::Phase::Ended);
    gate.running.stop().await;
}
