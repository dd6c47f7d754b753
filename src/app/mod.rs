//! The running gateway: everything a request or an action may reach. Handles and memories only; what is
//! decided with them is decided on the floors above.

pub mod cache;
pub mod changes;
pub mod decisions;
pub mod demanded;
pub mod failures;
pub mod hashed_imports;
pub mod last_used;
pub mod limits;
pub mod live;
pub mod memories;
pub mod open;
pub mod recent;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::Semaphore;

use self::cache::Moment;
use self::changes::Follower;
use self::decisions::Decisions;
use self::hashed_imports::HashedImports;
use self::last_used::LastUsed;
use self::limits::Limits;
use self::live::LiveStreams;
use self::memories::Memories;
use self::open::{OpenError, cost};
use self::recent::Recent;
use crate::cluster::limiter::Limiter;
use crate::cluster::local::Local;
use crate::config::Config;
use crate::mail::{self, Mailer};
use crate::model::change::Seq;
use crate::model::demanded::Demanded;
use crate::model::session::Session;
use crate::outbound::Outbound;
use crate::secret::keyring::Keyring;
use crate::secret::password::HashingPool;
use crate::store::factors::Password;
use crate::store::{self, Store, Tx};
use crate::telemetry::metrics::Metrics;
use crate::time::{Clock, Timestamp};

/// Everything a request or an action may reach.
pub struct App {
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// The configuration in force.
    pub config: ArcSwap<Config>,
    /// The database.
    pub store: Store,
    /// Peppers, sealing and signing keys.
    pub keyring: ArcSwap<Keyring>,
    /// What the walk remembers of the store.
    pub memories: Memories,
    /// Whether any key waits to be known by more than a foreign hash.
    pub hashed_imports: HashedImports,
    /// Where validated addresses are demanded, by the setting.
    pub demanded: ArcSwap<Demanded>,
    /// The crew that hashes slowly.
    pub hashing: HashingPool,
    /// A sealed password that belongs to nobody: what is done for a name that nobody has is done with it.
    pub nobodys: ArcSwapOption<Password>,
    /// Uses of keys and sessions that are not written yet.
    pub last_used: LastUsed,
    /// Changes seen lately.
    pub recent: Recent,
    /// How far the change log has been read.
    pub follower: Follower,
    /// Exchanges under way.
    pub live: Arc<LiveStreams>,
    /// The last decisions.
    pub decisions: Decisions,
    /// Turns at asking the store for what the walk does not remember: a flood waits here, not there.
    pub turns: Semaphore,
    /// Counts requests and failed attempts.
    pub limiter: Arc<dyn Limiter>,
    /// Failure budgets.
    pub limits: Limits,
    /// Takes letters away.
    pub mailer: ArcSwap<Box<dyn Mailer>>,
    /// The way out to addresses that people entered.
    pub outbound: Outbound,
    /// Numbers for monitoring.
    pub metrics: Arc<Metrics>,
}

/// How many readings of the store the walk does at once.
const TURNS: usize = 64;

impl App {
    /// Puts an app together on an open store.
    ///
    /// # Errors
    /// When the store cannot be read, or hashing costs more than the machine has.
    pub async fn new(
        config: Config,
        store: Store,
        keyring: Keyring,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let mailer = mail::open(&config.mail)?;
        let hashing = HashingPool::open(cost(&config))?;
        let limiter: Arc<dyn Limiter> = Arc::new(Local::default());
        let metrics = Arc::<Metrics>::default();
        Ok(Self {
            limits: Limits::new(limiter.clone(), config.failures, metrics.clone()),
            limiter,
            memories: Memories::with_room(config.keys.cache_entries),
            follower: Follower::begin(&store, clock.now()).await?,
            config: ArcSwap::from_pointee(config),
            keyring: ArcSwap::from_pointee(keyring),
            demanded: ArcSwap::new(demanded::read(&store).await?),
            hashed_imports: HashedImports::default(),
            hashing,
            nobodys: ArcSwapOption::empty(),
            last_used: LastUsed::default(),
            recent: Recent::default(),
            live: Arc::default(),
            decisions: Decisions::default(),
            turns: Semaphore::new(TURNS),
            mailer: ArcSwap::from_pointee(mailer),
            outbound: Outbound::default(),
            metrics,
            store,
            clock,
        })
    }

    /// Now, as far as changes are known.
    pub fn moment(&self) -> Moment<'_> {
        let away = self.follower.store_is_away();
        let grace = if away { self.config.load().sessions.store_grace } else { Duration::ZERO };
        Moment { now: self.clock.now(), recent: &self.recent, grace }
    }

    /// Whether what is remembered may still be acted on: the change log was read within the grace.
    pub fn knows_enough(&self, now: Timestamp) -> bool {
        now.since(self.follower.read_at()) <= self.honours_for()
    }

    /// How old the oldest decision is that is still honoured: what was decided before the change log was last
    /// read has been looked at again since, and what is older than the grace counts no more.
    pub fn oldest_decision_age(&self) -> Duration {
        self.clock.now().since(self.follower.read_at()).min(self.honours_for())
    }

    fn honours_for(&self) -> Duration {
        self.config.load().sessions.store_grace.max(changes::interval(&self.store) * 5)
    }

    /// When a session was last used, as far as it matters for its pause.
    pub fn last_seen(&self, session: &Session, now: Timestamp) -> Timestamp {
        let written = session.last_seen_at;
        if now.since(written) < session.idle {
            return written;
        }
        self.last_used.sessions.unwritten(&session.id).map_or(written, |seen| seen.max(written))
    }

    /// Commits a write and forgets at once what it makes stale on this node.
    ///
    /// # Errors
    /// As [`Tx::commit`].
    pub async fn commit(&self, tx: Tx) -> store::Result<Seq> {
        let stale = tx.changes().to_vec();
        let seq = tx.commit(self.clock.now()).await?;
        stale.into_iter().for_each(|change| self.recent.saw(change));
        Ok(seq)
    }
}
