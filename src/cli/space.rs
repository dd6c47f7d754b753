//! `portcullis space …`.

use clap::Subcommand;
use serde_json::json;

use super::desk::{Desk, Exit};
use super::output::Table;
use crate::actions::Actor;
use crate::actions::space::{self, GrantsInside};
use crate::model::organisation::Space;
use crate::model::shown_name::ShownName;
use crate::model::slug::Slug;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Makes a space
    Create {
        /// Machine name of the space
        slug: Slug,
        /// The organisation it belongs to
        #[arg(long, value_name = "SLUG")]
        organisation: Slug,
        /// Name shown to people; the slug if left out
        #[arg(long, value_name = "TEXT")]
        name: Option<ShownName>,
    },
    /// Lists the spaces of an organisation
    List {
        /// The organisation
        #[arg(long, value_name = "SLUG")]
        organisation: Slug,
    },
    /// Gives a space another name to show
    Rename {
        /// Machine name of the space
        slug: Slug,
        /// The organisation it belongs to
        #[arg(long, value_name = "SLUG")]
        organisation: Slug,
        /// Name shown to people
        #[arg(long, value_name = "TEXT")]
        name: ShownName,
    },
    /// Removes a space; keys lose what they carried in it
    Remove {
        /// Machine name of the space
        slug: Slug,
        /// The organisation it belongs to
        #[arg(long, value_name = "SLUG")]
        organisation: Slug,
        /// Revokes the grants that lie in it; without this they keep it
        #[arg(long)]
        with_grants: bool,
    },
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| {
        let actor = Actor::operator();
        match verb {
            Verb::Create { slug, organisation, name } => {
                let name = match name {
                    Some(name) => name,
                    None => slug.as_str().parse().map_err(|error| Exit::Usage(format!("{error}")))?,
                };
                let made = space::create(app, &actor, &organisation, slug, name).await?;
                show(desk, &organisation, &made);
            }
            Verb::Rename { slug, organisation, name } => {
                let renamed = space::rename(app, &actor, &organisation, &slug, name).await?;
                show(desk, &organisation, &renamed);
            }
            Verb::List { organisation } => {
                let mut table = Table::of(&["slug", "name", "created_at"]);
                for one in space::list(app, &actor, &organisation).await? {
                    table.row(vec![
                        json!(one.slug.as_str()),
                        json!(&*one.name),
                        json!(one.created_at.to_string()),
                    ]);
                }
                desk.output.table(table);
            }
            Verb::Remove { slug, organisation, with_grants } => {
                let inside = if with_grants { GrantsInside::Revoke } else { GrantsInside::Keep };
                space::remove(app, &actor, &organisation, &slug, inside).await?;
                desk.output.done(&format!("removed space {slug} of {organisation}"));
            }
        }
        Ok(())
    })
}

fn show(desk: &Desk, organisation: &Slug, space: &Space) {
    desk.output.record(&[
        ("id", json!(space.id.to_string())),
        ("organisation", json!(organisation.as_str())),
        ("slug", json!(space.slug.as_str())),
        ("name", json!(&*space.name)),
        ("created_at", json!(space.created_at.to_string())),
    ]);
}
