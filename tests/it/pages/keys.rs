//! A person's keys.

use super::{MINUTE, PASSWORD, ada, house};
use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::guest::{Form, Guest, Page};

async fn new_key(ada: &mut Guest<'_>, name: &str) -> (Page, String) {
    let form = ada.gate("keys/new").await.expect(200).form("/.portcullis/keys/new").with("name", name);
    let page = ada.send(&form).await.expect(200).expect_words("Your new key");
    let key = page.between("<pre id=\"key\"", "</pre>");
    let key = key.split('>').next_back().unwrap().to_owned();
    assert!(key.starts_with("pck_") && key.len() == 54, "{key}");
    (page, key)
}

async fn status(gateway: &Gateway, key: &str) -> u16 {
    gateway.ask(&Ask::get("/x").key(key), Over::H1).await.status
}

fn id(key: &str) -> &str {
    &key[4..16]
}

/// A key is shown once, with what to do with it, and works at once.
#[tokio::test]
async fn a_new_key_is_shown_once_and_works() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    ada.gate("keys").await.expect_words("Make one for each application");
    let (page, key) = new_key(&mut ada, "Laptop").await;
    assert!(page.says(&format!("curl -u '__key__:{key}' 'https://app.test/'")), "{}", page.text());
    assert!(page.says("auth=(\"__key__\", "));
    assert_eq!(page.answer.header("cache-control"), Some("no-store"));
    assert_eq!(status(&gateway, &key).await, 200);
    for path in ["keys".to_owned(), format!("keys/{}", id(&key))] {
        let page = ada.gate(&path).await.expect(200);
        assert!(!page.text().contains(&key) && !page.text().contains(&key[16..]), "{path}");
        for words in ["Laptop", &key[..16], "app • general • Viewer", "All of the role", "Works"] {
            assert!(page.says(words), "{path} {words}");
        }
    }
    let page = ada.gate("keys").await;
    assert!(page.says("Within the last minute"), "{}", page.text());
}

/// a form that is sent twice makes one key.
#[tokio::test]
async fn a_form_sent_twice_makes_one_key() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    let form = ada.gate("keys/new").await.form("/.portcullis/keys/new").with("name", "Laptop");
    ada.send(&form).await.expect(200);
    ada.send(&form).await.expect(422).expect_words("You have another key of this name.");
    assert_eq!(ada.gate("keys").await.text().matches(">Laptop</a>").count(), 1);
}

/// Whatever is wrong is said at its field, and no key is made.
#[tokio::test]
async fn a_wish_that_cannot_be_is_said_at_its_field() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    let good = ada.gate("keys/new").await.form("/.portcullis/keys/new").with("name", "Laptop");
    assert_eq!(good.value("life"), Some("90"));
    let long = "x".repeat(10_000);
    for (field, form) in [
        ("name", good.clone().with("name", "")),
        ("name", good.clone().with("name", "a\u{202e}b")),
        ("name", good.clone().with("name", &long)),
        ("name", good.clone().and("name", "Other")),
        ("credentials", good.clone().with("credentials", "app/home/general/manager")),
        ("credentials", good.clone().with("credentials", "nonsense")),
        ("credentials", good.clone().and("credentials", "app/home/general/viewer")),
        ("rights", good.clone().with("rights", "chosen")),
        ("rights", good.clone().with("rights", "chosen").with("right", "manage")),
        ("rights", good.clone().with("rights", "chosen").with("right", "fly")),
        ("life", good.clone().with("life", "36500")),
        ("life", good.clone().with("life", "custom").with("until", "2020-01-01")),
        ("life", good.clone().with("life", "custom").with("until", "tomorrow")),
        ("networks", good.clone().with("networks", "192.0.2.0/24 nonsense")),
        ("networks", good.clone().with("networks", &"192.0.2.1\n".repeat(51))),
    ] {
        let page = ada.send(&form).await.expect(422).expect_words("Nothing was changed yet.");
        assert!(page.text().contains(&format!("id=\"{field}-error\"")), "{field}: {}", page.text());
    }
    let mut unticked = good.clone();
    unticked.fields.retain(|(name, _)| name != "credentials");
    ada.send(&unticked).await.expect(422).expect_words("A key needs credentials");
    ada.gate("keys").await.expect_words("You have no keys yet.");
    let narrow =
        good.with("rights", "chosen").with("right", "view").with("networks", "192.0.2.0/24\n127.0.0.1");
    ada.send(&narrow.with("life", "7")).await.expect(200);
    let page = ada.gate("keys").await.expect_words("View");
    assert!(page.text().contains("badge warn"), "it ends within two weeks");
}

/// Rotation with an overlap: a pair in the list, and a warning while the old key is used.
#[tokio::test]
async fn a_rotated_key_has_a_successor_and_ends_after_the_overlap() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    let (_, old) = new_key(&mut ada, "Laptop").await;
    let page = ada.gate(&format!("keys/{}", id(&old))).await;
    let action = format!("/.portcullis/keys/{}/rotate", id(&old));
    let form = page.form(&action);
    ada.send(&form.clone().with("overlap", "for ever")).await.expect(422);
    let page = ada.send(&form.with("overlap", "1h")).await.expect(200);
    let new = page.between("<pre id=\"key\"", "</pre>").split('>').next_back().unwrap().to_owned();
    assert!(page.says("The old key works until"));
    gateway.clock.advance(MINUTE * 2);
    assert_eq!((status(&gateway, &old).await, status(&gateway, &new).await), (200, 200));
    let page = ada.gate("keys").await.expect_words("Being replaced by Laptop");
    assert!(page.says("The old key is still used"), "{}", page.text());
    let text = page.text();
    assert!(text.find(&new[..16]).unwrap() < text.find(&old[..16]).unwrap(), "the pair stands together");
    ada.send(&Form::to(&action).with("overlap", "now"))
        .await
        .expect(422)
        .expect_words("has a successor already");
    gateway.clock.advance(MINUTE * 58);
    assert_eq!((status(&gateway, &old).await, status(&gateway, &new).await), (401, 200));
    let mut ada = super::ada(&gateway).await;
    ada.gate("keys").await.expect_words("Keys that work no more").expect_words("Revoked");
}

/// a revoked key is refused on the next request; it takes its name to revoke it.
#[tokio::test]
async fn a_key_is_revoked_by_its_name() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    let (_, key) = new_key(&mut ada, "Laptop").await;
    let form = ada.gate(&format!("keys/{}", id(&key))).await;
    let form = form.form(&format!("/.portcullis/keys/{}/revoke", id(&key)));
    ada.send(&form.clone().with("name", "laptop")).await.expect(422).expect_words("not the name of the key");
    assert_eq!(status(&gateway, &key).await, 200);
    ada.send(&form.clone().with("name", "Laptop")).await.expect(200).expect_words("The key is revoked.");
    assert_eq!(status(&gateway, &key).await, 401);
    ada.send(&form.with("name", "Laptop")).await.expect(200);
}

/// K13: keys are one's own; a form that names somebody else changes nothing.
#[tokio::test]
async fn nobody_sees_or_touches_the_keys_of_another() {
    let (_app, gateway) = house().await;
    gateway.household.resident("bob", "manager").await;
    gateway.household.password("bob", PASSWORD).await;
    let mut ada = ada(&gateway).await;
    let (_, key) = new_key(&mut ada, "Laptop").await;
    let mut bob = Guest::of(&gateway);
    bob.sign_in("bob", PASSWORD).await.expect(200);
    bob.gate(&format!("keys/{}", id(&key))).await.expect(404);
    bob.gate("keys/nonsense").await.expect(404);
    let rotate = Form::to(&format!("/.portcullis/keys/{}/rotate", id(&key))).with("overlap", "now");
    bob.send(&rotate).await.expect(404);
    let revoke = Form::to(&format!("/.portcullis/keys/{}/revoke", id(&key))).with("name", "Laptop");
    bob.send(&revoke).await.expect(404);
    assert_eq!(status(&gateway, &key).await, 200);
    let form = bob.gate("keys/new").await.form("/.portcullis/keys/new").with("name", "Theirs");
    let form = form.with("account", "ada").with("owner", "ada").with("user", "ada");
    bob.send(&form).await.expect(200).expect_words("Your new key");
    assert!(!ada.gate("keys").await.says("Theirs"));
}
