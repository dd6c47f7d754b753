//! Accounts, organisations and who holds what in them, on each database.

use portcullis::model::account::{Account, AccountKind, AccountStatus, Office};
use portcullis::model::change::Change;
use portcullis::model::email_link::{EmailLink, Purpose};
use portcullis::model::grant::Grant;
use portcullis::model::id::{AccountId, EmailLinkId, GrantId, OrganisationId, SpaceId};
use portcullis::model::organisation::{Organisation, OrganisationStatus, Space};
use portcullis::store::{
    Constraint, Store, StoreError, Tx, accounts, attic, email_links, entitlements, grants, memberships,
    organisations, spaces, standing,
};

use super::ground::{Ground, NOON};

pub(crate) fn person(name: &str) -> Account {
    Account {
        id: AccountId::mint(),
        user_name: name.parse().unwrap(),
        email: Some(format!("{name}@Example.org").into()),
        display_name: name.into(),
        validated: true,
        kind: AccountKind::Person,
        status: AccountStatus::Active,
        office: None,
        created_at: NOON,
    }
}

fn organisation(slug: &str) -> Organisation {
    Organisation {
        id: OrganisationId::mint(),
        slug: slug.parse().unwrap(),
        name: slug.into(),
        status: OrganisationStatus::Open,
        created_at: NOON,
    }
}

fn space(organisation: &Organisation, slug: &str) -> Space {
    Space {
        id: SpaceId::mint(),
        organisation: organisation.id,
        slug: slug.parse().unwrap(),
        name: slug.into(),
        created_at: NOON,
    }
}

fn grant(account: &Account, organisation: &Organisation, role: &str) -> Grant {
    Grant {
        id: GrantId::mint(),
        account: account.id,
        organisation: organisation.id,
        space: None,
        role: role.parse().unwrap(),
        platform: None,
        starts_at: None,
        ends_at: None,
        granted_by: None,
        created_at: NOON,
    }
}

async fn begin(store: &Store) -> Tx {
    let mut tx = store.begin().await.unwrap();
    tx.change(Change::Setting);
    tx
}

fn broken<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> Constraint {
    match outcome {
        Err(StoreError::Conflict(constraint)) => constraint,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_found_by_id_name_and_address_in_any_letter_case() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let ada = Account { office: Some(Office::Support), ..person("ada") };
        let mut tx = begin(&store).await;
        accounts::insert(&mut tx, &ada).await.unwrap();
        tx.commit(NOON).await.unwrap();
        let by_id = accounts::by_id(&store, ada.id).await.unwrap().unwrap();
        assert_eq!(format!("{by_id:?}"), format!("{ada:?}"));
        let email = "ADA@example.ORG".parse().unwrap();
        assert_eq!(accounts::by_email(&store, &email).await.unwrap().unwrap().id, ada.id);
        let name = "ada".parse().unwrap();
        assert_eq!(accounts::by_user_name(&store, &name).await.unwrap().unwrap().id, ada.id);
        assert!(accounts::by_id(&store, AccountId::mint()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn what_is_taken_says_what_it_is() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let (ada, acme) = (person("ada"), organisation("acme"));
        let general = space(&acme, "general");
        let mut tx = begin(&store).await;
        accounts::insert(&mut tx, &ada).await.unwrap();
        organisations::insert(&mut tx, &acme).await.unwrap();
        spaces::insert(&mut tx, &general).await.unwrap();
        entitlements::insert(&mut tx, acme.id, &"echo".parse().unwrap(), NOON).await.unwrap();
        memberships::ensure(&mut tx, ada.id, acme.id, NOON).await.unwrap();
        grants::insert(&mut tx, &grant(&ada, &acme, "viewer")).await.unwrap();
        tx.commit(NOON).await.unwrap();

        let mut tx = begin(&store).await;
        let twin = Account { email: None, ..person("ada") };
        assert_eq!(broken(accounts::insert(&mut tx, &twin).await), Constraint::UserName);
        let mut tx = {
            drop(tx);
            begin(&store).await
        };
        let other = Account { email: Some("ADA@example.org".into()), ..person("bea") };
        assert_eq!(broken(accounts::insert(&mut tx, &other).await), Constraint::Email);
        let mut tx = {
            drop(tx);
            begin(&store).await
        };
        assert_eq!(
            broken(organisations::insert(&mut tx, &organisation("acme")).await),
            Constraint::OrganisationSlug
        );
        let mut tx = {
            drop(tx);
            begin(&store).await
        };
        assert_eq!(broken(spaces::insert(&mut tx, &space(&acme, "general")).await), Constraint::SpaceSlug);
        let mut tx = {
            drop(tx);
            begin(&store).await
        };
        let again = entitlements::insert(&mut tx, acme.id, &"echo".parse().unwrap(), NOON).await;
        assert_eq!(broken(again), Constraint::Entitlement);
        let mut tx = {
            drop(tx);
            begin(&store).await
        };
        assert_eq!(broken(grants::insert(&mut tx, &grant(&ada, &acme, "viewer")).await), Constraint::Grant);
    }
}

/// a grant cannot reach into another organisation's space, nor exist without membership.
#[tokio::test]
async fn a_grant_stays_inside_its_organisation() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let (ada, acme, globex) = (person("ada"), organisation("acme"), organisation("globex"));
        let theirs = space(&globex, "general");
        let mut tx = begin(&store).await;
        accounts::insert(&mut tx, &ada).await.unwrap();
        organisations::insert(&mut tx, &acme).await.unwrap();
        organisations::insert(&mut tx, &globex).await.unwrap();
        spaces::insert(&mut tx, &theirs).await.unwrap();
        memberships::ensure(&mut tx, ada.id, acme.id, NOON).await.unwrap();
        tx.commit(NOON).await.unwrap();
        let mut tx = begin(&store).await;
        let across = Grant { space: Some(theirs.id), ..grant(&ada, &acme, "viewer") };
        assert_eq!(broken(grants::insert(&mut tx, &across).await), Constraint::Reference);
        let mut tx = {
            drop(tx);
            begin(&store).await
        };
        assert_eq!(
            broken(grants::insert(&mut tx, &grant(&ada, &globex, "viewer")).await),
            Constraint::Reference
        );
    }
}

#[tokio::test]
async fn standing_holds_everything_that_admission_needs_and_nothing_of_closed_organisations() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let (ada, acme, globex) = (person("ada"), organisation("acme"), organisation("globex"));
        let (general, lab) = (space(&acme, "general"), space(&acme, "lab"));
        let mut tx = begin(&store).await;
        accounts::insert(&mut tx, &ada).await.unwrap();
        for one in [&acme, &globex] {
            organisations::insert(&mut tx, one).await.unwrap();
            memberships::ensure(&mut tx, ada.id, one.id, NOON).await.unwrap();
            entitlements::insert(&mut tx, one.id, &"echo".parse().unwrap(), NOON).await.unwrap();
            grants::insert(&mut tx, &grant(&ada, one, "viewer")).await.unwrap();
        }
        spaces::insert(&mut tx, &general).await.unwrap();
        spaces::insert(&mut tx, &lab).await.unwrap();
        let timed = Grant {
            space: Some(lab.id),
            platform: Some("echo".parse().unwrap()),
            starts_at: Some(NOON),
            ends_at: Some(NOON.plus(std::time::Duration::from_secs(60))),
            ..grant(&ada, &acme, "manager")
        };
        grants::insert(&mut tx, &timed).await.unwrap();
        assert!(organisations::close(&mut tx, globex.id, NOON).await.unwrap());
        tx.commit(NOON).await.unwrap();

        let held = standing::load(&store, ada.id).await.unwrap().unwrap();
        assert_eq!(format!("{:?}", held.account), format!("{ada:?}"));
        assert_eq!(held.organisations.len(), 1);
        assert_eq!(held.organisations[0].slug.as_str(), "acme");
        assert_eq!(
            held.organisations[0].spaces.iter().map(|s| s.as_str()).collect::<Vec<_>>(),
            ["general", "lab"]
        );
        assert_eq!(held.organisations[0].platforms.len(), 1);
        assert_eq!(held.grants.len(), 2);
        let lab = held.grants.iter().find(|grant| grant.space.is_some()).unwrap();
        assert_eq!((lab.role.as_str(), lab.ends_at), ("manager", timed.ends_at));
        assert!(standing::load(&store, AccountId::mint()).await.unwrap().is_none());
        let bare = person("bea");
        let mut tx = begin(&store).await;
        accounts::insert(&mut tx, &bare).await.unwrap();
        tx.commit(NOON).await.unwrap();
        assert!(standing::load(&store, bare.id).await.unwrap().unwrap().grants.is_empty());
    }
}

#[tokio::test]
async fn leaving_an_organisation_takes_every_grant_along() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let (ada, acme) = (person("ada"), organisation("acme"));
        let mut tx = begin(&store).await;
        accounts::insert(&mut tx, &ada).await.unwrap();
        organisations::insert(&mut tx, &acme).await.unwrap();
        assert!(memberships::ensure(&mut tx, ada.id, acme.id, NOON).await.unwrap());
        assert!(!memberships::ensure(&mut tx, ada.id, acme.id, NOON).await.unwrap());
        grants::insert(&mut tx, &grant(&ada, &acme, "viewer")).await.unwrap();
        tx.commit(NOON).await.unwrap();
        let mut tx = begin(&store).await;
        assert!(memberships::remove(&mut tx, ada.id, acme.id).await.unwrap());
        tx.commit(NOON).await.unwrap();
        assert!(grants::of_account(&store, ada.id).await.unwrap().is_empty());
    }
}

/// one conditional write uses a link; purpose, expiry and generation bind it.
#[tokio::test]
async fn a_link_works_once_for_its_purpose_until_it_expires_or_a_newer_one_is_made() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let ada = person("ada");
        let link = |digest: u8, generation| EmailLink {
            id: EmailLinkId::mint(),
            account: Some(ada.id),
            purpose: Purpose::Validate,
            generation,
            target: None,
            digest: [digest; 32],
            created_at: NOON,
            expires_at: NOON.plus(std::time::Duration::from_secs(60)),
            used_at: None,
        };
        let mut tx = begin(&store).await;
        accounts::insert(&mut tx, &ada).await.unwrap();
        let first = email_links::next_generation(&mut tx, ada.id).await.unwrap();
        email_links::insert(&mut tx, &link(1, first)).await.unwrap();
        let second = email_links::next_generation(&mut tx, ada.id).await.unwrap();
        email_links::insert(&mut tx, &link(2, second)).await.unwrap();
        tx.commit(NOON).await.unwrap();
        let late = NOON.plus(std::time::Duration::from_secs(60));
        for (digest, purpose, now, works) in [
            ([1; 32], Purpose::Validate, NOON, false),
            ([2; 32], Purpose::Reset, NOON, false),
            ([2; 32], Purpose::Validate, late, false),
            ([2; 32], Purpose::Validate, NOON, true),
            ([2; 32], Purpose::Validate, NOON, false),
        ] {
            let mut tx = begin(&store).await;
            let used = email_links::consume(&mut tx, &digest, purpose, now).await.unwrap();
            assert_eq!(used.is_some(), works);
            tx.commit(NOON).await.unwrap();
        }
    }
}

#[tokio::test]
async fn only_what_is_long_over_is_removed() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let ada = person("ada");
        let link = |digest: u8| EmailLink {
            id: EmailLinkId::mint(),
            account: Some(ada.id),
            purpose: Purpose::Reset,
            generation: 0,
            target: None,
            digest: [digest; 32],
            created_at: NOON,
            expires_at: NOON.plus(std::time::Duration::from_secs(u64::from(digest))),
            used_at: None,
        };
        let mut tx = begin(&store).await;
        accounts::insert(&mut tx, &ada).await.unwrap();
        email_links::insert(&mut tx, &link(1)).await.unwrap();
        email_links::insert(&mut tx, &link(9)).await.unwrap();
        tx.commit(NOON).await.unwrap();
        let month = std::time::Duration::from_secs(30 * 24 * 60 * 60 + 5);
        attic::clear(&store, NOON.plus(month)).await.unwrap();
        assert!(email_links::by_digest(&store, &[1; 32]).await.unwrap().is_none());
        assert!(email_links::by_digest(&store, &[9; 32]).await.unwrap().is_some());
    }
}
