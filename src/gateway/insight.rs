//! What the gateway lets pages and API know of itself.

use std::sync::Weak;

use super::pool::Reading;
use super::{Gateway, Plan, explain};
use crate::app::decisions::Decision;
use crate::model::identity::Presented;
use crate::model::route::Destination;
use crate::time::Timestamp;
use crate::web::explanation::Unanswerable;
use crate::web::insight::{DecisionView, GatewayAnswers, Insight, TargetView, UpstreamView};

/// Insight into a gateway, as long as it is there.
pub fn into(gateway: &Weak<Gateway>) -> Insight {
    let (explaining, deciding, serving) = (gateway.clone(), gateway.clone(), gateway.clone());
    Insight::into(GatewayAnswers {
        explain: Box::new(move |question| {
            let gateway = explaining.upgrade();
            Box::pin(async move {
                let gateway = gateway.ok_or(Unanswerable::Ending)?;
                explain::explain(&gateway, &question).await
            })
        }),
        decision: Box::new(move |request| {
            let app = &deciding.upgrade()?.app;
            app.decisions.of(&request, app.clock.now()).as_ref().map(view)
        }),
        upstreams: Box::new(move || match serving.upgrade() {
            Some(gateway) => upstreams(&gateway.plan(), gateway.app.clock.now()),
            None => Vec::new(),
        }),
    })
}

fn view(decision: &Decision) -> DecisionView {
    DecisionView {
        request: decision.request.to_string(),
        at: decision.at,
        admitted: decision.reason == "admitted",
        status: decision.status,
        route: decision.route.as_deref().map(ToOwned::to_owned),
        reason: decision.reason,
        credential: decision.credential.map(|presented| match presented {
            Presented::Session(id) => format!("session {id}"),
            Presented::Key(id) => format!("key {id}"),
        }),
        account: decision.account.map(|id| id.to_string()),
    }
}

/// Every upstream with its targets as they are now.
fn upstreams(plan: &Plan, now: Timestamp) -> Vec<UpstreamView> {
    let routing = &plan.config.routing;
    let mut all: Vec<UpstreamView> =
        routing.upstreams.iter().map(|upstream| UpstreamView::of(&upstream.name)).collect();
    for reading in plan.health.readings() {
        if let Some(upstream) = all.iter_mut().find(|upstream| *upstream.name == *reading.upstream) {
            upstream.targets.push(target(&reading, now));
        }
    }
    all
}

/// Who serves a destination.
pub(super) fn upstream(plan: &Plan, destination: &Destination, now: Timestamp) -> Option<UpstreamView> {
    match destination {
        Destination::Echo => Some(UpstreamView::of("echo")),
        Destination::Upstream(index) => upstreams(plan, now).into_iter().nth(*index),
    }
}

fn target(reading: &Reading<'_>, now: Timestamp) -> TargetView {
    TargetView {
        address: reading.target.to_string(),
        healthy: reading.usable,
        ejected_until: (!reading.out_for.is_zero()).then(|| now.plus(reading.out_for)),
        check_failed: reading.sick,
        in_flight: reading.in_flight,
        connections: reading.connections,
        failed: reading.failed,
        last_error: reading.last.as_ref().map(|last| last.what.clone()),
        last_error_at: reading.last.as_ref().map(|last| now.minus(last.ago)),
    }
}
