//! The hold an exchange has on its connection. It counts the exchange against its target for as long as it
//! lives, and gives the connection back when the answer was read to its end.

use tokio::time::Instant;

use super::lines::Place;
use super::streams::Ride;
use crate::model::upstream::Target;

/// Keeps an exchange counted, and its connection out of the pool. Dropped without [`Lease::done`], the
/// connection of an HTTP/1.1 exchange is closed, because nobody knows what else comes on it.
pub struct Lease<B> {
    hold: Hold<B>,
    reusable: bool,
}

/// What is held.
pub(super) enum Hold<B> {
    /// A whole connection.
    Line(Place<B>),
    /// A stream of a shared one.
    Stream(Ride<B>),
}

impl<B> Lease<B> {
    pub(super) const fn new(hold: Hold<B>, reusable: bool) -> Self {
        Self { hold, reusable }
    }

    /// The answer was read to its end: the connection may serve the next request, unless it was signed in
    /// (F5) or asked for an upgrade (F2).
    pub fn done(self) {
        match self.hold {
            Hold::Line(place) if self.reusable => place.give_back(Instant::now()),
            Hold::Line(place) => drop(place),
            Hold::Stream(ride) => drop(ride),
        }
    }

    /// The target that answered.
    pub fn target(&self) -> Option<&Target> {
        match &self.hold {
            Hold::Line(place) => place.lines().map(|lines| &lines.target.connector.target),
            Hold::Stream(ride) => Some(&ride.streams.target.connector.target),
        }
    }
}
