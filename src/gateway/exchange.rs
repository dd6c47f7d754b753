//! One exchange: what both bodies and a tunnel of one request share. While an exchange lasts it is listed,
//! so that it can be cut; one that is over at once never is.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::app::App;
use crate::app::live::LiveStream;
use crate::auth::admit::Pass;
use crate::model::caller::Caller;
use crate::model::route::Route;

/// What is known of a request once it is admitted.
pub struct Exchange {
    /// The app.
    pub app: Arc<App>,
    /// Who called.
    pub caller: Caller,
    /// Where they went.
    pub route: Arc<Route>,
    /// Why they may.
    pub pass: Pass,
    too_long: AtomicBool,
}

impl Exchange {
    /// An exchange that begins.
    pub fn begin(app: &Arc<App>, caller: &Caller, route: &Arc<Route>, pass: Pass) -> Arc<Self> {
        let (app, caller, route) = (app.clone(), caller.clone(), route.clone());
        Arc::new(Self { app, caller, route, pass, too_long: AtomicBool::new(false) })
    }

    /// Notes that the client's body is longer than the route allows.
    pub fn note_too_long(&self) {
        self.too_long.store(true, Ordering::Release);
    }

    /// Whether that was noted.
    pub fn is_too_long(&self) -> bool {
        self.too_long.load(Ordering::Acquire)
    }

    /// Lists the exchange as one that lasts and may pause for `idle`.
    pub fn enter(&self, idle: Duration) -> LiveStream {
        let ticket = self.pass.ticket(&self.caller, &self.route);
        self.app.live.enter(ticket, idle, self.app.clock.now())
    }
}

/// Watches one body of an exchange. Listing begins when the body first makes its reader wait or goes on
/// for longer than one frame.
pub struct Watch {
    exchange: Arc<Exchange>,
    idle: Duration,
    frames: u32,
    live: Option<Box<Live>>,
}

struct Live {
    stream: LiveStream,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Watch {
    /// Watches a body that may pause for `idle`.
    pub const fn over(exchange: Arc<Exchange>, idle: Duration) -> Self {
        Self { exchange, idle, frames: 0, live: None }
    }

    /// The exchange that is watched.
    pub const fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    /// To be asked before each frame: whether the body must end now.
    pub fn is_cut(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.stream.cut().is_cancelled())
    }

    /// To be told of each frame.
    pub fn moved(&mut self) {
        self.frames = self.frames.saturating_add(1);
        if self.frames > 1 {
            let now = self.exchange.app.clock.now();
            self.live().stream.moved(now);
        }
    }

    /// To be asked when the body makes its reader wait: ready when it must end instead.
    pub fn poll_cut(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.live().cut.as_mut().poll(cx)
    }

    fn live(&mut self) -> &mut Live {
        let (exchange, idle) = (&self.exchange, self.idle);
        self.live.get_or_insert_with(|| {
            let stream = exchange.enter(idle);
            let cut = Box::pin(stream.cut().clone().cancelled_owned());
            Box::new(Live { stream, cut })
        })
    }
}
