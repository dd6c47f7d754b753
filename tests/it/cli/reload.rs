//! `portcullis reload` and `status`, and the control socket they use.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use portcullis::config::{Config, Sources};
use portcullis::server::running::Running;
use portcullis::server::{self, Plan};
use portcullis::time::SystemClock;

use super::Place;

const GATE: &str = "workers = 1\n[listen]\nhttps = [\"127.0.0.1:0\"]\noperations = \"127.0.0.1:0\"\n[deadlines]\ndrain_delay = \"0s\"\n[hashing]\nat_once = 1\n";

/// A gate started from a file in `place`.
pub(super) async fn gate(place: &Place) -> Running {
    let sources = Sources { file: Some(place.write("gate.toml", GATE)), ..Sources::default() };
    let config = Config::load(&sources).unwrap().config;
    server::begin(Plan { config, sources: Some(sources), clock: Arc::new(SystemClock), access: None })
        .await
        .unwrap()
}

/// Asks as any program could.
fn say(place: &Place, line: &[u8]) -> String {
    let mut stream = UnixStream::connect(place.path().join("data/control.sock")).unwrap();
    stream.write_all(line).unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_takes_up_the_file_and_names_what_waits_for_a_restart() {
    let place = Place::new();
    let gate = gate(&place).await;
    place.write("gate.toml", &GATE.replace("workers = 1", "workers = 2\n[limits]\nresets = 7"));
    let ended = place.run(&["reload", "--config", "gate.toml"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("`workers` has changed and waits for the next start"), "{ended:?}");
    let config = gate.app().config.load_full();
    assert_eq!((config.limits.resets, config.workers), (7, 1));
    gate.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_taken_up_when_it_is_looked_for() {
    let place = Place::new();
    let gate = gate(&place).await;
    gate.reloading().look().await.unwrap();
    assert_eq!(gate.app().metrics.generation.get(), 1);
    place.write("gate.toml", &format!("{GATE}[limits]\nresets = 7\n"));
    gate.reloading().look().await.unwrap();
    assert_eq!(gate.app().config.load().limits.resets, 7);
    assert_eq!(gate.app().metrics.generation.get(), 2);
    gate.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_changes_nothing_and_is_told() {
    let place = Place::new();
    let gate = gate(&place).await;
    place.write("gate.toml", &GATE.replace("workers = 1", "workers = 1\n[limits]\nresets = 7\nstream = 1"));
    let ended = place.run(&["reload", "--config", "gate.toml"]);
    assert!(ended.code == 78 && ended.err.contains("did you mean `streams`?"), "{ended:?}");
    assert_eq!(place.run(&["ban", "list", "--config", "gate.toml"]).code, 0);
    assert_eq!(gate.app().config.load().limits.resets, 200);
    let status: serde_json::Value = serde_json::from_str(&say(&place, b"{\"do\":\"status\"}\n")).unwrap();
    assert_eq!(status["done"]["last_reload_successful"], false);
    gate.stop().await;
}

/// P12: what an app's certificate is judged by must be readable, or nothing changes.
#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_cannot_be_used_changes_nothing() {
    let place = Place::new();
    let gate = gate(&place).await;
    place.write("ca.pem", "not PEM");
    let app = "[limits]\nresets = 7\n[[upstream]]\nname = \"app\"\ntargets = [\"https://127.0.0.1:9\"]\nca_file = \"ca.pem\"\n[[platform]]\nslug = \"a\"\n[[route]]\nupstream = \"app\"\n";
    place.write("gate.toml", &format!("{GATE}{app}"));
    let ended = place.run(&["reload", "--config", "gate.toml"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let config = gate.app().config.load_full();
    assert_eq!((config.limits.resets, config.routing.upstreams.len()), (200, 0));
    gate.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_socket_is_its_owners_and_bears_nonsense() {
    let place = Place::new();
    let gate = gate(&place).await;
    let socket = place.path().join("data/control.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(say(&place, b"no JSON\n").contains("not JSON"));
    assert!(say(&place, b"{\"do\":\"dance\"}\n").contains("cannot do"));
    assert!(say(&place, b"[]\n").contains("cannot do"));
    let mut long = vec![b'a'; 100_000];
    long.push(b'\n');
    let mut stream = UnixStream::connect(&socket).unwrap();
    let _ = stream.write_all(&long);
    drop(stream);
    let ended = place.run(&["status", "--config", "gate.toml"]);
    assert!(ended.out.contains("serving"), "{ended:?}");
    gate.stop().await;
    assert!(!socket.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_gate_on_the_same_data_does_not_start() {
    let place = Place::new();
    let gate = gate(&place).await;
    let sources = Sources { file: Some(place.path().join("gate.toml")), ..Sources::default() };
    let config = Config::load(&sources).unwrap().config;
    let second =
        server::begin(Plan { config, sources: None, clock: Arc::new(SystemClock), access: None }).await;
    assert!(second.is_err());
    assert!(place.path().join("data/control.sock").exists());
    gate.stop().await;
}

#[test]
fn without_a_gate_the_verbs_say_so() {
    let place = Place::new();
    for verb in [&["reload"][..], &["status"], &["ban", "list"]] {
        let ended = place.run(verb);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.err.contains("no gate serves these data"), "{ended:?}");
    }
}
