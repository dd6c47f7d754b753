//! What happens by itself: one line for each periodic task. A task that fails or panics is logged, once
//! until it works again, and comes back at its time; none can end another.

use std::convert::Infallible;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, interval_at};

use super::gauges::Gauges;
use super::reload::Reloading;
use super::shutdown::{Phase, Shutdown};
use crate::actions;
use crate::actions::webhook::courier::{self, Courier};
use crate::app::failures::{self, Minutes};
use crate::app::{App, changes};
use crate::auth::watch;
use crate::gateway::Gateway;
use crate::gateway::pool::watch_health;
use crate::store::{self, Store};

const QUARTER: Duration = Duration::from_millis(250);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Starts every task. They end with the program, or when the set is dropped.
pub fn begin(reloading: &Arc<Reloading>, gauges: &Arc<Gauges>, shutdown: &Shutdown) -> JoinSet<()> {
    let app = &reloading.app;
    let mut tasks = Tasks { all: JoinSet::new(), shutdown };
    tasks.every("follow the change log", changes::interval(&app.store), app, |app| async move {
        changes::follow(&app).await
    });
    if matches!(app.store, Store::Postgres { .. }) {
        tasks.every("listen for changes", SECOND, app, |app| async move { changes::listen(&app).await });
    }
    tasks.every("remove what is long over", HOUR, app, |app| async move {
        store::attic::clear(&app.store, app.clock.now()).await
    });
    tasks.every("erase who was deleted", HOUR, app, |app| async move {
        actions::deletion::erase_what_is_over(&app).await
    });
    tasks.every("cut the audit trail", HOUR, app, |app| async move {
        actions::audit::cut_what_is_old(&app).await.map(drop)
    });
    tasks.every("cut what is not admitted any more", QUARTER, app, |app| async move {
        watch::round(&app).await;
        Ok::<_, Infallible>(())
    });
    tasks.every("write last uses", MINUTE, app, |app| async move { app.last_used.flush(&app.store).await });
    tasks.every("write failed attempts", failures::WRITTEN_EVERY, app, |app| {
        write_failures(app, Minutes::Over)
    });
    tasks.every("send letters", SECOND, app, |app| async move { actions::post::round(&app).await });
    let courier = Arc::new(Courier::default());
    tasks.every("send to webhooks", SECOND, app, move |app| {
        let courier = Arc::clone(&courier);
        async move { courier::round(&app, &courier).await }
    });
    tasks.every("count what waits for webhooks", 15 * SECOND, app, |app| async move {
        courier::count(&app).await
    });
    tasks.every("tell of keys that end soon", HOUR, app, |app| async move {
        actions::api_key::tell_of_expiry(&app).await
    });
    tasks.every("show numbers", SECOND, gauges, |gauges| async move {
        gauges.show();
        Ok::<_, Infallible>(())
    });
    if let Some(spans) = &gauges.gateway.spans {
        tasks.every("send spans", SECOND, spans, |spans| async move { spans.flush().await });
    }
    tasks.all.spawn(check_upstreams(Arc::clone(&gauges.gateway)));
    tasks.every("look for changed files", 2 * SECOND, reloading, |reloading| async move {
        reloading.look().await
    });
    tasks.every("renew certificates", HOUR, reloading, |reloading| async move { reloading.renew().await });
    tasks.all
}

/// The last things to write before the end.
pub async fn finish(gateway: &Gateway) {
    let app = &gateway.app;
    if let Err(error) = app.last_used.flush(&app.store).await {
        tracing::warn!(%error, "last uses could not be written");
    }
    if let Err(error) = write_failures(Arc::clone(app), Minutes::All).await {
        tracing::warn!(%error, "failed attempts could not be written");
    }
    if let Some(Err(error)) = async { Some(gateway.spans.as_ref()?.flush().await) }.await {
        tracing::warn!(%error, "the last spans could not be sent");
    }
}

async fn write_failures(app: Arc<App>, minutes: Minutes) -> store::Result<()> {
    failures::write(&app.limits.tally, &app.store, minutes, app.clock.now()).await.map(|_| ())
}

/// Checks the upstreams of the configuration in force, and those of the next one when it takes over.
async fn check_upstreams(gateway: Arc<Gateway>) {
    loop {
        let plan = gateway.plan();
        let replaced = async {
            let mut ticks = interval(SECOND);
            while Arc::ptr_eq(&plan.health, &gateway.plan().health) {
                ticks.tick().await;
            }
        };
        let checked = async {
            watch_health(Arc::clone(&plan.health)).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = replaced => gateway.app.metrics.forget_targets(),
            () = checked => {}
        }
    }
}

struct Tasks<'a> {
    all: JoinSet<()>,
    shutdown: &'a Shutdown,
}

impl Tasks<'_> {
    /// Does `task` with `subject` every `period`, first after one period.
    fn every<S, T, F, E>(&mut self, name: &'static str, period: Duration, subject: &Arc<S>, task: T)
    where
        S: Send + Sync + 'static,
        T: Fn(Arc<S>) -> F + Send + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        let (subject, shutdown) = (Arc::clone(subject), self.shutdown.clone());
        self.all.spawn(async move {
            let mut ticks = interval_at(tokio::time::Instant::now() + period, period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut failing = false;
            loop {
                tokio::select! {
                    () = shutdown.reached(Phase::Ended) => return,
                    _ = ticks.tick() => {}
                }
                let failed = match tokio::spawn(task(Arc::clone(&subject))).await {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => Some(error.to_string()),
                    Err(panicked) => Some(panicked.to_string()),
                };
                note(name, failed, &mut failing);
            }
        });
    }
}

/// Logs where a task begins to fail and where it works again.
fn note(name: &'static str, failed: Option<String>, failing: &mut bool) {
    let before = std::mem::replace(failing, failed.is_some());
    match failed {
        Some(error) if !before => tracing::error!(task = name, %error, "a periodic task fails"),
        None if before => tracing::info!(task = name, "a periodic task works again"),
        Some(_) | None => {}
    }
}
