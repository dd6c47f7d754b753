//! `portcullis serve`: starts the gate, says where it is and how to try it, and waits for its end.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::desk::{Desk, Exit};
use crate::actions::set_up::{self, FirstStart, Trying};
use crate::config::{Bind, Config, Sources};
use crate::server::development::DevelopmentFiles;
use crate::server::doors::{Address, Kind};
use crate::server::running::{Addresses, Running};
use crate::server::signals::Signals;
use crate::server::{self, Plan, StartError};
use crate::telemetry::access::AccessLog;
use crate::telemetry::logs;
use crate::time::SystemClock;
use crate::web::door;

/// What `serve` takes beside the configuration; each flag stands for one of its keys.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Serves one app on every path, e.g. http://127.0.0.1:3000
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// Speaks TLS here (listen.https); may be given several times
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// Speaks clear text here (listen.http); may be given several times
    #[arg(long, value_name = "ADDRESS")]
    listen_http: Vec<String>,
    /// Serves health and metrics here (listen.operations)
    #[arg(long, value_name = "ADDRESS")]
    operations: Option<String>,
    /// PEM chain to show instead of the development certificate
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// PEM private key of that certificate
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// Directory of database, keyring and control socket (data)
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Worker threads (workers); 0 is one per core
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
}

impl Serve {
    /// The same sources, with what the flags say on top.
    fn over(self, sources: &Sources) -> io::Result<Sources> {
        let mut sources = sources.clone();
        let mut set = |key: &str, value: String| sources.settings.push((key.to_owned(), value));
        let list = |addresses: Vec<String>| json!(addresses).to_string();
        if !self.listen.is_empty() {
            set("listen.https", list(self.listen));
        }
        if !self.listen_http.is_empty() {
            set("listen.http", list(self.listen_http));
        }
        if let Some(address) = self.operations {
            set("listen.operations", address);
        }
        if let (Some(certificate), Some(key)) = (self.certificate, self.key) {
            let pair = json!([{ "certificate": whole(&certificate)?, "key": whole(&key)? }]);
            set("certificate", pair.to_string());
        }
        if let Some(data) = self.data {
            set("data", whole(&data)?);
        }
        if let Some(workers) = self.workers {
            set("workers", workers.to_string());
        }
        if self.upstream.is_some() {
            sources.upstream = self.upstream;
        }
        Ok(sources)
    }
}

/// Paths typed by hand begin where they were typed, not where the configuration file lies.
fn whole(path: &Path) -> io::Result<String> {
    let path = std::path::absolute(path)?;
    path.into_os_string()
        .into_string()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "is not UTF-8"))
}

pub(super) fn run(flags: Serve, desk: &Desk) -> Result<(), Exit> {
    let sources = flags.over(&desk.sources).map_err(|error| Exit::Usage(error.to_string()))?;
    let desk = Desk { sources, output: desk.output };
    let config = desk.config()?;
    logs::begin(&config.logs).map_err(|error| Exit::Failed(error.into()))?;
    let access = match config.logs.access {
        true => Some(AccessLog::to(Box::new(io::stdout())).map_err(|error| Exit::Failed(error.into()))?),
        false => None,
    };
    desk.block_on(async {
        let signals = Signals::new().map_err(|error| Exit::Failed(error.into()))?;
        let plan = Plan {
            config,
            sources: Some(desk.sources.clone()),
            clock: Arc::new(SystemClock),
            access: access.as_ref().map(AccessLog::writer),
        };
        let running = server::begin(plan).await?;
        let first = set_up::begin(running.app(), trying(&running.app().config.load())).await?;
        tell(&desk, &running, first.as_ref());
        signals.heed(running).await;
        Ok(())
    })
}

/// A key that is printed on a terminal may open a gate that only this machine reaches.
fn trying(config: &Config) -> Trying {
    let listen = &config.listen;
    let near = |bind: &Bind| match bind {
        Bind::Tcp(address) => address.ip().is_loopback(),
        Bind::Unix(_) => true,
        Bind::Systemd(_) => false,
    };
    if listen.https.iter().chain(&listen.http).all(near) { Trying::Allowed } else { Trying::Refused }
}

fn tell(desk: &Desk, running: &Running, first: Option<&FirstStart>) {
    let addresses = running.addresses();
    let places = |kind| addresses.all(kind).map(ToString::to_string).collect::<Vec<_>>();
    let config = running.app().config.load();
    let mut fields = vec![("listening", json!([places(Kind::Https), places(Kind::Http)].concat()))];
    if addresses.all(Kind::Redirect).next().is_some() {
        fields.push(("redirecting", json!(places(Kind::Redirect))));
    }
    fields.push(("operations", json!(places(Kind::Operations))));
    if let Some(first) = first {
        fields.push(("set_up", json!(first.link.url.expose())));
        fields.push(("set_up_ends", json!(first.link.expires_at.to_string())));
        if let Some(trial) = &first.trial {
            let door = door::of_key(&config, &trial.made.key);
            fields.push(("try", json!(curl(&config, running, trial.made.text.expose(), door))));
            fields.push(("trial_ends", json!(trial.ends_at.to_string())));
        }
    }
    desk.output.record(&fields);
}

/// A command that works as it stands.
fn curl(config: &Config, running: &Running, key: &str, (host, path): (&str, &str)) -> String {
    let trust = match config.tls.certificates.is_empty() {
        true => format!("--cacert {} ", quoted(&DevelopmentFiles::of(&config.tls.development).authority)),
        false => String::new(),
    };
    let addresses = running.addresses();
    let url = match addresses.tcp(Kind::Https) {
        Some(address) if at_home(host, address.ip()) => format!("https://{host}:{}{path}", address.port()),
        Some(address) => format!(
            "--connect-to {host}:{port}:{ip}:{port} https://{host}:{port}{path}",
            ip = bracketed(address.ip()),
            port = address.port()
        ),
        None => return format!("curl -u __key__:{key} {}", in_clear(addresses, host, path)),
    };
    format!("curl {trust}-u __key__:{key} {url}")
}

/// The same without TLS: the name of the host goes along where the address does not lead to it.
fn in_clear(addresses: &Addresses, host: &str, path: &str) -> String {
    match (addresses.tcp(Kind::Http), addresses.all(Kind::Http).next()) {
        (Some(address), _) if at_home(host, address.ip()) => {
            format!("http://{host}:{}{path}", address.port())
        }
        (Some(address), _) => format!("-H 'Host: {host}' http://{address}{path}"),
        (None, Some(Address::Unix(socket))) => {
            format!("--unix-socket {} http://{host}{path}", quoted(socket))
        }
        (None, _) => format!("http://{host}{path}"),
    }
}

/// Whether the name alone leads to the address.
fn at_home(host: &str, address: IpAddr) -> bool {
    host == "localhost" && address.is_loopback() || host.trim_matches(['[', ']']).parse() == Ok(address)
}

fn bracketed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(four) => four.to_string(),
        IpAddr::V6(six) => format!("[{six}]"),
    }
}

/// For a shell, where it needs quoting.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:=".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

impl From<StartError> for Exit {
    fn from(error: StartError) -> Self {
        match error {
            StartError::App(error) => error.into(),
            StartError::Tls(_)
            | StartError::Development(_)
            | StartError::Upstream(_)
            | StartError::Traces(_) => Self::Unusable(error.into()),
            StartError::Bind(_) | StartError::Threads(_) | StartError::Ended => Self::Failed(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_the_shell_where_they_must_be() {
        assert_eq!(quoted(Path::new("certs/authority.pem")), "certs/authority.pem");
        assert_eq!(quoted(Path::new("my certs/it's.pem")), r"'my certs/it'\''s.pem'");
    }
}
