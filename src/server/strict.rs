//! A second look at HTTP/1.1 as it comes in: what hyper forgives, and an app might read otherwise (gate
//! rows F1, H8, P6). Strict requests pass unchanged; a line that is not strict has its end spoiled with a
//! NUL, which hyper refuses with 400 in a head and takes for a broken body elsewhere.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Longest line that is held together over several reads; hyper's own limits are lower.
const LONGEST: usize = 1 << 20;

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The first line of a request.
    RequestLine,
    /// The fields after it.
    Fields,
    /// A body of which so many bytes are still to come.
    Body(u64),
    /// The line before a chunk.
    ChunkSize,
    /// A chunk of which so many bytes are still to come, the line end after it among them.
    Chunk(u64),
    /// The trailers after the last chunk.
    Trailers,
    /// No request: the bytes of a tunnel, or what follows a refusal.
    Opaque,
}

/// What a head says of what follows it.
#[derive(Debug, Clone, Copy)]
struct Framing {
    length: Option<u64>,
    chunked: bool,
    upgrade: bool,
}

impl Framing {
    const NONE: Self = Self { length: None, chunked: false, upgrade: false };

    /// Takes one field in. At most one field may frame the body, and plainly.
    fn take(&mut self, field: &[u8]) -> Result<(), NotStrict> {
        let first = field.first().map(u8::to_ascii_lowercase);
        if !matches!(first, Some(b'c' | b't' | b'u')) {
            return Ok(());
        }
        let Some(colon) = memchr::memchr(b':', field) else { return Ok(()) };
        let (name, value) = field.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        let framed = self.length.is_some() || self.chunked;
        if name.eq_ignore_ascii_case(b"content-length") {
            self.length = Some(digits(value, 10).filter(|_| !framed).ok_or(NotStrict)?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.chunked = !framed && value.eq_ignore_ascii_case(b"chunked");
            return if self.chunked { Ok(()) } else { Err(NotStrict) };
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            self.upgrade = true;
        }
        Ok(())
    }

    fn next(self) -> Place {
        match self.length {
            _ if self.chunked => Place::ChunkSize,
            Some(length) if length > 0 => Place::Body(length),
            _ => Place::RequestLine,
        }
    }
}

/// A number of this base written in digits alone; none when there are no digits, or too many.
fn digits(text: &[u8], base: u32) -> Option<u64> {
    let add = |sum: u64, byte: &u8| {
        let digit = char::from(*byte).to_digit(base)?;
        sum.checked_mul(base.into())?.checked_add(digit.into())
    };
    if text.is_empty() { None } else { text.iter().try_fold(0, add) }
}

/// A line that does not belong in a strict request.
#[derive(Debug)]
struct NotStrict;

/// What is known of the requests that came in so far.
#[derive(Debug)]
struct Scan {
    place: Place,
    framing: Framing,
    /// The beginning of a line whose end is still to come.
    begun: Vec<u8>,
}

impl Scan {
    const fn new() -> Self {
        Self { place: Place::RequestLine, framing: Framing::NONE, begun: Vec::new() }
    }

    /// Looks at bytes that came in.
    fn look(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            let taken = match self.place {
                Place::Opaque => return,
                Place::Body(left) => self.skip(left, bytes.len(), Place::Body, Place::RequestLine),
                Place::Chunk(left) => self.skip(left, bytes.len(), Place::Chunk, Place::ChunkSize),
                _ => self.line(bytes),
            };
            bytes = bytes.get_mut(taken..).unwrap_or_default();
        }
    }

    /// Passes over so much of a body as is here; how much that is.
    fn skip(&mut self, left: u64, here: usize, rest: fn(u64) -> Place, next: Place) -> usize {
        let taken = usize::try_from(left).unwrap_or(usize::MAX).min(here);
        let left = left.saturating_sub(taken as u64);
        self.place = if left == 0 { next } else { rest(left) };
        taken
    }

    /// Looks at a line, or at so much of it as is here; how much that is.
    fn line(&mut self, bytes: &mut [u8]) -> usize {
        let end = memchr::memchr(b'\n', bytes);
        let taken = end.map_or(bytes.len(), |end| end + 1);
        let here = bytes.get(..taken).unwrap_or_default();
        let judged = match (end, self.begun.is_empty()) {
            (Some(_), true) => judge(here, self.place, &mut self.framing),
            (None, _) if self.begun.len() > LONGEST => Err(NotStrict),
            (whole, _) => {
                self.begun.extend_from_slice(here);
                match whole {
                    Some(_) => judge(&self.begun, self.place, &mut self.framing),
                    None => return taken,
                }
            }
        };
        self.begun.clear();
        self.place = judged.unwrap_or(Place::Opaque);
        if self.place == Place::Opaque
            && let Some(last) = bytes.get_mut(taken.saturating_sub(1))
        {
            *last = 0;
        }
        taken
    }

    /// Whether the last head asked for a tunnel.
    const fn awaits_tunnel(&self) -> bool {
        self.framing.upgrade
    }
}

/// What follows a whole line, its end included.
fn judge(line: &[u8], place: Place, framing: &mut Framing) -> Result<Place, NotStrict> {
    let text = line.strip_suffix(b"\r\n").ok_or(NotStrict)?;
    match place {
        // RFC 9112, 2.2: empty lines before a request are passed over.
        Place::RequestLine if text.is_empty() => Ok(place),
        Place::RequestLine => {
            *framing = Framing::NONE;
            // A fragment never travels (RFC 9112, 3.2); hyper drops it in silence.
            if memchr::memchr(b'#', text).is_some() { Err(NotStrict) } else { Ok(Place::Fields) }
        }
        Place::Fields if text.is_empty() => Ok(framing.next()),
        Place::Fields => framing.take(text).map(|()| place),
        Place::ChunkSize => {
            let end = memchr::memchr2(b';', b' ', text).unwrap_or(text.len());
            match digits(text.get(..end).unwrap_or_default(), 16).ok_or(NotStrict)? {
                0 => Ok(Place::Trailers),
                size => size.checked_add(2).map(Place::Chunk).ok_or(NotStrict),
            }
        }
        Place::Trailers if text.is_empty() => Ok(Place::RequestLine),
        Place::Trailers => Ok(place),
        Place::Body(_) | Place::Chunk(_) | Place::Opaque => Ok(place),
    }
}

/// A connection on which only strict requests come in.
#[derive(Debug)]
pub struct Strict<IO> {
    io: IO,
    scan: Scan,
}

impl<IO> Strict<IO> {
    /// Looks at HTTP/1.1 from its first byte on.
    pub const fn http1(io: IO) -> Self {
        Self { io, scan: Scan::new() }
    }

    /// What is below.
    pub const fn below(&self) -> &IO {
        &self.io
    }

    /// Whether what came in so far ends in the middle of a request, or is none.
    pub fn is_amid(&self) -> bool {
        self.scan.place != Place::RequestLine || !self.scan.begun.is_empty()
    }

    /// Looks at what begins the next piece of an answer: the tunnel that was asked for is agreed to by the
    /// first answer that is no interim one, or not at all. What an app sends later in a body agrees to nothing.
    fn hears(&mut self, answer: &[u8]) {
        if !self.scan.awaits_tunnel() || answer.starts_with(b"HTTP/1.1 100 ") {
            return;
        }
        self.scan.framing.upgrade = false;
        if answer.starts_with(b"HTTP/1.1 101 ") {
            self.scan.place = Place::Opaque;
        }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Strict<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        if let Some(fresh) = buffer.filled_mut().get_mut(before..) {
            self.scan.look(fresh);
        }
        read
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Strict<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.hears(bytes);
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.hears(slices.first().map(|slice| &**slice).unwrap_or_default());
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes through, fed in pieces of this size.
    fn fed(text: &[u8], piece: usize) -> (Vec<u8>, Place) {
        let (mut scan, mut bytes) = (Scan::new(), text.to_vec());
        bytes.chunks_mut(piece).for_each(|piece| scan.look(piece));
        (bytes, scan.place)
    }

    const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\n";

    #[test]
    fn strict_requests_pass_unchanged_and_leave_the_scan_where_it_began() {
        for text in [
            "\r\n\r\nGET /a?b HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n".to_owned(),
            format!("{HEAD}Content-Length: 3\r\n\r\n#\n\0{HEAD}content-length:0 \r\n\r\n"),
            format!(
                "{HEAD}Transfer-Encoding: Chunked\r\n\r\nA;x=y\r\n0123\n56#89\r\n0\r\nx: y\r\n\r\n{HEAD}\r\n"
            ),
        ] {
            for piece in [1, 2, 7, 4096] {
                let whole = (text.as_bytes().to_vec(), Place::RequestLine);
                assert_eq!(fed(text.as_bytes(), piece), whole, "{text:?} in pieces of {piece}");
            }
        }
    }

    /// F1, H8, P6.
    #[test]
    fn what_is_not_strict_is_spoiled() {
        for rest in [
            "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            "transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n",
            "Transfer-Encoding: gzip, chunked\r\n\r\n",
            "Content-Length: +3\r\n\r\n",
            "Content-Length: 3,3\r\n\r\n",
            "Content-Length:\r\n\r\n",
            "Content-Length: 99999999999999999999\r\n\r\n",
            "X: a\nY: b\r\n\r\n",
            "\n",
            "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            "Transfer-Encoding: chunked\r\n\r\n0\r\nx: y\n\r\n",
        ] {
            let text = format!("{HEAD}{rest}");
            for piece in [1, 2, 7, 4096] {
                let (bytes, place) = fed(text.as_bytes(), piece);
                assert!(place == Place::Opaque && bytes.contains(&0), "{text:?} in pieces of {piece}");
            }
        }
        for line in ["GET /a#b HTTP/1.1\r\n", "GET / HTTP/1.1\n", "\n"] {
            assert!(fed(line.as_bytes(), 4096).0.contains(&0), "{line:?}");
        }
    }

    #[tokio::test]
    async fn after_the_agreed_101_nothing_is_looked_at() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut client, server) = tokio::io::duplex(4096);
        let mut strict = Strict::http1(server);
        let mut buffer = vec![0; 4096];
        client.write_all(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n").await.unwrap();
        let _ = strict.read(&mut buffer).await.unwrap();
        strict.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").await.unwrap();
        client.write_all(b"\x81\n#\n\0").await.unwrap();
        let read = strict.read(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..read], b"\x81\n#\n\0");
    }

    /// F2: the answer without an agreement ends the wait for one, whatever a body begins with later.
    #[tokio::test]
    async fn a_body_that_looks_like_an_agreement_agrees_to_nothing() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut client, server) = tokio::io::duplex(4096);
        let mut strict = Strict::http1(server);
        let mut buffer = vec![0; 4096];
        client.write_all(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n").await.unwrap();
        let _ = strict.read(&mut buffer).await.unwrap();
        strict.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.unwrap();
        strict.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n").await.unwrap();
        strict.write_all(b"HTTP/1.1 101 ").await.unwrap();
        client.write_all(b"GET /#x HTTP/1.1\r\n").await.unwrap();
        let read = strict.read(&mut buffer).await.unwrap();
        assert!(buffer[..read].contains(&0));
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "(GET / HTTP/1.1\r?\n)?([a-zA-Z:#0-9 -]{0,12}\r?\n){0,6}[a-z]{0,4}", piece in 1usize..9) {
            prop_assert_eq!(fed(text.as_bytes(), piece), fed(text.as_bytes(), 4096));
        }
    }
}
