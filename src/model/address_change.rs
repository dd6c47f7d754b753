//! A change of an account's address: asked for, proved, cancelled or taken back.

use std::sync::Arc;

use super::api_key::KeyId;
use super::id::{AccountId, AddressChangeId, FactorId};
use crate::time::Timestamp;

/// A change of address as stored, with what the account was when it was asked for.
#[derive(Debug, Clone)]
pub struct AddressChange {
    /// Immutable identifier.
    pub id: AddressChangeId,
    /// Whose address it is.
    pub account: AccountId,
    /// The address before; some accounts had none.
    pub old: Option<Arc<str>>,
    /// The address after.
    pub new: Arc<str>,
    /// Whether the address before was proved.
    pub was_validated: bool,
    /// The factors that the account had.
    pub factors: Vec<FactorId>,
    /// The keys that the account had.
    pub keys: Vec<KeyId>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Until when the new address can be proved.
    pub expires_at: Timestamp,
    /// Until when nobody else gets the old address.
    pub reserved_until: Timestamp,
    /// When the new address was proved.
    pub proved_at: Option<Timestamp>,
}
