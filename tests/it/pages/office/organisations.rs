//! Organisations in pages.

use super::{fill, guest, house, post};
use crate::support::ask::{Ask, Over};

/// An organisation is made, given a platform, people, spaces and grants, and closed by the slug typed.
#[tokio::test]
async fn an_administrator_runs_an_organisation() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    let made = fill(&mut root, "new-organisation", &[("slug", "acme"), ("name", "ACME")]).await;
    made.expect(200).expect_words("The organisation is made.");
    fill(&mut root, "organisations/acme/rename", &[("name", "ACME <Ltd>")]).await.expect_words("ACME <Ltd>");
    fill(&mut root, "organisations/acme/new-platform", &[("platform", "app")])
        .await
        .expect_words("The organisation may use the platform.");
    fill(&mut root, "organisations/acme/new-space", &[("slug", "lab"), ("name", "Lab")])
        .await
        .expect_words("The space is made.");
    fill(&mut root, "organisations/acme/spaces/lab", &[("name", "Big Lab")]).await.expect_words("Big Lab");
    let fields = [
        ("account", "ada"),
        ("role", "viewer"),
        ("space", "lab"),
        ("platform", "app"),
        ("ends", "2100-01-31"),
    ];
    let page = fill(&mut root, "organisations/acme/new-grant", &fields).await.expect(200);
    assert!(page.says("2100-01-31 00:00:00 UTC") && page.says("ada"));
    fill(&mut root, "organisations/acme/spaces/lab/remove", &[]).await.expect(409).expect_words("grants");
    let grant = root.gate("organisations/acme").await.between("/organisations/acme/grants/", "\"");
    fill(&mut root, &format!("organisations/acme/grants/{grant}"), &[])
        .await
        .expect(200)
        .expect_words("The grant is revoked.");
    fill(&mut root, "organisations/acme/spaces/lab/remove", &[]).await.expect_words("The space is removed.");
    fill(&mut root, "organisations/acme/members/ada", &[]).await.expect_words("The membership is ended.");
    fill(&mut root, "organisations/acme/platforms/app", &[]).await.expect_words("may not use the platform");
    fill(&mut root, "organisations/acme/close", &[("slug", "acm")]).await.expect(422);
    fill(&mut root, "organisations/acme/close", &[("slug", "acme")])
        .await
        .expect_words("The organisation is closed.");
    let page = root.gate("organisations/acme").await.expect(200);
    assert!(!page.text().contains("organisations/acme/rename"), "nothing is offered there any more");
    post(&mut root, "organisations/acme/rename", &[("name", "x")]).await.expect(409);
}

/// a manager runs their own organisation up to their own rank, and cannot leave it without a manager.
#[tokio::test]
async fn a_manager_runs_their_own_organisation() {
    let (_app, gateway) = house().await;
    let mut mia = guest(&gateway, "mia").await;
    let list = mia.gate("organisations").await.expect(200);
    assert!(list.says("Home") && !list.says("Other"));
    fill(&mut mia, "organisations/home/new-space", &[("slug", "lab"), ("name", "Lab")])
        .await
        .expect_words("The space is made.");
    let service = [("user-name", "ci-bot"), ("shown-name", "CI"), ("organisation", "home")];
    let page = fill(&mut mia, "new-service", &service).await.expect(200).expect_words("ci-bot");
    assert_eq!(page.path, "/.portcullis/organisations/home");
    let grant = [("account", "ci-bot"), ("role", "simulation-runner")];
    fill(&mut mia, "organisations/home/new-grant", &grant).await.expect_words("The grant is given.");
    let stranger = [("account", "olga"), ("role", "viewer")];
    fill(&mut mia, "organisations/home/new-grant", &stranger)
        .await
        .expect(404)
        .expect_words("no such account");
    fill(&mut mia, "organisations/home/members/mia", &[]).await.expect(409);
    assert!(mia.gate("audit?organisation=home").await.expect(200).says("space.created"));
}

/// a grant that is revoked in a page stops counting on the next request.
#[tokio::test]
async fn a_revoked_grant_counts_no_more() {
    let (_app, gateway) = house().await;
    let key = gateway.key().await;
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(200);
    let mut mia = guest(&gateway, "mia").await;
    let page = mia.gate("organisations/home").await.expect(200);
    let row = page.text();
    let row = row.split("<tr>").find(|row| row.contains("/grants/") && row.contains(">ada<")).unwrap();
    let grant = row.split("/grants/").nth(1).unwrap().split('"').next().unwrap();
    fill(&mut mia, &format!("organisations/home/grants/{grant}"), &[]).await.expect(200);
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(401);
}

/// a manager of one organisation neither sees nor changes another, by any page or form.
#[tokio::test]
async fn a_manager_neither_sees_nor_changes_another_organisation() {
    let (_app, gateway) = house().await;
    let mut olga = guest(&gateway, "olga").await;
    let mut mia = guest(&gateway, "mia").await;
    let grant = mia.gate("organisations/home").await.between("/organisations/home/grants/", "\"");
    for path in [
        "organisations/home",
        "organisations/home/rename",
        "organisations/home/new-space",
        "organisations/home/spaces/general",
        "organisations/home/new-grant",
        &format!("organisations/home/grants/{grant}"),
        &format!("organisations/other/grants/{grant}"),
        "organisations/home/members/ada",
        "audit?organisation=home",
        "audit/export/csv?organisation=home",
    ] {
        let page = olga.gate(path).await.expect(404);
        assert!(!page.says("Home") && !page.says("ada@"), "{path}");
    }
    for (path, fields) in [
        ("organisations/home/rename", vec![("name", "Mine")]),
        ("organisations/home/new-space", vec![("slug", "mine"), ("name", "Mine")]),
        ("organisations/home/spaces/general", vec![("name", "Mine")]),
        ("organisations/home/spaces/general/remove", vec![("with-grants", "yes")]),
        ("organisations/home/new-grant", vec![("account", "olga"), ("role", "manager")]),
        (&format!("organisations/home/grants/{grant}"), vec![]),
        (&format!("organisations/other/grants/{grant}"), vec![]),
        ("organisations/home/members/ada", vec![]),
    ] {
        post(&mut olga, path, &fields).await.expect(404);
    }
    // The form lists their own only, but a browser sends what it likes.
    let service = [("user-name", "mole"), ("shown-name", "Mole"), ("organisation", "home")];
    post(&mut olga, "new-service", &service).await.expect(404);
    // A member of one organisation is no member of the other.
    post(&mut olga, "organisations/other/new-grant", &[("account", "ada"), ("role", "viewer")])
        .await
        .expect(404);
    let page = mia.gate("organisations/home").await.expect(200);
    assert!(!page.says("Mine") && !page.says("mole") && page.text().contains(&grant));
}
