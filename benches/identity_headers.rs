//! What an app is told of the caller: the fields of each profile, and the signed assertion.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a benchmark may end so")]

mod bed;
#[path = "bed/door.rs"]
mod door;

use std::hint::black_box;

use criterion::Criterion;
use http::request::Parts;
use http::{HeaderMap, Method};
use portcullis::auth::admit::admit;
use portcullis::auth::credentials::SESSION_COOKIE;
use portcullis::gateway::{assertion, identity_headers};
use portcullis::model::caller::RequestId;
use portcullis::model::route::HeaderProfile;

use self::door::{Door, with, with_key};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let door = Door::open("identity-headers");
    let identified = |head: &Parts| door.runtime.block_on(admit(&door.app, door.asks(head))).unwrap();
    let by_key = identified(&with_key(&door.resident.key));
    let by_session = identified(&with("cookie", &format!("{SESSION_COOKIE}={}", door.resident.session)));
    let (by_key, by_session) = (by_key.identity().unwrap(), by_session.identity().unwrap());
    let mut group = criterion.benchmark_group("identity headers");
    let kinds = [
        ("forwarded, by key", by_key, HeaderProfile::Forwarded),
        ("forwarded, by session", by_session, HeaderProfile::Forwarded),
        ("remote, by key", by_key, HeaderProfile::Remote),
        ("auth-request, by key", by_key, HeaderProfile::AuthRequest),
    ];
    for (name, identity, profile) in kinds {
        let mut headers = HeaderMap::with_capacity(32);
        group.bench_function(name, |bench| {
            bench.iter(|| {
                headers.clear();
                identity_headers::set(black_box(&mut headers), identity, profile);
            });
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("assertion");
    let (keyring, now) = (door.app.keyring.load(), door.app.clock.now());
    let issuer = "https://gate.test";
    group.bench_function("shared, made already", |bench| {
        bench.iter(|| assertion::shared(black_box(by_key), issuer, &keyring, now).unwrap());
    });
    let request = RequestId::from_random([7; 16]);
    group.bench_function("signed for one request", |bench| {
        let bound = (&request, &Method::GET, "/things/7");
        bench.iter(|| assertion::bound(black_box(by_key), issuer, &keyring, now, bound).unwrap());
    });
    group.finish();
    criterion.final_summary();
}
