//! An HTTP/2 client that writes frames by hand (RFC 9113), so that they may be malformed. Of answers it
//! understands the status, the bytes of bodies, and how a stream or the connection ended.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::soon;
use super::wire::Duplex;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

/// One frame.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// How a request ended, as far as its client can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered, with the bytes of the body up to its end.
    Answered(u16, Vec<u8>),
    /// RST_STREAM with this code.
    Reset(u32),
    /// The connection was ended, by GOAWAY or without a word.
    Ended,
}

impl Outcome {
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Answered(status, _) => Some(*status),
            _ => None,
        }
    }

    /// Whether the request was turned away: 400, a reset, or the end of the connection.
    pub(crate) fn is_refusal(&self) -> bool {
        !matches!(self, Self::Answered(status, _) if *status != 400)
    }
}

/// A connection of frames.
pub(crate) struct Frames {
    stream: Box<dyn Duplex>,
    next: u32,
}

impl Frames {
    /// Sends the preface and settings: no dynamic table, so that statuses can be read without a state.
    pub(crate) async fn over(stream: impl Duplex + 'static) -> Self {
        let mut frames = Self { stream: Box::new(stream), next: 1 };
        frames.bytes(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        frames.send(SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff]).await;
        frames
    }

    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        let _ = soon("send", self.stream.write_all(bytes)).await;
        let _ = self.stream.flush().await;
    }

    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.bytes(&frame).await;
    }

    /// The number of the next stream.
    pub(crate) fn fresh(&mut self) -> u32 {
        self.next += 2;
        self.next - 2
    }

    /// Sends a request head on a new stream.
    pub(crate) async fn head(&mut self, fields: &[(&str, &str)], end: bool) -> u32 {
        let stream = self.fresh();
        let flags = END_HEADERS | if end { END_STREAM } else { 0 };
        self.send(HEADERS, flags, stream, &block(fields)).await;
        stream
    }

    /// Sends a request without a body and waits for how it ends.
    pub(crate) async fn ask(&mut self, fields: &[(&str, &str)]) -> Outcome {
        let stream = self.head(fields, true).await;
        self.outcome(stream).await
    }

    /// The next frame, settings and pings answered; `None` at the end of the connection.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        loop {
            let mut head = [0; 9];
            soon("a frame", self.stream.read_exact(&mut head)).await.ok()?;
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            let mut payload = vec![0; length];
            soon("a payload", self.stream.read_exact(&mut payload)).await.ok()?;
            let stream = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
            let frame = Frame { kind: head[3], flags: head[4], stream, payload };
            match (frame.kind, frame.flags & ACK) {
                (SETTINGS, 0) => self.send(SETTINGS, ACK, 0, &[]).await,
                (PING, 0) => self.send(PING, ACK, 0, &frame.payload).await,
                _ => return Some(frame),
            }
        }
    }

    /// Waits for how the request on `stream` ends.
    pub(crate) async fn outcome(&mut self, stream: u32) -> Outcome {
        let (mut answered, mut body) = (None, Vec::new());
        while let Some(frame) = self.frame().await {
            match frame.kind {
                GOAWAY => return Outcome::Ended,
                _ if frame.stream != stream => continue,
                RST_STREAM => return Outcome::Reset(number(&frame.payload)),
                HEADERS if answered.is_none() => {
                    answered = status(&frame.payload).filter(|status| *status >= 200)
                }
                DATA => body.extend(&frame.payload),
                _ => {}
            }
            if let (Some(status), true) = (answered, frame.flags & END_STREAM != 0) {
                return Outcome::Answered(status, body);
            }
        }
        Outcome::Ended
    }
}

fn number(payload: &[u8]) -> u32 {
    payload.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// A header block of literals without indexing (RFC 7541 section 6.2.2), nothing compressed.
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in fields {
        bytes.push(0);
        text(&mut bytes, name);
        text(&mut bytes, value);
    }
    bytes
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    match text.len() {
        short @ 0..127 => bytes.push(short as u8),
        mut rest => {
            bytes.push(127);
            rest -= 127;
            while rest >= 128 {
                bytes.push((rest % 128) as u8 | 128);
                rest /= 128;
            }
            bytes.push(rest as u8);
        }
    }
    bytes.extend(text.as_bytes());
}

/// The status at the head of a block: an indexed field, or a literal whose name is indexed.
fn status(block: &[u8]) -> Option<u16> {
    let skip = block.iter().take_while(|byte| **byte & 0xe0 == 0x20).count();
    let block = block.get(skip..)?;
    let first = *block.first()?;
    if first & 0x80 != 0 {
        return [200, 204, 206, 304, 400, 404, 500].get(usize::from(first & 0x7f).checked_sub(8)?).copied();
    }
    let length = *block.get(1)?;
    let value = block.get(2..2 + usize::from(length & 0x7f))?;
    let digits = if length & 0x80 != 0 { huffman_digits(value) } else { value.to_vec() };
    String::from_utf8(digits).ok()?.parse().ok()
}

/// Digits by the code of RFC 7541 appendix B: 0 to 2 take five bits, the others six.
fn huffman_digits(bytes: &[u8]) -> Vec<u8> {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
    let value = |bits: &[u8]| bits.iter().fold(0, |sum, bit| sum * 2 + bit);
    let (mut at, mut digits) = (0, Vec::new());
    while at + 5 <= bits.len() {
        match value(&bits[at..at + 5]) {
            short @ 0..=2 => {
                digits.push(b'0' + short);
                at += 5;
            }
            _ => match bits.get(at..at + 6).map(value) {
                Some(long @ 0x19..=0x1f) => {
                    digits.push(b'3' + long - 0x19);
                    at += 6;
                }
                _ => break,
            },
        }
    }
    digits
}

#[test]
fn statuses_are_read_in_each_of_their_forms() {
    assert_eq!(status(&[0x88]), Some(200));
    assert_eq!(status(&[0x20, 0x08, 0x03, b'4', b'2', b'1']), Some(421));
    // 401: 011010 00000 00001, then ones.
    assert_eq!(status(&[0x08, 0x82, 0b0110_1000, 0b0000_0001]), Some(401));
}
