//! Spans as OTLP writes them in JSON (ids in hexadecimal digits, times and whole numbers as texts).

use serde_json::{Value, json};

use super::Span;

/// Kind of span: the serving side of a request.
const SERVER: u8 = 2;

/// Status: it failed.
const ERROR: u8 = 2;

/// One request to the collector.
pub(super) fn document(spans: &[Span], service: &str) -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION");
    let document = json!({ "resourceSpans": [{
        "resource": { "attributes": [
            text("service.name", service),
            text("service.version", version),
            number("process.pid", std::process::id().into()),
        ]},
        "scopeSpans": [{
            "scope": { "name": "portcullis", "version": version },
            "spans": spans.iter().map(written).collect::<Vec<_>>(),
        }],
    }]});
    document.to_string().into_bytes()
}

fn written(span: &Span) -> Value {
    let began = i128::from(span.began.millis()) * 1_000_000;
    let ended = began + i128::try_from(span.took.as_nanos()).unwrap_or_default();
    let name = match &span.route_path {
        Some(path) => format!("{} {path}", span.method),
        None => span.method.to_string(),
    };
    let mut attributes = vec![
        text("http.request.method", span.method.as_str()),
        number("http.response.status_code", span.status.into()),
        text("url.scheme", span.scheme),
        text("url.path", &span.path),
        text("portcullis.reason", span.reason),
        text("portcullis.request_id", span.request.as_str()),
    ];
    let optional = [
        ("http.route", span.route_path.as_deref()),
        ("portcullis.route", span.route.as_deref()),
        ("portcullis.credential", span.credential),
    ];
    attributes.extend(optional.into_iter().filter_map(|(name, value)| Some(text(name, value?))));
    let mut whole = json!({
        "traceId": span.trace.to_string(),
        "spanId": span.span.to_string(),
        "name": name,
        "kind": SERVER,
        "startTimeUnixNano": began.to_string(),
        "endTimeUnixNano": ended.to_string(),
        "attributes": attributes,
    });
    if let Value::Object(map) = &mut whole {
        if let Some(parent) = span.parent {
            map.insert("parentSpanId".into(), parent.to_string().into());
        }
        if let Some(state) = span.state.as_ref().and_then(|state| state.to_str().ok()) {
            map.insert("traceState".into(), state.into());
        }
        if span.status >= 500 {
            map.insert("status".into(), json!({ "code": ERROR }));
        }
    }
    whole
}

fn text(name: &str, value: &str) -> Value {
    json!({ "key": name, "value": { "stringValue": value } })
}

fn number(name: &str, value: u64) -> Value {
    json!({ "key": name, "value": { "intValue": value.to_string() } })
}
