//! What the running gate tells those who hold an office: its apps, certificates, configuration and decisions.

pub mod certificates;
pub mod configuration;
pub mod explain;
pub mod upstreams;
pub mod validation;
