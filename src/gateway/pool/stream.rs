//! A connection to an upstream as hyper sees it: TCP or unix socket, bare or inside TLS, one type so that
//! the HTTP machinery is compiled once; and a meter on it that ends an endless prelude to an answer.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use super::signs::Signs;
use super::streams::Bound;

/// A connected socket.
#[derive(Debug)]
pub(super) enum Socket {
    /// TCP.
    Tcp(TcpStream),
    /// Unix.
    Unix(UnixStream),
}

/// A connection ready for HTTP.
#[derive(Debug)]
pub(super) enum Stream {
    /// In clear text.
    Plain(Socket),
    /// Inside TLS.
    Tls(Box<TlsStream<Socket>>),
}

/// A connection with its meter: reading fails when too much came before an answer.
///
/// Writing over HTTP/1.1 never fails: once the other side takes nothing more, what is written is dropped,
/// and reading tells the rest. An app that refuses a long upload answers and closes; the reset that follows
/// must not hide the answer, which is there to be read.
#[derive(Debug)]
pub(super) struct Metered {
    stream: Stream,
    signs: Arc<Signs>,
    /// Where streams are shared, who wants to know that something came.
    bound: Option<Arc<Bound>>,
    /// Whether the other side takes nothing more.
    deaf: bool,
}

impl Metered {
    /// A connection for one exchange at a time.
    pub(super) const fn alone(stream: Stream, signs: Arc<Signs>) -> Self {
        Self { stream, signs, bound: None, deaf: false }
    }

    /// A connection whose streams are shared.
    pub(super) fn shared(stream: Stream, bound: Arc<Bound>) -> Self {
        let signs = Arc::new(Signs::new(Instant::now()));
        Self { stream, signs, bound: Some(bound), deaf: false }
    }

    /// Takes `all` for written when writing fails on a connection that is not shared.
    fn forgive(&mut self, written: Poll<io::Result<usize>>, all: usize) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Err(_)) if self.bound.is_none() => {
                self.deaf = true;
                Poll::Ready(Ok(all))
            }
            written => written,
        }
    }
}

/// Passes reading on to whichever variant is there.
macro_rules! reads {
    ($kind:ident: $($variant:ident),+) => {
        impl AsyncRead for $kind {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffer: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $(Self::$variant(inner) => Pin::new(inner).poll_read(cx, buffer),)+
                }
            }
        }
    };
}

/// Passes writing on to what each pattern binds as its inner stream.
macro_rules! writes {
    ($kind:ident: $($inner:ident in $pattern:pat),+) => {
        impl AsyncWrite for $kind {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $($pattern => Pin::new($inner).poll_write(cx, bytes),)+
                }
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                slices: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $($pattern => Pin::new($inner).poll_write_vectored(cx, slices),)+
                }
            }

            fn is_write_vectored(&self) -> bool {
                match self {
                    $($pattern => $inner.is_write_vectored(),)+
                }
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $($pattern => Pin::new($inner).poll_flush(cx),)+
                }
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $($pattern => Pin::new($inner).poll_shutdown(cx),)+
                }
            }
        }
    };
}

reads!(Socket: Tcp, Unix);
reads!(Stream: Plain, Tls);
writes!(Socket: inner in Self::Tcp(inner), inner in Self::Unix(inner));
writes!(Stream: inner in Self::Plain(inner), inner in Self::Tls(inner));

impl AsyncRead for Metered {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => {
                if let Some(bound) = &this.bound {
                    bound.heard();
                }
                Poll::Ready(this.signs.heard(buffer.filled().len() - before))
            }
            other => other,
        }
    }
}

impl AsyncWrite for Metered {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.deaf {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.forgive(written, bytes.len())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let all = || slices.iter().map(|slice| slice.len()).sum();
        if this.deaf {
            return Poll::Ready(Ok(all()));
        }
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.forgive(written, all())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.deaf {
            return Poll::Ready(Ok(()));
        }
        let flushed = Pin::new(&mut this.stream).poll_flush(cx).map(|flushed| flushed.map(|()| 0));
        this.forgive(flushed, 0).map(|flushed| flushed.map(|_| ()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
