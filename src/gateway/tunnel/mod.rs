//! Carries the bytes of a WebSocket both ways, with half-close, until both sides ended, nothing moved for
//! too long, or the exchange is cut; then the client is told by a close frame where the stream allows it.

mod direction;
mod frames;

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use self::direction::Direction;
use self::frames::Frames;

/// RFC 6455, 7.4.1: the policy that let it in no longer does.
const POLICY: u16 = 1008;
/// RFC 6455, 7.4.1: going away.
const AWAY: u16 = 1001;
/// Longest wait for a client to take its close frame.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Carries bytes until both sides ended, one failed, nothing moved for `idle`, or `cut` fires.
pub async fn copy(client: Upgraded, app: Upgraded, cut: CancellationToken, idle: Duration) {
    carry(TokioIo::new(client), TokioIo::new(app), cut, idle).await;
}

/// The two ends and the two ways between them.
struct Tunnel<C, A> {
    client: C,
    app: A,
    up: Direction,
    down: Direction,
    /// Where the frames towards the client stand.
    frames: Frames,
}

async fn carry<C, A>(client: C, app: A, cut: CancellationToken, idle: Duration)
where
    C: AsyncRead + AsyncWrite + Unpin,
    A: AsyncRead + AsyncWrite + Unpin,
{
    let (up, down) = (Direction::default(), Direction::default());
    let mut tunnel = Tunnel { client, app, up, down, frames: Frames::default() };
    let code = tokio::select! {
        biased;
        () = cut.cancelled() => POLICY,
        ended = tunnel.run(idle) => match ended {
            Ok(Ended::BothSides) | Err(_) => return,
            Ok(Ended::Idle) => AWAY,
        },
    };
    drop(tunnel.app);
    if tunnel.frames.between() {
        let why = if code == POLICY { "access ended" } else { "nothing was said for too long" };
        let frame = frames::close(code, why);
        let mut client = tunnel.client;
        let last_word = async {
            client.write_all(&frame).await?;
            client.shutdown().await
        };
        drop(timeout(LAST_WORD, last_word).await);
    }
}

/// Why a tunnel ended in order.
enum Ended {
    BothSides,
    Idle,
}

impl<C, A> Tunnel<C, A>
where
    C: AsyncRead + AsyncWrite + Unpin,
    A: AsyncRead + AsyncWrite + Unpin,
{
    async fn run(&mut self, idle: Duration) -> io::Result<Ended> {
        let mut quiet = std::pin::pin!(sleep_until(later(idle)));
        poll_fn(|cx| {
            if let Poll::Ready(ended) = self.poll_both(cx) {
                return Poll::Ready(ended.map(|()| Ended::BothSides));
            }
            self.poll_idle(cx, idle, quiet.as_mut()).map(Ok)
        })
        .await
    }

    fn poll_both(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let up = self.up.poll(cx, &mut self.client, &mut self.app, |_| {})?;
        let frames = &mut self.frames;
        let down = self.down.poll(cx, &mut self.app, &mut self.client, |bytes| frames.pass(bytes))?;
        if up.is_ready() && down.is_ready() { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    /// Ready once nothing moved for `idle`; the clock is read only when the timer fires.
    fn poll_idle(
        &mut self,
        cx: &mut Context<'_>,
        idle: Duration,
        mut quiet: std::pin::Pin<&mut Sleep>,
    ) -> Poll<Ended> {
        while quiet.as_mut().poll(cx).is_ready() {
            let moved = self.up.take_moved().max(self.down.take_moved());
            let Some(until) = moved.and_then(|moved| moved.checked_add(idle)) else {
                return Poll::Ready(Ended::Idle);
            };
            quiet.as_mut().reset(until);
        }
        Poll::Pending
    }
}

/// A point in time that many ahead; a century where that cannot be said.
fn later(idle: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    Instant::now() + idle.min(CENTURY)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, DuplexStream, duplex};
    use tokio::task::JoinHandle;

    use super::*;

    struct Ends {
        client: DuplexStream,
        app: DuplexStream,
        cut: CancellationToken,
        tunnel: JoinHandle<()>,
    }

    fn dig(buffer: usize, idle: Duration) -> Ends {
        let (client, client_side) = duplex(buffer);
        let (app, app_side) = duplex(buffer);
        let cut = CancellationToken::new();
        let tunnel = tokio::spawn(carry(client_side, app_side, cut.clone(), idle));
        Ends { client, app, cut, tunnel }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn bytes_pass_both_ways_and_one_side_may_end_before_the_other() {
        let Ends { mut client, mut app, tunnel, .. } = dig(64, LONG);
        let sent = vec![7; 100_000];
        let (_, got) = tokio::join!(
            async {
                client.write_all(&sent).await.unwrap();
                client.shutdown().await.unwrap();
            },
            async {
                let mut got = Vec::new();
                app.read_to_end(&mut got).await.unwrap();
                got
            }
        );
        assert_eq!(got, sent);
        app.write_all(b"still here").await.unwrap();
        drop(app);
        let mut got = Vec::new();
        client.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, b"still here");
        tunnel.await.unwrap();
    }

    #[tokio::test]
    async fn a_cut_between_frames_ends_with_a_close_frame() {
        let Ends { mut client, mut app, cut, tunnel } = dig(1024, LONG);
        app.write_all(b"\x81\x02hi").await.unwrap();
        let mut got = [0; 4];
        client.read_exact(&mut got).await.unwrap();
        cut.cancel();
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, frames::close(POLICY, "access ended"));
        assert_eq!(app.read(&mut got).await.unwrap(), 0);
        tunnel.await.unwrap();
    }

    #[tokio::test]
    async fn a_cut_within_a_frame_only_closes() {
        let Ends { mut client, mut app, cut, tunnel } = dig(1024, LONG);
        app.write_all(b"\x81\x05hi").await.unwrap();
        let mut got = [0; 4];
        client.read_exact(&mut got).await.unwrap();
        cut.cancel();
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"");
        tunnel.await.unwrap();
    }

    #[tokio::test]
    async fn a_cut_does_not_wait_for_a_client_that_takes_nothing() {
        let Ends { client, mut app, cut, tunnel } = dig(16, LONG);
        app.write_all(b"\x82\x0e0123456789abcd").await.unwrap();
        cut.cancel();
        tunnel.await.unwrap();
        drop(client);
    }

    #[tokio::test]
    async fn a_tunnel_in_which_nothing_moves_ends_and_one_that_moves_does_not() {
        let idle = Duration::from_millis(60);
        let Ends { mut client, mut app, tunnel, .. } = dig(1024, idle);
        let start = Instant::now();
        for _ in 0..10 {
            tokio::time::sleep(idle / 4).await;
            client.write_all(b"x").await.unwrap();
            assert_eq!(app.read(&mut [0]).await.unwrap(), 1);
        }
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest.get(2..4), Some(&AWAY.to_be_bytes()[..]));
        assert!(start.elapsed() > idle * 3);
        tunnel.await.unwrap();
    }
}
