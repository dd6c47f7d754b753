//! `portcullis organisation …`.

use clap::Subcommand;
use serde_json::json;

use super::desk::{Desk, Exit};
use super::output::Table;
use crate::actions::{Actor, organisation};
use crate::app::App;
use crate::model::organisation::Organisation;
use crate::model::shown_name::ShownName;
use crate::model::slug::Slug;

const PAGE: u32 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Makes an organisation with its first space, `general`
    Create {
        /// Machine name, for good: a-z, 0-9 and '-'
        slug: Slug,
        /// Name shown to people; the slug if left out
        #[arg(long, value_name = "TEXT")]
        name: Option<ShownName>,
    },
    /// Lists organisations
    List,
    /// Gives another name to show; the slug stays
    Rename {
        /// Slug
        slug: Slug,
        /// The new name
        name: ShownName,
    },
    /// Ends an organisation for good: its grants count no more, its slug stays taken
    Close {
        /// Slug
        slug: Slug,
    },
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| {
        let actor = Actor::operator();
        match verb {
            Verb::Create { slug, name } => {
                let name = match name {
                    Some(name) => name,
                    None => slug.as_str().parse().map_err(|error| Exit::Usage(format!("{error}")))?,
                };
                show(desk, &organisation::create(app, &actor, slug, name).await?);
            }
            Verb::List => list(desk, app).await?,
            Verb::Rename { slug, name } => {
                show(desk, &organisation::rename(app, &actor, &slug, name).await?);
            }
            Verb::Close { slug } => show(desk, &organisation::close(app, &actor, &slug).await?),
        }
        Ok(())
    })
}

async fn list(desk: &Desk, app: &App) -> Result<(), Exit> {
    let mut table = Table::of(&["slug", "name", "status", "created_at"]);
    let mut after = String::new();
    loop {
        let page = organisation::list(app, &Actor::operator(), &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        last.slug.as_str().clone_into(&mut after);
        for one in page {
            table.row(vec![
                json!(one.slug.as_str()),
                json!(&*one.name),
                json!(one.status.as_str()),
                json!(one.created_at.to_string()),
            ]);
        }
    }
    desk.output.table(table);
    Ok(())
}

fn show(desk: &Desk, organisation: &Organisation) {
    desk.output.record(&[
        ("id", json!(organisation.id.to_string())),
        ("slug", json!(organisation.slug.as_str())),
        ("name", json!(&*organisation.name)),
        ("status", json!(organisation.status.as_str())),
        ("created_at", json!(organisation.created_at.to_string())),
    ]);
}
