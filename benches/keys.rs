//! Admission by key or session, without sockets: remembered, read from the store first, and refused.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a benchmark may end so")]

mod bed;
#[path = "bed/door.rs"]
mod door;

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use criterion::Criterion;
use portcullis::auth::admit::{Asked, Pass, admit};
use portcullis::auth::credentials::SESSION_COOKIE;
use portcullis::auth::error::AuthError;
use portcullis::model::api_key::KeyKind;
use portcullis::model::change::Change;
use portcullis::model::key_text;
use portcullis::secret::token;

use self::door::{Door, with, with_key};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let door = Door::open("keys");
    admitted(&mut criterion, &door);
    refused(&mut criterion, &door);
    criterion.final_summary();
}

fn ask(door: &Door, asked: Asked<'_>) -> Result<Pass, AuthError> {
    door.runtime.block_on(admit(&door.app, asked))
}

fn admitted(criterion: &mut Criterion, door: &Door) {
    let mut group = criterion.benchmark_group("admitted");
    let key = with_key(&door.resident.key);
    let cookie = with("cookie", &format!("{SESSION_COOKIE}={}", door.resident.session));
    for (name, head) in [("key, remembered", &key), ("session, remembered", &cookie)] {
        ask(door, door.asks(head)).unwrap();
        group.bench_function(name, |bench| {
            bench.iter(|| at_once(admit(&door.app, black_box(door.asks(head)))).unwrap());
        });
    }
    group.bench_function("key, read from the store", |bench| {
        bench.iter(|| {
            // Forgets the key and its account.
            door.app.recent.saw(Change::Everything);
            ask(door, black_box(door.asks(&key))).unwrap()
        });
    });
    group.finish();
}

/// What a future says that has nothing to wait for.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("had to wait"),
    }
}

fn refused(criterion: &mut Criterion, door: &Door) {
    let mut group = criterion.benchmark_group("refused");
    let (_, unknown) = key_text::compose(KeyKind::Personal, &token::random_secret());
    let mut typed_wrong = door.resident.key.clone();
    typed_wrong.pop();
    let wrong = [("unknown key, remembered as such", unknown.expose()), ("malformed key", &typed_wrong)];
    for (name, text) in wrong {
        let head = with_key(text);
        ask(door, door.asks(&head)).unwrap_err();
        group.bench_function(name, |bench| {
            bench.iter(|| at_once(admit(&door.app, black_box(door.asks(&head)))).unwrap_err());
        });
    }
    group.bench_function("unknown key, looked for in the store", |bench| {
        bench.iter_batched(
            || {
                let (_, unknown) = key_text::compose(KeyKind::Personal, &token::random_secret());
                with_key(unknown.expose())
            },
            |head| ask(door, door.asks(&head)).unwrap_err(),
            criterion::BatchSize::SmallInput,
        );
    });
    group.finish();
}
