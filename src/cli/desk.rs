//! What every verb works with: the sources of configuration, the output, and on demand the app.

use std::path::PathBuf;
use std::sync::Arc;

use super::output::Output;
use crate::actions::ActionError;
use crate::app::App;
use crate::app::open::OpenError;
use crate::config::Config;
use crate::config::Problems;
use crate::config::Sources;
use crate::store::StoreError;
use crate::time::SystemClock;

/// What every verb works with.
pub struct Desk {
    /// Where configuration comes from.
    pub sources: Sources,
    /// The only way to print.
    pub output: Output,
}

/// Why a verb ended badly.
#[derive(Debug)]
pub enum Exit {
    /// It was tried and did not work: 1.
    Failed(anyhow::Error),
    /// What was typed makes no sense together: 2.
    Usage(String),
    /// The configuration has errors: 78.
    Configuration(Problems),
    /// What the configuration names cannot be used: 78.
    Unusable(anyhow::Error),
}

impl Exit {
    /// The exit code (`sysexits.h` has 78 for configuration).
    pub const fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Configuration(_) | Self::Unusable(_) => 78,
        }
    }
}

impl From<ActionError> for Exit {
    fn from(error: ActionError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<anyhow::Error> for Exit {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Exit {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unusable(_) | StoreError::Schema(_) => Self::Unusable(error.into()),
            other => Self::Failed(other.into()),
        }
    }
}

impl From<OpenError> for Exit {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => error.into(),
            OpenError::Keyring(error) => Self::Unusable(error.into()),
            OpenError::Hashing(error) => Self::Unusable(error.into()),
            OpenError::Mail(error) => Self::Unusable(error.into()),
        }
    }
}

impl Desk {
    pub(super) fn new(config: Option<PathBuf>, settings: Vec<(String, String)>, output: Output) -> Self {
        Self { sources: Sources { settings, ..Sources::of_process(config) }, output }
    }

    /// The configuration; its warnings are printed.
    ///
    /// # Errors
    /// [`Exit::Configuration`] with every problem.
    pub fn config(&self) -> Result<Config, Exit> {
        let loaded = Config::load(&self.sources).map_err(Exit::Configuration)?;
        self.output.warnings(&loaded.warnings);
        Ok(loaded.config)
    }

    /// Runs a verb that needs no more than one thread.
    ///
    /// # Errors
    /// The verb's.
    pub fn block_on<T>(&self, work: impl Future<Output = Result<T, Exit>>) -> Result<T, Exit> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| Exit::Failed(error.into()))?.block_on(work)
    }

    /// Opens store and keyring, runs a verb, and closes the store again.
    ///
    /// # Errors
    /// When they cannot be opened, or the verb's.
    pub fn with_app<T>(&self, verb: impl AsyncFnOnce(&App) -> Result<T, Exit>) -> Result<T, Exit> {
        let config = self.config()?;
        self.block_on(async {
            let app = App::open(config, Arc::new(SystemClock)).await?;
            let done = verb(&app).await;
            app.store.close().await;
            done
        })
    }
}
