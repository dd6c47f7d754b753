//! `portcullis session …`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::desk::{Desk, Exit};
use super::output::Table;
use crate::actions::session::{self, Begun, NewSession, Stay};
use crate::actions::{Actor, account};
use crate::app::App;
use crate::auth::credentials::SESSION_COOKIE;
use crate::model::account::UserName;
use crate::model::credentials::Credentials;
use crate::model::id::SessionId;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Signs an account in without a password and prints a cookie per host, once
    Create(Create),
    /// Lists the open sessions of an account
    List {
        /// Whose
        #[arg(long, value_name = "NAME")]
        account: UserName,
    },
    /// Ends a session on every host
    End {
        /// Id of the session, as listed
        id: SessionId,
    },
    /// Ends all sessions of an account
    EndAll {
        /// Whose
        #[arg(long, value_name = "NAME")]
        account: UserName,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Who is signed in
    #[arg(long, value_name = "NAME")]
    account: UserName,
    /// A host that gets a cookie; every protected host if left out
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// Credentials to work under, as platform/organisation/space/role; one set per platform
    #[arg(long, value_name = "P/O/S/R")]
    credentials: Vec<Credentials>,
    /// Lasts as long as a remembered session
    #[arg(long)]
    remembered: bool,
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| {
        let actor = Actor::operator();
        match verb {
            Verb::Create(wanted) => create(wanted, desk, app).await?,
            Verb::List { account } => list(desk, app, &account).await?,
            Verb::End { id } => {
                let ended = session::end(app, &actor, id).await?;
                desk.output.done(if ended {
                    "The session is ended."
                } else {
                    "The session was over already."
                });
            }
            Verb::EndAll { account } => {
                let account = account::by_name(app, &account).await?;
                let ended = session::end_all(app, &actor, account.id, None).await?;
                if desk.output.is_json() {
                    desk.output.value(&json!({ "ended": ended }));
                } else {
                    desk.output.done(&format!("{ended} sessions are ended."));
                }
            }
        }
        Ok(())
    })
}

async fn create(wanted: Create, desk: &Desk, app: &App) -> Result<(), Exit> {
    let account = account::by_name(app, &wanted.account).await?;
    let new = NewSession {
        account: account.id,
        hosts: wanted.host.iter().map(|host| Arc::from(host.to_ascii_lowercase())).collect(),
        methods: vec!["cli".into()],
        stay: if wanted.remembered { Stay::Remembered } else { Stay::Usual },
        chosen: wanted.credentials,
        device: "command line".to_owned(),
    };
    let begun = session::create(app, &Actor::operator(), new).await?;
    hand_out(desk, &begun);
    Ok(())
}

/// Prints the cookies, the only time they are known.
fn hand_out(desk: &Desk, begun: &Begun) {
    let cookie = |token: &str| format!("Cookie: {SESSION_COOKIE}={token}");
    if desk.output.is_json() {
        let each = |(host, token): &(Arc<str>, crate::secret::Secret<String>)| json!({ "host": &**host, "cookie": cookie(token.expose()) });
        let hosts: Value = begun.tokens.iter().map(each).collect();
        desk.output.record(&[
            ("id", json!(begun.session.id.to_string())),
            ("ends_at", json!(begun.session.ends_at.to_string())),
            ("hosts", hosts),
        ]);
        return;
    }
    desk.output.record(&[
        ("id", json!(begun.session.id.to_string())),
        ("ends_at", json!(begun.session.ends_at.to_string())),
    ]);
    let mut table = Table::of(&["host", "header"]);
    for (host, token) in &begun.tokens {
        table.row(vec![json!(&**host), json!(cookie(token.expose()))]);
    }
    desk.output.table(table);
}

async fn list(desk: &Desk, app: &App, name: &UserName) -> Result<(), Exit> {
    let account = account::by_name(app, name).await?;
    let mut table =
        Table::of(&["id", "device", "methods", "created_at", "last_seen_at", "ends_at", "credentials"]);
    for session in session::list(app, &Actor::operator(), account.id).await? {
        table.row(vec![
            json!(session.id.to_string()),
            json!(&*session.device),
            session.methods.iter().map(|method| json!(&**method)).collect(),
            json!(session.created_at.to_string()),
            json!(session.last_seen_at.to_string()),
            json!(session.ends_at.to_string()),
            session.chosen.iter().map(ToString::to_string).collect(),
        ]);
    }
    desk.output.table(table);
    Ok(())
}
