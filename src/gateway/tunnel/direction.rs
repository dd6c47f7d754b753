//! One way through a tunnel. Bytes are kept only while the other end does not take them, so that a tunnel
//! in which nothing happens costs no buffer.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Most that is read at once and kept while it cannot be written.
const AT_ONCE: usize = 16 * 1024;
/// Pieces carried before other tasks get their turn.
const PIECES: usize = 32;

/// The state of one way.
#[derive(Debug, Default)]
pub(super) struct Direction {
    /// Read, not yet written.
    kept: Vec<u8>,
    stage: Stage,
    moved: Option<Instant>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Flushed,
    Written,
    /// The reading end has ended.
    Ending,
    Ended,
}

impl Direction {
    /// When something last moved since this was asked last.
    pub(super) const fn take_moved(&mut self) -> Option<Instant> {
        self.moved.take()
    }

    /// Carries on; ready when the reading end has ended and the writing end was told so. `passed` sees
    /// everything that was written.
    pub(super) fn poll<F, T>(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut F,
        to: &mut T,
        mut passed: impl FnMut(&[u8]),
    ) -> Poll<io::Result<()>>
    where
        F: AsyncRead + Unpin,
        T: AsyncWrite + Unpin,
    {
        for _ in 0..PIECES {
            ready!(self.poll_kept(cx, to, &mut passed))?;
            match self.stage {
                Stage::Ended => return Poll::Ready(Ok(())),
                Stage::Ending => {
                    ready!(Pin::new(&mut *to).poll_shutdown(cx))?;
                    self.stage = Stage::Ended;
                }
                Stage::Flushed | Stage::Written => ready!(self.poll_piece(cx, from, to, &mut passed))?,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes what is kept.
    fn poll_kept<T: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        to: &mut T,
        passed: &mut impl FnMut(&[u8]),
    ) -> Poll<io::Result<()>> {
        if self.kept.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let mut kept = std::mem::take(&mut self.kept);
        let written = self.poll_write(cx, &kept, to, passed)?;
        if written == kept.len() {
            return Poll::Ready(Ok(()));
        }
        kept.drain(..written);
        self.kept = kept;
        Poll::Pending
    }

    /// Reads one piece and writes as much of it as the other end takes.
    fn poll_piece<F, T>(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut F,
        to: &mut T,
        passed: &mut impl FnMut(&[u8]),
    ) -> Poll<io::Result<()>>
    where
        F: AsyncRead + Unpin,
        T: AsyncWrite + Unpin,
    {
        let mut piece = [MaybeUninit::uninit(); AT_ONCE];
        let mut piece = ReadBuf::uninit(&mut piece);
        if Pin::new(from).poll_read(cx, &mut piece)?.is_pending() {
            if self.stage == Stage::Written {
                ready!(Pin::new(to).poll_flush(cx))?;
                self.stage = Stage::Flushed;
            }
            return Poll::Pending;
        }
        self.moved = Some(Instant::now());
        if piece.filled().is_empty() {
            self.stage = Stage::Ending;
            return Poll::Ready(Ok(()));
        }
        let written = self.poll_write(cx, piece.filled(), to, passed)?;
        self.kept.extend_from_slice(piece.filled().get(written..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }

    /// Writes until the other end takes no more; says how much that was.
    fn poll_write<T: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        to: &mut T,
        passed: &mut impl FnMut(&[u8]),
    ) -> io::Result<usize> {
        let mut written = 0;
        while let Some(left) = bytes.get(written..).filter(|left| !left.is_empty()) {
            match Pin::new(&mut *to).poll_write(cx, left) {
                Poll::Pending => break,
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(taken)) => {
                    passed(left.get(..taken).unwrap_or_default());
                    written += taken;
                    self.stage = Stage::Written;
                    self.moved = Some(Instant::now());
                }
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        Ok(written)
    }
}
