//! The operator's name, logo and colour on pages, and where people find help.

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::guest::{GATE, Guest};
use crate::support::upstream::Upstream;

/// The frame, its assets and its problems are the operator's.
#[tokio::test]
async fn pages_wear_the_operators_name_logo_and_colour() {
    let logo = std::env::temp_dir().join(format!("portcullis-logo-{}.svg", std::process::id()));
    std::fs::write(&logo, "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>")
        .unwrap();
    let pages = format!(
        "[pages]\nname = \"ACME <Gate>\"\nlogo = {:?}\ncolour = \"#7a1f5f\"\nsupport = \"help@example.com\"\n",
        logo.display().to_string()
    );
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, &pages).await;
    std::fs::remove_file(&logo).unwrap();
    let mut browser = Guest::of(&gateway);
    let page = browser.gate("sign-in").await.expect(200);
    assert!(page.text().contains("<title>Sign in · ACME &#60;Gate&#62;</title>"), "{}", page.text());
    assert!(page.text().contains("<a href=\"mailto:help@example.com\">help@example.com</a>"));
    let style = page.between("rel=\"stylesheet\" href=\"", "\"");
    let sheet = browser.ask(Ask::get(&style).host(GATE)).await.expect(200);
    assert!(sheet.text().contains("--brand: #7a1f5f"), "{}", sheet.text());
    assert!(sheet.header("cache-control").unwrap().contains("immutable"));
    let icon = page.between("rel=\"icon\" href=\"", "\"");
    assert!(icon.contains("/logo-") && icon.ends_with(".svg"), "{icon}");
    for host in [GATE, "app.test"] {
        let picture = browser.ask(Ask::get(&icon).host(host)).await.expect(200);
        assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
        let policy = picture.header("content-security-policy").unwrap();
        assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
    }
    let lost = browser.gate("nothing-of-this-name").await.expect(404);
    assert!(lost.text().contains("mailto:help@example.com"), "{}", lost.text());
    let nowhere = Ask::get("/x").host("app.test").header("accept", "text/html");
    let nowhere = nowhere.header("sec-fetch-mode", "navigate").key("nonsense");
    let refused = gateway.ask(&nowhere, Over::H1).await;
    assert!(
        refused.status == 401 && refused.text().contains("mailto:help@example.com"),
        "{}",
        refused.text()
    );
}

/// Without the operator's wishes pages are the gate's own, and name no help.
#[tokio::test]
async fn pages_are_plain_without_wishes() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let page = Guest::of(&gateway).gate("sign-in").await.expect(200);
    assert!(page.text().contains("<title>Sign in · Portcullis</title>") && !page.text().contains("mailto:"));
}
