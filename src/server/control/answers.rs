//! What each request on the control channel does. A request is `{"do": "…", …}`; the answer is
//! `{"done": …}`, or `{"error": "…"}` with `problems` where the configuration has some.

use serde_json::{Value, json};

use super::Desk;
use super::explain::explain;
use crate::actions::{Actor, ban};
use crate::app::App;
use crate::model::quota::Party;
use crate::server::reload::ReloadError;
use crate::server::shutdown::Phase;

/// Does what is asked.
pub(super) async fn answer(request: &Value, desk: &Desk) -> Value {
    let app = &desk.reloading.app;
    let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("do") {
        "status" => status(app, desk),
        "reload" => reload(desk).await,
        "ban list" => bans(app),
        "ban remove" => lift(app, text("party")).await,
        "explain" => explain(&desk.reloading.gateway.insight, request).await,
        other => refused(&format!("the gate cannot do \"{other}\"")),
    }
}

pub(super) fn refused(why: &str) -> Value {
    json!({ "error": why })
}

fn status(app: &App, desk: &Desk) -> Value {
    let metrics = &app.metrics;
    json!({ "done": {
        "version": env!("CARGO_PKG_VERSION"),
        "process": std::process::id(),
        "phase": phase(desk.shutdown.phase()),
        "public_url": &*app.config.load().public_url.origin,
        "generation": metrics.generation.get(),
        "last_reload_successful": metrics.reload_successful.get() == 1,
        "connections": metrics.connections_open.get(),
        "requests_in_flight": metrics.in_flight.get(),
        "store_is_away": app.follower.store_is_away(),
        "changes_read_at": app.follower.read_at().to_string(),
    }})
}

const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Serving => "serving",
        Phase::Leaving => "leaving",
        Phase::Draining => "draining",
        Phase::Cutting => "cutting",
        Phase::Ended => "ended",
    }
}

async fn reload(desk: &Desk) -> Value {
    match desk.reloading.configuration().await {
        Ok(waiting) => {
            let generation = desk.reloading.app.metrics.generation.get();
            json!({ "done": { "generation": generation, "waiting": waiting } })
        }
        Err(ReloadError::Configuration(problems)) => {
            json!({ "error": problems.to_string(), "problems": problems.json() })
        }
        Err(error) => refused(&error.to_string()),
    }
}

fn bans(app: &App) -> Value {
    let bans = app.limits.bans(app.clock.now());
    let row = |ban: &crate::app::limits::Ban| {
        let seconds = ban.left.as_secs() + u64::from(ban.left.subsec_nanos() > 0);
        json!({ "party": ban.party.to_string(), "seconds": seconds })
    };
    json!({ "done": bans.iter().map(row).collect::<Vec<_>>() })
}

async fn lift(app: &App, party: &str) -> Value {
    let Ok(party) = party.parse::<Party>() else {
        return refused(&format!("\"{party}\" is neither an address, a key id nor an account id"));
    };
    match ban::lift(app, &Actor::operator(), party).await {
        Ok(lifted) => json!({ "done": { "lifted": lifted } }),
        Err(error) => {
            tracing::error!(%error, %party, "a ban was lifted, but the audit trail could not be written");
            refused("the ban is lifted, but the audit trail could not be written")
        }
    }
}
