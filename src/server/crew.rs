//! The crew: one thread and one runtime for each worker, with doors of its own, so that a connection stays
//! where it was accepted and workers share nothing but the app.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime::Builder;
use tokio::task::JoinSet;

use super::doors::Door;
use super::entrance::{Entrance, Guest};
use super::listener::{self, Reception};
use super::rounds::Rounds;
use super::shutdown::Phase;

/// What a worker begins with.
pub struct Worker {
    /// Its number, from 0.
    pub number: usize,
    /// Its doors.
    pub doors: Vec<Door>,
    /// Permits and the way out.
    pub reception: Reception,
    /// How connections become guests.
    pub entrance: Entrance,
    /// Who looks after its connections.
    pub rounds: Arc<Rounds>,
}

impl Worker {
    /// Starts the worker's thread; `serve` is called for each guest, in a task of its own. The thread
    /// ends with the program, and drops whatever is still open then.
    ///
    /// # Errors
    /// When the system has no thread left to give.
    pub fn spawn<S, F>(self, serve: S) -> io::Result<JoinHandle<()>>
    where
        S: Fn(Guest) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let name = format!("worker-{}", self.number);
        thread::Builder::new().name(name).spawn(move || runtime.block_on(self.work(serve)))
    }

    async fn work<S, F>(self, serve: S)
    where
        S: Fn(Guest) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (rounds, app) = (self.rounds, Arc::clone(&self.entrance.app));
        let shutdown = self.reception.shutdown.clone();
        tokio::spawn(async move { rounds.walk(&app, &shutdown).await });
        let mut loops = JoinSet::new();
        for door in self.doors {
            let (entrance, serve) = (self.entrance.clone(), serve.clone());
            let hand_over = move |accepted| {
                let (entrance, serve) = (entrance.clone(), serve.clone());
                tokio::spawn(async move {
                    // Boxed, so that a connection does not keep room for its handshake.
                    if let Some(guest) = Box::pin(entrance.greet(accepted)).await {
                        serve(guest).await;
                    }
                });
            };
            loops.spawn(listener::accept(door, self.reception.clone(), hand_over));
        }
        while let Some(ended) = loops.join_next().await {
            if let Ok(Err(error)) = ended {
                tracing::error!(%error, "a worker cannot listen");
            }
        }
        self.reception.shutdown.reached(Phase::Ended).await;
    }
}
