//! The walk of a request: greeted, given one host and one path, routed, admitted, and carried to its app.
//! Read [`desk::Desk::handle`] and `walk.rs` first; every other file here is one step of them.

pub mod access_log;
pub mod answer;
pub mod assertion;
pub mod body;
pub mod collected;
pub mod cors;
pub mod desk;
pub mod echo;
pub mod exchange;
pub mod explain;
pub mod field_names;
pub mod forward;
pub mod greet;
pub mod host;
pub mod identity_headers;
pub mod insight;
pub mod own;
pub mod path;
pub mod pool;
pub mod prepare;
pub mod quota;
pub mod refusal;
pub mod request_headers;
pub mod response_headers;
pub mod routes;
mod trace;
pub mod tunnel;
pub mod upgrade;
mod walk;
pub mod way_in;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;

use self::body::RequestBody;
use self::pool::{Pool, Pools, UpstreamHealth, UpstreamSetupError};
use self::quota::Quotas;
use self::routes::RouteTable;
use crate::api::reference;
use crate::app::App;
use crate::config::Config;
use crate::model::change::Change;
use crate::model::upstream::PoolLimits;
use crate::telemetry::spans::Spans;
use crate::web::Reception;
use crate::web::insight::Insight;

/// The gateway of a process: what all its workers share.
pub struct Gateway {
    /// What requests may reach.
    pub app: Arc<App>,
    /// Request quotas.
    pub quotas: Quotas,
    /// The gate's own endpoints.
    pub endpoints: Router,
    /// Where spans of requests go, if anywhere.
    pub spans: Option<Arc<Spans>>,
    /// What pages and API may ask of it.
    pub insight: Arc<Insight>,
    plan: ArcSwap<Plan>,
    workers: usize,
}

/// One configuration, ready to be walked. A reload makes a new one; requests end on the one they began on.
pub struct Plan {
    /// The configuration.
    pub config: Arc<Config>,
    /// Its routes.
    pub table: RouteTable,
    /// The health of its upstreams, shared by the workers.
    pub health: Arc<UpstreamHealth>,
    /// Connections to its upstreams, one set a worker.
    pools: Vec<Pools<RequestBody>>,
}

impl Gateway {
    /// A gateway for so many workers, on the app's configuration.
    ///
    /// # Errors
    /// When an upstream cannot be set up.
    pub fn new(
        app: Arc<App>,
        workers: usize,
        spans: Option<Arc<Spans>>,
    ) -> Result<Arc<Self>, UpstreamSetupError> {
        let config = app.config.load_full();
        let health = UpstreamHealth::new(&config.routing)?;
        let plan = Plan::of(config, health, &app, workers);
        let quotas = Quotas::new(app.limiter.clone());
        Ok(Arc::new_cyclic(|gateway| {
            let insight = Arc::new(insight::into(gateway));
            let reference = Arc::new(reference::reference());
            let endpoints =
                own::endpoints(Reception { app: app.clone(), insight: insight.clone(), reference });
            Self { quotas, endpoints, spans, insight, plan: ArcSwap::from_pointee(plan), workers, app }
        }))
    }

    /// Takes another configuration into force, all of it at once. What was remembered of identities is
    /// forgotten, since roles and demands may have changed.
    ///
    /// # Errors
    /// When an upstream cannot be set up; then the old configuration stays.
    pub fn reload(&self, config: Config) -> Result<(), UpstreamSetupError> {
        let config = Arc::new(config);
        let health = self.plan.load().health.renewed(&config.routing)?;
        let plan = Plan::of(config.clone(), health, &self.app, self.workers);
        self.app.limits.follow(config.failures);
        self.app.config.store(config);
        self.plan.store(Arc::new(plan));
        self.app.recent.saw(Change::Everything);
        Ok(())
    }

    /// The configuration in force.
    pub fn plan(&self) -> Arc<Plan> {
        self.plan.load_full()
    }
}

/// An upstream as one worker sees it.
pub struct Reached<'p> {
    /// Its connections.
    pub pool: &'p Arc<Pool<RequestBody>>,
    /// Their deadlines and limits.
    pub limits: PoolLimits,
}

impl Plan {
    /// An upstream by its index in the configuration.
    pub fn upstream(&self, index: usize, worker: usize) -> Option<Reached<'_>> {
        let limits = self.config.routing.upstreams.get(index)?.pool;
        Some(Reached { pool: self.pools.get(worker)?.upstream(index)?, limits })
    }

    fn of(config: Arc<Config>, health: UpstreamHealth, app: &App, workers: usize) -> Self {
        let pools = (0..workers).map(|_| Pools::new(&config.routing, &health)).collect();
        let table = RouteTable::of(&config.routing, &app.metrics);
        Self { table, pools, health: Arc::new(health), config }
    }
}
