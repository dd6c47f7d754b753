//! Where a stream of WebSocket frames stands (RFC 6455, 5.2), so that a frame of our own is put only
//! between two of the app's. Looks at heads, never at what is said.

/// Longest head of a frame: two bytes, eight of length, four of mask.
const LONGEST_HEAD: usize = 14;
const CLOSE: u8 = 0x8;

/// The position in a stream of frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    head: [u8; LONGEST_HEAD],
    have: usize,
    payload_left: u64,
    closed: bool,
}

impl Frames {
    /// Goes on by bytes that were passed on.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) {
        loop {
            let payload = usize::try_from(self.payload_left).unwrap_or(usize::MAX).min(bytes.len());
            self.payload_left -= payload as u64;
            let Some((next, rest)) = bytes.split_at(payload).1.split_first() else { return };
            bytes = rest;
            self.head_byte(*next);
        }
    }

    fn head_byte(&mut self, byte: u8) {
        if let Some(slot) = self.head.get_mut(self.have) {
            *slot = byte;
        }
        self.have += 1;
        let [first, second, a, b, c, d, e, f, g, h, ..] = self.head;
        let mask = if second & 0x80 == 0 { 0 } else { 4 };
        let (length, payload) = match second & 0x7f {
            126 => (4, u64::from(u16::from_be_bytes([a, b]))),
            127 => (10, u64::from_be_bytes([a, b, c, d, e, f, g, h])),
            short => (2, u64::from(short)),
        };
        if self.have >= 2 && self.have >= length + mask {
            self.have = 0;
            self.payload_left = payload;
            self.closed |= first & 0x0f == CLOSE;
        }
    }

    /// Whether a frame of our own may be put here: between two frames, and none that closes was passed on.
    pub(super) const fn between(&self) -> bool {
        self.have == 0 && self.payload_left == 0 && !self.closed
    }
}

/// A frame that closes, as servers send it (RFC 6455, 5.5.1). `why` is cut at 123 bytes of ASCII.
pub(super) fn close(code: u16, why: &str) -> Vec<u8> {
    let why = why.as_bytes();
    let why = why.get(..123).unwrap_or(why);
    let length = u8::try_from(why.len() + 2).unwrap_or(2);
    let mut frame = vec![0x80 | CLOSE, length];
    frame.extend_from_slice(&code.to_be_bytes());
    frame.extend_from_slice(why);
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(opcode: u8, length: usize, masked: bool) -> Vec<u8> {
        let mut frame = vec![0x80 | opcode];
        let mask = if masked { 0x80 } else { 0 };
        match length {
            0..126 => frame.push(mask | length as u8),
            126..65536 => {
                frame.push(mask | 126);
                frame.extend_from_slice(&(length as u16).to_be_bytes());
            }
            _ => {
                frame.push(mask | 127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        frame.extend(std::iter::repeat_n(0xff, length + if masked { 4 } else { 0 }));
        frame
    }

    proptest! {
        #[test]
        fn only_borders_of_frames_count_as_between(
            lengths in proptest::collection::vec((prop_oneof![0usize..200, 65_000usize..66_000], any::<bool>()), 1..5),
            step in 1usize..5000,
        ) {
            let frames: Vec<Vec<u8>> = lengths.iter().map(|(length, masked)| frame(2, *length, *masked)).collect();
            let borders: Vec<usize> = frames.iter().scan(0, |at, frame| { *at += frame.len(); Some(*at) }).collect();
            let (mut position, mut at) = (Frames::default(), 0);
            for piece in frames.concat().chunks(step) {
                position.pass(piece);
                at += piece.len();
                prop_assert_eq!(position.between(), borders.contains(&at), "at {}", at);
            }
        }
    }

    #[test]
    fn nothing_is_put_after_a_frame_that_closes() {
        let mut frames = Frames::default();
        frames.pass(&frame(1, 5, false));
        assert!(frames.between());
        frames.pass(&close(1000, "bye"));
        assert!(!frames.between());
    }

    #[test]
    fn a_close_frame_says_code_and_reason() {
        assert_eq!(close(1008, "no"), [0x88, 4, 0x03, 0xf0, b'n', b'o']);
        assert_eq!(close(1008, &"x".repeat(200)).len(), 127);
    }
}
