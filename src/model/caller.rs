//! The caller: who is on the line before we know them.

use std::net::IpAddr;
use std::sync::Arc;

use super::id::NotAnId;

/// What is known of a request before anybody is identified.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The client's address, through trusted proxies only.
    pub address: IpAddr,
    /// Whether the request came over TLS (ours, or a listed peer's that terminates it).
    pub secure: bool,
    /// Whether a key may be read from this connection: TLS, loopback or unix socket.
    pub keys_allowed: bool,
    /// Identifies the request in logs, pages, problems and towards the upstream.
    pub request_id: RequestId,
    /// Server name of the TLS handshake, lower-cased; `None` without TLS or SNI.
    pub server_name: Option<Arc<str>>,
}

/// Identifies one request: 32 lower-case hexadecimal characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 32]);

impl RequestId {
    /// From sixteen random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        const HEX: [u8; 16] = *b"0123456789abcdef";
        let mut text = [b'0'; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
            if let [high, low] = pair {
                *high = HEX.get(usize::from(byte >> 4)).copied().unwrap_or(b'0');
                *low = HEX.get(usize::from(byte & 15)).copied().unwrap_or(b'0');
            }
        }
        Self(text)
    }

    /// Reads an id given by a trusted peer or an operator.
    ///
    /// # Errors
    /// When it is not 32 lower-case hexadecimal characters.
    pub fn parse(text: &str) -> Result<Self, NotAnId> {
        let bytes: [u8; 32] = text.as_bytes().try_into().map_err(|_| NotAnId)?;
        let hex = bytes.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
        if hex { Ok(Self(bytes)) } else { Err(NotAnId) }
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
