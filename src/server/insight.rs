//! What the server lets pages and API know: certificates, the configuration in force, and how the last
//! reload went.

use std::fmt::Write;
use std::sync::{Arc, Weak};

use super::certificates::Certificate;
use super::reload::{LastReload, Reloading};
use crate::config::{self, Sources};
use crate::time::Timestamp;
use crate::web::insight::{CertificateView, ReloadView, ServerAnswers};

const DAY: i64 = 24 * 60 * 60;

/// Answers from what a server reloads, as long as it is there.
pub fn answers(reloading: &Arc<Reloading>) -> ServerAnswers {
    let reloading: Weak<Reloading> = Arc::downgrade(reloading);
    let (printing, judging) = (reloading.clone(), reloading.clone());
    ServerAnswers {
        certificates: Box::new(move || {
            let Some(reloading) = reloading.upgrade() else { return Vec::new() };
            let (config, now) = (reloading.app.config.load(), reloading.app.clock.now());
            let development = config.tls.certificates.is_empty();
            let all = reloading.tls.certificates();
            all.all().iter().map(|certificate| view(certificate, development, now)).collect()
        }),
        configuration: Box::new(move || {
            printing.upgrade().map(|reloading| reloading.printed().to_string()).unwrap_or_default()
        }),
        reload: Box::new(move || match judging.upgrade() {
            Some(reloading) => reload(&reloading),
            None => ReloadView {
                generation: 0,
                successful: false,
                at: Timestamp::from_millis(0),
                error: None,
                waiting: Vec::new(),
            },
        }),
    }
}

fn reload(reloading: &Reloading) -> ReloadView {
    let LastReload { at, error, waiting } = reloading.last();
    let generation = reloading.app.metrics.generation.get();
    ReloadView { generation, successful: error.is_none(), at, error, waiting }
}

fn view(certificate: &Certificate, development: bool, now: Timestamp) -> CertificateView {
    let leaf = &certificate.leaf;
    let parents = leaf.names.parents().map(|parent| format!("*.{parent}"));
    let names = leaf.names.exact().map(ToOwned::to_owned).chain(parents);
    CertificateView {
        file: certificate.path.display().to_string(),
        names: names.chain(leaf.names.addresses().map(ToString::to_string)).collect(),
        issuer: leaf.issuer.clone(),
        not_before: leaf.not_before,
        not_after: leaf.not_after,
        days_left: (leaf.not_after.seconds() - now.seconds()).div_euclid(DAY),
        fingerprint: leaf.fingerprint.clone(),
        development,
    }
}

/// Every value that `sources` give with its place, one a line, secrets masked.
pub(super) fn printed(sources: &Sources) -> Arc<str> {
    let mut text = String::new();
    for shown in config::print(sources).unwrap_or_default() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} = {}  # {}", shown.key, shown.value, shown.place);
    }
    text.into()
}
