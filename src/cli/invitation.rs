//! `portcullis invitation …`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::desk::{Desk, Exit};
use super::moment::moment;
use super::output::Table;
use crate::actions::Actor;
use crate::actions::invitation::{self, Invited, NewInvitations, NewPromise, Sent};
use crate::app::App;
use crate::model::id::InvitationId;
use crate::model::invitation::{NamedInvitation, Promise};
use crate::model::slug::Slug;
use crate::time::Timestamp;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Invites people to an organisation; each address gets a letter of its own
    Create(Create),
    /// Lists invitations of an organisation, newest first
    List {
        /// The organisation
        #[arg(long, value_name = "SLUG")]
        organisation: Slug,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Sends an invitation anew; the link of the letter before ends
    Resend(Which),
    /// Lets an invitation work for longer, up to a week after it was sent
    Extend(Which),
    /// Takes an invitation back
    Revoke(Which),
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Whom: one or more addresses
    #[arg(required = true, value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// To which organisation
    #[arg(long, value_name = "SLUG")]
    organisation: Slug,
    /// Which role they get
    #[arg(long, value_name = "SLUG")]
    role: Slug,
    /// In which space; each of them if left out
    #[arg(long, value_name = "SLUG")]
    space: Option<Slug>,
    /// On which platform; each entitled one if left out
    #[arg(long, value_name = "SLUG")]
    platform: Option<Slug>,
    /// When the role begins to count: 2027-01-31 or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    starts: Option<Timestamp>,
    /// When the role ceases to count
    #[arg(long, value_name = "TIME", value_parser = moment)]
    ends: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// The organisation
    #[arg(long, value_name = "SLUG")]
    organisation: Slug,
    /// Id of the invitation, as listed
    id: InvitationId,
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| {
        let actor = Actor::operator();
        match verb {
            Verb::Create(create) => return create_all(app, desk, create).await,
            Verb::List { organisation, limit } => {
                let found = invitation::list(app, &actor, &organisation, "", limit).await?;
                desk.output.table(table(app, &found));
            }
            Verb::Resend(Which { organisation, id }) => {
                let sent = invitation::resend(app, &actor, &organisation, id).await?;
                desk.output.record(&record(&sent));
            }
            Verb::Extend(Which { organisation, id }) => {
                let held = invitation::extend(app, &actor, &organisation, id).await?;
                desk.output.done(&format!("invitation {id} works until {}", held.expires_at));
            }
            Verb::Revoke(Which { organisation, id }) => {
                invitation::revoke(app, &actor, &organisation, id).await?;
                desk.output.done(&format!("revoked invitation {id}"));
            }
        }
        Ok(())
    })
}

async fn create_all(app: &App, desk: &Desk, create: Create) -> Result<(), Exit> {
    let Create { addresses, organisation, role, space, platform, starts, ends } = create;
    let promise = NewPromise { role, space, platform, starts_at: starts, ends_at: ends };
    let new = NewInvitations { organisation, addresses, promises: vec![promise] };
    let all = invitation::invite(app, &Actor::operator(), new).await?;
    let mut table = Table::of(&["address", "invitation", "expires_at", "link", "refused"]);
    all.iter().for_each(|one| table.row(row(one)));
    desk.output.table(table);
    let refused = all.iter().filter(|one| one.outcome.is_err()).count();
    if refused > 0 {
        return Err(Exit::Failed(anyhow::anyhow!("{refused} of {} addresses were not invited", all.len())));
    }
    Ok(())
}

fn row(one: &Invited) -> Vec<Value> {
    match &one.outcome {
        Ok(sent) => vec![
            json!(one.typed),
            json!(sent.id.to_string()),
            json!(sent.expires_at.to_string()),
            link(sent),
            Value::Null,
        ],
        Err(unsent) => {
            vec![json!(one.typed), Value::Null, Value::Null, Value::Null, json!(unsent.to_string())]
        }
    }
}

fn record(sent: &Sent) -> [(&'static str, Value); 4] {
    [
        ("address", json!(sent.email)),
        ("invitation", json!(sent.id.to_string())),
        ("expires_at", json!(sent.expires_at.to_string())),
        ("link", link(sent)),
    ]
}

/// Only where letters go nowhere.
fn link(sent: &Sent) -> Value {
    json!(sent.link.as_ref().map(|link| link.expose().clone()))
}

fn table(app: &App, found: &[NamedInvitation]) -> Table {
    let now = app.clock.now();
    let mut table = Table::of(&[
        "id",
        "address",
        "state",
        "promises",
        "invited_by",
        "sent_at",
        "expires_at",
        "accepted_by",
    ]);
    for one in found {
        let held = &one.invitation;
        table.row(vec![
            json!(held.id.to_string()),
            json!(&*held.email),
            json!(held.state(now).as_str()),
            one.promises.iter().map(|promise| json!(line(promise))).collect(),
            json!(one.inviter.as_ref().map(ToString::to_string)),
            json!(held.sent_at.to_string()),
            json!(held.expires_at.to_string()),
            json!(one.accepter.as_ref().map(ToString::to_string)),
        ]);
    }
    table
}

/// `role`, `role in space`, `role on platform`.
fn line(promise: &Promise) -> String {
    let space = promise.space_slug.as_ref().map(|space| format!(" in {space}")).unwrap_or_default();
    let platform = promise.platform.as_ref().map(|slug| format!(" on {slug}")).unwrap_or_default();
    format!("{}{space}{platform}", promise.role)
}
