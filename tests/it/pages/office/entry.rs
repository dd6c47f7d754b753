//! Who gets to see which page.

use super::{guest, house, post};

/// Pages, and what a member, a manager, support and an administrator are answered.
const PAGES: [(&str, [u16; 4]); 25] = [
    ("accounts", [403, 403, 200, 200]),
    ("accounts?name=a", [403, 403, 200, 200]),
    ("accounts/ada", [403, 403, 200, 200]),
    ("accounts/nobody", [403, 403, 404, 404]),
    ("accounts/ada/reset", [403, 403, 200, 200]),
    ("accounts/ada/close", [403, 403, 403, 200]),
    ("accounts/ada/office", [403, 403, 403, 200]),
    ("accounts/ada/export", [403, 403, 403, 200]),
    ("new-person", [403, 403, 403, 200]),
    ("new-service", [403, 200, 403, 200]),
    ("organisations", [403, 200, 200, 200]),
    ("organisations/home", [404, 200, 200, 200]),
    ("organisations/home/rename", [404, 200, 403, 200]),
    ("organisations/home/new-grant", [404, 200, 403, 200]),
    ("organisations/home/close", [403, 403, 403, 200]),
    ("organisations/home/new-platform", [403, 403, 403, 200]),
    ("new-organisation", [403, 403, 403, 200]),
    ("bans", [403, 403, 200, 200]),
    ("audit", [403, 403, 200, 200]),
    ("audit?organisation=home", [404, 200, 200, 200]),
    ("audit/verify", [403, 403, 200, 200]),
    ("upstreams", [403, 403, 200, 200]),
    ("certificates", [403, 403, 200, 200]),
    ("explain", [403, 403, 200, 200]),
    ("configuration", [403, 403, 403, 200]),
];

/// a page shows itself to those only who may read it.
#[tokio::test]
async fn every_page_shows_itself_to_its_readers_only() {
    let (_app, gateway) = house().await;
    for (place, name) in ["ada", "mia", "sue", "root"].into_iter().enumerate() {
        let mut browser = guest(&gateway, name).await;
        for (path, expected) in PAGES {
            let page = browser.gate(path).await;
            assert_eq!(page.answer.status, expected[place], "{name} at {path}\n{}", page.text());
            assert_eq!(page.answer.header("cache-control"), Some("no-store"), "{path}");
        }
    }
}

/// Nobody is told of pages by their navigation that they may not open.
#[tokio::test]
async fn navigation_shows_the_pages_that_open() {
    let (_app, gateway) = house().await;
    for name in ["ada", "mia", "sue", "root"] {
        let mut browser = guest(&gateway, name).await;
        let home = browser.gate("").await.expect(200);
        for page in ["accounts", "organisations", "bans", "audit", "explain", "configuration"] {
            let shown = home.text().contains(&format!("<a href=\"/.portcullis/{page}\""));
            let opens = browser.gate(page).await.answer.status == 200;
            assert_eq!(shown, opens, "{page} for {name}");
        }
    }
}

/// what a page does not show, its form does not do either.
#[tokio::test]
async fn forms_of_an_office_do_nothing_for_others() {
    let (_app, gateway) = house().await;
    for name in ["ada", "mia", "sue", "olga"] {
        let mut browser = guest(&gateway, name).await;
        for (path, fields) in [
            ("new-person", vec![("user-name", "eve"), ("shown-name", "Eve")]),
            ("new-organisation", vec![("slug", "evil"), ("name", "Evil")]),
            ("accounts/root/suspend", vec![]),
            ("accounts/root/reset", vec![]),
            ("accounts/ada/close", vec![("name", "ada")]),
            ("accounts/ada/erase", vec![("name", "ada")]),
            ("accounts/mia/office", vec![("office", "administrator")]),
            ("organisations/home/close", vec![("slug", "home")]),
            ("organisations/home/new-platform", vec![("platform", "app")]),
            ("organisations/home/platforms/app", vec![]),
            ("bans", vec![("party", "192.0.2.1")]),
        ] {
            let page = post(&mut browser, path, &fields).await;
            assert!([403, 404].contains(&page.answer.status), "{name} at {path}: {}", page.answer.status);
        }
    }
    let mut root = guest(&gateway, "root").await;
    let page = root.gate("accounts").await.expect(200);
    assert!(!page.says("eve") && !page.says("suspended") && !page.says("closed"));
    assert!(!root.gate("organisations").await.says("Evil"));
}
