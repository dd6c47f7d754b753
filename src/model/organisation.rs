//! Organisations, their spaces, and the platforms they are entitled to.

use std::sync::Arc;

use super::account::words;
use super::id::{OrganisationId, SpaceId};
use super::slug::Slug;
use crate::time::Timestamp;

/// A customer: people, spaces, entitlements.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// Immutable identifier.
    pub id: OrganisationId,
    /// Machine name, unique in the deployment.
    pub slug: Slug,
    /// Name shown to people.
    pub name: Arc<str>,
    /// Open or closed; a closed one admits nobody.
    pub status: OrganisationStatus,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whether an organisation is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganisationStatus {
    /// In use.
    Open,
    /// Ended: none of its grants counts.
    Closed,
}

words!(OrganisationStatus { Self::Open => "open", Self::Closed => "closed" });

/// Where people of one organisation work together. A new organisation has one, [`Space::GENERAL`].
#[derive(Debug, Clone)]
pub struct Space {
    /// Immutable identifier.
    pub id: SpaceId,
    /// The organisation it belongs to.
    pub organisation: OrganisationId,
    /// Machine name, unique in the organisation.
    pub slug: Slug,
    /// Name shown to people.
    pub name: Arc<str>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Space {
    /// The slug of the space that every organisation has from birth.
    pub const GENERAL: &'static str = "general";
}
