//! What holds where the file is silent. `config/gateway.toml` shows the same values.

use super::{
    Audit, Control, Deadlines, Egress, Failures, File, FirstAdministrator, Hashing, Headers, Key, Keyring,
};
use super::{
    Limits, Links, Listen, LogWord, Logs, Mail, Pages, Password, Session, SignUp, Store, Tls, Traces,
};

impl Default for File {
    fn default() -> Self {
        Self {
            public_url: None,
            data: "data".into(),
            workers: 0,
            listen: Listen::default(),
            tls: Tls::default(),
            certificate: Vec::new(),
            client_certificate: Vec::new(),
            deadlines: Deadlines::default(),
            limits: Limits::default(),
            headers: Headers::default(),
            store: Store::default(),
            keyring: Keyring::default(),
            control: Control::default(),
            session: Session::default(),
            first_administrator: FirstAdministrator::default(),
            sign_up: SignUp::default(),
            password: Password::default(),
            key: Key::default(),
            failures: Failures::default(),
            hashing: Hashing::default(),
            audit: Audit::default(),
            pages: Pages::default(),
            mail: Mail::default(),
            links: Links::default(),
            validation: super::Validation::default(),
            egress: Egress::default(),
            logs: Logs::default(),
            traces: Traces::default(),
            role: Vec::new(),
            platform: Vec::new(),
            upstream: Vec::new(),
            route: Vec::new(),
        }
    }
}

impl Default for Audit {
    fn default() -> Self {
        Self { retention: "none".into() }
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            https: vec!["127.0.0.1:8443".into()],
            http: Vec::new(),
            redirect: Vec::new(),
            operations: "127.0.0.1:9180".into(),
            proxy_protocol: Vec::new(),
            trusted_proxies: Vec::new(),
            tls_peers: Vec::new(),
        }
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self { development: "certs".into(), allow_tls12: true }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            handshake: "10s".into(),
            head: "15s".into(),
            body_idle: "30s".into(),
            idle: "75s".into(),
            age: "1h".into(),
            drain_delay: "5s".into(),
            drain: "20s".into(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16_384,
            connections_per_source: 1_024,
            head_bytes: "32KiB".into(),
            head_fields: 100,
            streams: 100,
            resets: 200,
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { sqlite: "portcullis.db".into(), url: None, url_file: None }
    }
}

impl Default for Keyring {
    fn default() -> Self {
        Self { file: "keyring".into() }
    }
}

impl Default for Control {
    fn default() -> Self {
        Self { socket: "control.sock".into() }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self {
            idle: "1h".into(),
            absolute: "24h".into(),
            remembered_idle: "7d".into(),
            remembered_absolute: "30d".into(),
            store_grace: "60s".into(),
        }
    }
}

impl Default for Key {
    fn default() -> Self {
        Self { default_lifetime: "90d".into(), longest_lifetime: "none".into(), cache_entries: 100_000 }
    }
}

impl Default for Failures {
    fn default() -> Self {
        Self { per_source: "30/1m".into(), per_subject: "10/1m".into() }
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self { memory: "19MiB".into(), passes: 2, at_once: 0, waiting: 64 }
    }
}

impl Default for Logs {
    fn default() -> Self {
        Self { format: LogWord::Auto, filter: "info".into(), access: true }
    }
}
