//! The guard: managers in their own organisation up to their own rank, administrators everywhere, nobody
//! by a right that was taken a moment ago.

use portcullis::actions::{
    ActionError, Actor, Denied, Noun, Rule, account, entitlement, grant, organisation, space,
};
use portcullis::model::account::Office;
use portcullis::store::grants::Wanted;
use portcullis::store::{audit, grants};

use super::ground::{House, denied, missing, refused, wanted};

/// a manager acts in the own organisation only, and is told nothing of others.
#[tokio::test]
async fn a_manager_manages_the_own_organisation_and_no_other() {
    for house in House::all().await {
        let app = &house.app;
        let ada = house.member("ada", "acme", "manager").await;
        house.member("bea", "acme", "viewer").await;
        house.member("eve", "globex", "viewer").await;
        let ada = house.acting(&ada).await;
        let theirs = grants::named(&app.store, Wanted::default()).await.unwrap();
        let theirs = theirs.into_iter().find(|one| one.user_name.as_str() == "eve").unwrap();

        house.give(&ada, &wanted("bea", "acme", "simulation-runner")).await.unwrap();
        missing(house.give(&ada, &wanted("eve", "globex", "viewer")).await, Noun::Organisation);
        missing(house.give(&ada, &wanted("eve", "acme", "viewer")).await, Noun::Account);
        missing(grant::revoke(app, &ada, theirs.id).await, Noun::Grant);
        let globex = "globex".parse().unwrap();
        missing(space::list(app, &ada, &globex).await, Noun::Organisation);
        missing(grant::list(app, &ada, Some(&globex), None).await, Noun::Organisation);
        missing(account::list(app, &ada, Some(&globex), "", 9).await, Noun::Organisation);
        denied(grant::list(app, &ada, None, None).await, Denied::NotAdministrator);
        denied(account::list(app, &ada, None, "", 9).await, Denied::NotAdministrator);
        let (slug, name) = ("lab".parse().unwrap(), "Lab".parse().unwrap());
        missing(space::create(app, &ada, &globex, slug, name).await, Noun::Organisation);
        let rename = organisation::rename(app, &ada, &globex, "Mine".parse().unwrap());
        missing(rename.await, Noun::Organisation);
        denied(organisation::close(app, &ada, &"acme".parse().unwrap()).await, Denied::NotAdministrator);
        let echo = "echo".parse().unwrap();
        denied(
            entitlement::remove(app, &ada, &"acme".parse().unwrap(), &echo).await,
            Denied::NotAdministrator,
        );
    }
}

#[tokio::test]
async fn members_without_the_right_manage_nothing() {
    for house in House::all().await {
        let bea = house.member("bea", "acme", "simulation-runner").await;
        house.member("eve", "acme", "viewer").await;
        let bea = house.acting(&bea).await;
        denied(house.give(&bea, &wanted("eve", "acme", "viewer")).await, Denied::NotManager);
        denied(house.give(&bea, &wanted("bea", "acme", "manager")).await, Denied::NotManager);
        let eve = "eve".parse().unwrap();
        denied(account::suspend(&house.app, &bea, &eve).await, Denied::NotAdministrator);
        denied(account::reset(&house.app, &bea, &eve).await.map(|_| ()), Denied::NotAdministrator);
    }
}

/// A manager of one space reaches that space only.
#[tokio::test]
async fn a_manager_of_one_space_gives_grants_there_only() {
    for house in House::all().await {
        let acme = "acme".parse().unwrap();
        let (lab, name) = ("lab".parse().unwrap(), "Lab".parse().unwrap());
        space::create(&house.app, &Actor::operator(), &acme, lab, name).await.unwrap();
        let ada = house.member("ada", "acme", "viewer").await;
        house.member("bea", "acme", "viewer").await;
        let mut here = wanted("ada", "acme", "manager");
        here.space = Some("lab".parse().unwrap());
        house.give(&Actor::operator(), &here).await.unwrap();
        let ada = house.acting(&ada).await;
        let mut there = wanted("bea", "acme", "viewer");
        there.space = Some("lab".parse().unwrap());
        house.give(&ada, &there).await.unwrap();
        there.space = Some("general".parse().unwrap());
        denied(house.give(&ada, &there).await, Denied::NotManager);
        denied(house.give(&ada, &wanted("bea", "acme", "manager")).await, Denied::NotManager);
    }
}

/// what counts is the right at the time of the act, not the one that the actor came with.
#[tokio::test]
async fn a_right_taken_a_moment_ago_does_not_count() {
    for house in House::all().await {
        let ada = house.member("ada", "acme", "manager").await;
        house.member("bea", "acme", "manager").await;
        let acting = house.acting(&ada).await;
        let held = grants::of_account(&house.app.store, ada.id).await.unwrap();
        grant::revoke(&house.app, &Actor::operator(), held[0].id).await.unwrap();
        denied(house.give(&acting, &wanted("bea", "acme", "viewer")).await, Denied::NotManager);
        let root = house.person("root", Some(Office::Administrator)).await;
        let acting = house.acting(&root).await;
        account::suspend(&house.app, &Actor::operator(), &"root".parse().unwrap()).await.unwrap();
        denied(house.give(&acting, &wanted("bea", "acme", "viewer")).await, Denied::Inactive);
    }
}

/// the last manager can neither be taken the grant, nor leave, nor be closed.
#[tokio::test]
async fn an_organisation_keeps_a_manager() {
    for house in House::all().await {
        let app = &house.app;
        let ada = house.member("ada", "acme", "manager").await;
        let (name, acme) = ("ada".parse().unwrap(), "acme".parse().unwrap());
        let held = grants::of_account(&app.store, ada.id).await.unwrap();
        let acting = house.acting(&ada).await;
        for actor in [&acting, &Actor::operator()] {
            refused(grant::revoke(app, actor, held[0].id).await, Rule::LastManager);
            refused(grant::leave(app, actor, &name, &acme).await, Rule::LastManager);
        }
        refused(account::close(app, &Actor::operator(), &name).await, Rule::LastManager);
        assert_eq!(grants::of_account(&app.store, ada.id).await.unwrap().len(), 1);
        let bea = house.member("bea", "acme", "manager").await;
        account::suspend(app, &Actor::operator(), &"bea".parse().unwrap()).await.unwrap();
        refused(grant::revoke(app, &acting, held[0].id).await, Rule::LastManager);
        account::resume(app, &Actor::operator(), &"bea".parse().unwrap()).await.unwrap();
        grant::revoke(app, &acting, held[0].id).await.unwrap();
        assert_eq!(grants::of_account(&app.store, bea.id).await.unwrap().len(), 1);
    }
}

/// R-68, when both go at the same moment.
#[tokio::test]
async fn two_managers_who_end_each_other_at_once_leave_one_behind() {
    for house in House::all().await {
        for round in 0..5 {
            let (one, two) = (format!("one-{round}"), format!("two-{round}"));
            let (one, two) =
                (house.member(&one, "acme", "manager").await, house.member(&two, "acme", "manager").await);
            let held = async |account: &portcullis::model::account::Account| {
                grants::of_account(&house.app.store, account.id).await.unwrap()[0].id
            };
            let (first, second) = (held(&one).await, held(&two).await);
            let (by_one, by_two) = (house.acting(&one).await, house.acting(&two).await);
            let (of_two, of_one) = tokio::join!(
                grant::revoke(&house.app, &by_one, second),
                grant::revoke(&house.app, &by_two, first)
            );
            assert!(of_two.is_err() || of_one.is_err(), "one of them came too late");
            let wanted = Wanted::default();
            let left = grants::named(&house.app.store, wanted).await.unwrap();
            assert!(left.iter().any(|grant| grant.role.as_str() == "manager"));
        }
    }
}

#[tokio::test]
async fn the_last_administrator_stays_unless_the_operator_says_so() {
    for house in House::all().await {
        let root = house.person("root", Some(Office::Administrator)).await;
        let name = "root".parse().unwrap();
        let acting = house.acting(&root).await;
        refused(account::suspend(&house.app, &acting, &name).await, Rule::LastAdministrator);
        refused(account::close(&house.app, &acting, &name).await, Rule::LastAdministrator);
        refused(account::set_office(&house.app, &acting, &name, None).await, Rule::LastAdministrator);
        house.person("other", Some(Office::Administrator)).await;
        account::set_office(&house.app, &acting, &name, None).await.unwrap();
        account::suspend(&house.app, &Actor::operator(), &"other".parse().unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn support_starts_resets_of_people_without_an_office_only() {
    for house in House::all().await {
        let sue = house.person("sue", Some(Office::Support)).await;
        house.person("root", Some(Office::Administrator)).await;
        house.person("ada", None).await;
        let sue = house.acting(&sue).await;
        let issued = account::reset(&house.app, &sue, &"ada".parse().unwrap()).await.unwrap();
        assert!(issued.url.expose().starts_with("https://localhost:8443/"));
        let root = account::reset(&house.app, &sue, &"root".parse().unwrap()).await.map(|_| ());
        denied(root, Denied::NotAdministrator);
        denied(account::suspend(&house.app, &sue, &"ada".parse().unwrap()).await, Denied::NotAdministrator);
    }
}

/// Each act leaves its entry, and refused acts leave none.
#[tokio::test]
async fn what_was_refused_leaves_no_trace_in_rows_or_trail() {
    for house in House::all().await {
        let bea = house.member("bea", "acme", "viewer").await;
        let bea = house.acting(&bea).await;
        let wanted_entries = audit::Wanted { limit: 99, ..audit::Wanted::default() };
        let before = audit::list(&house.app.store, wanted_entries.clone()).await.unwrap().len();
        denied(house.give(&bea, &wanted("bea", "acme", "manager")).await, Denied::NotManager);
        let past = portcullis::actions::grant::NewGrant {
            ends_at: Some(crate::store::ground::NOON),
            ..wanted("bea", "acme", "manager")
        };
        refused(house.give(&Actor::operator(), &past).await, Rule::Period);
        missing(house.give(&Actor::operator(), &wanted("bea", "acme", "emperor")).await, Noun::Role);
        missing(
            house.give(&Actor::operator(), &wanted("bea", "nowhere", "viewer")).await,
            Noun::Organisation,
        );
        assert_eq!(audit::list(&house.app.store, wanted_entries.clone()).await.unwrap().len(), before);
        assert_eq!(grants::named(&house.app.store, Wanted::default()).await.unwrap().len(), 1);
    }
}

/// Closing an account and giving it a grant at the same moment never wait for each other without end, and
/// a closed account never ends up with a grant.
#[tokio::test]
async fn an_account_that_is_closed_while_it_gets_a_grant_holds_none() {
    for house in House::all().await {
        for round in 0..5 {
            let name = format!("ada-{round}");
            let ada = house.member(&name, "acme", "viewer").await;
            let (operator, new) = (Actor::operator(), wanted(&name, "acme", "simulation-runner"));
            let user_name = name.parse().unwrap();
            let (closed, given) =
                tokio::join!(account::close(&house.app, &operator, &user_name), house.give(&operator, &new));
            closed.unwrap();
            assert!(matches!(given, Ok(_) | Err(ActionError::Refused(Rule::AccountClosed))), "{given:?}");
            assert!(grants::of_account(&house.app.store, ada.id).await.unwrap().is_empty());
        }
    }
}
