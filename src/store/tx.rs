//! A transaction and its consequences: what other nodes must forget and what the audit trail must say
//! are noted on the way and written with the rows, or not at all.

use sqlx::{Postgres, Sqlite, Transaction};
use tokio::sync::OwnedSemaphorePermit;

use super::{Result, audit, changes, events, within};
use crate::model::audit::AuditEntry;
use crate::model::change::{Change, Seq};
use crate::model::event::NewEvent;
use crate::time::Timestamp;

/// A transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx {
    inner: Inner,
    changes: Vec<Change>,
    entries: Vec<AuditEntry>,
    events: Vec<NewEvent>,
    touched: bool,
    /// Given back when the connection is.
    _turn: Option<OwnedSemaphorePermit>,
}

pub(crate) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) fn begun(inner: Inner, turn: Option<OwnedSemaphorePermit>) -> Self {
        let (changes, entries, events) = (Vec::new(), Vec::new(), Vec::new());
        Self { inner, changes, entries, events, touched: false, _turn: turn }
    }

    pub(crate) const fn inner(&mut self) -> &mut Inner {
        &mut self.inner
    }

    pub(crate) const fn touch(&mut self) {
        self.touched = true;
    }

    /// Notes what every node must forget once this is committed.
    pub fn change(&mut self, change: Change) {
        let covered = self.changes.first() == Some(&Change::Everything);
        if !covered && !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    /// Notes who did what.
    pub fn audit(&mut self, entry: AuditEntry) {
        self.entries.push(entry);
    }

    /// Notes what platforms must be told once this is committed.
    pub fn event(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// What was noted so far, for forgetting it in this process too.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    pub(super) fn take_events(&mut self) -> Vec<NewEvent> {
        std::mem::take(&mut self.events)
    }

    /// Writes the change rows, the events and the chained audit entries, numbered from the one counter row, and
    /// commits. Holding that row makes the order of numbers the order of commits.
    ///
    /// # Errors
    /// Nothing was written, except after `Unavailable` from the very last step, whose outcome only the
    /// database knows.
    pub async fn commit(mut self, now: Timestamp) -> Result<Seq> {
        debug_assert!(
            !self.touched || !self.changes.is_empty() || !self.entries.is_empty(),
            "a write without consequences"
        );
        let mut counter = changes::hold_counter(&mut self).await?;
        let noted = std::mem::take(&mut self.changes);
        for change in &noted {
            counter.seq += 1;
            changes::insert(&mut self, Seq(counter.seq), *change, now).await?;
        }
        for entry in std::mem::take(&mut self.entries) {
            audit::append(&mut self, &mut counter, &entry, now).await?;
        }
        events::append(&mut self, now).await?;
        if !noted.is_empty() {
            changes::prune(&mut self, Seq(counter.seq)).await?;
        }
        let seq = Seq(counter.seq);
        changes::release_counter(&mut self, counter).await?;
        if !noted.is_empty() {
            changes::wake(&mut self, seq).await?;
        }
        match self.inner {
            Inner::Sqlite(held) => within(held.commit()).await?,
            Inner::Postgres(held) => within(held.commit()).await?,
        }
        Ok(seq)
    }

    /// Commits without numbering anything: for a new database that nobody follows yet.
    pub(super) async fn commit_as_is(self) -> Result<()> {
        match self.inner {
            Inner::Sqlite(held) => within(held.commit()).await,
            Inner::Postgres(held) => within(held.commit()).await,
        }
    }
}
