//! Forms that are sent wrong: a clear page, the field marked, nothing changed.

use super::{guest, house};
use crate::support::guest::{Form, Page};

#[track_caller]
fn marked(page: &Page, form: &str, field: &str) {
    let text = page.text();
    for piece in [
        format!("id=\"{form}-{field}-error\""),
        format!("href=\"#{form}-{field}\""),
        "aria-invalid=\"true\"".to_owned(),
        "role=\"alert\"".to_owned(),
    ] {
        assert!(text.contains(&piece), "no {piece} for {field}: {text}");
    }
}

/// Names too long, turned around, doubled or unknown are marked at their fields.
#[tokio::test]
async fn a_wrong_field_is_marked_and_nothing_changes() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    let long = "x".repeat(10_000);
    let person = Form::to("/.portcullis/new-person").with("user-name", "eve").with("shown-name", "Eve");
    let grant = Form::to("/.portcullis/organisations/home/new-grant");
    let grant = grant.with("account", "ada").with("role", "viewer");
    let space = Form::to("/.portcullis/organisations/home/new-space").with("slug", "lab").with("name", "Lab");
    let home = Form::to("/.portcullis/new-organisation").with("slug", "acme").with("name", "ACME");
    for (id, field, form) in [
        ("person", "user-name", person.clone().with("user-name", "Eve!")),
        ("person", "user-name", person.clone().with("user-name", &long)),
        ("person", "user-name", person.clone().and("user-name", "other")),
        ("person", "user-name", person.clone().with("user-name", "ada")),
        ("person", "shown-name", person.clone().with("shown-name", &long)),
        ("person", "shown-name", person.clone().with("shown-name", "a\u{202e}b")),
        ("person", "shown-name", person.clone().with("shown-name", "a\u{0}b")),
        ("person", "shown-name", person.clone().and("shown-name", "Other")),
        ("person", "email", person.clone().with("email", "not an address")),
        ("person", "email", person.clone().with("email", "ada@example.org")),
        ("person", "email", person.clone().with("email", "a@b.example").and("email", "c@d.example")),
        ("person", "office", person.clone().with("office", "emperor")),
        ("person", "office", person.clone().with("office", "none").and("office", "administrator")),
        ("grant", "account", grant.clone().with("account", "nobody")),
        ("grant", "account", grant.clone().and("account", "mia")),
        ("grant", "role", grant.clone().with("role", "emperor")),
        ("grant", "space", grant.clone().with("space", "nowhere")),
        ("grant", "space", grant.clone().with("space", "general").and("space", "lab")),
        ("grant", "platform", grant.clone().with("platform", "nothing")),
        ("grant", "starts", grant.clone().with("starts", "soon")),
        ("grant", "ends", grant.clone().with("ends", "2020-01-01")),
        ("grant", "ends", grant.clone().with("starts", "2100-01-02").with("ends", "2100-01-01")),
        ("space", "slug", space.clone().with("slug", "La B")),
        ("space", "slug", space.clone().with("slug", "general")),
        ("space", "slug", space.clone().with("slug", &long)),
        ("space", "name", space.clone().with("name", "\u{2066}x")),
        ("organisation", "slug", home.clone().with("slug", "home")),
        ("organisation", "slug", home.clone().and("slug", "b")),
        ("organisation", "name", home.clone().with("name", " ")),
    ] {
        let page = root.send(&form).await;
        assert!([404, 409, 422].contains(&page.answer.status), "{field}: {}", page.answer.status);
        marked(&page, id, field);
        assert!(page.text().len() < 50_000, "what was typed comes back at bearable length");
        assert!(!page.text().contains(['\u{202e}', '\u{2066}', '\u{0}']), "{field}");
    }
    let page = root.gate("accounts").await;
    assert!(!page.says("eve"));
    let page = root.gate("organisations/home").await;
    assert!(!page.says("Lab") && page.text().matches("/organisations/home/grants/").count() == 2);
    assert!(!root.gate("organisations").await.says("ACME"));
}

/// What was typed is kept, and cannot become markup.
#[tokio::test]
async fn what_was_typed_comes_back_as_text() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    let evil = "\"><script>alert(1)</script>";
    let form = Form::to("/.portcullis/new-person").with("user-name", evil).with("shown-name", evil);
    let page = root.send(&form).await.expect(422);
    assert!(!page.text().contains("<script>alert"));
    assert_eq!(page.form("/.portcullis/new-person").value("shown-name"), Some(evil));
    let form = Form::to("/.portcullis/new-person").with("user-name", "eve").with("shown-name", evil);
    root.send(&form).await.expect(200);
    for path in ["accounts", "accounts/eve", "audit"] {
        assert!(!root.gate(path).await.text().contains("<script>alert"), "{path}");
    }
}

/// Paths that name nothing are told so, whatever they are made of.
#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    let long = "x".repeat(2_000);
    for path in [
        "accounts/nobody",
        "accounts/No%20Body",
        &format!("accounts/{long}"),
        "accounts/nobody/close",
        "accounts/ada/keys/short",
        "accounts/ada/keys/abcdefghijkl",
        "organisations/nowhere",
        "organisations/%3Cscript%3E",
        "organisations/home/spaces/nowhere",
        "organisations/home/grants/1",
        "organisations/home/grants/0192f0c1-2345-7678-9abc-def012345678",
    ] {
        root.gate(path).await.expect(404);
    }
    let page = root.gate("accounts/ada/dance").await.expect(200);
    assert_eq!(page.path, "/.portcullis/accounts/ada");
}
