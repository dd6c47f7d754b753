//! Traces: what is believed of them, what apps are told, and what a collector gets.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::{Reply, Then, Upstream};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";
const TRUSTED: &str = "trusted_proxies = [\"127.0.0.0/8\"]\n";

fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{CALLER}-{flags}")
}

fn to(collector: &Upstream) -> String {
    format!("[traces]\nendpoint = \"http://{}\"\nservice = \"front-door\"\n", collector.address)
}

/// Every span that the collector got, in order.
fn spans(collector: &Upstream) -> Vec<Value> {
    let mut all = Vec::new();
    for seen in collector.seen() {
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/v1/traces"));
        assert_eq!(seen.header("content-type"), Some("application/json"));
        let document: Value = serde_json::from_slice(&seen.body).unwrap();
        let resource = &document["resourceSpans"][0];
        let service = json!({ "key": "service.name", "value": { "stringValue": "front-door" } });
        assert!(resource["resource"]["attributes"].as_array().unwrap().contains(&service));
        all.extend(resource["scopeSpans"][0]["spans"].as_array().unwrap().iter().cloned());
    }
    all
}

fn attribute<'s>(span: &'s Value, name: &str) -> Option<&'s str> {
    let found = span["attributes"].as_array().unwrap().iter().find(|attribute| attribute["key"] == name)?;
    found["value"]["stringValue"].as_str().or(found["value"]["intValue"].as_str())
}

/// Pain 23: one trace from the proxy in front to the app behind, with the gate's span between them.
#[tokio::test]
async fn a_span_arrives_with_its_route_its_status_and_its_parent() {
    let (app, collector) = (Upstream::echo().await, Upstream::echo().await);
    let gateway = Gateway::with(&app, &format!("{TRUSTED}{}", to(&collector))).await;
    let ask = Ask::get("/remote/x?secret=y").key(&gateway.key().await);
    let ask = ask.header("traceparent", &traceparent("01")).header("tracestate", "vendor=1");
    gateway.ask(&ask, Over::H2).await.expect(200);
    collector.saw(1).await;
    let spans = spans(&collector);
    let [span] = &spans[..] else { panic!("{spans:#?}") };
    assert_eq!((&span["traceId"], &span["parentSpanId"]), (&json!(TRACE), &json!(CALLER)));
    assert_eq!(
        (&span["traceState"], &span["kind"], &span["name"]),
        (&json!("vendor=1"), &json!(2), &json!("GET /remote"))
    );
    for (name, value) in [
        ("http.response.status_code", "200"),
        ("http.request.method", "GET"),
        ("http.route", "/remote"),
        ("url.path", "/remote/x"),
        ("url.scheme", "https"),
        ("portcullis.reason", "admitted"),
        ("portcullis.credential", "key"),
    ] {
        assert_eq!(attribute(span, name), Some(value), "{name}");
    }
    let nanos = |name: &str| span[name].as_str().unwrap().parse::<i128>().unwrap();
    assert!(nanos("endTimeUnixNano") > nanos("startTimeUnixNano"));
    assert!(!span.to_string().contains("secret"));
    let seen = app.last();
    let told = format!("00-{TRACE}-{}-01", span["spanId"].as_str().unwrap());
    assert_eq!(
        (seen.header("traceparent"), seen.header("tracestate")),
        (Some(told.as_str()), Some("vendor=1"))
    );
    let line = gateway.line_about(seen.header("x-request-id").unwrap()).await;
    assert_eq!(line["trace"], TRACE);
}

/// A stranger neither joins a trace of ours nor decides what is recorded; a refusal leaves a span too.
#[tokio::test]
async fn a_trace_of_a_strangers_begins_anew_and_bears_the_name_of_the_request() {
    let (app, collector) = (Upstream::echo().await, Upstream::echo().await);
    let gateway = Gateway::with(&app, &to(&collector)).await;
    let ask = Ask::get("/x").header("traceparent", &traceparent("00")).header("tracestate", "vendor=1");
    let refused = gateway.ask(&ask, Over::H1).await.expect(401);
    collector.saw(1).await;
    let spans = spans(&collector);
    assert_eq!(spans[0]["traceId"], refused.header("x-request-id").unwrap());
    assert!(spans[0].get("parentSpanId").is_none() && spans[0].get("traceState").is_none());
    assert_eq!(attribute(&spans[0], "portcullis.reason"), Some("nobody"));
    gateway.ask(&ask.header("x-api-key", &gateway.key().await), Over::H1).await.expect(200);
    let seen = app.last();
    let told = seen.header("traceparent").unwrap();
    assert!(told.starts_with(&format!("00-{}-", seen.header("x-request-id").unwrap())), "{told}");
    assert!(told.ends_with("-01") && seen.header("tracestate").is_none());
}

/// What a believed peer does not record is not recorded, nor is what the share leaves out; apps are told so.
#[tokio::test]
async fn what_is_not_sampled_is_handed_on_and_not_recorded() {
    let (app, collector) = (Upstream::echo().await, Upstream::echo().await);
    let none = format!("{TRUSTED}{}sample = \"0%\"\n", to(&collector));
    let gateway = Gateway::with(&app, &none).await;
    let key = gateway.key().await;
    gateway
        .ask(&Ask::get("/x").key(&key).header("traceparent", &traceparent("00")), Over::H1)
        .await
        .expect(200);
    let told = app.last().header("traceparent").unwrap().to_owned();
    assert!(
        told.starts_with(&format!("00-{TRACE}-")) && told.ends_with("-00") && !told.contains(CALLER),
        "{told}"
    );
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(200);
    assert!(app.last().header("traceparent").unwrap().ends_with("-00"));
    gateway
        .ask(&Ask::get("/x").key(&key).header("traceparent", &traceparent("01")), Over::H1)
        .await
        .expect(200);
    collector.saw(1).await;
    assert_eq!(spans(&collector).len(), 1);
}

/// Without a collector nothing is added: an app's own sampling is not decided by a gate that records nothing.
#[tokio::test]
async fn without_a_collector_only_believed_peers_are_passed_on() {
    for (more, passed) in [("", false), (TRUSTED, true), ("[traces]\naccept = \"everyone\"\n", true)] {
        let app = Upstream::echo().await;
        let gateway = Gateway::with(&app, more).await;
        let key = gateway.key().await;
        let ask =
            Ask::get("/x").key(&key).header("traceparent", &traceparent("01")).header("tracestate", "a=b");
        gateway.ask(&ask, Over::H1).await.expect(200);
        let seen = app.last();
        let expected = if passed { (Some(traceparent("01")), Some("a=b")) } else { (None, None) };
        let found = (seen.header("traceparent").map(ToOwned::to_owned), seen.header("tracestate"));
        assert_eq!(found, expected, "{more}");
        gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(200);
        assert_eq!(app.last().header("traceparent"), None);
        let bad = Ask::get("/x").key(&key).header("traceparent", "00-nonsense").header("tracestate", "a=b");
        gateway.ask(&bad, Over::H1).await.expect(200);
        assert_eq!(
            (app.last().header("traceparent"), app.last().header("tracestate")),
            (None, None),
            "{more}"
        );
    }
}

/// A collector that is away or says no costs spans, which are counted, and no request.
#[tokio::test]
async fn a_collector_that_is_away_costs_nobody_anything() {
    let refusing = Upstream::answering(|_| {
        Reply::raw("HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n", Then::Stay)
    });
    let (app, collector) = (Upstream::echo().await, refusing.await);
    let gateway = Gateway::with(&app, &to(&collector)).await;
    let key = gateway.key().await;
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(200);
    collector.saw(1).await;
    let dropped = async {
        while gateway.number("portcullis_spans_dropped_total ") < 1.0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), dropped).await.expect("the span is counted as lost");
    assert_eq!(gateway.number("portcullis_spans_sent_total "), 0.0);
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(200);
}
