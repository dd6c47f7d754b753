//! Roles: named ranks with permissions, defined by configuration in order of rank.

use super::slug::Slug;

/// What a role may do beyond entering. A set, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u16);

/// One permission of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See what the platform shows.
    View,
    /// Run simulations.
    Simulate,
    /// Manage the organisation's people, spaces and grants.
    Manage,
    /// Read the account event feed of a platform (service keys).
    Feed,
}

impl Permission {
    /// Every permission with its word.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::View, "view"), (Self::Simulate, "simulate"), (Self::Manage, "manage"), (Self::Feed, "feed")];

    /// Reads a permission's word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(permission, _)| *permission)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl Permissions {
    /// No permission.
    pub const NONE: Self = Self(0);

    /// This set and one more.
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | permission.bit())
    }

    /// Whether the permission is in the set.
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// What both sets hold.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether everything here is also in `other`.
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The words of the set, in the order of [`Permission::ALL`].
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Permission::ALL.into_iter().filter(move |(permission, _)| self.has(*permission)).map(|(_, word)| word)
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(all: I) -> Self {
        all.into_iter().fold(Self::NONE, Self::with)
    }
}

/// A named rank.
#[derive(Debug, Clone)]
pub struct Role {
    /// Machine name.
    pub slug: Slug,
    /// Name shown to people.
    pub title: String,
    /// What it may do.
    pub permissions: Permissions,
}

/// Position in the configured order; a higher rank includes the lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(pub u8);

/// All roles of the deployment, lowest rank first.
#[derive(Debug, Clone, Default)]
pub struct Roles(Vec<Role>);

impl Roles {
    /// Roles in order of rank, lowest first; at most 255.
    pub fn in_order(roles: Vec<Role>) -> Self {
        Self(roles)
    }

    /// The rank of a slug; an unknown slug has none and so opens nothing.
    pub fn rank(&self, slug: &Slug) -> Option<Rank> {
        self.0.iter().position(|role| role.slug == *slug).and_then(|at| u8::try_from(at).ok()).map(Rank)
    }

    /// The role of a slug.
    pub fn by_slug(&self, slug: &Slug) -> Option<&Role> {
        self.0.iter().find(|role| role.slug == *slug)
    }

    /// Lowest rank first.
    pub fn iter(&self) -> impl Iterator<Item = &Role> {
        self.0.iter()
    }
}
