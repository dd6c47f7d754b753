//! Trace context (W3C): which trace a request belongs to, and which span of it called.

use std::fmt;

/// What `traceparent` says: a trace, the span that called, and whether it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace: TraceId,
    /// The span that called.
    pub span: SpanId,
    /// Whether it is recorded.
    pub sampled: bool,
}

/// A trace; never all zeros.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// A span of a trace; never all zeros.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId([u8; 8]);

/// Characters of version 00.
const LENGTH: usize = 55;

impl TraceParent {
    /// Reads the value of the field; nothing where the recommendation says to begin anew. Of versions to
    /// come only what version 00 knows is read.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (known, more) = value.split_at_checked(LENGTH)?;
        let [v1, v2, b'-', rest @ ..] = known else { return None };
        let version = byte(*v1, *v2)?;
        if version == 0xff || (version == 0 && !more.is_empty()) || !matches!(more, [] | [b'-', ..]) {
            return None;
        }
        let (trace, rest) = rest.split_at_checked(32)?;
        let (span, flags) = rest.strip_prefix(b"-")?.split_at_checked(16)?;
        let [b'-', f1, f2] = flags else { return None };
        let (trace, span) = (unhex(trace)?, unhex(span)?);
        let sampled = byte(*f1, *f2)? & 1 == 1;
        Some(Self { trace: TraceId::of(trace)?, span: SpanId::of(span)?, sampled })
    }

    /// The value of the field.
    pub fn written(&self) -> [u8; LENGTH] {
        let mut value = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let digits = [(3, &self.trace.0[..]), (36, &self.span.0[..]), (53, &[u8::from(self.sampled)])];
        for (at, bytes) in digits {
            let places = value.get_mut(at..).unwrap_or_default().chunks_exact_mut(2);
            for (place, byte) in places.zip(bytes) {
                place.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            }
        }
        value
    }
}

const fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

impl TraceId {
    /// From sixteen bytes, unless they are all zeros.
    pub fn of(bytes: [u8; 16]) -> Option<Self> {
        (bytes != [0; 16]).then_some(Self(bytes))
    }

    /// From 32 lower-case hexadecimal digits, unless they are all zeros.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        Self::of(unhex(text)?)
    }

    /// A number spread evenly over all traces, for choosing some of them.
    pub const fn lot(self) -> u64 {
        let [.., a, b, c, d, e, f, g, h] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

impl SpanId {
    /// From eight bytes, unless they are all zeros.
    pub fn of(bytes: [u8; 8]) -> Option<Self> {
        (bytes != [0; 8]).then_some(Self(bytes))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != N * 2 {
        return None;
    }
    for (to, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *to = byte(*high, *low)?;
    }
    Some(bytes)
}

/// A byte of two lower-case digits; the recommendation takes no others.
fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    Some(digit(high)? << 4 | digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_trace_parent_survives_being_written() {
        let parent = TraceParent::parse(GOOD.as_bytes()).unwrap();
        assert!(parent.sampled);
        assert_eq!(parent.written(), GOOD.as_bytes());
        let other = GOOD.replace("-01", "-00");
        let unsampled = TraceParent::parse(other.as_bytes()).unwrap();
        assert!(!unsampled.sampled && unsampled.written() == *other.as_bytes());
        let later = format!("cc{}-more", &GOOD[2..]);
        assert_eq!(TraceParent::parse(later.as_bytes()), Some(parent));
    }

    #[test]
    fn what_the_recommendation_does_not_take_is_not_taken() {
        for bad in [
            "",
            "00",
            &GOOD[..54],
            &format!("{GOOD}-x"),
            &GOOD.to_uppercase(),
            &format!("ff{}", &GOOD[2..]),
            &GOOD.replace('-', "_"),
            &format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            &format!("00-0af7651916cd43dd8448eb211c80319c-{}-01", "0".repeat(16)),
            &format!("{}0g", &GOOD[..53]),
            &format!("cc{}.x", &GOOD[2..]),
        ] {
            assert_eq!(TraceParent::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
