//! The three memories of the walk: keys, sessions, standings.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::cache::Memory;
use crate::model::api_key::{ApiKey, KeyLocator};
use crate::model::change::Change;
use crate::model::grant::Standing;
use crate::model::id::AccountId;
use crate::model::identity::Identity;
use crate::model::session::Session;

/// What the walk remembers of the store.
pub struct Memories {
    /// Keys, by locator.
    pub keys: Memory<KeyLocator, Held<ApiKey>>,
    /// Sessions, by the digest of a cookie's token.
    pub sessions: Memory<[u8; 32], Held<Session>>,
    /// Accounts with all that their admission depends on.
    pub standings: Memory<AccountId, Arc<Standing>>,
}

/// A credential, and the identity it last proved.
pub struct Held<C> {
    /// As stored.
    pub credential: C,
    /// The identity that the last admission made of it; good only for the very same standing.
    pub identity: ArcSwapOption<Identity>,
}

impl<C> Held<C> {
    /// A credential fresh from the store.
    pub fn fresh(credential: C) -> Self {
        Self { credential, identity: ArcSwapOption::empty() }
    }
}

impl Memories {
    /// Memories of so many entries each.
    pub fn with_room(entries: u64) -> Self {
        Self {
            keys: Memory::with_room(entries, |locator, _, change| match change {
                Change::Key(changed) => changed == locator,
                Change::Everything => true,
                Change::Session(_) | Change::Account(_) | Change::Organisation(_) | Change::Setting => false,
            }),
            sessions: Memory::with_room(entries, |_, held, change| match change {
                Change::Session(changed) => {
                    held.is_none_or(|held: &Held<Session>| held.credential.id == *changed)
                }
                Change::Everything => true,
                Change::Key(_) | Change::Account(_) | Change::Organisation(_) | Change::Setting => false,
            }),
            standings: Memory::with_room(entries, |account, standing, change| match change {
                Change::Account(changed) => changed == account,
                Change::Organisation(changed) => standing.is_none_or(|standing: &Arc<Standing>| {
                    standing.organisations.iter().any(|organisation| organisation.id == *changed)
                }),
                Change::Everything => true,
                Change::Key(_) | Change::Session(_) | Change::Setting => false,
            }),
        }
    }
}
