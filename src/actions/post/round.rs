//! One round of the post: takes what is due in hand, brings it away, and notes what became of it. A letter that
//! was in hand when the program ended is sent again by the next one, under the same message id; what was
//! taken is never sent knowingly again.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::super::error::ActionError;
use super::{Content, HOUR, opened};
use crate::app::App;
use crate::mail::{MailError, Posted, Written};
use crate::model::email::Email;
use crate::model::outbox::OutboxEntry;
use crate::secret::Secret;
use crate::store;
use crate::store::outbox::{self, Afterwards, Which};
use crate::time::Timestamp;

/// Letters taken in hand at once.
const AT_ONCE: u32 = 16;

/// How much longer a letter stays in hand than any server may take for it.
const TO_SPARE: Duration = Duration::from_secs(30);

/// The first pause after a letter was not taken; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_secs(30);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// What became of a letter.
enum End {
    Sent,
    Later(String),
    Failed(String),
}

/// Sends what is due.
///
/// # Errors
/// The store's; letters that are not taken are no error.
pub async fn round(app: &Arc<App>) -> Result<(), ActionError> {
    let now = app.clock.now();
    app.metrics.letters_waiting.set(outbox::waiting(&app.store).await?);
    let mut due = outbox::due(&app.store, Which::All, now, AT_ONCE).await?;
    if due.is_empty() {
        return Ok(());
    }
    if too_many(app, now).await? {
        // Nobody can use up the gate's letters to act unseen: notices go out nevertheless.
        due = outbox::due(&app.store, Which::Notices, now, AT_ONCE).await?;
    }
    let in_hand = now.plus(app.config.load().mail.deadline + TO_SPARE);
    let mut hands = JoinSet::new();
    for entry in due {
        if outbox::claim(&app.store, entry.id, now, in_hand).await? {
            let app = Arc::clone(app);
            hands.spawn(async move { settle(&app, &entry, bring(&app, &entry).await).await });
        }
    }
    let mut failed = None;
    while let Some(done) = hands.join_next().await {
        if let Ok(Err(error)) = done {
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// Whether the gate has sent so much that something must be wrong: what waits then waits on.
async fn too_many(app: &App, now: Timestamp) -> Result<bool, ActionError> {
    let most = i64::from(app.config.load().mail.per_hour);
    let stopped = outbox::count_sent(&app.store, now.minus(HOUR)).await? >= most;
    if stopped && app.metrics.letters_stopped.get() == 0 {
        tracing::error!(per_hour = most, "more letters than `mail.per_hour` allows: the others wait");
    }
    app.metrics.letters_stopped.set(i64::from(stopped));
    Ok(stopped)
}

async fn bring(app: &App, entry: &OutboxEntry) -> End {
    let now = app.clock.now();
    if entry.expires_at.is_some_and(|end| end <= now) {
        return End::Failed("its links are too old to be of use".to_owned());
    }
    let content = match outbox::payload(&app.store, entry.id).await {
        Ok(Some(payload)) => opened(app, entry.id, &payload),
        Ok(None) => return End::Failed("it was withdrawn".to_owned()),
        Err(error) => return End::Later(told(&error)),
    };
    match content {
        Some(Content::Letter { sender, subject, text, html }) => {
            let written = Written { sender, subject, text: Secret::new(text), html: Secret::new(html) };
            send(app, entry, written).await
        }
        Some(Content::Wish(wish)) => match wish.grant(app, entry.id).await {
            Ok(()) => End::Sent,
            Err(error) => End::Later(told(&error)),
        },
        None => End::Failed("it cannot be unsealed".to_owned()),
    }
}

async fn send(app: &App, entry: &OutboxEntry, written: Written) -> End {
    let Ok(to) = entry.recipient.parse::<Email>() else {
        return End::Failed("the address is none".to_owned());
    };
    let letter = Posted { id: entry.id, to, at: entry.created_at, written };
    let mailer = app.mailer.load_full();
    match mailer.send(&letter).await {
        Ok(()) => End::Sent,
        Err(error) if error.is_final() => End::Failed(told(&error)),
        Err(error) => End::Later(told(&error)),
    }
}

/// Notes what became of a letter.
async fn settle(app: &App, entry: &OutboxEntry, end: End) -> store::Result<()> {
    let now = app.clock.now();
    match end {
        End::Sent => {
            app.metrics.letters_sent.inc();
            let handed_over = app.mailer.load().leaves() || entry.recipient.is_empty();
            let afterwards = if handed_over { Afterwards::Forgotten } else { Afterwards::Kept };
            outbox::sent(&app.store, entry.id, now, afterwards).await
        }
        End::Later(why) if now.since(entry.created_at) < app.config.load().mail.patience => {
            let pause = pause(entry.attempts);
            tracing::warn!(letter = %entry.id, kind = %entry.kind, %why, pause = ?pause, "a letter was not taken");
            outbox::later(&app.store, entry.id, now.plus(pause), &why).await
        }
        End::Later(why) | End::Failed(why) => {
            app.metrics.letters_failed.inc();
            tracing::error!(letter = %entry.id, kind = %entry.kind, %why, "a letter is given up");
            outbox::failed(&app.store, entry.id, now, &why).await
        }
    }
}

/// The pause after so many attempts before this one.
fn pause(attempts: i64) -> Duration {
    let doubled = u32::try_from(attempts).unwrap_or(u32::MAX).min(16);
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doubled)).min(LONGEST_PAUSE)
}

/// An error with what caused it, on one line of bearable length; servers may say anything.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

/// What a mail server said, on one line, for those who run it.
pub fn said(error: &MailError) -> String {
    told(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        let seconds = |attempts| pause(attempts).as_secs();
        assert_eq!([0, 1, 2, 6, 7, 100].map(seconds), [30, 60, 120, 1920, 3600, 3600]);
    }
}
