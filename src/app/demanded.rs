//! Where validated addresses are demanded, held in memory for the walk: what the file says, or else the setting.

use std::sync::Arc;

use super::App;
use crate::model::demanded::Demanded;
use crate::store::{Result, Store, StoreError, settings};

/// The name of the setting.
pub const SETTING: &str = "validation.demanded";

impl App {
    /// Where validated addresses are demanded beside the routes that do so themselves.
    pub fn demanded(&self) -> Arc<Demanded> {
        match &self.config.load().demanded {
            Some(locked) => locked.clone(),
            None => self.demanded.load_full(),
        }
    }
}

/// The setting as stored.
pub(super) async fn read(store: &Store) -> Result<Arc<Demanded>> {
    let text = settings::read(store, SETTING).await?.unwrap_or_default();
    let read = text.parse().map_err(|_| StoreError::Corrupt { column: "setting.value" })?;
    Ok(Arc::new(read))
}
