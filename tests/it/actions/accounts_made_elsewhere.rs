//! Accounts that lived in another program, and the hashes of their passwords.

use portcullis::actions::account::import::{
    Batch, Effect, Entry, ImportError, Imported, Line, LineFault, NoPassword, UselessHash, import, lines,
};
use portcullis::actions::password::{self, Password};
use portcullis::actions::{ActionError, Actor, Denied, Origin, account};
use portcullis::model::account::Office as Held;
use portcullis::secret::Secret;
use portcullis::secret::foreign::NoForeignHash;
use portcullis::store::{Constraint, accounts, factors};

use super::office::{Office, PASSWORD};

/// What Django 5.2 and its libraries made of it; shorter than one may choose here.
const OLD: &str = "seven green kettles sing";

const HASHES: [(&str, &str); 6] = [
    ("pbkdf2", "pbkdf2_sha256$1000$saltsalt$UX6vPDAiiwCZDRip/9iQmGwhJ/cvUxX9RWy/vb/HJVw="),
    (
        "argon2",
        "argon2$argon2id$v=19$m=64,t=1,p=2$c2FsdHNhbHRzYWx0$NOW8lLkXHu/R4wJ5/zCErGp1jZCC3bB+/0Gbpk1dnPE",
    ),
    ("phc", "$argon2id$v=19$m=64,t=1,p=1$LJeUs3rluM2B2cm/ChvspA$JnOoHd/J3qwFL48L7ASUIg"),
    ("bcrypt-sha256", "bcrypt_sha256$$2b$04$KgC2txq4bI0U/OEj4oW3De3WhTAesv.wgt.mdkVxy1oLkwsrhP8Dq"),
    ("bcrypt", "$2b$04$.9FuD9mFsjrjyAhx2812Dedve7BebCzd29454fSy3RuBFTgaVj7O6"),
    (
        "scrypt",
        "scrypt$1024$saltsalt$8$5$2PjfVPv1M8ZCI7KROIhKuKwUJwb8Pr82IDV93QPEMzfQr6K4JyS9b85m2cJeYw2CKNBnboC+h0Ni64MwbRG46g==",
    ),
];

fn entry(name: &str, email: &str, hash: &str) -> Entry {
    Entry {
        user_name: name.to_owned(),
        email: Some(email.to_owned()),
        shown_name: None,
        validated: true,
        password_hash: Secret::new(hash.to_owned()),
        office: None,
    }
}

fn batch(entries: Vec<Entry>) -> Batch {
    let lines = (1..).zip(entries).map(|(number, entry)| Line { number, entry: Ok(entry) }).collect();
    Batch { lines, useless: UselessHash::Reset, effect: Effect::Write }
}

async fn done(office: &Office, batch: Batch) -> Result<Imported, ImportError> {
    import(&office.app, &Actor::operator(), batch, &|_| {}).await
}

fn told(done: Result<Imported, ImportError>) -> Vec<String> {
    match done {
        Err(ImportError::Lines(faults)) => {
            faults.iter().map(|(line, fault)| format!("{line} {fault}")).collect()
        }
        Err(error) => panic!("{error}"),
        Ok(imported) => panic!("{imported:?}"),
    }
}

/// the old hash serves once; then there is one of ours, at today's cost.
#[tokio::test]
async fn the_first_sign_in_with_an_imported_hash_replaces_it() {
    for office in Office::all().await {
        let entries = HASHES.map(|(name, hash)| entry(name, &format!("{name}@example.org"), hash));
        let imported = done(&office, batch(entries.into())).await.unwrap();
        assert_eq!((imported.accounts, imported.with_password), (6, 6));
        for (name, _) in HASHES {
            let account = account::by_name(&office.app, &name.parse().unwrap()).await.unwrap();
            let kept =
                async || factors::password(&office.app.store, account.id).await.unwrap().unwrap().secret;
            let before = kept().await;
            assert!(office.try_in(name, "seven green kettles sinG", None).await.is_err(), "{name}");
            assert_eq!(kept().await, before, "{name}");
            let computed = office.app.hashing.computed();
            office.try_in(name, OLD, None).await.unwrap();
            assert_eq!(office.app.hashing.computed() - computed, 2, "{name}: checked, and hashed anew");
            assert_ne!(kept().await, before, "{name}");
            let computed = office.app.hashing.computed();
            office.try_in(name, OLD, None).await.unwrap();
            assert_eq!(office.app.hashing.computed() - computed, 1, "{name}: it is ours now");
        }
    }
}

#[tokio::test]
async fn who_comes_without_a_usable_hash_sets_a_password_by_a_link() {
    for office in Office::all().await {
        let entries = vec![
            entry("unusable", "u@example.org", "!K4pAnrAE7k4y1kiNct7oPP2giP0kfBodP2CoPJOo"),
            entry("none", "n@example.org", ""),
            entry("md5", "m@example.org", "md5$salt$58dc6320ddb8521938d031ed058afc6b"),
            entry("plain", "p@example.org", "hunter2hunter2"),
            entry("api-key", "k@example.org", &format!("sha512$${}", "0".repeat(128))),
            entry("damaged", "d@example.org", "pbkdf2_sha256$1000$salt$x"),
        ];
        let imported = done(&office, batch(entries)).await.unwrap();
        assert_eq!((imported.accounts, imported.with_password), (6, 0));
        let why = |line: usize, hash| (line, NoPassword::Hash(hash));
        let expected = [
            why(3, NoForeignHash::Unsupported),
            why(4, NoForeignHash::Unknown),
            why(5, NoForeignHash::Unsupported),
            why(6, NoForeignHash::Damaged),
        ];
        assert_eq!(imported.to_reset, expected);
        assert!(office.try_in("plain", "hunter2hunter2", None).await.is_err());
        let link =
            account::reset(&office.app, &Actor::operator(), &"md5".parse().unwrap()).await.unwrap().url;
        let token = Secret::new(link.expose().rsplit('/').next().unwrap().to_owned());
        let new = Password::parse(&Secret::new(PASSWORD.to_owned())).unwrap();
        password::reset(&office.app, Origin::default(), &token, new).await.unwrap();
        office.sign_in("md5", None).await;
    }
}

/// Every bad line is told with its number, and nothing is written.
#[tokio::test]
async fn one_bad_line_keeps_all_of_them_out() {
    for office in Office::all().await {
        office.person("ada").await;
        let file = "user_name,email,shown_name,validated,password_hash,office\n\
            good,good@example.org,,,,\n\
            Good,other@example.org,,,,\n\
            far,GOOD@Example.ORG,,,,\n\
            deutsch,a@b\u{fc}cher.example,,,,\n\
            ascii,A@xn--bcher-kva.example,,,,\n\
            -bad,x@example.org,,,,\n\
            bad,no address,,,,\n\
            boss,boss@example.org,,,,king\n\
            short,short@example.org,,perhaps,,\n";
        let read = || lines(&Secret::new(file.to_owned()));
        let wished = Batch { lines: read(), useless: UselessHash::Reset, effect: Effect::Write };
        let faults = told(done(&office, wished).await);
        let begins = [
            "3 has the user_name of line 2",
            "4 has the email of line 2",
            "6 has the email of line 5",
            "7 user_name",
            "8 email",
            "9 office",
            "10 cannot be read",
        ];
        assert_eq!(faults.len(), begins.len(), "{faults:#?}");
        for (fault, begin) in faults.iter().zip(begins) {
            assert!(fault.starts_with(begin), "{fault}");
        }
        assert!(account::by_name(&office.app, &"good".parse().unwrap()).await.is_err());
        let entries = vec![
            entry("new", "new@example.org", ""),
            entry("ADA", "a2@example.org", ""),
            entry("grace", "Ada@Example.org", ""),
        ];
        match done(&office, batch(entries)).await {
            Err(ImportError::Lines(faults)) => assert!(matches!(
                faults[..],
                [(2, LineFault::Taken(Constraint::UserName)), (3, LineFault::Taken(Constraint::Email))]
            )),
            other => panic!("{other:?}"),
        }
        assert_eq!(accounts::list(&office.app.store, "", 10).await.unwrap().len(), 1);
        let weak = vec![entry("weak", "w@example.org", "$1$salt$hash")];
        let strict = Batch { useless: UselessHash::Wrong, ..batch(weak) };
        assert!(told(done(&office, strict).await)[0].starts_with("1 password_hash is a hash of a kind"));
        assert!(matches!(done(&office, batch(Vec::new())).await, Err(ImportError::Empty)));
    }
}

#[tokio::test]
async fn a_rehearsal_writes_nothing_and_an_import_is_told_to_everybody() {
    for office in Office::all().await {
        let wanted = || {
            let boss =
                Entry { office: Some("administrator".to_owned()), ..entry("boss", "b@example.org", "") };
            batch(vec![boss, entry("ada", "a@example.org", HASHES[0].1)])
        };
        let before = office.trail(1).await[0].seq;
        let rehearsed = done(&office, Batch { effect: Effect::None, ..wanted() }).await.unwrap();
        assert_eq!((rehearsed.accounts, rehearsed.with_password), (2, 1));
        assert!(account::by_name(&office.app, &"ada".parse().unwrap()).await.is_err());
        assert_eq!(office.trail(1).await[0].seq, before);
        done(&office, wanted()).await.unwrap();
        let trail = office.trail(3).await;
        let acts: Vec<_> = trail.iter().map(|entry| entry.act.as_str()).collect();
        assert!(acts.contains(&"accounts.imported") && acts.contains(&"account.created"), "{acts:?}");
        let boss = account::by_name(&office.app, &"boss".parse().unwrap()).await.unwrap();
        assert_eq!(boss.office, Some(Held::Administrator));
        let ada = account::by_name(&office.app, &"ada".parse().unwrap()).await.unwrap();
        let actor = office.signed_in(&ada).await;
        let refused = import(&office.app, &actor, wanted(), &|_| {}).await;
        assert!(matches!(refused, Err(ImportError::Action(ActionError::Denied(Denied::NotAdministrator)))));
    }
}
