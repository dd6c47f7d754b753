//! Numbers that nobody counts as they change: they are read off the running gate once a second.

use std::sync::Arc;

use super::permits::Permits;
use crate::gateway::Gateway;
use crate::telemetry::access::Writer;
use crate::telemetry::labels::Health;

/// Where the numbers are read off.
pub struct Gauges {
    /// The gateway.
    pub gateway: Arc<Gateway>,
    /// Connections.
    pub permits: Arc<Permits>,
    /// The access log, if there is one.
    pub access: Option<Writer>,
}

impl Gauges {
    /// Shows all of them as they are now.
    pub fn show(&self) {
        let app = &self.gateway.app;
        let metrics = &app.metrics;
        metrics.oldest_decision_age.set(app.oldest_decision_age().as_secs_f64());
        metrics.store_away.set(i64::from(app.follower.store_is_away()));
        metrics.connections_open.set(number(self.permits.open()));
        if let Some(access) = &self.access {
            metrics.access_lines_dropped.set(number(access.dropped()));
        }
        let (mut in_flight, plan) = (0, self.gateway.plan());
        for reading in plan.health.readings() {
            let health = if reading.usable { Health::Up } else { Health::Down };
            metrics.target_health(reading.upstream, &reading.target.to_string(), health);
            in_flight += reading.in_flight;
        }
        metrics.in_flight.set(number(in_flight));
    }
}

fn number(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}
