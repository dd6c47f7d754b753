//! The text of a key: how ours are written, and how any text that claims to be a key is told apart
//! before anything is looked up. Pure and without allocation on the way in.
//!
//! A key of ours matches `\bpc[ks]_[0-9A-Za-z]{50}\b`: `pck_` (personal) or `pcs_` (service), twelve
//! characters of public id, thirty-two of secret, six of CRC-32 over all before. Scanners may use it.

use super::api_key::{KeyId, KeyKind};
use crate::secret::Secret;

/// The regular expression that every key of ours matches, for scanners and log filters.
pub const PATTERN: &str = r"\bpc[ks]_[0-9A-Za-z]{50}\b";

/// Bytes of a key of ours.
pub const LEN: usize = PREFIX_LEN + KeyId::LEN + SECRET_LEN + CHECK_LEN;

/// Random bytes that [`compose`] consumes.
pub const RANDOM_LEN: usize = (KeyId::LEN + SECRET_LEN) * 4;

const PREFIX_LEN: usize = 4;
const SECRET_LEN: usize = 32;
const CHECK_LEN: usize = 6;
const BASE62: [u8; 62] = *b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a presented text is, by its shape alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyShape {
    /// One of ours: prefix, length and checksum are right. Whether it exists is another question.
    Native {
        /// Personal or service, by its prefix.
        kind: KeyKind,
        /// Its public id.
        id: KeyId,
    },
    /// No text of ours: possibly an imported key.
    Foreign,
    /// Begins like one of ours and cannot be one: mistyped, cut off, or of a kind we do not make.
    Malformed,
}

/// Tells what a text is. `pct_` is kept for client programs' sessions and counts as ours.
pub fn parse(text: &[u8]) -> KeyShape {
    let kind = match text.first_chunk::<PREFIX_LEN>() {
        Some(b"pck_") => KeyKind::Personal,
        Some(b"pcs_") => KeyKind::Service,
        Some(b"pct_") => return KeyShape::Malformed,
        _ => return KeyShape::Foreign,
    };
    match native_id(text) {
        Some(id) => KeyShape::Native { kind, id },
        None => KeyShape::Malformed,
    }
}

/// Whether a text begins like a key of ours, well-formed or not.
pub fn wears_our_prefix(text: &[u8]) -> bool {
    !matches!(parse(text), KeyShape::Foreign)
}

fn native_id(text: &[u8]) -> Option<KeyId> {
    let whole: &[u8; LEN] = text.try_into().ok()?;
    let (body, check) = whole.split_last_chunk::<CHECK_LEN>()?;
    let (_, after_prefix) = body.split_first_chunk::<PREFIX_LEN>()?;
    let plain = after_prefix.iter().all(u8::is_ascii_alphanumeric);
    if !plain || checksum(body) != *check {
        return None;
    }
    KeyId::from_ascii(after_prefix.get(..KeyId::LEN)?)
}

/// Writes a new key from random bytes; each character takes four of them, so that none of the 62 is
/// likelier than another by more than two in a hundred million. An imported key has no text of ours:
/// for [`KeyKind::Imported`] the personal prefix is used.
pub fn compose(kind: KeyKind, random: &Secret<[u8; RANDOM_LEN]>) -> (KeyId, Secret<String>) {
    let prefix = match kind {
        KeyKind::Service => "pcs_",
        KeyKind::Personal | KeyKind::Imported => "pck_",
    };
    let mut text = String::with_capacity(LEN);
    text.push_str(prefix);
    let (draws, _) = random.expose().as_chunks::<4>();
    text.extend(
        draws.iter().map(|draw| char::from(digit((u64::from(u32::from_le_bytes(*draw)) * 62) >> 32))),
    );
    let check = checksum(text.as_bytes());
    text.extend(check.map(char::from));
    let id = text.as_bytes().get(PREFIX_LEN..PREFIX_LEN + KeyId::LEN).and_then(KeyId::from_ascii);
    (id.unwrap_or(KeyId::ZERO), Secret::new(text))
}

/// An id in our alphabet for a key that was made elsewhere.
pub fn compose_id(random: &[u8; KeyId::LEN * 4]) -> KeyId {
    let mut id = [b'0'; KeyId::LEN];
    let (draws, _) = random.as_chunks::<4>();
    for (character, draw) in id.iter_mut().zip(draws) {
        *character = digit((u64::from(u32::from_le_bytes(*draw)) * 62) >> 32);
    }
    KeyId::from_ascii(&id).unwrap_or(KeyId::ZERO)
}

/// CRC-32 in base62, most significant digit first, filled up with zeros.
fn checksum(body: &[u8]) -> [u8; CHECK_LEN] {
    let mut rest = u64::from(crc32fast::hash(body));
    let mut digits = [b'0'; CHECK_LEN];
    for place in digits.iter_mut().rev() {
        *place = digit(rest % 62);
        rest /= 62;
    }
    digits
}

fn digit(value: u64) -> u8 {
    usize::try_from(value).ok().and_then(|at| BASE62.get(at)).copied().unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(seed: &[u8]) -> Secret<[u8; RANDOM_LEN]> {
        let mut random = [0; RANDOM_LEN];
        random.iter_mut().zip(seed.iter().cycle()).for_each(|(to, from)| *to = *from);
        Secret::new(random)
    }

    proptest! {
        #[test]
        fn a_composed_key_is_read_back_with_its_kind_and_id(
            seed in prop::collection::vec(any::<u8>(), RANDOM_LEN), service: bool,
        ) {
            let kind = if service { KeyKind::Service } else { KeyKind::Personal };
            let (id, text) = compose(kind, &bytes(&seed));
            prop_assert_eq!(text.expose().len(), LEN);
            prop_assert_eq!(parse(text.expose().as_bytes()), KeyShape::Native { kind, id });
            prop_assert_eq!(&text.expose()[4..16], id.as_str());
        }

        #[test]
        fn any_one_changed_character_behind_the_prefix_makes_a_key_malformed(
            seed in prop::collection::vec(any::<u8>(), RANDOM_LEN), at in 4..LEN, to: u8,
        ) {
            let (_, text) = compose(KeyKind::Personal, &bytes(&seed));
            let mut changed = text.expose().clone().into_bytes();
            prop_assume!(changed[at] != to);
            changed[at] = to;
            prop_assert_eq!(parse(&changed), KeyShape::Malformed);
        }

        #[test]
        fn a_key_that_is_cut_off_or_grown_is_malformed(
            seed in prop::collection::vec(any::<u8>(), RANDOM_LEN), keep in 4..LEN, tail in "[0-9A-Za-z]{1,8}",
        ) {
            let (_, text) = compose(KeyKind::Service, &bytes(&seed));
            prop_assert_eq!(parse(&text.expose().as_bytes()[..keep]), KeyShape::Malformed);
            prop_assert_eq!(parse(format!("{}{tail}", text.expose()).as_bytes()), KeyShape::Malformed);
        }

        #[test]
        fn no_text_makes_the_parser_fail(text in prop::collection::vec(any::<u8>(), 0..80)) {
            let shape = parse(&text);
            prop_assert_eq!(shape == KeyShape::Foreign, !wears_our_prefix(&text));
        }
    }

    #[test]
    fn the_prefix_is_under_the_checksum_too() {
        let (_, text) = compose(KeyKind::Personal, &bytes(&[7, 99, 201]));
        let other = text.expose().replacen("pck_", "pcs_", 1);
        assert_eq!(parse(other.as_bytes()), KeyShape::Malformed);
    }

    #[test]
    fn a_text_without_our_prefix_is_foreign() {
        for text in ["", "pck", "pck-", "PCK_abc", "prefix.secret", "whsec_abc", "ghp_0123"] {
            assert_eq!(parse(text.as_bytes()), KeyShape::Foreign, "{text}");
        }
        assert_eq!(parse(b"pct_anything"), KeyShape::Malformed);
    }

    #[test]
    fn the_format_never_changes() {
        let (id, text) = compose(KeyKind::Personal, &bytes(&[0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 128]));
        assert_eq!(id.as_str(), "0zV0zV0zV0zV");
        assert_eq!(&text.expose()[..48], "pck_0zV0zV0zV0zV0zV0zV0zV0zV0zV0zV0zV0zV0zV0zV0z");
        assert_eq!(&text.expose()[48..], "1yowvL");
    }

    #[test]
    fn the_checksum_is_the_ordinary_crc_32() {
        // 0xCBF43926 is the check value of CRC-32/ISO-HDLC for "123456789".
        let value = checksum(b"123456789").iter().fold(0u64, |sum, digit| {
            sum * 62 + BASE62.iter().position(|known| known == digit).unwrap() as u64
        });
        assert_eq!(value, 0xCBF4_3926);
    }
}
