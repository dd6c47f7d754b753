//! Who may promise what to whom, and what is left of a promise when it is taken up.

use std::time::Duration;

use portcullis::actions::invitation::{self, Invited, NewInvitations, NewPromise, Unsent};
use portcullis::actions::space::GrantsInside;
use portcullis::actions::{ActionError, Actor, Denied, Noun, Rule, entitlement, grant, space};
use portcullis::model::account::Office;
use portcullis::model::invitation::InvitationState;
use portcullis::secret::Secret;
use portcullis::store::grants;

use super::ground::{House, denied, missing, refused, wanted};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn promise(role: &str, space: Option<&str>) -> NewPromise {
    let space = space.map(|space| space.parse().unwrap());
    NewPromise { role: role.parse().unwrap(), space, platform: None, starts_at: None, ends_at: None }
}

fn new(home: &str, addresses: &[&str], promises: Vec<NewPromise>) -> NewInvitations {
    let addresses = addresses.iter().map(|one| (*one).to_owned()).collect();
    NewInvitations { organisation: home.parse().unwrap(), addresses, promises }
}

async fn invite(house: &House, actor: &Actor, role: &str) -> Result<Vec<Invited>, ActionError> {
    invitation::invite(&house.app, actor, new("acme", &["new@example.org"], vec![promise(role, None)])).await
}

/// The token of the link that was handed out.
fn token(invited: &Invited) -> Secret<String> {
    let link = invited.outcome.as_ref().unwrap().link.as_ref().unwrap();
    Secret::new(link.expose().rsplit('/').next().unwrap().to_owned())
}

fn outcome(result: Result<Vec<Invited>, ActionError>) -> Result<usize, ActionError> {
    result.map(|all| all.len())
}

/// S4-02, S4-03, R-68: managers invite up to their own rank where they manage, support and administrators anybody,
/// nobody else at all; a role that configuration does not know is refused.
#[tokio::test]
async fn people_invite_where_they_manage_and_no_higher_than_they_are() {
    for house in House::all().await {
        let manager = house.member("mia", "acme", "manager").await;
        let viewer = house.member("vic", "acme", "viewer").await;
        let stranger = house.member("sue", "globex", "manager").await;
        let support = house.person("sam", Some(Office::Support)).await;
        let narrow = house.person("nat", None).await;
        let limited =
            grant::NewGrant { space: Some("general".parse().unwrap()), ..wanted("nat", "acme", "manager") };
        house.give(&Actor::operator(), &limited).await.unwrap();
        let manager = house.acting(&manager).await;
        denied(outcome(invite(&house, &house.acting(&viewer).await, "viewer").await), Denied::NotManager);
        missing(outcome(invite(&house, &house.acting(&stranger).await, "viewer").await), Noun::Organisation);
        missing(outcome(invite(&house, &manager, "emperor").await), Noun::Role);
        let narrow = house.acting(&narrow).await;
        denied(outcome(invite(&house, &narrow, "viewer").await), Denied::NotManager);
        let inside = new("acme", &["in@example.org"], vec![promise("viewer", Some("general"))]);
        assert_eq!(invitation::invite(&house.app, &narrow, inside).await.unwrap().len(), 1);
        let nowhere = new("acme", &["in@example.org"], vec![promise("viewer", Some("nowhere"))]);
        missing(outcome(invitation::invite(&house.app, &manager, nowhere).await), Noun::Space);
        let empty = new("acme", &["in@example.org"], Vec::new());
        refused(outcome(invitation::invite(&house.app, &manager, empty).await), Rule::NoPromise);
        let many: Vec<String> = (0..201).map(|one| format!("a{one}@example.org")).collect();
        let many = NewInvitations { addresses: many, ..new("acme", &[], vec![promise("viewer", None)]) };
        refused(outcome(invitation::invite(&house.app, &manager, many).await), Rule::TooManyAddresses);
        assert!(invite(&house, &manager, "manager").await.unwrap()[0].outcome.is_ok());
        let again = invite(&house, &house.acting(&support).await, "manager").await.unwrap();
        assert_eq!(again[0].outcome.as_ref().err(), Some(&Unsent::Waiting));
    }
}

/// an id of another organisation names nothing, whoever asks under whichever organisation.
#[tokio::test]
async fn an_invitation_is_nothing_to_managers_elsewhere() {
    for house in House::all().await {
        let sue = house.member("sue", "globex", "manager").await;
        let sue = house.acting(&sue).await;
        let invited = invite(&house, &Actor::operator(), "viewer").await.unwrap();
        let id = invited[0].outcome.as_ref().unwrap().id;
        house.clock.advance(Duration::from_secs(60));
        for home in ["acme", "globex"] {
            let home = home.parse().unwrap();
            let noun = if home == "globex".parse().unwrap() { Noun::Invitation } else { Noun::Organisation };
            missing(invitation::show(&house.app, &sue, &home, id).await.map(drop), noun);
            missing(invitation::resend(&house.app, &sue, &home, id).await.map(drop), noun);
            missing(invitation::extend(&house.app, &sue, &home, id).await.map(drop), noun);
            missing(invitation::revoke(&house.app, &sue, &home, id).await.map(drop), noun);
        }
        let acme = "acme".parse().unwrap();
        missing(invitation::list(&house.app, &sue, &acme, "", 9).await.map(drop), Noun::Organisation);
        let seen = invitation::list(&house.app, &sue, &"globex".parse().unwrap(), "", 9).await.unwrap();
        assert!(seen.is_empty());
        let held = invitation::show(&house.app, &Actor::operator(), &acme, id).await.unwrap();
        assert_eq!(held.invitation.state(house.app.clock.now()), InvitationState::Waiting);
    }
}

/// an invitation is worth as much as the right of whoever sent it, when it is accepted.
#[tokio::test]
async fn promises_end_with_the_right_of_the_inviter() {
    for house in House::all().await {
        let mia = house.member("mia", "acme", "manager").await;
        house.member("max", "acme", "manager").await;
        let grace = house.person("grace", None).await;
        let wanted = new("acme", &["grace@example.org"], vec![promise("manager", None)]);
        let invited = invitation::invite(&house.app, &house.acting(&mia).await, wanted).await.unwrap();
        grant::leave(&house.app, &Actor::operator(), &"mia".parse().unwrap(), &"acme".parse().unwrap())
            .await
            .unwrap();
        let (actor, token) = (house.acting(&grace).await, token(&invited[0]));
        missing(invitation::accept(&house.app, &actor, &token).await.map(drop), Noun::Invitation);
        assert!(grants::of_account(&house.app.store, grace.id).await.unwrap().is_empty());
    }
}

/// What was promised is looked at again: a space that went took its grant along, an ended one is not given, a
/// platform that the organisation lost neither.
#[tokio::test]
async fn what_can_still_be_given_is_given_and_nothing_else() {
    for house in House::all().await {
        let mia = house.member("mia", "acme", "manager").await;
        house.member("max", "acme", "manager").await;
        let grace = house.person("grace", None).await;
        let (operator, acme) = (Actor::operator(), "acme".parse().unwrap());
        let (lab, lab_name) = ("lab".parse().unwrap(), "Lab".parse().unwrap());
        space::create(&house.app, &operator, &acme, lab, lab_name).await.unwrap();
        let now = house.app.clock.now();
        let ended = NewPromise { ends_at: Some(now.plus(DAY)), ..promise("manager", None) };
        let echo =
            NewPromise { platform: Some("echo".parse().unwrap()), ..promise("simulation-runner", None) };
        let promises = vec![promise("viewer", Some("lab")), promise("viewer", Some("general")), ended, echo];
        let wanted = new("acme", &["Grace@Example.org"], promises);
        let invited = invitation::invite(&house.app, &house.acting(&mia).await, wanted).await.unwrap();
        let lab = "lab".parse().unwrap();
        space::remove(&house.app, &operator, &acme, &lab, GrantsInside::Keep).await.unwrap();
        entitlement::remove(&house.app, &operator, &acme, &"echo".parse().unwrap()).await.unwrap();
        house.clock.advance(DAY * 2);
        let actor = house.acting(&grace).await;
        let token = token(&invited[0]);
        invitation::accept(&house.app, &actor, &token).await.map(drop).unwrap();
        let held = grants::of_account(&house.app.store, grace.id).await.unwrap();
        assert_eq!(held.len(), 1, "{held:?}");
        assert_eq!((held[0].role.as_str(), held[0].granted_by), ("viewer", Some(mia.id)));
        assert!(held[0].space.is_some());
        missing(invitation::accept(&house.app, &actor, &token).await.map(drop), Noun::Invitation);
    }
}

/// S4-07: only the account of the invited address accepts, and a key never does; what is there already stays once.
#[tokio::test]
async fn only_the_holder_of_the_address_accepts() {
    for house in House::all().await {
        let other = house.person("other", None).await;
        let member = house.member("new", "acme", "viewer").await;
        let invited = invite(&house, &Actor::operator(), "viewer").await.unwrap();
        let token = token(&invited[0]);
        let refused = invitation::accept(&house.app, &house.acting(&other).await, &token).await;
        denied(refused.map(drop), Denied::NotInvited);
        let none = invitation::accept(&house.app, &Actor::operator(), &token).await;
        denied(none.map(drop), Denied::NotOwner);
        invitation::accept(&house.app, &house.acting(&member).await, &token).await.map(drop).unwrap();
        assert_eq!(grants::of_account(&house.app.store, member.id).await.unwrap().len(), 1);
    }
}

/// An invitation never works for longer than a week after it was sent, however often it is extended.
#[tokio::test]
async fn an_invitation_is_extended_up_to_a_week_after_it_was_sent() {
    for house in House::all().await {
        let mut config = (**house.app.config.load()).clone();
        config.links.invitation = DAY;
        house.app.config.store(std::sync::Arc::new(config));
        let (operator, acme) = (Actor::operator(), "acme".parse().unwrap());
        let invited = invite(&house, &operator, "viewer").await.unwrap();
        let sent = invited[0].outcome.as_ref().unwrap();
        let begin = house.app.clock.now();
        for day in 1..7 {
            house.clock.advance(DAY);
            let held = invitation::extend(&house.app, &operator, &acme, sent.id).await.unwrap();
            assert_eq!(held.expires_at.since(begin), DAY * (day + 1));
        }
        house.clock.advance(DAY / 2);
        refused(invitation::extend(&house.app, &operator, &acme, sent.id).await, Rule::ExtendedAlready);
    }
}
