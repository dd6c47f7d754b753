//! Pools of connections to upstreams, against upstreams that do exactly what a script says.

mod faults;
mod reuse;
mod scripted;
