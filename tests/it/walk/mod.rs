//! The walk of a request, from the socket and its bytes to what the app sees, over HTTP/1.1 and HTTP/2.

mod explain;
mod forwarding;
mod framing;
mod gate;
mod headers;
mod limits;
mod listener;
mod log;
mod numbers;
mod paths;
mod rest;
mod routing;
mod shutdown;
mod smuggling;
mod tls;
mod traces;
mod upgrade;
