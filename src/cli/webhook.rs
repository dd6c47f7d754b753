//! `portcullis webhook …`.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::desk::{Desk, Exit};
use super::output::Table;
use crate::actions::webhook::{self, Made, NewWebhook};
use crate::actions::{ActionError, Actor};
use crate::app::App;
use crate::model::egress::WebAddress;
use crate::model::event::EventKind;
use crate::model::id::{DeliveryId, WebhookId};
use crate::model::slug::Slug;
use crate::model::webhook::{Delivery, Webhook};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Makes a webhook of a platform; its secret is shown once
    Create {
        /// The platform that is told
        platform: Slug,
        /// Where events are sent
        url: WebAddress,
        /// What it is told; everything if left out. May be given several times
        #[arg(long = "event", value_name = "TYPE", value_parser = kind)]
        events: Vec<EventKind>,
    },
    /// Lists webhooks and how they are
    List {
        /// Only those of this platform
        #[arg(long, value_name = "SLUG")]
        platform: Option<Slug>,
    },
    /// Shows a webhook
    Show {
        /// Its id
        webhook: WebhookId,
    },
    /// Makes a new secret
    Rotate {
        /// Its id
        webhook: WebhookId,
        /// How long the secret before signs beside it
        #[arg(long, value_enum, default_value_t = Overlap::Day)]
        overlap: Overlap,
    },
    /// Lets sending go on
    Enable {
        /// Its id
        webhook: WebhookId,
    },
    /// Stops sending; what waits goes on waiting
    Disable {
        /// Its id
        webhook: WebhookId,
    },
    /// Removes a webhook and what waits for it
    Remove {
        /// Its id
        webhook: WebhookId,
    },
    /// Lists what was sent, newest first, and how it went
    Deliveries {
        /// The webhook's id
        webhook: WebhookId,
        /// How many at most
        #[arg(long, default_value_t = 50, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Only those before this one
        #[arg(long, value_name = "DELIVERY")]
        before: Option<DeliveryId>,
    },
    /// Sends something once more, under the same id
    Resend {
        /// The webhook's id
        webhook: WebhookId,
        /// What; everything that was given up if left out
        delivery: Option<DeliveryId>,
    },
    /// Sends an event that says nothing, to see whether it arrives
    Test {
        /// The webhook's id
        webhook: WebhookId,
    },
}

/// How long a replaced secret goes on.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Overlap {
    /// It stops at once
    Now,
    /// An hour
    #[value(name = "1h")]
    Hour,
    /// A day
    #[value(name = "24h")]
    Day,
}

impl From<Overlap> for webhook::Overlap {
    fn from(overlap: Overlap) -> Self {
        match overlap {
            Overlap::Now => Self::None,
            Overlap::Hour => Self::Hour,
            Overlap::Day => Self::Day,
        }
    }
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| Ok(act(app, verb, desk).await?))
}

async fn act(app: &App, verb: Verb, desk: &Desk) -> Result<(), ActionError> {
    let actor = &Actor::operator();
    match verb {
        Verb::Create { platform, url, events } => {
            made(desk, &webhook::create(app, actor, NewWebhook { platform, url, kinds: events }).await?);
        }
        Verb::List { platform } => list(desk, &webhook::list(app, actor, platform.as_ref()).await?),
        Verb::Show { webhook } => desk.output.record(&fields(&webhook::show(app, actor, webhook).await?)),
        Verb::Rotate { webhook, overlap } => {
            made(desk, &webhook::rotate(app, actor, webhook, overlap.into()).await?);
        }
        Verb::Enable { webhook } => {
            desk.output.record(&fields(&webhook::enable(app, actor, webhook).await?));
        }
        Verb::Disable { webhook } => {
            desk.output.record(&fields(&webhook::disable(app, actor, webhook).await?));
        }
        Verb::Remove { webhook } => {
            webhook::remove(app, actor, webhook).await?;
            desk.output.done(&format!("removed webhook {webhook}"));
        }
        Verb::Deliveries { webhook, limit, before } => {
            deliveries(desk, &webhook::deliveries(app, actor, webhook, before, limit).await?);
        }
        Verb::Resend { webhook, delivery: Some(delivery) } => {
            webhook::resend(app, actor, webhook, delivery).await?;
            desk.output.done("it is sent once more");
        }
        Verb::Resend { webhook, delivery: None } => {
            let count = webhook::resend_all(app, actor, webhook).await?;
            desk.output.done(&format!("{count} are sent once more"));
        }
        Verb::Test { webhook } => {
            webhook::test(app, actor, webhook).await?;
            desk.output.done("a test event is sent; see `portcullis webhook deliveries`");
        }
    }
    Ok(())
}

fn kind(text: &str) -> Result<EventKind, String> {
    let found = EventKind::from_word(text).filter(|kind| EventKind::TOLD.contains(kind));
    found.ok_or_else(|| {
        let all: Vec<_> = EventKind::TOLD.iter().map(|kind| kind.as_str()).collect();
        format!("is none of {}", all.join(", "))
    })
}

fn made(desk: &Desk, made: &Made) {
    let mut all = fields(&made.webhook);
    all.push(("secret", json!(made.secret.expose())));
    desk.output.record(&all);
    desk.output.remark("The secret is shown this once only.");
}

fn fields(webhook: &Webhook) -> Vec<(&'static str, Value)> {
    let kinds: Vec<_> = webhook.kinds.iter().map(|kind| kind.as_str()).collect();
    vec![
        ("id", json!(webhook.id.to_string())),
        ("platform", json!(webhook.platform.as_str())),
        ("url", json!(webhook.url.as_str())),
        ("events", if kinds.is_empty() { json!("all") } else { json!(kinds.join(" ")) }),
        ("condition", json!(webhook.condition().as_str())),
        ("created_at", json!(webhook.created_at.to_string())),
        ("failing_since", json!(webhook.failing_since.map(|at| at.to_string()))),
        ("disabled_at", json!(webhook.disabled.map(|(at, _)| at.to_string()))),
        ("disabled_because", json!(webhook.disabled.map(|(_, why)| why.as_str()))),
        ("old_secret_until", json!(webhook.old_until.map(|at| at.to_string()))),
    ]
}

fn list(desk: &Desk, all: &[Webhook]) {
    let mut table = Table::of(&["id", "platform", "url", "condition", "events"]);
    for one in all {
        let kinds: Vec<_> = one.kinds.iter().map(|kind| kind.as_str()).collect();
        table.row(vec![
            json!(one.id.to_string()),
            json!(one.platform.as_str()),
            json!(one.url.as_str()),
            json!(one.condition().as_str()),
            if kinds.is_empty() { json!("all") } else { json!(kinds.join(" ")) },
        ]);
    }
    desk.output.table(table);
}

fn deliveries(desk: &Desk, all: &[Delivery]) {
    let mut table = Table::of(&[
        "id",
        "event",
        "type",
        "created_at",
        "state",
        "attempts",
        "tried_at",
        "status",
        "failure",
        "next_at",
    ]);
    for one in all {
        table.row(vec![
            json!(one.id.to_string()),
            json!(one.event.to_string()),
            json!(one.kind.as_str()),
            json!(one.created_at.to_string()),
            json!(one.state.as_str()),
            json!(one.attempts),
            json!(one.tried_at.map(|at| at.to_string())),
            json!(one.status),
            json!(one.failure.map(|failure| failure.as_str())),
            json!(one.next_at.map(|at| at.to_string())),
        ]);
    }
    desk.output.table(table);
}
