//! The two bodies of an exchange, streamed frame by frame, and the short ones that the gate makes itself.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::header::SET_COOKIE;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::collected::Collected;
use super::exchange::Watch;
use super::pool::Lease;

/// Why a body ended early. Its other end sees a cut connection or a reset stream, never a short success.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The sender failed.
    #[error("the sender of the body failed")]
    Sender(#[source] hyper::Error),
    /// The exchange was cut: revoked, expired, standing still, or the gate is closing.
    #[error("the exchange was cut")]
    Cut,
    /// Longer than the route allows.
    #[error("the body is longer than the route allows")]
    TooLong,
}

/// The body of an answer.
pub enum Body {
    /// Made by the gate.
    Own(Option<Bytes>),
    /// Coming from an app.
    App(AppBody),
    /// Made by a page or an endpoint.
    Guest(axum::body::Body),
}

/// The body of an app's answer, with the connection it comes over.
pub struct AppBody {
    incoming: Incoming,
    watch: Watch,
    lease: Option<Lease<RequestBody>>,
    reuse: Reuse,
}

/// What becomes of the connection when the body has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reuse {
    Yes,
    No,
}

impl AppBody {
    /// A body coming over the connection of `lease`, which is given back when the body has ended.
    pub fn new(incoming: Incoming, watch: Watch, lease: Lease<RequestBody>) -> Self {
        let mut body = Self { incoming, watch, lease: Some(lease), reuse: Reuse::Yes };
        body.give_back_if_ended();
        body
    }

    /// A body after which the connection is not used again.
    pub const fn last_of(incoming: Incoming, watch: Watch, lease: Lease<RequestBody>) -> Self {
        Self { incoming, watch, lease: Some(lease), reuse: Reuse::No }
    }

    fn give_back_if_ended(&mut self) {
        if self.incoming.is_end_stream() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if self.reuse == Reuse::Yes
            && let Some(lease) = self.lease.take()
        {
            lease.done();
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.watch.is_cut() {
            return Poll::Ready(Some(Err(BodyError::Cut)));
        }
        match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(mut frame))) => {
                self.watch.moved();
                self.give_back_if_ended();
                if let Some(trailers) = frame.trailers_mut() {
                    trailers.remove(SET_COOKIE);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(BodyError::Sender(error)))),
            Poll::Ready(None) => {
                self.give_back();
                Poll::Ready(None)
            }
            Poll::Pending => {
                ready!(self.watch.poll_cut(cx));
                Poll::Ready(Some(Err(BodyError::Cut)))
            }
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.get_mut() {
            Self::Own(bytes) => Poll::Ready(
                bytes.take().filter(|bytes| bytes.has_remaining()).map(|bytes| Ok(Frame::data(bytes))),
            ),
            Self::App(body) => body.poll(cx).map(|frame| frame.map(|frame| frame.map_err(Into::into))),
            Self::Guest(body) => {
                Pin::new(body).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(Into::into)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::App(body) => body.incoming.is_end_stream(),
            Self::Guest(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::App(body) => body.incoming.size_hint(),
            Self::Guest(body) => body.size_hint(),
        }
    }
}

/// The body of a request on its way to an app: counted, watched, without trailers.
#[derive(Default)]
pub enum RequestBody {
    /// None at all.
    #[default]
    Empty,
    /// Streamed from the client.
    Stream(Box<ClientBody>),
    /// Collected before; its length is known.
    Whole(Collected),
}

/// A body streamed from the client.
pub struct ClientBody {
    incoming: Incoming,
    watch: Watch,
    left: u64,
}

impl ClientBody {
    /// A body of at most `limit` bytes; its exchange learns when there are more.
    pub fn new(incoming: Incoming, watch: Watch, limit: Option<u64>) -> Self {
        Self { incoming, watch, left: limit.unwrap_or(u64::MAX) }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.watch.is_cut() {
            return Poll::Ready(Some(Err(BodyError::Cut)));
        }
        let frame = match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(BodyError::Sender(error)))),
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => {
                ready!(self.watch.poll_cut(cx));
                return Poll::Ready(Some(Err(BodyError::Cut)));
            }
        };
        self.watch.moved();
        let Ok(data) = frame.into_data() else { return Poll::Ready(None) };
        match self.left.checked_sub(data.len() as u64) {
            Some(left) => {
                self.left = left;
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            None => {
                self.watch.exchange().note_too_long();
                Poll::Ready(Some(Err(BodyError::TooLong)))
            }
        }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Stream(body) => body.poll(cx),
            Self::Whole(body) => body.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Stream(body) => body.incoming.is_end_stream(),
            Self::Whole(body) => body.left() == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Stream(body) => body.incoming.size_hint(),
            Self::Whole(body) => SizeHint::with_exact(body.left()),
        }
    }
}
