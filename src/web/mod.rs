//! The vocabulary of HTTP that the gate's own answers share: problems for programs, who counts as a person,
//! cookies, form fields, where a sign-in leads back to, and what may be asked of the running gate.

pub mod cookie;
pub mod door;
pub mod explanation;
pub mod fields;
pub mod flow;
pub mod insight;
pub mod negotiate;
pub mod problem;
pub mod problem_of;
pub mod reference;
pub mod target;

use std::sync::Arc;

use self::insight::Insight;
use self::reference::Reference;
use crate::app::App;

/// The host that a request to the gate's own pages and endpoints named.
#[derive(Debug, Clone)]
pub struct Met {
    /// In canonical form; always one of the gate's.
    pub host: Arc<str>,
    /// As it was written, with its port.
    pub named: Option<Arc<str>>,
}

/// What pages and endpoints may reach.
pub struct Reception {
    /// The app.
    pub app: Arc<App>,
    /// What may be asked of the running gate.
    pub insight: Arc<Insight>,
    /// The reference of the API, for readers.
    pub reference: Arc<Reference>,
}
