//! Finding the route of a request among 1, 100 and 10,000.

#![expect(clippy::panic, reason = "a benchmark may end so")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion};
use http::Method;
use portcullis::gateway::routes::{Found, RouteTable};
use portcullis::model::route::{PathRule, Route, Routing};
use portcullis::telemetry::metrics::Metrics;

const HOST: &str = "app.test";

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("routes");
    for number in [1, 100, 10_000] {
        let table = table(number);
        let path = format!("{}/things/7", prefix(number / 2));
        group.bench_function(BenchmarkId::new("found", number), |bench| {
            bench.iter(|| match table.find(HOST, black_box(&path), &Method::GET) {
                Found::Route(served) => black_box(served.route.name.len()),
                other => panic!("{other:?}"),
            });
        });
        group.bench_function(BenchmarkId::new("not found", number), |bench| {
            bench.iter(|| match table.find(HOST, black_box("/nowhere/things/7"), &Method::GET) {
                Found::NoRoute => {}
                other => panic!("{other:?}"),
            });
        });
    }
    group.finish();
    criterion.final_summary();
}

fn table(number: usize) -> RouteTable {
    let routes = (0..number).map(|nth| Route {
        path: PathRule::Prefix(prefix(nth).into()),
        ..Route::to_echo(&format!("route {nth}"))
    });
    let routing = Routing { hosts: vec![HOST.into()], routes: routes.collect(), ..Routing::default() };
    RouteTable::of(&routing, &Arc::<Metrics>::default())
}

/// Of three different depths, and of several lengths.
fn prefix(nth: usize) -> String {
    match nth % 3 {
        0 => format!("/app-{nth}"),
        1 => format!("/team-{}/app-{nth}", nth % 10),
        _ => format!("/team-{}/app-{nth}/v1", nth % 10),
    }
}
