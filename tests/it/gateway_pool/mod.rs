//! Pools of connections to upstreams, against upstreams that do exactly what a script says.

mod faults;
mod kinds;
mod reuse;
mod scripted;
mod targets;
