//! Who must wait because too many attempts failed, and an end of it.

use askama::Template;

use super::frame::{Frame, When};
use super::step_up;
use super::visit::{Outcome, Overseer, SignedIn};
use crate::actions::{account, ban};
use crate::model::quota::{Party, Subject};

use crate::web::fields::Fields;

const PATH: &str = "/.portcullis/bans";

#[derive(Template)]
#[template(path = "pages/bans.html")]
struct Page {
    frame: Frame,
    bans: Vec<Row>,
    may_lift: bool,
}

struct Row {
    party: String,
    kind: &'static str,
    name: String,
    account: Option<String>,
    until: When,
}

/// Lists who must wait.
pub async fn show(Overseer(signed_in): Overseer) -> Outcome {
    let visit = &signed_in.visit;
    let now = visit.app.clock.now();
    let mut bans = Vec::new();
    for one in visit.or_say(ban::list(&visit.app, &signed_in.actor()))? {
        bans.push(row(&signed_in, one.party, When(now.plus(one.left))).await);
    }
    let may_lift = signed_in.administers();
    Ok(visit.show(&Page { frame: signed_in.frame("nav-bans"), bans, may_lift }))
}

/// Ends a wait.
pub async fn lift(Overseer(signed_in): Overseer, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let Ok(party) = fields.text("party").parse::<Party>() else { return Ok(signed_in.visit.go(PATH)) };
    step_up::fresh(&mut signed_in, &fields).await?;
    let visit = &signed_in.visit;
    visit.or_say(ban::lift(&visit.app, &signed_in.actor(), party).await)?;
    Ok(signed_in.visit.go_saying(PATH, "flash-ban-lifted"))
}

async fn row(signed_in: &SignedIn, party: Party, until: When) -> Row {
    let (kind, name) = match party {
        Party::Source(source) => ("bans-source", source.to_string()),
        Party::Subject(Subject::Account(id)) => ("bans-account", id.to_string()),
        Party::Subject(Subject::Key(id)) => ("bans-key", id.to_string()),
        Party::Subject(Subject::Name(_)) => ("bans-name", String::new()),
    };
    let account = match party {
        Party::Subject(Subject::Account(id)) => account::by_id(&signed_in.visit.app, id).await.ok(),
        Party::Source(_) | Party::Subject(_) => None,
    };
    let account = account.map(|account| account.user_name.to_string());
    Row { party: party.to_string(), kind, name, account, until }
}
