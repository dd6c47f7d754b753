//! Reloading: everything is read and compiled first and takes effect together; on any problem the old
//! configuration stays, and the log and a metric say so.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use super::certificates::Certificates;
use super::descriptors::affordable;
use super::development::{self, DevelopmentError, DevelopmentFiles, Outcome};
use super::insight;
use super::permits::Permits;
use super::tls::{TlsAcceptor, TlsError};
use super::watch::Looks;
use crate::app::App;
use crate::config::{CertificateFiles, Config, Problems, Sources};
use crate::gateway::Gateway;
use crate::gateway::pool::UpstreamSetupError;
use crate::mail::{self, MailError};
use crate::time::Timestamp;

/// Why a reload changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The configuration has problems.
    #[error("the configuration has problems:\n{0}")]
    Configuration(Problems),
    /// A certificate or an authority cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The development certificate cannot be renewed.
    #[error(transparent)]
    Development(#[from] DevelopmentError),
    /// An upstream cannot be set up.
    #[error(transparent)]
    Upstream(#[from] UpstreamSetupError),
    /// The mail server cannot be spoken to as configured.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The program was started with a configuration that has no sources.
    #[error("this gateway was not started from files")]
    NoSources,
}

/// What a reload changes.
pub struct Reloading {
    /// What the gateway works with.
    pub app: Arc<App>,
    /// Where the configuration goes.
    pub gateway: Arc<Gateway>,
    /// Where certificates go.
    pub tls: Arc<TlsAcceptor>,
    /// Whose limits follow the configuration.
    pub permits: Arc<Permits>,
    /// What the configuration is read from; none in tests that made one by hand.
    pub sources: Option<Sources>,
    /// How the last reload went.
    last: std::sync::Mutex<LastReload>,
    /// The configuration in force, as printed.
    printed: ArcSwap<Arc<str>>,
    /// How the files looked when they were last read; holding it is the turn to read them.
    seen: Mutex<Seen>,
}

/// How a reload went.
#[derive(Debug, Clone)]
pub struct LastReload {
    /// When it was tried.
    pub at: Timestamp,
    /// Why nothing changed.
    pub error: Option<String>,
    /// Keys that changed but wait for the next start.
    pub waiting: Vec<&'static str>,
}

#[derive(Default)]
struct Seen {
    configuration: Looks,
    certificates: Looks,
}

impl Seen {
    fn now(config: &Config) -> Self {
        let tls = &config.tls;
        let pairs = tls.certificates.iter().flat_map(|pair| [pair.certificate.clone(), pair.key.clone()]);
        let authorities = tls.client_auth.iter().map(|policy| policy.authorities.clone());
        let certificates: Vec<PathBuf> = pairs.chain(authorities).collect();
        Self { configuration: Looks::of(config.sources.clone()), certificates: Looks::of(certificates) }
    }
}

impl Reloading {
    /// For a program that has just read everything.
    pub fn new(
        gateway: Arc<Gateway>,
        tls: Arc<TlsAcceptor>,
        permits: Arc<Permits>,
        sources: Option<Sources>,
    ) -> Self {
        let app = Arc::clone(&gateway.app);
        let seen = Mutex::new(Seen::now(&app.config.load()));
        let last = LastReload { at: app.clock.now(), error: None, waiting: Vec::new() };
        let printed = sources.as_ref().map(insight::printed).unwrap_or_default();
        let (last, printed) = (std::sync::Mutex::new(last), ArcSwap::from_pointee(printed));
        Self { app, gateway, tls, permits, sources, last, printed, seen }
    }

    /// How the last reload went; the start counts as the first one.
    pub fn last(&self) -> LastReload {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The configuration in force, one value a line; secrets masked.
    pub fn printed(&self) -> Arc<str> {
        Arc::clone(&self.printed.load())
    }

    /// Reads anew what has changed on disk since it was last read, well or badly.
    ///
    /// # Errors
    /// Never: a reload that fails says so itself.
    pub async fn look(&self) -> Result<(), Infallible> {
        let now = Seen::now(&self.app.config.load());
        let (configuration, certificates) = {
            let seen = self.seen.lock().await;
            (now.configuration != seen.configuration, now.certificates != seen.certificates)
        };
        // Whoever asked for a reload is told by the log, so the result is not needed here.
        if configuration && self.sources.is_some() {
            let _ = self.configuration().await;
        } else if certificates {
            let _ = self.certificates().await;
        }
        Ok(())
    }

    /// Renews the development certificate when its time has come, and says which certificates end soon.
    ///
    /// # Errors
    /// Never: a reload that fails says so itself.
    pub async fn renew(&self) -> Result<(), Infallible> {
        if self.app.config.load().tls.certificates.is_empty() {
            let _ = self.certificates().await;
        } else {
            show(&self.app, &self.tls.certificates());
        }
        Ok(())
    }

    /// Reads configuration and certificates anew. Gives the keys that changed but wait for the next start.
    ///
    /// # Errors
    /// See [`ReloadError`]; then nothing changed.
    pub async fn configuration(&self) -> Result<Vec<&'static str>, ReloadError> {
        let mut seen = self.seen.lock().await;
        *seen = Seen::now(&self.app.config.load());
        let result = self.read_configuration();
        self.report("configuration", &result, result.as_deref().unwrap_or_default());
        if result.is_ok() {
            self.app.metrics.generation.inc();
            *seen = Seen::now(&self.app.config.load());
        }
        result
    }

    fn read_configuration(&self) -> Result<Vec<&'static str>, ReloadError> {
        let sources = self.sources.as_ref().ok_or(ReloadError::NoSources)?;
        let loaded = Config::load(sources).map_err(ReloadError::Configuration)?;
        for warning in &loaded.warnings.all {
            tracing::warn!("{warning}");
        }
        let (config, waiting) = loaded.config.as_reload_of(&self.app.config.load());
        let files = certificate_files(&config, self.app.clock.now())?;
        let prepared = self.tls.prepare(&config.tls, &files)?;
        let limits = config.limits;
        let mailer = mail::open(&config.mail)?;
        // The last step that may fail; what follows cannot.
        self.gateway.reload(config)?;
        self.tls.take_up(prepared);
        self.app.mailer.store(Arc::new(mailer));
        self.permits.limit(&affordable(limits));
        show(&self.app, &self.tls.certificates());
        self.printed.store(Arc::new(insight::printed(sources)));
        if !waiting.is_empty() {
            tracing::warn!(keys = ?waiting, "changed values that wait for the next start");
        }
        Ok(waiting)
    }

    /// Reads certificates anew and renews the development certificate when its time has come.
    ///
    /// # Errors
    /// See [`ReloadError`]; then nothing changed.
    pub async fn certificates(&self) -> Result<(), ReloadError> {
        let mut seen = self.seen.lock().await;
        seen.certificates = Seen::now(&self.app.config.load()).certificates;
        let result = self.refresh_tls(&self.app.config.load_full());
        self.report("certificates", &result, &[]);
        result
    }

    fn refresh_tls(&self, config: &Config) -> Result<(), ReloadError> {
        let files = certificate_files(config, self.app.clock.now())?;
        self.tls.reload(&config.tls, &files)?;
        show(&self.app, &self.tls.certificates());
        Ok(())
    }

    fn report<T>(&self, what: &str, result: &Result<T, ReloadError>, waiting: &[&'static str]) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = LastReload {
            at: self.app.clock.now(),
            error: result.as_ref().err().map(ToString::to_string),
            waiting: waiting.to_vec(),
        };
        self.app.metrics.reload_successful.set(i64::from(result.is_ok()));
        match result {
            Ok(_) => tracing::info!("reloaded {what}"),
            Err(error) => tracing::error!(%error, "{what} not reloaded; what was in force stays in force"),
        }
    }
}

/// The certificates to show: the configured ones, else the development pair, made or renewed here.
///
/// # Errors
/// When the development certificate is needed and cannot be made.
pub fn certificate_files(config: &Config, now: Timestamp) -> Result<Vec<CertificateFiles>, DevelopmentError> {
    if !config.tls.certificates.is_empty() {
        return Ok(config.tls.certificates.clone());
    }
    let directory = &config.tls.development;
    let files = DevelopmentFiles::of(directory);
    match development::ensure(directory, &development::hosts(config), now)? {
        Outcome::Kept => {}
        Outcome::LeafMade => {
            tracing::info!(certificate = %files.leaf.certificate.display(), "made a development certificate")
        }
        Outcome::AuthorityMade => {
            tracing::warn!(authority = %files.authority.display(), "made a development authority; clients have to trust it");
        }
    }
    Ok(vec![files.leaf])
}

/// Shows in metrics when certificates end, and warns of those that end soon.
pub fn show(app: &App, certificates: &Certificates) {
    const SOON: std::time::Duration = std::time::Duration::from_secs(14 * 24 * 60 * 60);
    let now = app.clock.now();
    for certificate in certificates.all() {
        let (file, end) = (certificate.path.display(), certificate.leaf.not_after);
        if end <= now {
            tracing::error!(%file, %end, "a certificate has expired");
        } else if end.minus(SOON) <= now {
            tracing::warn!(%file, %end, "a certificate expires soon");
        }
    }
    let ends: Vec<_> = certificates
        .all()
        .iter()
        .map(|certificate| (certificate.path.display().to_string(), certificate.leaf.not_after.seconds()))
        .collect();
    app.metrics.certificates(ends.iter().map(|(file, end)| (file.as_str(), *end)));
}
