//! The API's document for machines, and its reference for readers.

use super::caller::said;
use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::office::{GATE, api};
use crate::support::upstream::Upstream;

/// Every endpoint of the table stands in the document and on the page, which loads nothing from elsewhere.
#[tokio::test]
async fn every_endpoint_stands_in_the_document_and_on_the_page() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let document = said(&gateway.ask(&api("GET", "/openapi.json"), Over::H1).await.expect(200));
    assert_eq!(document["openapi"], "3.1.0");
    let page = gateway.ask(&Ask::get("/.portcullis/api/").host(GATE), Over::H2).await.expect(200);
    let text = page.text();
    assert!(!text.contains("src=\"http") && !text.contains("href=\"http"));
    for endpoint in portcullis::api::table() {
        let path = format!("{}{}", portcullis::api::BASE, endpoint.path);
        let method = endpoint.method.as_str();
        let operation = &document["paths"][&path][method.to_lowercase()];
        assert!(operation["responses"]["503"].is_object(), "{method} {path}");
        assert!(text.contains(&format!("{method} {path}")), "{method} {path}");
        let summary = endpoint.summary.replace('\'', "&#39;");
        assert!(text.contains(&summary), "{summary}");
    }
}
