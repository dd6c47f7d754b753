//! The built-in app: answers with the request as an app behind the gate would see it. For trying out, and
//! for looking at what identity fields hold.

use bytes::Bytes;
use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use serde_json::{Map, Value, json};

use super::body::Body;

/// Fields that hold a credential of the gate's and are not shown.
const WITHHELD: [&str; 1] = ["x-portcullis-jwt-assertion"];

/// Shows the head of a request that was made ready for an app.
pub fn answer(head: &Parts) -> Response<Body> {
    let mut fields = Map::new();
    for name in head.headers.keys() {
        let values = head.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let text = values.collect::<Vec<_>>().join(", ");
        let shown =
            if WITHHELD.contains(&name.as_str()) { format!("({} characters)", text.len()) } else { text };
        fields.insert(name.to_string(), Value::from(shown));
    }
    let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let shown = json!({ "method": head.method.as_str(), "target": target, "headers": fields });
    let mut response = Response::new(Body::Own(Some(Bytes::from(format!("{shown:#}\n")))));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
