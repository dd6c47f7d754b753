//! `portcullis check`: reads everything as a start would, changes nothing, and tries to reach the store and
//! the apps. Errors mean that the gate would not start; warnings, that somebody should look.

use std::time::Duration;

use clap::Args;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::desk::{Desk, Exit};
use crate::config::{Config, Loaded, Place, Problem, Problems, Severity, StoreConfig};
use crate::gateway::pool::UpstreamHealth;
use crate::model::upstream::{Target, Upstream};
use crate::server::tls::{self, TlsAcceptor};
use crate::store;
use crate::time::{Clock, SystemClock};

/// Longest wait for one app, whatever its own deadline is.
const PATIENCE: Duration = Duration::from_secs(5);

/// Certificates that end within this time are told.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

#[derive(Debug, Args)]
pub(super) struct Flags {
    /// Warnings count as errors
    #[arg(long)]
    strict: bool,
    /// Only reads; neither store nor apps are reached for
    #[arg(long)]
    offline: bool,
}

pub(super) fn run(flags: &Flags, desk: &Desk) -> Result<(), Exit> {
    let Loaded { config, warnings: mut problems } =
        Config::load(&desk.sources).map_err(Exit::Configuration)?;
    certificates(&config, &mut problems);
    if let Err(error) = UpstreamHealth::new(&config.routing) {
        let mend = "give a PEM file with the authorities that sign the app's certificate, or its name";
        note(&mut problems, (Severity::Error, "upstream"), chain(&error), mend);
    }
    if !flags.offline {
        desk.block_on(async {
            store_answers(&config, &mut problems).await;
            for upstream in &config.routing.upstreams {
                apps_answer(upstream, &mut problems).await;
            }
            Ok(())
        })?;
    }
    if problems.has_errors() || (flags.strict && !problems.all.is_empty()) {
        return Err(Exit::Configuration(problems));
    }
    if desk.output.is_json() {
        desk.output.value(&problems.json());
        return Ok(());
    }
    desk.output.warnings(&problems);
    let count = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    let (routes, hosts) =
        (count(config.routing.routes.len(), "route"), count(config.routing.hosts.len(), "host"));
    desk.output.done(&format!(
        "The configuration is good: {routes} on {hosts}, pages on {}.",
        config.public_url.origin
    ));
    Ok(())
}

/// Certificates are loaded as at the start; each host should be named by one of them. The development
/// certificate is not looked at: it is made to fit.
fn certificates(config: &Config, problems: &mut Problems) {
    if config.tls.certificates.is_empty() {
        return;
    }
    tls::install_provider();
    match TlsAcceptor::new(&config.tls, &config.tls.certificates) {
        Ok(acceptor) => {
            let loaded = acceptor.certificates();
            let now = SystemClock.now();
            for one in loaded.all().iter().filter(|one| one.leaf.not_after.minus(SOON) <= now) {
                let (file, end) = (one.path.display(), one.leaf.not_after);
                let what = format!(
                    "the certificate in {file} {} at {end}",
                    if end <= now { "expired" } else { "expires" }
                );
                note(problems, (Severity::Warning, "certificate"), what, "renew it");
            }
            for host in config.routing.hosts.iter().filter(|host| !loaded.knows(host)) {
                let what = format!("no certificate names the host {host}");
                note(problems, (Severity::Warning, "certificate"), what, "add a [[certificate]] for it");
            }
        }
        Err(error) => {
            let what = chain(&error);
            note(
                problems,
                (Severity::Error, "certificate"),
                what,
                "give a PEM chain, leaf first, and its key",
            );
        }
    }
}

async fn store_answers(config: &Config, problems: &mut Problems) {
    if matches!(&config.store, StoreConfig::Sqlite(path) if !path.exists()) {
        return;
    }
    let reached = async {
        let store = store::connect(&config.store).await?;
        let steps = store::migrations(&store).await;
        store.close().await;
        steps.map(|_| ())
    };
    if let Err(error) = reached.await {
        let what = format!("the store cannot be used: {}", chain(&error));
        note(problems, (Severity::Error, "store"), what, "see that it runs, and that path or URL is right");
    }
}

async fn apps_answer(upstream: &Upstream, problems: &mut Problems) {
    let patience = upstream.pool.connect.min(PATIENCE);
    for target in &upstream.targets {
        let reached = match target {
            Target::Tcp { host, port } => timeout(patience, tcp((&**host, *port))).await,
            Target::Address(address) => timeout(patience, tcp(*address)).await,
            Target::Unix(path) => {
                timeout(patience, async { UnixStream::connect(path).await.map(drop) }).await
            }
        };
        let why = match reached {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {patience:?}"),
        };
        let what = format!("upstream \"{}\" does not answer at {target}: {why}", upstream.name);
        note(problems, (Severity::Warning, "upstream"), what, "start the app, or mend the address");
    }
}

async fn tcp(address: impl tokio::net::ToSocketAddrs) -> std::io::Result<()> {
    TcpStream::connect(address).await.map(drop)
}

fn note(problems: &mut Problems, (severity, key): (Severity, &str), what: String, mend: &str) {
    let (key, mend) = (key.to_owned(), mend.to_owned());
    problems.all.push(Problem { severity, key, place: Place::Default, what, mend });
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
