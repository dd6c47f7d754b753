//! The crew that hashes passwords: one hash, more than are computed at once, and being sent away.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark may end so")]

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use criterion::Criterion;
use portcullis::secret::Secret;
use portcullis::secret::password::{Cost, HashingError, HashingPool};
use tokio::runtime::{Builder, Runtime};

/// The cost that configuration has by default, two at once, six more waiting.
const COST: Cost = Cost { memory_kib: 19_456, passes: 2, at_once: 2, waiting: 6, budget_kib: 1 << 20 };

type Hashing = Pin<Box<dyn Future<Output = Result<String, HashingError>>>>;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut group = criterion.benchmark_group("argon2");
    group.sample_size(10);
    let pool = Arc::new(HashingPool::open(COST).unwrap());
    group.bench_function("one hash", |bench| {
        bench.iter(|| runtime.block_on(pool.hash(password())).unwrap());
    });
    group.bench_function("a full queue of eight", |bench| {
        bench.iter(|| runtime.block_on(all(&pool, COST.at_once + COST.waiting)));
    });
    group.bench_function("sent away from a full queue", |bench| {
        let held = fill(&runtime, &pool);
        bench.iter(|| match poll(&mut hash(&pool)) {
            Poll::Ready(Err(HashingError::Overflow)) => {}
            other => panic!("{}", if black_box(other).is_ready() { "was hashed" } else { "found a place" }),
        });
        drop(held);
    });
    group.finish();
    criterion.final_summary();
}

fn password() -> Secret<String> {
    Secret::new("correct horse battery staple".to_owned())
}

fn hash(pool: &Arc<HashingPool>) -> Hashing {
    let pool = Arc::clone(pool);
    Box::pin(async move { pool.hash(password()).await })
}

fn poll(hashing: &mut Hashing) -> Poll<Result<String, HashingError>> {
    hashing.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// So many hashes together.
async fn all(pool: &Arc<HashingPool>, number: usize) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..number {
        let pool = Arc::clone(pool);
        tasks.spawn(async move { pool.hash(password()).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
}

/// Takes every place and keeps it: whoever waits here is never asked again, so nothing moves on.
fn fill(runtime: &Runtime, pool: &Arc<HashingPool>) -> Vec<Hashing> {
    let mut held = Vec::new();
    let begun = pool.computed();
    runtime.block_on(async {
        // The first are computed, and hand their turns to some that wait.
        while pool.computed() < begun + COST.at_once as u64 || pool.room() > 0 {
            while pool.room() > 0 {
                let mut hashing = hash(pool);
                let _ = poll(&mut hashing);
                held.push(hashing);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    held
}
