//! Slow hashing of passwords (argon2id), done by a bounded crew: so many at once, so many waiting,
//! and one more is sent away. A flood of sign-ins costs the memory that was set aside and no more.

mod budget;
mod elsewhere;
#[cfg(test)]
mod tests;

pub use self::budget::machine_budget_kib;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Secret;
use super::foreign::ForeignHash;
use super::token::random;

/// What a hash costs, and how many may be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory of one hash in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Hashes computed at once.
    pub at_once: usize,
    /// Hashes waiting for their turn.
    pub waiting: usize,
    /// Memory that all hashes at once may take, in KiB.
    pub budget_kib: u64,
}

/// Weakest cost that is accepted: 19 MiB and two passes, or one of its equals.
const FLOORS: [(u32, u32); 3] = [(47_104, 1), (19_456, 2), (12_288, 3)];
/// Beyond these a stored hash is taken for an attack on the processor.
const MOST_PASSES: u32 = 32;
const MOST_LANES: u32 = 16;
const TAG_LEN: usize = 32;
/// A shorter tag of another program's is met by chance.
const LEAST_TAG: usize = 16;

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// All places are taken; try again in a moment.
    #[error("too many passwords are being checked at the moment")]
    Overflow,
    /// The cost is weaker than any accepted one.
    #[error(
        "hashing with {memory_kib} KiB and {passes} passes is too weak: take 19456 KiB and 2, 12288 KiB and 3, \
         or 47104 KiB and 1, or more"
    )]
    TooWeak {
        /// Memory asked for.
        memory_kib: u32,
        /// Passes asked for.
        passes: u32,
    },
    /// The cost is more than the machine can bear.
    #[error("hashing would take {needed_kib} KiB, and {budget_kib} KiB may be used: lower memory or at_once")]
    TooCostly {
        /// What all hashes at once would take.
        needed_kib: u64,
        /// What they may take.
        budget_kib: u64,
    },
    /// The stored hash is none that this pool understands.
    #[error("the stored hash cannot be read")]
    Unreadable,
    /// The computation was stopped.
    #[error("the computation was stopped")]
    Stopped,
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is the right one, hashed at today's cost.
    Right,
    /// The password is the right one, but its hash was made at another cost: hash it anew.
    RightButStale,
    /// It is another password.
    Wrong,
}

/// The crew.
pub struct HashingPool {
    params: Params,
    /// One for each hash computed or waiting.
    places: Arc<Semaphore>,
    /// One for each hash computed.
    turns: Arc<Semaphore>,
    /// Places beyond those that are computed: with fewer free than this, somebody waits.
    queue: usize,
    kept: Arc<Mutex<Vec<Vec<Block>>>>,
    largest_kib: u64,
    /// Belongs to no password; unknown users are compared with it.
    dummy: PasswordHash,
    computed: Arc<AtomicU64>,
}

/// A hash to be computed: on a thread that may block, with its permits.
struct Job {
    params: Params,
    password: Secret<String>,
    salt: Salt,
    _turn: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

/// Whether hashing at this cost is strong enough to be used at all.
pub fn is_strong(memory_kib: u32, passes: u32) -> bool {
    FLOORS.iter().any(|(memory, least)| memory_kib >= *memory && passes >= *least)
}

impl HashingPool {
    /// Sets up the crew.
    ///
    /// # Errors
    /// When the cost is below the floor or above the memory budget.
    pub fn open(cost: Cost) -> Result<Self, HashingError> {
        let needed_kib = u64::from(cost.memory_kib) * cost.at_once.max(1) as u64;
        if needed_kib > cost.budget_kib {
            return Err(HashingError::TooCostly { needed_kib, budget_kib: cost.budget_kib });
        }
        if !is_strong(cost.memory_kib, cost.passes) {
            return Err(HashingError::TooWeak { memory_kib: cost.memory_kib, passes: cost.passes });
        }
        Self::unchecked(cost)
    }

    /// Without the floor, so that tests need not wait.
    fn unchecked(cost: Cost) -> Result<Self, HashingError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, Some(TAG_LEN))
            .map_err(|_| HashingError::TooWeak { memory_kib: cost.memory_kib, passes: cost.passes })?;
        let at_once = cost.at_once.max(1);
        Ok(Self {
            dummy: as_phc(&params, fresh_salt()?, &random::<TAG_LEN>())?,
            params,
            places: Arc::new(Semaphore::new(at_once + cost.waiting)),
            turns: Arc::new(Semaphore::new(at_once)),
            queue: cost.waiting,
            kept: Arc::default(),
            largest_kib: cost.budget_kib / at_once as u64,
            computed: Arc::default(),
        })
    }

    /// Hashes a password. The result is a PHC string with a salt of 16 bytes and a tag of 32.
    ///
    /// # Errors
    /// [`HashingError::Overflow`] when the queue is full.
    pub async fn hash(&self, password: Secret<String>) -> Result<String, HashingError> {
        let salt = fresh_salt()?;
        let tag = self.run(self.params.clone(), password, salt).await?;
        Ok(as_phc(&self.params, salt, &tag)?.to_string())
    }

    /// Compares a password with what is stored: a PHC string, or the hash of another program.
    ///
    /// # Errors
    /// [`HashingError::Overflow`] when the queue is full; [`HashingError::Unreadable`] or
    /// [`HashingError::TooCostly`] for a hash that cannot be computed here.
    pub async fn verify(&self, password: Secret<String>, stored: &str) -> Result<Verdict, HashingError> {
        match ForeignHash::parse(stored).map_err(|_| HashingError::Unreadable)? {
            ForeignHash::Argon2(phc) => self.compare(password, &read(&phc)?).await,
            foreign => Ok(match self.verify_foreign(password, &foreign).await? {
                true => Verdict::RightButStale,
                false => Verdict::Wrong,
            }),
        }
    }

    /// Does the work of [`HashingPool::verify`] for a user who does not exist. Never right.
    ///
    /// # Errors
    /// [`HashingError::Overflow`] when the queue is full.
    pub async fn verify_nobody(&self, password: Secret<String>) -> Result<Verdict, HashingError> {
        self.compare(password, &self.dummy).await.map(|_| Verdict::Wrong)
    }

    /// The text of the hash that unknown users are compared with.
    pub fn nobodys(&self) -> String {
        self.dummy.to_string()
    }

    /// How many hashes were computed since the start.
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// How many more hashes may be asked for before the queue is full.
    pub fn room(&self) -> usize {
        self.places.available_permits()
    }

    async fn compare(
        &self,
        password: Secret<String>,
        stored: &PasswordHash,
    ) -> Result<Verdict, HashingError> {
        let params = params_of(stored)?;
        let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
            return Err(HashingError::Unreadable);
        };
        let stale = (params.m_cost(), params.t_cost(), params.p_cost(), expected.len())
            != (self.params.m_cost(), self.params.t_cost(), self.params.p_cost(), TAG_LEN);
        let found = self.run(params, password, salt).await?;
        Ok(match bool::from(found.ct_eq(expected.as_bytes())) {
            false => Verdict::Wrong,
            true if stale => Verdict::RightButStale,
            true => Verdict::Right,
        })
    }

    /// A place in the queue, and after some waiting a turn.
    async fn turn(&self) -> Result<(OwnedSemaphorePermit, OwnedSemaphorePermit), HashingError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| HashingError::Overflow)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| HashingError::Stopped)?;
        Ok((place, turn))
    }

    /// Waits for a turn and computes. Whoever stops waiting gives the place back; a computation that
    /// began goes on to its end and holds its turn until then, so the bound on memory holds.
    async fn run(
        &self,
        params: Params,
        password: Secret<String>,
        salt: Salt,
    ) -> Result<Vec<u8>, HashingError> {
        let needed_kib = u64::from(params.m_cost());
        if needed_kib > self.largest_kib {
            return Err(HashingError::TooCostly { needed_kib, budget_kib: self.largest_kib });
        }
        let job = Job { params, password, salt, _turn: self.turn().await? };
        let (kept, places, computed) = (self.kept.clone(), self.places.clone(), self.computed.clone());
        let queue = self.queue;
        let work = tokio::task::spawn_blocking(move || {
            let mut blocks = lock(&kept).pop().unwrap_or_default();
            let tag = compute(&job.params, job.password.expose().as_bytes(), &job.salt, &mut blocks);
            computed.fetch_add(1, Ordering::Relaxed);
            // Memory goes from hash to hash while others wait for it; an idle gate gives it back.
            if places.available_permits() < queue {
                lock(&kept).push(blocks);
            } else {
                lock(&kept).clear();
            }
            tag
        });
        work.await.map_err(|_| HashingError::Stopped)?
    }
}

fn read(phc: &str) -> Result<PasswordHash, HashingError> {
    PasswordHash::new(phc).map_err(|_| HashingError::Unreadable)
}

/// What a stored hash costs, where it is of our kind and nothing in it is absurd.
fn params_of(stored: &PasswordHash) -> Result<Params, HashingError> {
    let ours = stored.algorithm == Algorithm::Argon2id.ident();
    if !ours || stored.version.is_some_and(|version| version != u32::from(Version::V0x13)) {
        return Err(HashingError::Unreadable);
    }
    let params = Params::try_from(stored).map_err(|_| HashingError::Unreadable)?;
    let short = stored.hash.is_none_or(|tag| tag.len() < LEAST_TAG);
    match short || params.t_cost() > MOST_PASSES || params.p_cost() > MOST_LANES {
        true => Err(HashingError::Unreadable),
        false => Ok(params),
    }
}

fn lock(kept: &Mutex<Vec<Vec<Block>>>) -> MutexGuard<'_, Vec<Vec<Block>>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn compute(
    params: &Params,
    password: &[u8],
    salt: &Salt,
    blocks: &mut Vec<Block>,
) -> Result<Vec<u8>, HashingError> {
    let mut tag = vec![0; params.output_len().unwrap_or(TAG_LEN)];
    blocks.resize(params.block_count(), Block::default());
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, &mut tag, blocks)
        .map_err(|_| HashingError::Unreadable)?;
    Ok(tag)
}

fn fresh_salt() -> Result<Salt, HashingError> {
    Salt::new(&random::<16>()).map_err(|_| HashingError::Unreadable)
}

fn as_phc(params: &Params, salt: Salt, tag: &[u8]) -> Result<PasswordHash, HashingError> {
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: params.try_into().map_err(|_| HashingError::Unreadable)?,
        salt: Some(salt),
        hash: Some(Output::new(tag).map_err(|_| HashingError::Unreadable)?),
    })
}
