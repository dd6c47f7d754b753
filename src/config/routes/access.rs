//! Who may enter a route.

use super::super::file::{self, AccessWord};
use super::super::notes::Notes;
use super::super::roles::slug;
use crate::model::role::{Rank, Roles};
use crate::model::route::{Access, Demands};

/// Reads `access`, `roles`, `validated` and `max_age`.
pub(super) fn access(key: &str, written: &file::Route, roles: &Roles, notes: &mut Notes<'_>) -> Access {
    let max_age = notes.positive_or_none(&format!("{key}.max_age"), &written.max_age);
    let demands = Demands { validated: written.validated, max_age };
    let rank = rank(key, &written.roles, roles, notes);
    let open = matches!(written.access, AccessWord::Public | AccessWord::Optional);
    if open && demands != Demands::default() {
        let mend = "take out `validated` and `max_age`, or choose \"signed-in\" or \"member\"";
        notes.error(
            &format!("{key}.access"),
            "a route that is open to nobody in particular can demand nothing",
            mend,
        );
    }
    if written.access != AccessWord::Member && !written.roles.is_empty() {
        let mend = "take out `access`: roles already say who may enter";
        notes.error(&format!("{key}.roles"), "`roles` and `access` contradict each other", mend);
    }
    match (written.access, rank) {
        (AccessWord::Public, _) => Access::Public,
        (AccessWord::Optional, _) => Access::Optional,
        (AccessWord::SignedIn, _) => Access::SignedIn(demands),
        (AccessWord::Member, Some(rank)) => Access::Role(rank, demands),
        (AccessWord::Member, None) => Access::Member(demands),
    }
}

/// The lowest rank of those named: who holds a higher one holds it too.
fn rank(key: &str, written: &[String], roles: &Roles, notes: &mut Notes<'_>) -> Option<Rank> {
    let mut lowest: Option<Rank> = None;
    for (at, text) in written.iter().enumerate() {
        let key = format!("{key}.roles[{at}]");
        let Some(slug) = slug(&key, text, notes) else { continue };
        match roles.rank(&slug) {
            Some(rank) => lowest = Some(lowest.map_or(rank, |other| other.min(rank))),
            None => {
                let known: Vec<&str> = roles.iter().map(|role| role.slug.as_str()).collect();
                notes.unknown(&key, ("role", text), &known);
            }
        }
    }
    lowest
}
