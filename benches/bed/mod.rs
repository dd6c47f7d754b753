//! What the benchmarks of the walk and of its steps stand on: a folder of their own, a configuration with
//! one platform and one app, and somebody who lives there with a key and a session.

use std::path::PathBuf;

use portcullis::actions::session::{self, NewSession, Stay};
use portcullis::actions::{Actor, set_up};
use portcullis::app::App;
use portcullis::config::{Config, Sources};

/// The host that all requests are for.
pub(crate) const HOST: &str = "app.test";

/// A folder that goes away with the value.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// An empty one.
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("portcullis-bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// A configuration below it: one worker, loopback only, the app at this address. Failures are borne
    /// without end, so that a benchmark of refusals does not become one of waiting.
    pub(crate) fn config(&self, app: &str) -> Config {
        let text = format!(
            r#"
            public_url = "https://gate.test"
            workers = 1
            [listen]
            https = ["127.0.0.1:0"]
            operations = "127.0.0.1:0"
            [failures]
            per_source = "4000000000/7d"
            per_subject = "4000000000/7d"
            [[platform]]
            slug = "app"
            [[route]]
            hosts = ["{HOST}"]
            upstream = "{app}"
            [[route]]
            hosts = ["{HOST}"]
            path = "/public"
            access = "public"
            upstream = "{app}"
            "#
        );
        let file = self.0.join("gateway.toml");
        std::fs::write(&file, text).unwrap();
        match Config::load(&Sources { file: Some(file), ..Sources::default() }) {
            Ok(loaded) => loaded.config,
            Err(problems) => panic!("{problems}"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Somebody who may use the app.
pub(crate) struct Resident {
    /// The text of their key.
    pub(crate) key: String,
    /// The value of their session cookie on [`HOST`].
    pub(crate) session: String,
}

/// Lets the first start make an account with a key, and begins a session for it.
pub(crate) async fn move_in(app: &App) -> Resident {
    let first = set_up::begin(app, set_up::Trying::Allowed).await.unwrap().unwrap();
    let made = first.trial.unwrap().made;
    let new = NewSession {
        account: made.key.account,
        hosts: vec![HOST.into()],
        methods: vec!["pwd".into()],
        stay: Stay::Usual,
        chosen: Vec::new(),
        device: "benchmark".into(),
    };
    let begun = session::create(app, &Actor::operator(), new).await.unwrap();
    Resident { key: made.text.expose().clone(), session: begun.tokens[0].1.expose().clone() }
}
