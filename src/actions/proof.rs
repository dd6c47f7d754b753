//! The proof by password, which signing in, stepping up and changing the password have in common. For a name
//! that nobody has, and for an account that cannot sign in, the same rows are read and written, the same
//! hashing is done and the same is said (R-14, K2, K3).

use std::net::IpAddr;

use super::actor::Origin;
use super::password::{kept, normal};
use super::sign_in::SignInError;
use crate::app::App;
use crate::model::account::{Account, AccountKind, AccountStatus, UserName};
use crate::model::email::Email;
use crate::model::id::{AccountId, SessionId};
use crate::model::quota::{NameDigest, Subject, Verdict as Budget};
use crate::secret::Secret;
use crate::secret::password::{HashingError, Verdict};
use crate::store::sign_in_lanes::{Entry, Lane};
use crate::store::{Tx, accounts, factors, sessions, sign_in_lanes, sought};

/// failures in a row after which strangers are sent to a mailed reset.
const MOST_OF_STRANGERS: u32 = 100;

/// A password that was right a moment ago. It counts once [`Proof::settle`] has found it still in force.
pub(super) struct Proof {
    account: AccountId,
    stored: factors::Password,
    /// The same password, hashed or sealed anew.
    renewed: Option<Vec<u8>>,
    lane: Lane,
}

/// Whom an attempt is made on, and from which lane.
struct Target {
    account: Option<AccountId>,
    subject: Subject,
    lane: Lane,
    /// Whether the lane is that of strangers.
    strange: bool,
}

/// Proves the password of whoever has this name or address. A browser in which the account was signed in
/// before has a lane of its own.
pub(super) async fn by_name(
    app: &App,
    origin: Origin,
    name: &str,
    browser: Option<&[u8; 32]>,
    password: &Secret<String>,
) -> Result<Proof, SignInError> {
    budgeted(app, origin, None)?;
    let target = {
        let _turn = app.turns.acquire().await;
        target_of(app, name, browser).await?
    };
    prove(app, origin, target, password).await
}

/// Proves the password of an account once more inside one of its sessions.
pub(super) async fn within(
    app: &App,
    origin: Origin,
    account: AccountId,
    session: SessionId,
    password: &Secret<String>,
) -> Result<Proof, SignInError> {
    budgeted(app, origin, None)?;
    let browser = sessions::browser_of(&app.store, session).await?;
    let mark = browser.unwrap_or_else(|| format!("session {session}"));
    let person = accounts::by_id(&app.store, account).await?.is_some_and(|found| may_sign_in(&found));
    let target = Target {
        account: person.then_some(account),
        subject: Subject::Account(account),
        lane: known(app, account, &mark),
        strange: false,
    };
    prove(app, origin, target, password).await
}

/// The lane of strangers to an account.
pub(super) fn of_strangers(app: &App, account: AccountId) -> Lane {
    lane(app, &format!("account {account}"))
}

fn known(app: &App, account: AccountId, mark: &str) -> Lane {
    lane(app, &format!("account {account} in {mark}"))
}

/// Keyed, so that a stolen table tells no typed names; somebody may type a password there.
fn lane(app: &App, text: &str) -> Lane {
    app.keyring.load().digest(format!("sign-in lane {text}").as_bytes()).0
}

async fn target_of(app: &App, typed: &str, browser: Option<&[u8; 32]>) -> Result<Target, SignInError> {
    let (found, canonical) = named(app, typed).await?;
    let Some(account) = found else {
        let lane = lane(app, &format!("name {canonical}"));
        let mut name = [0; 16];
        name.iter_mut().zip(lane).for_each(|(to, from)| *to = from);
        // Asked like the others, of an account that is none.
        recognised(app, AccountId::mint(), browser).await?;
        let subject = Subject::Name(NameDigest(name));
        return Ok(Target { account: None, subject, lane, strange: true });
    };
    let mark = recognised(app, account.id, browser).await?;
    let lane = match &mark {
        Some(mark) => known(app, account.id, mark),
        None => of_strangers(app, account.id),
    };
    let subject = Subject::Account(account.id);
    Ok(Target {
        account: may_sign_in(&account).then_some(account.id),
        subject,
        lane,
        strange: mark.is_none(),
    })
}

/// The account that a typed name means, and the one form of that name: attempts are counted on the
/// account, whichever of its names was typed (K5). An address means an account only once it was proved, or else
/// whoever signs up with an address would learn by it whether it was free.
async fn named(app: &App, typed: &str) -> Result<(Option<Account>, String), SignInError> {
    let typed = typed.trim().to_lowercase();
    if let Ok(email) = typed.parse::<Email>() {
        let found = sought::account_by_email(&app.store, &email).await?;
        return Ok((found.filter(|account| account.validated), email.canonical()));
    }
    Ok(match typed.parse::<UserName>() {
        Ok(name) => (sought::account_by_name(&app.store, &name).await?, typed),
        Err(_) => (None, typed),
    })
}

/// The mark of a browser in which the account was signed in before.
async fn recognised(
    app: &App,
    account: AccountId,
    browser: Option<&[u8; 32]>,
) -> Result<Option<String>, SignInError> {
    let Some(browser) = browser else { return Ok(None) };
    Ok(sessions::knows_browser(&app.store, account, browser).await?)
}

fn may_sign_in(account: &Account) -> bool {
    (account.kind, account.status) == (AccountKind::Person, AccountStatus::Active)
}

/// The one budget of all doors. Strangers must not use up what lets the owner's own browsers in, so these
/// are held by their source alone.
fn budgeted(app: &App, origin: Origin, subject: Option<Subject>) -> Result<(), SignInError> {
    let Some(address) = origin.address else { return Ok(()) };
    match app.limits.before_unknown(address, subject, app.clock.now()) {
        Budget::Wait(wait) => Err(SignInError::Wait(wait)),
        Budget::Allowed { .. } => Ok(()),
    }
}

/// Counts the attempt, then hashes.
async fn prove(
    app: &App,
    origin: Origin,
    target: Target,
    password: &Secret<String>,
) -> Result<Proof, SignInError> {
    budgeted(app, origin, target.strange.then_some(target.subject))?;
    if app.hashing.room() == 0 {
        return Err(SignInError::Busy);
    }
    let nobodys = kept::nobodys(app)?;
    let account = target.account.unwrap_or_else(AccountId::mint);
    let stored = sought::password(&app.store, account, &nobodys).await?;
    let most = target.strange.then_some(MOST_OF_STRANGERS);
    let number = match sign_in_lanes::enter(&app.store, &target.lane, most, app.clock.now()).await? {
        Entry::Counted(number) => number,
        Entry::Wait(wait) => return Err(SignInError::Wait(wait)),
        Entry::Full => return Err(SignInError::ResetNeeded),
    };
    let mut failure = Failure { app, address: origin.address, subject: target.subject };
    let compared = compared(app, &stored, password).await;
    if compared.is_err() {
        failure.address = None;
        sign_in_lanes::take_back(&app.store, &target.lane, number).await?;
    }
    // Nobody's password is nobody's, whatever was typed.
    let known = target.account.filter(|_| stored.id != nobodys.id);
    let (Some((verdict, text)), Some(account)) = (compared?, known) else {
        return Err(SignInError::Wrong);
    };
    failure.address = None;
    let renewed = kept::renewed(app, &stored, verdict, text).await;
    Ok(Proof { account, stored, renewed, lane: target.lane })
}

/// Counts a failure when it is dropped with an address: also where nobody waits for the answer any more, for
/// the hash is computed nevertheless.
struct Failure<'a> {
    app: &'a App,
    address: Option<IpAddr>,
    subject: Subject,
}

impl Drop for Failure<'_> {
    fn drop(&mut self) {
        if let Some(address) = self.address {
            self.app.limits.failed(address, Some(self.subject), self.app.clock.now());
        }
    }
}

/// Compares with what is stored, which may be nobody's. Of the right password how it was stored,
/// and its one form.
async fn compared(
    app: &App,
    stored: &factors::Password,
    password: &Secret<String>,
) -> Result<Option<(Verdict, Secret<String>)>, SignInError> {
    let typed = normal(password);
    let copy = |text: &Secret<String>| Secret::new(text.expose().clone());
    let hash = kept::opened(app, stored);
    let compared = match (&typed, hash) {
        (Some(typed), Some(hash)) => app.hashing.verify(copy(typed), hash.expose()).await,
        (Some(typed), None) => app.hashing.verify_nobody(copy(typed)).await,
        (None, _) => app.hashing.verify_nobody(Secret::new(String::new())).await,
    };
    match compared {
        Ok(Verdict::Wrong) => Ok(None),
        Ok(verdict @ (Verdict::Right | Verdict::RightButStale)) => Ok(typed.map(|typed| (verdict, typed))),
        Err(HashingError::Overflow | HashingError::Stopped) => Err(SignInError::Busy),
        Err(error) => {
            tracing::error!(%error, "a stored password cannot be compared");
            Ok(None)
        }
    }
}

impl Proof {
    /// Finds the password still in force inside the transaction that uses the proof: an account stopped or
    /// a password changed in between is no proof any more. The failures of the lane are forgotten.
    ///
    /// # Errors
    /// [`SignInError::Wrong`], or the store's.
    pub(super) async fn settle(&self, app: &App, tx: &mut Tx) -> Result<Account, SignInError> {
        let account = accounts::hold(tx, self.account).await?.filter(may_sign_in);
        let account = account.ok_or(SignInError::Wrong)?;
        let found = factors::password_in(tx, account.id).await?;
        if found.is_none_or(|found| found.id != self.stored.id) {
            return Err(SignInError::Wrong);
        }
        factors::used(tx, self.stored.id, self.renewed.as_deref(), app.clock.now()).await?;
        sign_in_lanes::clear(tx, &self.lane).await?;
        Ok(account)
    }
}
