//! Who may enter where, case by case.

use std::time::Duration;

use super::*;
use crate::model::account::{Account, AccountKind, AccountStatus};
use crate::model::api_key::{KeyAudience, KeyId, KeyKind};
use crate::model::grant::{HeldGrant, HeldOrganisation};
use crate::model::id::{AccountId, OrganisationId, SessionId};
use crate::model::role::{Permission, Rank, Role};
use crate::model::slug::Slug;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

fn roles() -> Roles {
    let role = |name: &str, permissions| Role { slug: slug(name), title: name.to_owned(), permissions };
    let view = Permissions::NONE.with(Permission::View);
    let manage = view.with(Permission::Manage);
    Roles::in_order(vec![role("viewer", view), role("manager", manage)])
}

fn standing(grants: Vec<HeldGrant>) -> Arc<Standing> {
    let account = Account {
        id: AccountId::mint(),
        user_name: "ada".parse().unwrap(),
        email: None,
        display_name: "Ada".into(),
        validated: false,
        kind: AccountKind::Person,
        status: AccountStatus::Active,
        office: None,
        created_at: NOW,
    };
    let home = HeldOrganisation {
        id: OrganisationId::mint(),
        slug: slug("home"),
        spaces: vec![slug("general"), slug("lab")],
        platforms: vec![slug("echo")],
    };
    Arc::new(Standing { account, grants, organisations: vec![home], assertions: Default::default() })
}

fn grant(space: Option<&str>, role: &str) -> HeldGrant {
    HeldGrant {
        organisation: 0,
        space: space.map(slug),
        role: slug(role),
        platform: None,
        starts_at: None,
        ends_at: None,
    }
}

fn key(credentials: &[&str]) -> ApiKey {
    ApiKey {
        id: KeyId::from_ascii(b"abcdefghijkl").unwrap(),
        kind: KeyKind::Personal,
        account: AccountId::mint(),
        name: "laptop".into(),
        digest: [0; 32],
        pepper: 1,
        audience: KeyAudience::Upstream,
        credentials: credentials.iter().map(|text| text.parse().unwrap()).collect(),
        rights: None,
        networks: Vec::new(),
        created_at: NOW,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
        replaces: None,
    }
}

fn by_key(key: &ApiKey, standing: &Arc<Standing>, route: &Route) -> Result<Identity, AuthError> {
    let claim = Claim { proof: Presented::Key(key.id), key: Some(key), session: None, picked: None };
    identity(&claim, standing, route, terms(&roles(), &Demanded::default()))
}

fn by_session(standing: &Arc<Standing>, route: &Route, chosen: &[&str]) -> Result<Identity, AuthError> {
    let session = Session {
        id: SessionId::mint(),
        account: standing.account.id,
        created_at: NOW,
        authenticated_at: NOW.minus(Duration::from_secs(600)),
        methods: vec!["pwd".into()],
        last_seen_at: NOW,
        idle: Duration::from_secs(3600),
        ends_at: NOW.plus(Duration::from_secs(3600)),
        ended_at: None,
        chosen: chosen.iter().map(|text| text.parse().unwrap()).collect(),
        host: "h".into(),
        device: "".into(),
        address: None,
    };
    let proof = Presented::Session(session.id);
    let claim = Claim { proof, key: None, session: Some(&session), picked: None };
    identity(&claim, standing, route, terms(&roles(), &Demanded::default()))
}

fn route(access: Access) -> Route {
    Route { access, ..Route::to_echo("r") }
}

fn member() -> Route {
    route(Access::Member(Demands::default()))
}

fn terms<'a>(roles: &'a Roles, demanded: &'a Demanded) -> Terms<'a> {
    Terms { roles, demanded, now: NOW }
}

#[test]
fn a_key_works_under_the_credentials_it_carries() {
    let identity =
        by_key(&key(&["echo/home/general/viewer"]), &standing(vec![grant(None, "manager")]), &member());
    let identity = identity.unwrap();
    assert_eq!(identity.credentials.unwrap().to_string(), "echo/home/general/viewer");
    assert!(!identity.permissions.has(Permission::Manage));
}

/// R-67, K4: the grant is looked at each time, whatever the key says.
#[test]
fn a_key_outlives_no_grant() {
    let key = key(&["echo/home/general/viewer"]);
    for grants in [vec![], vec![grant(Some("lab"), "viewer")], vec![grant(None, "no-such-role")]] {
        let refused = by_key(&key, &standing(grants), &member());
        assert!(matches!(refused, Err(AuthError::Forbidden(Lack::Membership))));
    }
}

/// Pain 1: a key opens the platform it was made for and no other, on routes of every access.
#[test]
fn a_key_never_opens_another_platform() {
    let other = |access| Route { platform: slug("other"), ..route(access) };
    for access in [Access::Optional, Access::SignedIn(Demands::default()), Access::Member(Demands::default())]
    {
        let refused = by_key(
            &key(&["echo/home/general/viewer"]),
            &standing(vec![grant(None, "viewer")]),
            &other(access),
        );
        assert!(matches!(refused, Err(AuthError::Forbidden(Lack::Platform))));
    }
}

#[test]
fn several_credentials_must_be_chosen_among() {
    let several = key(&["echo/home/general/viewer", "echo/home/lab/viewer"]);
    let held = standing(vec![grant(None, "viewer")]);
    assert!(matches!(by_key(&several, &held, &member()), Err(AuthError::Choose(list)) if list.len() == 2));
    assert!(matches!(by_session(&held, &member(), &[]), Err(AuthError::Choose(_))));
    let chosen = by_session(&held, &member(), &["echo/home/lab/viewer"]).unwrap();
    assert_eq!(chosen.credentials.unwrap().space, slug("lab"));
    let picked = "echo/home/lab/viewer".parse().unwrap();
    let claim = Claim {
        proof: Presented::Key(several.id),
        key: Some(&several),
        session: None,
        picked: Some(&picked),
    };
    assert_eq!(
        identity(&claim, &held, &member(), terms(&roles(), &Demanded::default()))
            .unwrap()
            .credentials
            .unwrap()
            .space,
        slug("lab")
    );
    let foreign = "echo/home/lab/manager".parse().unwrap();
    let claim = Claim { picked: Some(&foreign), ..claim };
    assert!(matches!(
        identity(&claim, &held, &member(), terms(&roles(), &Demanded::default())),
        Err(AuthError::Forbidden(Lack::Pick))
    ));
}

#[test]
fn rank_validation_and_age_are_demanded() {
    let held = standing(vec![grant(Some("lab"), "viewer")]);
    let lack = |access: Access| match by_session(&held, &route(access), &[]) {
        Err(AuthError::Forbidden(lack)) => Some(lack),
        Ok(_) => None,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(lack(Access::Role(Rank(0), Demands::default())), None);
    assert_eq!(lack(Access::Role(Rank(1), Demands::default())), Some(Lack::Rank));
    let validated = Demands { validated: true, max_age: None };
    assert_eq!(lack(Access::Member(validated)), Some(Lack::Validation));
    let fresh = |secs| Demands { validated: false, max_age: Some(Duration::from_secs(secs)) };
    assert_eq!(lack(Access::SignedIn(fresh(600))), None);
    assert_eq!(lack(Access::SignedIn(fresh(599))), Some(Lack::Age));
    let by_key = by_key(&key(&["echo/home/lab/viewer"]), &held, &route(Access::Member(fresh(600))));
    assert!(matches!(by_key, Err(AuthError::Forbidden(Lack::Age))));
}

/// Grants with dates count between them only, and the identity ends with the grant.
#[test]
fn a_grant_counts_between_its_dates() {
    let dated = |starts: i64, ends: i64| HeldGrant {
        starts_at: Some(Timestamp::from_millis(starts)),
        ends_at: Some(Timestamp::from_millis(ends)),
        ..grant(Some("lab"), "viewer")
    };
    let key = key(&["echo/home/lab/viewer"]);
    let until = by_key(&key, &standing(vec![dated(0, 1_000_001)]), &member()).unwrap().until;
    assert_eq!(until, Some(Timestamp::from_millis(1_000_001)));
    for (starts, ends) in [(0, 1_000_000), (1_000_001, 2_000_000)] {
        assert!(by_key(&key, &standing(vec![dated(starts, ends)]), &member()).is_err());
    }
}
