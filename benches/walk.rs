//! The whole walk: a client's request over a kept TLS connection (HTTP/1.1), through a gate with one
//! worker, to an app on loopback and back. The time is that of one exchange; the first request of each
//! kind is made before, so that memory knows the key or session.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark may end so"
)]

mod bed;
#[path = "bed/client.rs"]
mod client;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use criterion::{Criterion, Throughput};
use portcullis::auth::credentials::SESSION_COOKIE;
use portcullis::server;
use portcullis::server::doors::Kind;
use portcullis::time::SystemClock;
use tokio::runtime::Builder;

use self::bed::{Folder, HOST, move_in};
use self::client::Client;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let folder = Folder::new("walk");
    let config = folder.config(&format!("http://{}", client::app()));
    let authority = config.tls.development.join("authority.pem");
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let gate = runtime.block_on(server::start(config, Arc::new(SystemClock))).unwrap();
    let resident = runtime.block_on(move_in(gate.app()));
    let mut client = Client::connect(gate.addresses().tcp(Kind::Https).unwrap(), &authority);

    let key = STANDARD.encode(format!("__key__:{}", resident.key));
    let key = format!("Authorization: Basic {key}\r\n");
    let cookie = format!("Cookie: {SESSION_COOKIE}={}\r\n", resident.session);
    let mut group = criterion.benchmark_group("walk");
    group.throughput(Throughput::Elements(1));
    let kinds = [
        ("key, remembered", "/things/7", key.as_str(), 200),
        ("session, remembered", "/things/7", &cookie, 200),
        ("nobody, public route", "/public/7", "", 200),
        ("nobody, turned away", "/things/7", "", 401),
    ];
    for (name, path, field, status) in kinds {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{field}\r\n");
        assert_eq!(client.ask(request.as_bytes()), status, "{name}");
        group.bench_function(name, |bench| bench.iter(|| client.ask(request.as_bytes())));
    }
    group.finish();
    criterion.final_summary();
    runtime.block_on(gate.stop());
}
