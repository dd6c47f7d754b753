//! What a keyring promises, tried on files in a directory of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("portcullis-keyring-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let home = std::env::temp_dir().join(name);
        fs::create_dir_all(&home).unwrap();
        Self(home)
    }

    fn file(&self) -> PathBuf {
        self.0.join("data").join("keyring")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn error_of<T>(result: Result<T, KeyringError>) -> KeyringError {
    result.err().unwrap()
}

#[test]
fn a_keyring_is_made_once_with_mode_0600_and_opened_afterwards() {
    let home = Home::new();
    let first = Keyring::open_for(&home.file(), &[], at(0)).unwrap();
    assert_eq!(fs::metadata(home.file()).unwrap().permissions().mode() & 0o7777, 0o600);
    let known: Vec<_> = first.fingerprints().to_vec();
    let again = Keyring::open_for(&home.file(), &known, at(9)).unwrap();
    assert_eq!(again.fingerprints(), known);
    assert_eq!(again.digest(b"text"), first.digest(b"text"));
    let left: Vec<_> = fs::read_dir(home.file().parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "no passing file stays behind");
}

#[test]
fn two_processes_that_make_one_at_once_end_with_the_same() {
    let home = Home::new();
    let path = home.file();
    let made: Vec<_> = std::thread::scope(|scope| {
        let each = |_| scope.spawn(|| Keyring::create(&path, at(0)).unwrap().fingerprints().to_vec());
        (0..4).map(each).collect::<Vec<_>>().into_iter().map(|made| made.join().unwrap()).collect()
    });
    assert!(made.iter().all(|prints| *prints == made[0]));
}

#[test]
fn a_missing_keyring_is_never_made_anew_over_existing_data() {
    let home = Home::new();
    let known = Keyring::create(&home.file(), at(0)).unwrap().fingerprints().to_vec();
    fs::remove_file(home.file()).unwrap();
    let error = error_of(Keyring::open_for(&home.file(), &known, at(1)));
    assert!(matches!(error, KeyringError::MissingOverData { .. }));
    assert!(!home.file().exists());
    Keyring::create(&home.file(), at(2)).unwrap();
    let error = error_of(Keyring::open_for(&home.file(), &known, at(3)));
    assert!(matches!(error, KeyringError::Stranger { part: PEPPER, version: 1, .. }), "{error}");
}

#[test]
fn a_keyring_that_others_may_read_is_refused_with_the_command_that_mends_it() {
    let home = Home::new();
    Keyring::create(&home.file(), at(0)).unwrap();
    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(home.file(), fs::Permissions::from_mode(mode)).unwrap();
        let error = error_of(Keyring::open(&home.file())).to_string();
        assert!(error.contains(&format!("chmod 600 {}", home.file().display())), "{error}");
    }
}

#[test]
fn a_cut_off_or_altered_keyring_is_refused_at_every_byte_and_never_quoted() {
    let home = Home::new();
    Keyring::create(&home.file(), at(0)).unwrap();
    let whole = fs::read(home.file()).unwrap();
    for end in (0..whole.len() - 2).step_by(7) {
        fs::write(home.file(), &whole[..end]).unwrap();
        let error = error_of(Keyring::open(&home.file()));
        assert!(matches!(error, KeyringError::Malformed { .. }), "{end}: {error}");
    }
    let text = String::from_utf8(whole).unwrap();
    let pepper = text.split(r#""key": ""#).nth(1).unwrap().split('"').next().unwrap();
    let mut changed = pepper.to_owned().into_bytes();
    changed[3] = if changed[3] == b'A' { b'B' } else { b'A' };
    fs::write(home.file(), text.replace(pepper, std::str::from_utf8(&changed).unwrap())).unwrap();
    let error = error_of(Keyring::open(&home.file()));
    assert!(error.to_string().contains("does not match its fingerprint"), "{error}");
    fs::write(home.file(), text.replace(&format!(r#""{pepper}""#), r#"["hush"]"#)).unwrap();
    let error = error_of(Keyring::open(&home.file())).to_string();
    assert!(!error.contains("hush"), "{error}");
}

#[test]
fn after_a_rotation_of_the_pepper_earlier_digests_can_still_be_made() {
    let home = Home::new();
    let before = Keyring::create(&home.file(), at(0)).unwrap();
    let after = Keyring::rotate(&home.file(), Part::Pepper, Haste::Orderly, at(1)).unwrap();
    assert_eq!(after.peppers().iter().map(Pepper::version).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(after.pepper(1).unwrap().digest(b"k"), before.digest(b"k").0);
    assert_ne!(after.digest(b"k"), before.digest(b"k"));
    let known = before.fingerprints().to_vec();
    assert!(Keyring::open_for(&home.file(), &known, at(2)).is_ok());
    assert_eq!(fs::metadata(home.file()).unwrap().permissions().mode() & 0o7777, 0o600);
}

#[test]
fn after_a_rotation_of_the_sealing_key_earlier_values_still_open() {
    let home = Home::new();
    let place = Place { table: "t", column: "c", row: b"r" };
    let sealed = Keyring::create(&home.file(), at(0)).unwrap().seal(place, b"old").unwrap();
    let ring = Keyring::rotate(&home.file(), Part::Sealing, Haste::Orderly, at(1)).unwrap();
    assert_eq!(ring.unseal(place, &sealed).unwrap().expose(), b"old");
    assert_eq!(version_of(&ring.seal(place, b"new").unwrap()), Some(2));
}

#[test]
fn the_next_signing_key_is_published_before_it_signs_and_the_previous_one_after() {
    let home = Home::new();
    let before = Keyring::create(&home.file(), at(0)).unwrap();
    let kids = |ring: &Keyring| ring.signing().all().map(|key| key.kid().to_owned()).collect::<Vec<_>>();
    let old = kids(&before);
    let error = error_of(Keyring::rotate(&home.file(), Part::Signing, Haste::Orderly, at(599)));
    assert!(matches!(error, KeyringError::TooSoon { .. }));
    let after = Keyring::rotate(&home.file(), Part::Signing, Haste::Orderly, at(601)).unwrap();
    let new = kids(&after);
    assert_eq!((&new[0], &new[2]), (&old[1], &old[0]));
    assert!(after.signing().jwks().contains(&old[0]) && after.signing().jwks().contains(&new[1]));
    assert!(Keyring::rotate(&home.file(), Part::Signing, Haste::AtOnce, at(602)).is_ok());
}

#[test]
fn the_published_key_set_verifies_what_the_current_key_signs_and_holds_nothing_private() {
    let home = Home::new();
    let ring = Keyring::create(&home.file(), at(0)).unwrap();
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
    header.kid = Some(ring.signing().current().kid().to_owned());
    let claims = serde_json::json!({ "sub": "ada" });
    let token = jsonwebtoken::encode(&header, &claims, ring.signing().current().private()).unwrap();
    let set: serde_json::Value = serde_json::from_str(ring.signing().jwks()).unwrap();
    let key = &set["keys"][0];
    assert_eq!(key["kid"], ring.signing().current().kid());
    let mut point = vec![4];
    point.extend(URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap());
    point.extend(URL_SAFE_NO_PAD.decode(key["y"].as_str().unwrap()).unwrap());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message.as_bytes(), &signature).unwrap();
    for key in set["keys"].as_array().unwrap() {
        let mut names: Vec<_> = key.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
}

#[test]
fn rotations_at_the_same_time_all_count() {
    let home = Home::new();
    let path = home.file();
    Keyring::create(&path, at(0)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| Keyring::rotate(&path, Part::Pepper, Haste::Orderly, at(1)).unwrap());
        }
    });
    assert_eq!(Keyring::open(&path).unwrap().peppers().len(), 9);
}
