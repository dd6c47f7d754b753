//! What ends with an account, a grant, a space or an organisation, and never comes back.

use std::time::Duration;

use portcullis::actions::space::GrantsInside;
use portcullis::actions::{Actor, Rule, account, grant, organisation, space};
use portcullis::model::change::Change;
use portcullis::store::{api_keys, changes, grants};

use super::ground::{House, refused, wanted};
use crate::store::ground::NOON;

const VIEWER: &str = "echo/acme/general/viewer";
const RUNNER: &str = "echo/acme/general/simulation-runner";
const ELSEWHERE: &str = "echo/globex/general/viewer";

/// End of life: a lost grant ends what keys carried under it, and the same grant does not bring it back.
#[tokio::test]
async fn a_key_does_not_come_back_with_the_grant_it_lost() {
    for house in House::all().await {
        let ada = house.member("ada", "acme", "simulation-runner").await;
        house.give(&Actor::operator(), &wanted("ada", "globex", "viewer")).await.unwrap();
        let (one, both) = (house.key(&ada, &[VIEWER]).await, house.key(&ada, &[RUNNER, ELSEWHERE]).await);
        let seen = changes::latest(&house.app.store).await.unwrap();
        let acme = grants::named(&house.app.store, grants::Wanted::default()).await.unwrap();
        let acme = acme.into_iter().find(|one| one.organisation.as_str() == "acme").unwrap();
        grant::revoke(&house.app, &Actor::operator(), acme.id).await.unwrap();

        assert!(house.carried(&one).await.is_empty());
        assert_eq!(house.carried(&both).await, [ELSEWHERE]);
        let told: Vec<Change> = changes::since(&house.app.store, seen)
            .await
            .unwrap()
            .into_iter()
            .map(|(_, change)| change)
            .collect();
        for change in [Change::Account(ada.id), Change::Key(one.locator()), Change::Key(both.locator())] {
            assert!(told.contains(&change), "{change:?}");
        }
        house.give(&Actor::operator(), &wanted("ada", "acme", "simulation-runner")).await.unwrap();
        assert!(house.carried(&one).await.is_empty());
        assert_eq!(house.carried(&both).await, [ELSEWHERE]);
    }
}

#[tokio::test]
async fn a_key_keeps_what_another_grant_covers() {
    for house in House::all().await {
        let ada = house.member("ada", "acme", "simulation-runner").await;
        let second = house.give(&Actor::operator(), &wanted("ada", "acme", "viewer")).await.unwrap();
        let key = house.key(&ada, &[VIEWER]).await;
        grant::revoke(&house.app, &Actor::operator(), second.id).await.unwrap();
        assert_eq!(house.carried(&key).await, [VIEWER]);
    }
}

#[tokio::test]
async fn a_key_whose_grant_ran_out_does_not_come_back_with_a_new_one() {
    for house in House::all().await {
        let ada = house.person("ada", None).await;
        let mut short = wanted("ada", "acme", "viewer");
        short.ends_at = Some(NOON.plus(Duration::from_secs(60)));
        house.give(&Actor::operator(), &short).await.unwrap();
        let key = house.key(&ada, &[VIEWER]).await;
        house.clock.advance(Duration::from_secs(61));
        house.give(&Actor::operator(), &wanted("ada", "acme", "viewer")).await.unwrap();
        assert!(house.carried(&key).await.is_empty());
    }
}

#[tokio::test]
async fn suspension_keeps_keys_for_later_and_closing_ends_them_for_good() {
    for house in House::all().await {
        let ada = house.member("ada", "acme", "viewer").await;
        let name = "ada".parse().unwrap();
        let key = house.key(&ada, &[VIEWER]).await;
        account::suspend(&house.app, &Actor::operator(), &name).await.unwrap();
        assert_eq!(house.carried(&key).await, [VIEWER]);
        account::resume(&house.app, &Actor::operator(), &name).await.unwrap();
        let seen = changes::latest(&house.app.store).await.unwrap();
        account::close(&house.app, &Actor::operator(), &name).await.unwrap();
        assert!(house.carried(&key).await.is_empty());
        let told = changes::since(&house.app.store, seen).await.unwrap();
        assert!(told.iter().any(|(_, change)| *change == Change::Key(key.locator())));
        refused(account::resume(&house.app, &Actor::operator(), &name).await, Rule::AccountClosed);
        refused(house.give(&Actor::operator(), &wanted("ada", "acme", "viewer")).await, Rule::AccountClosed);
        assert!(grants::of_account(&house.app.store, ada.id).await.unwrap().is_empty());
    }
}

/// A later space of the same slug is another space.
#[tokio::test]
async fn a_removed_space_takes_its_credentials_along() {
    for house in House::all().await {
        let (acme, lab) = ("acme".parse().unwrap(), "lab".parse().unwrap());
        let make = async || {
            let (slug, name) = ("lab".parse().unwrap(), "Lab".parse().unwrap());
            space::create(&house.app, &Actor::operator(), &acme, slug, name).await.unwrap();
        };
        make().await;
        let ada = house.member("ada", "acme", "viewer").await;
        let mut inside = wanted("ada", "acme", "simulation-runner");
        inside.space = Some("lab".parse().unwrap());
        house.give(&Actor::operator(), &inside).await.unwrap();
        let key = house.key(&ada, &["echo/acme/lab/viewer", VIEWER]).await;
        let operator = Actor::operator();
        let remove = |grants| space::remove(&house.app, &operator, &acme, &lab, grants);
        refused(remove(GrantsInside::Keep).await, Rule::SpaceInUse);
        remove(GrantsInside::Revoke).await.unwrap();
        make().await;
        assert_eq!(house.carried(&key).await, [VIEWER]);
        let general = "general".parse().unwrap();
        let first =
            space::remove(&house.app, &Actor::operator(), &acme, &general, GrantsInside::Revoke).await;
        refused(first, Rule::GeneralSpace);
    }
}

#[tokio::test]
async fn a_closed_organisation_ends_what_keys_carried_there_and_takes_no_more_grants() {
    for house in House::all().await {
        let ada = house.member("ada", "acme", "manager").await;
        house.give(&Actor::operator(), &wanted("ada", "globex", "viewer")).await.unwrap();
        let key = house.key(&ada, &[VIEWER, ELSEWHERE]).await;
        organisation::close(&house.app, &Actor::operator(), &"acme".parse().unwrap()).await.unwrap();
        assert_eq!(house.carried(&key).await, [ELSEWHERE]);
        let again = house.give(&Actor::operator(), &wanted("ada", "acme", "viewer")).await;
        refused(again, Rule::OrganisationClosed);
        account::close(&house.app, &Actor::operator(), &"ada".parse().unwrap()).await.unwrap();
        let key = api_keys::by_id(&house.app.store, key.id).await.unwrap().unwrap();
        assert!(key.revoked_at.is_some());
    }
}

#[tokio::test]
async fn a_service_holds_grants_in_its_own_organisation_only() {
    for house in House::all().await {
        let (name, shown) = ("robot".parse().unwrap(), "Robot".parse().unwrap());
        let acme = "acme".parse().unwrap();
        account::create_service(&house.app, &Actor::operator(), name, shown, &acme).await.unwrap();
        house.give(&Actor::operator(), &wanted("robot", "acme", "viewer")).await.unwrap();
        let abroad = house.give(&Actor::operator(), &wanted("robot", "globex", "viewer")).await;
        refused(abroad, Rule::ServiceElsewhere);
        let reset =
            account::reset(&house.app, &Actor::operator(), &"robot".parse().unwrap()).await.map(|_| ());
        refused(reset, Rule::ServiceAccount);
    }
}
