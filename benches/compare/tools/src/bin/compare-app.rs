//! `compare-app ADDRESS`: the app behind every proxy, HTTP/1.1 in clear text on one thread.
//! `GET /bytes/N` answers N bytes, `PUT /count` the number of bytes it was sent, all else 1 KiB.

use std::convert::Infallible;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

static PIECE: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// What is left of a body.
enum Left {
    /// So many bytes of no meaning.
    Filling(u64),
    /// This text.
    Text(Bytes),
}

impl Body for Left {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match &mut *self {
            Self::Text(text) => std::mem::take(text),
            Self::Filling(left) => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(PIECE.len());
                *left -= length as u64;
                PIECE.get(..length).map_or_else(Bytes::new, Bytes::from_static)
            }
        };
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Filling(left) => *left,
            Self::Text(text) => text.len() as u64,
        })
    }
}

async fn answer(request: Request<Incoming>) -> hyper::Result<Response<Left>> {
    let path = request.uri().path();
    if path == "/count" {
        let (mut count, mut body) = (0, request.into_body());
        while let Some(frame) = body.frame().await {
            count += frame?.data_ref().map_or(0, Bytes::len);
        }
        return Ok(Response::new(Left::Text(count.to_string().into())));
    }
    let wanted = path.strip_prefix("/bytes/").and_then(|number| number.parse().ok());
    Ok(Response::new(Left::Filling(wanted.unwrap_or(1024))))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: compare-app ADDRESS")?;
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
        // A connection that ends badly is the proxy's affair; its requests are counted as failed there.
        tokio::spawn(async move { drop(connection.await) });
    }
}
