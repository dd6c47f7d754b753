//! `[[role]]` and `[[platform]]`: the ranks people hold, and the products they hold them on.

use std::collections::HashMap;

use super::file;
use super::notes::Notes;
use crate::model::role::{Permission, Role, Roles};
use crate::model::slug::Slug;

const SLUG: &str = "write 1 to 63 characters of a-z, 0-9 and \"-\", beginning with a letter or digit";
/// A rank is a byte.
const MOST_ROLES: usize = 255;

/// Reads `[[role]]`; without any, the three that ship.
pub(super) fn roles(written: &[file::Role], notes: &mut Notes<'_>) -> Roles {
    if written.is_empty() {
        return shipped();
    }
    if written.len() > MOST_ROLES {
        notes.error("role", "there are more than 255 roles", "take some out");
    }
    let mut all: Vec<Role> = Vec::new();
    for (at, role) in written.iter().enumerate() {
        let key = format!("role[{at}]");
        let permissions = permissions(&format!("{key}.permissions"), &role.permissions, notes);
        let Some(slug) = slug(&format!("{key}.slug"), &role.slug, notes) else { continue };
        if all.iter().any(|other| other.slug == slug) {
            notes.error(&format!("{key}.slug"), format!("there are two roles \"{slug}\""), "rename one");
        }
        let title = role.title.clone().unwrap_or_else(|| slug.to_string());
        all.push(Role { slug, title, permissions: permissions.into_iter().collect() });
    }
    if !written.iter().any(|role| role.permissions.iter().any(|word| word == "manage")) {
        let what = "no role may manage: nobody but administrators can invite people";
        notes.warning("role", what, "give the highest role the permission \"manage\"");
    }
    Roles::in_order(all)
}

fn shipped() -> Roles {
    let ranks = [
        ("viewer", "Viewer", vec![Permission::View]),
        ("simulation-runner", "Simulation runner", vec![Permission::View, Permission::Simulate]),
        ("manager", "Manager", vec![Permission::View, Permission::Simulate, Permission::Manage]),
    ];
    let role = |(slug, title, permissions): (&str, &str, Vec<Permission>)| {
        let slug = slug.parse().ok()?;
        Some(Role { slug, title: title.into(), permissions: permissions.into_iter().collect() })
    };
    Roles::in_order(ranks.into_iter().filter_map(role).collect())
}

fn permissions(key: &str, written: &[String], notes: &mut Notes<'_>) -> Vec<Permission> {
    let mut all = Vec::new();
    for (at, word) in written.iter().enumerate() {
        match Permission::from_word(word) {
            Some(permission) => all.push(permission),
            None => {
                let known = Permission::ALL.map(|(_, name)| name);
                notes.unknown(&format!("{key}[{at}]"), ("permission", word), &known);
            }
        }
    }
    all
}

/// Reads `[[platform]]`: titles by slug.
pub(super) fn platforms(written: &[file::Platform], notes: &mut Notes<'_>) -> HashMap<Slug, String> {
    let mut all = HashMap::new();
    for (at, platform) in written.iter().enumerate() {
        let key = format!("platform[{at}].slug");
        let Some(slug) = slug(&key, &platform.slug, notes) else { continue };
        let title = platform.title.clone().unwrap_or_else(|| slug.to_string());
        if all.insert(slug, title).is_some() {
            notes.error(&key, format!("there are two platforms \"{}\"", platform.slug), "rename one");
        }
    }
    all
}

/// Reads a slug; nothing when it is none, which has then been noted.
pub(super) fn slug(key: &str, written: &str, notes: &mut Notes<'_>) -> Option<Slug> {
    let slug = written.parse().ok();
    if slug.is_none() {
        notes.error(key, format!("\"{written}\" is not a slug"), SLUG);
    }
    slug
}
