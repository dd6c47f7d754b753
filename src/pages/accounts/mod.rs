//! Accounts, for those who hold an office: listed and searched, made, looked at, stopped and ended.

pub mod archive;
pub mod deed;
pub mod list;
pub mod new;
pub mod parts;
pub mod show;

use super::visit::{Stop, Visit};
use crate::actions::{ActionError, Noun};
use crate::model::account::{Account, AccountKind, AccountStatus, UserName};

/// The list.
pub const PATH: &str = "/.portcullis/accounts";

/// A badge: how it looks, and its word of the catalogue.
pub type Badge = (&'static str, &'static str);

/// The account that a path names; what is no user name names nobody.
fn named(visit: &Visit, name: &str) -> Result<UserName, Stop> {
    visit.or_say(name.parse().map_err(|_| ActionError::Missing(Noun::Account)))
}

/// What stands out about an account.
pub(super) fn badges(account: &Account) -> Vec<Badge> {
    let mut badges = Vec::new();
    match account.status {
        AccountStatus::Active => {}
        AccountStatus::Suspended => badges.push(("warn", "account-suspended")),
        AccountStatus::Closed => badges.push(("bad", "account-closed")),
    }
    if matches!(account.kind, AccountKind::Service(_)) {
        badges.push(("", "account-service"));
    }
    if account.office.is_some() {
        badges.push(("good", parts::office_word(account.office)));
    }
    badges
}
