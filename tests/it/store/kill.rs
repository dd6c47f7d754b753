//! SIGKILL in the middle of writes: what was acknowledged is there afterwards, and nothing is there by half.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use portcullis::config::StoreConfig;
use portcullis::model::api_key::{ApiKey, KeyKind};
use portcullis::model::change::{Change, Seq};
use portcullis::store::audit::{Verdict, Wanted};
use portcullis::store::{self, Store, api_keys, audit, changes};
use serde_json::Value;

use crate::cli::Place;

/// How often a pair of processes is killed.
const KILLS: u32 = 50;
/// Every so many kills an import is killed beside them.
const IMPORT_EVERY: u32 = 5;
const IMPORTED: usize = 2000;

/// What the killed processes had said before they died.
#[derive(Default)]
struct Acknowledged {
    made: BTreeSet<String>,
    revoked: BTreeSet<String>,
    imports: usize,
}

fn spawn(place: &Place, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .current_dir(place.path())
        .args(arguments)
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills a process and gives the JSON that it had printed, if it was all of it.
fn killed(mut child: Child) -> Option<Value> {
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.strip_suffix('\n').and_then(|line| serde_json::from_str(line).ok())
}

fn prepared() -> Place {
    let place = Place::new();
    for line in [
        "account create ada --email ada@example.org",
        "organisation create acme --name Acme",
        "entitlement add --organisation acme --platform echo",
        "grant add --account ada --organisation acme --role viewer",
    ] {
        let arguments: Vec<_> = line.split(' ').collect();
        let ended = place.run(&arguments);
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    place
}

#[tokio::test]
async fn what_was_acknowledged_survives_fifty_kills_and_nothing_is_half_done() {
    let place = prepared();
    let mut said = Acknowledged::default();
    let whole = Instant::now();
    make(&place, "warm-up", |child| said.made.extend(id_of(child.wait_with_output().unwrap().stdout)));
    let typical = whole.elapsed();
    for round in 0..KILLS {
        let create = spawn(&place, &create_arguments(&format!("key {round}")));
        let target = said.made.difference(&said.revoked).next().cloned();
        let revoke = target.as_deref().map(|id| spawn(&place, &["key", "revoke", id, "--json"]));
        let import = (round % IMPORT_EVERY == 0).then(|| spawn_import(&place, round));
        // Later and later, from before the process has begun to after it is done.
        tokio::time::sleep(typical * 3 * (round % 25) / 25 / 2).await;
        said.made.extend(killed(create).map(|made| made["id"].as_str().unwrap().to_owned()));
        if let (Some(child), Some(id)) = (revoke, target) {
            said.revoked.extend(killed(child).map(|_| id));
        }
        said.imports += usize::from(import.and_then(killed).is_some());
        check(&place, &said).await;
    }
    assert!(said.made.len() > 5 && !said.revoked.is_empty(), "some came through");
    assert!(said.made.len() < KILLS as usize, "and some did not");
}

fn create_arguments(name: &str) -> Vec<&str> {
    vec!["key", "create", "--account", "ada", "--platform", "echo", "--json", "--name", name]
}

fn make(place: &Place, name: &str, then: impl FnOnce(Child)) {
    then(spawn(place, &create_arguments(name)));
}

fn id_of(out: Vec<u8>) -> Option<String> {
    let made: Value = serde_json::from_slice(&out).unwrap();
    made["id"].as_str().map(str::to_owned)
}

fn spawn_import(place: &Place, round: u32) -> Child {
    let lines: String = (0..IMPORTED).map(|line| format!("imported-in-round-{round}-{line}\n")).collect();
    let file = place.write(&format!("{round}.txt"), &lines);
    let name = format!("round {round}");
    let file = file.to_str().unwrap().to_owned();
    let arguments =
        ["key", "import", "--account", "ada", "--platform", "echo", "--json", "--name", &name, &file];
    spawn(place, &arguments)
}

/// Every acknowledged change is there; every row has its change and its entry, and these have their rows.
async fn check(place: &Place, said: &Acknowledged) {
    let config = StoreConfig::Sqlite(place.path().join("data/portcullis.db"));
    let store = store::open(&config).await.unwrap();
    let (imported, own): (Vec<ApiKey>, Vec<ApiKey>) =
        all_keys(&store).await.into_iter().partition(|key| key.kind == KeyKind::Imported);
    let ids: BTreeSet<String> = own.iter().map(|key| key.id.to_string()).collect();
    let revoked: BTreeSet<String> =
        own.iter().filter(|key| key.revoked_at.is_some()).map(|key| key.id.to_string()).collect();
    assert!(said.made.is_subset(&ids), "an acknowledged key is gone");
    assert!(said.revoked.is_subset(&revoked), "an acknowledged revocation is gone");

    let entries = entries(&store).await;
    assert_eq!(entries.get("key.created").cloned().unwrap_or_default(), ids);
    assert_eq!(entries.get("key.revoked").cloned().unwrap_or_default(), revoked);
    let logged = changes::since(&store, Seq(0)).await.unwrap();
    let told = |id: &str| {
        logged
            .iter()
            .filter(|(_, change)| matches!(change, Change::Key(key) if format!("{key:?}").contains(id)))
            .count()
    };
    for id in &ids {
        assert_eq!(told(id), 1 + usize::from(revoked.contains(id)), "a change without a row, or the reverse");
    }
    let batches = entries.get("keys.imported").map_or(0, BTreeSet::len);
    assert_eq!(imported.len(), batches * IMPORTED, "an import came in by half");
    assert!(said.imports <= batches, "an acknowledged import is gone");
    assert!(matches!(audit::verify(&store).await.unwrap(), Verdict::Whole { .. }));
    store.close().await;
}

async fn all_keys(store: &Store) -> Vec<ApiKey> {
    api_keys::page(store, None, u32::MAX >> 1).await.unwrap()
}

/// Subjects of the audit trail by act; an import is told apart by its number.
async fn entries(store: &Store) -> BTreeMap<String, BTreeSet<String>> {
    let mut by_act: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in audit::list(store, Wanted { limit: 10_000, ..Wanted::default() }).await.unwrap() {
        let subject = match entry.act.as_str() {
            "keys.imported" | "keyring.noted" => entry.seq.to_string(),
            _ => entry.subject.rsplit(' ').next().unwrap_or_default().to_owned(),
        };
        assert!(by_act.entry(entry.act).or_default().insert(subject), "an entry came twice");
    }
    by_act
}
