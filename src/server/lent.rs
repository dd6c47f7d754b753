//! A stream that is lent to the HTTP machinery and comes back when that is dropped, so that a connection
//! between two requests can keep the stream without the buffers.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::pulse::Felt;
use super::strict::Strict;

/// What is lent.
pub type Line = Strict<Felt>;

/// A stream for as long as it is lent.
#[derive(Debug)]
pub struct Lent {
    /// `None` only while it is dropped.
    line: Option<Line>,
    back: Back,
}

/// Where it comes back to.
#[derive(Debug, Clone)]
pub struct Back(Arc<Mutex<Option<Line>>>);

/// Lends a stream.
pub fn lend(line: Line) -> (Lent, Back) {
    let back = Back(Arc::default());
    (Lent { line: Some(line), back: back.clone() }, back)
}

impl Back {
    /// The stream, if it came back.
    pub fn take(self) -> Option<Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.back.0.lock().unwrap_or_else(PoisonError::into_inner) = self.line.take();
    }
}

impl Lent {
    fn line(self: Pin<&mut Self>) -> io::Result<Pin<&mut Line>> {
        self.get_mut().line.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl AsyncRead for Lent {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut line = self.line()?;
        let read = line.as_mut().poll_read(cx, buffer);
        line.below().pulse().is_amid(line.is_amid());
        read
    }
}

impl AsyncWrite for Lent {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.line()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.line()?.poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.line.as_ref().is_some_and(Line::is_write_vectored)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line()?.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line()?.poll_shutdown(cx)
    }
}
