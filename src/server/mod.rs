//! Sockets: what listens, who may connect, and how it all begins and ends. A connection comes in through
//! `listener`, is made a guest at the `entrance`, and goes on to the gateway by `connection`.

pub mod background;
pub mod certificates;
pub mod client_certificates;
pub mod connection;
pub mod control;
pub mod crew;
pub mod descriptors;
pub mod development;
pub mod doors;
pub mod entrance;
pub mod gauges;
pub mod insight;
pub mod lent;
pub mod listener;
pub mod operations;
pub mod orders;
pub mod permits;
pub mod proxy_protocol;
pub mod pulse;
pub mod redirect;
pub mod reload;
pub mod rounds;
pub mod running;
pub mod shutdown;
pub mod signals;
pub mod small;
pub mod stream;
pub mod strict;
pub mod systemd;
pub mod taken;
pub mod tls;
pub mod watch;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use self::control::{Control, Desk as ControlDesk};
use self::crew::Worker;
use self::development::DevelopmentError;
use self::doors::{BindError, Door, Kind};
use self::entrance::Entrance;
use self::gauges::Gauges;
use self::listener::{Accepted, Reception};
use self::permits::Permits;
use self::reload::Reloading;
use self::rounds::Rounds;
use self::running::{Addresses, Running};
use self::shutdown::{Phase, Shutdown};
use self::stream::Stream;
use self::tls::{TlsAcceptor, TlsError};
use crate::app::App;
use crate::app::open::OpenError;
use crate::config::{Config, ConnectionLimits, Sources};
use crate::gateway::Gateway;
use crate::gateway::desk::Desk;
use crate::gateway::pool::UpstreamSetupError;
use crate::telemetry::access::Writer;
use crate::telemetry::spans::{self, Spans};
use crate::time::Clock;

/// Longest wait for the store to close.
const CLOSING: Duration = Duration::from_secs(5);

/// Why the gate does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Store or keyring.
    #[error(transparent)]
    App(#[from] OpenError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The development certificate.
    #[error(transparent)]
    Development(#[from] DevelopmentError),
    /// An upstream.
    #[error(transparent)]
    Upstream(#[from] UpstreamSetupError),
    /// The collector of traces.
    #[error(transparent)]
    Traces(#[from] spans::SendError),
    /// A socket.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Threads or runtimes.
    #[error("the system gives no more threads")]
    Threads(#[from] io::Error),
    /// A thread ended before it had begun.
    #[error("the gate ended while it started")]
    Ended,
}

/// What the gate starts with.
pub struct Plan {
    /// The configuration.
    pub config: Config,
    /// What it was read from, for reloads.
    pub sources: Option<Sources>,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// Where lines about requests go.
    pub access: Option<Writer>,
}

/// Starts a gate from a configuration made by hand; it cannot be reloaded.
///
/// # Errors
/// See [`StartError`].
pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
    begin(Plan { config, sources: None, clock, access: None }).await
}

/// Starts a gate on threads of its own and waits until it serves. Prints nothing.
///
/// # Errors
/// See [`StartError`]; then nothing is left open.
pub async fn begin(plan: Plan) -> Result<Running, StartError> {
    tls::install_provider();
    let shutdown = Shutdown::default();
    let (started, ready) = oneshot::channel();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let giving_up = shutdown.clone();
    let control = std::thread::Builder::new().name("control".into()).spawn(move || {
        runtime.block_on(async move {
            match House::open(plan, shutdown).await {
                Ok((house, running)) => {
                    let _ = started.send(Ok(running));
                    house.live().await;
                }
                Err(error) => {
                    giving_up.advance(Phase::Ended);
                    let _ = started.send(Err(error));
                }
            }
        });
    })?;
    let running = ready.await.map_err(|_| StartError::Ended)??;
    Ok(running.held_by(control))
}

/// Everything that is open.
struct House {
    app: Arc<App>,
    reloading: Arc<Reloading>,
    shutdown: Shutdown,
    permits: Arc<Permits>,
    workers: Vec<JoinHandle<()>>,
    tasks: JoinSet<()>,
}

impl House {
    async fn open(plan: Plan, shutdown: Shutdown) -> Result<(Self, Running), StartError> {
        let files = reload::certificate_files(&plan.config, plan.clock.now())?;
        let tls = Arc::new(TlsAcceptor::new(&plan.config.tls, &files)?);
        let app = Arc::new(App::open(plan.config, plan.clock).await?);
        reload::show(&app, &tls.certificates());
        let config = app.config.load_full();
        let workers = config.workers.max(1);
        let collector = config.traces.collector.clone();
        let spans = collector.map(|collector| Spans::towards(collector, Arc::clone(&app.metrics)));
        let gateway = Gateway::new(Arc::clone(&app), workers, spans.transpose()?.map(Arc::new))?;
        let control = Control::bind(&config.control_socket)
            .map_err(|source| BindError::Unix { path: config.control_socket.clone(), source })?;
        let permits = Permits::new(&descriptors::affordable(config.limits));
        let doors = doors::open(&config.listen)?;
        let addresses = Addresses::of(&doors);
        let reloading = Arc::new(Reloading::new(
            Arc::clone(&gateway),
            Arc::clone(&tls),
            Arc::clone(&permits),
            plan.sources,
        ));
        gateway.insight.add(insight::answers(&reloading));
        let (own, front): (Vec<Door>, Vec<Door>) =
            doors.into_iter().partition(|door| matches!(door.kind, Kind::Operations | Kind::Redirect));
        let reception = Reception {
            permits: Arc::clone(&permits),
            metrics: Arc::clone(&app.metrics),
            shutdown: shutdown.clone(),
            until: Phase::Draining,
        };
        let entrance = Entrance { app: Arc::clone(&app), tls };
        let desks = (0..workers).map(|worker| {
            Arc::new(Desk::new(Arc::clone(&gateway), worker, plan.access.as_ref().map(Writer::for_worker)))
        });
        let workers = spawn_workers(front, desks.collect(), &reception, &entrance)?;
        let gauges = Arc::new(Gauges { gateway, permits: Arc::clone(&permits), access: plan.access });
        let mut tasks = background::begin(&reloading, &gauges, &shutdown);
        let desk = ControlDesk { reloading: Arc::clone(&reloading), shutdown: shutdown.clone() };
        tasks.spawn(control.serve(desk));
        own.into_iter().for_each(|door| small_door(&mut tasks, door, &reception, &entrance));
        app.metrics.ready.set(1);
        let running = Running::new(addresses, Arc::clone(&app), Arc::clone(&reloading), shutdown.clone());
        Ok((Self { app, reloading, shutdown, permits, workers, tasks }, running))
    }

    /// Goes on until the way out is entered, then along it.
    async fn live(mut self) {
        self.shutdown.reached(Phase::Leaving).await;
        self.app.metrics.ready.set(0);
        systemd::stopping();
        let cutting = {
            let (shutdown, app) = (self.shutdown.clone(), Arc::clone(&self.app));
            tokio::spawn(async move {
                shutdown.reached(Phase::Cutting).await;
                app.live.cut_all();
            })
        };
        let deadlines = self.app.config.load().deadlines;
        self.shutdown.drain(deadlines, &self.permits).await;
        cutting.abort();
        for worker in self.workers.drain(..) {
            // A worker that panicked has nothing left to end.
            let _ = tokio::task::spawn_blocking(move || worker.join()).await;
        }
        self.tasks.shutdown().await;
        background::finish(&self.reloading.gateway).await;
        drop(self.reloading);
        // A connection that never comes back to its pool must not keep the program from ending.
        let _ = tokio::time::timeout(CLOSING, self.app.store.close()).await;
    }
}

/// One door of each place for each worker.
fn spawn_workers(
    front: Vec<Door>,
    desks: Vec<Arc<Desk>>,
    reception: &Reception,
    entrance: &Entrance,
) -> Result<Vec<JoinHandle<()>>, StartError> {
    let mut sets: Vec<Vec<Door>> = Vec::with_capacity(desks.len());
    for _ in 1..desks.len() {
        sets.push(front.iter().map(Door::another).collect::<Result<_, _>>()?);
    }
    sets.push(front);
    let spawned = sets.into_iter().zip(desks).enumerate().map(|(number, (doors, desk))| {
        let rounds = Arc::new(Rounds::default());
        let (reception, entrance) = (reception.clone(), entrance.clone());
        let worker = Worker { number, doors, reception, entrance, rounds: Arc::clone(&rounds) };
        worker.spawn(move |guest| connection::serve(guest, Arc::clone(&desk), Arc::clone(&rounds)))
    });
    Ok(spawned.collect::<Result<_, _>>()?)
}

/// Redirects are answered under the permits of everybody, operations under a few of their own.
fn small_door(tasks: &mut JoinSet<()>, door: Door, reception: &Reception, entrance: &Entrance) {
    const OPERATIONS: usize = 256;
    let mut reception = reception.clone();
    let until = match door.kind {
        Kind::Operations => {
            let limits = entrance.app.config.load().limits;
            let few =
                ConnectionLimits { connections: OPERATIONS, connections_per_source: OPERATIONS, ..limits };
            reception.permits = Permits::new(&few);
            reception.until = Phase::Ended;
            Phase::Ended
        }
        Kind::Https | Kind::Http | Kind::Redirect => Phase::Draining,
    };
    let (entrance, shutdown) = (entrance.clone(), reception.shutdown.clone());
    let hand_over = move |accepted: Accepted| {
        let (entrance, shutdown) = (entrance.clone(), shutdown.clone());
        tokio::spawn(async move { small_guest(accepted, &entrance, &shutdown, until).await });
    };
    tasks.spawn(async move {
        if let Err(error) = listener::accept(door, reception, hand_over).await {
            tracing::error!(%error, "a small door cannot listen");
        }
    });
}

async fn small_guest(accepted: Accepted, entrance: &Entrance, shutdown: &Shutdown, until: Phase) {
    let app = &entrance.app;
    if accepted.kind == Kind::Operations {
        let answer = |request: &http::Request<_>| {
            operations::answer(request.method(), request.uri().path(), shutdown, &app.metrics)
        };
        return small::serve(Stream::Plain(accepted.socket), shutdown, until, answer).await;
    }
    let Some(guest) = entrance.greet(accepted).await else { return };
    let answer = |request: &http::Request<_>| {
        redirect::answer(&app.config.load(), request.uri(), request.headers(), request.version())
    };
    small::serve(guest.stream, shutdown, until, answer).await;
}
