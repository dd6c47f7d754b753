//! Pools of connections to upstreams, against upstreams that do exactly what a script says.

mod bodies;
mod faults;
mod kinds;
mod reuse;
mod scripted;
mod targets;
