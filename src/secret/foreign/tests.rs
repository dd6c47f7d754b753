//! Hashes made by Python's hashlib, by Django 5.2 and by the libraries that it uses, of one password.

use super::*;

const PASSWORD: &[u8] = b"seven green kettles sing";

/// `hashlib.sha512(b"abcd1234.secret").hexdigest()`.
const SHA512_OF: &str = "sha512$$47afacacecef0b3d8d1939621b5b61b2bbd022a05f49954f2b392f1a679141cf78c4f55b8c3ea3cc82a52a9365e3d25c130be6c2316341bc82d2aaf1c636f41d";

const SLOW: [&str; 5] = [
    "pbkdf2_sha256$1000$saltsalt$UX6vPDAiiwCZDRip/9iQmGwhJ/cvUxX9RWy/vb/HJVw=",
    "bcrypt_sha256$$2b$04$KgC2txq4bI0U/OEj4oW3De3WhTAesv.wgt.mdkVxy1oLkwsrhP8Dq",
    "bcrypt$$2b$04$.9FuD9mFsjrjyAhx2812Dedve7BebCzd29454fSy3RuBFTgaVj7O6",
    "scrypt$16$saltsalt$8$1$dMM5FliI8lWaxSWHmcgqYZHFp+P98h79OKQCJXvVcGkdHD811IqLssKSOgeulNqi5f+xIOce1a3CMsUOnVIOKw==",
    "scrypt$1024$saltsalt$8$5$2PjfVPv1M8ZCI7KROIhKuKwUJwb8Pr82IDV93QPEMzfQr6K4JyS9b85m2cJeYw2CKNBnboC+h0Ni64MwbRG46g==",
];

#[test]
fn hashes_of_keys_are_read_and_checked_at_once() {
    let fast = ForeignHash::parse(SHA512_OF).unwrap();
    assert_eq!(fast.matches_at_once(b"abcd1234.secret"), Some(true));
    assert_eq!(fast.matches_at_once(b"abcd1234.secreT"), Some(false));
    assert_eq!(fast.written(), SHA512_OF);
}

#[test]
fn hashes_of_django_are_read_and_checked() {
    for text in SLOW {
        let slow = ForeignHash::parse(text).unwrap();
        assert_eq!(slow.matches_at_once(PASSWORD), None);
        assert!(slow.matches_slowly(PASSWORD), "{text}");
        assert!(!slow.matches_slowly(b"seven green kettles sinG"), "{text}");
        let again = ForeignHash::parse(&slow.written()).unwrap();
        assert!(again == slow && matches!(slow.weight(), Weight::Kib(_)), "{text}");
    }
}

/// As it is in the first program: the 73rd byte of a plain bcrypt hash counts for nothing.
#[test]
fn plain_bcrypt_is_known_by_its_own_mark_too_and_ends_after_72_bytes() {
    let text = "$2y$04$k/vWYdI976NO7ohklO5rEewzYtwQCsUVouZh7ZG2Rkxq/MnjmHxsK";
    let hash = ForeignHash::parse(text).unwrap();
    assert!(hash.matches_slowly(&[b'y'; 72]) && hash.matches_slowly(&[b'y'; 80]));
    assert!(!hash.matches_slowly(&[b'y'; 71]));
    assert_eq!(hash.written(), text);
}

#[test]
fn what_cannot_be_checked_says_why() {
    let why = |text: &str| ForeignHash::parse(text).err();
    for unsupported in [
        "$2x$05$abcdefghijklmnopqrstuv",
        "sha512$salt$00",
        "md5$salt$58dc6320ddb8521938d031ed058afc6b",
        "sha1$salt$00",
        "pbkdf2_sha1$1000$salt$Lq2Ge0Q7ZABgsY17yK9J7YgfFw0=",
        "$6$salt$hash",
        "$1$salt$hash",
        "argon2$argon2i$v=19$m=64,t=1,p=1$c2FsdA$AAAA",
        "crypt$$ab",
    ] {
        assert_eq!(why(unsupported), Some(NoForeignHash::Unsupported), "{unsupported}");
    }
    for damaged in [
        "sha512$$00",
        "pbkdf2_sha256$0$salt$AAAA",
        "pbkdf2_sha256$4000000000$salt$AAAA",
        "argon2$argon2id$v=19$m=64",
        "$2y$05$abcdefghijklmnopqrstuv",
        "bcrypt_sha256$$2b$12$abc",
        "bcrypt$$2b$31$.9FuD9mFsjrjyAhx2812Dedve7BebCzd29454fSy3RuBFTgaVj7O6",
        "scrypt$15$saltsalt$8$1$AAAA",
        "scrypt$16777216$saltsalt$8$1$dMM5FliI8lWaxSWHmcgqYZHFp+P98h79OKQCJXvVcGkdHD811IqLssKSOgeulNqi5f+xIOce1a3CMsUOnVIOKw==",
        "scrypt$18446744073709551615$saltsalt$8$1$AAAA",
    ] {
        assert_eq!(why(damaged), Some(NoForeignHash::Damaged), "{damaged}");
    }
    assert_eq!(why("kX2vQ9aPlain"), Some(NoForeignHash::Unknown));
}
