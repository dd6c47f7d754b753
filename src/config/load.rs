//! From sources to meaning: gather, compare with the schema, read each section. Nothing is left at the
//! first problem; the reader gets all of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::file::File;
use super::notes::{Disk, Notes};
use super::problem::{Problem, Problems, Severity};
use super::sources::Sources;
use super::tree::Tree;
use super::{
    Config, egress, keys, limits, listen, logs, mail, pages, passwords, roles, routes, shape, store, tls,
    traces,
};
use crate::model::role::Roles;

/// A configuration that may be run, and what somebody should look at nevertheless.
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Warnings only.
    pub warnings: Problems,
}

impl Config {
    /// Reads all sources. Looks at the files that the configuration names, changes nothing.
    pub fn load(sources: &Sources) -> Result<Loaded, Problems> {
        let schema = shape::schema();
        let mut problems = Vec::new();
        let tree = sources.gather(&schema, &mut problems);
        let mut loaded = compile(tree, problems, sources.directory(), Disk::Look)?;
        loaded.config.sources.extend(sources.file.clone());
        loaded.config.sources.extend(sources.secret_files());
        Ok(loaded)
    }

    /// What `serve` runs with when there is no file: everything below `directory`, the app at `upstream`
    /// or else the built-in echo app.
    pub fn default_for(directory: &Path, upstream: Option<&str>) -> Result<Self, Problems> {
        let base = directory.to_path_buf();
        let sources = Sources { base, upstream: upstream.map(str::to_owned), ..Sources::default() };
        Self::load(&sources).map(|loaded| loaded.config)
    }
}

/// The control socket that a configuration names, also where something else in it is wrong: a gate that
/// runs must be reachable while its file is being edited.
pub fn control_socket(sources: &Sources) -> PathBuf {
    let mut tree = sources.gather(&shape::schema(), &mut Vec::new());
    let value = std::mem::take(&mut tree.value);
    let mut notes = Notes::new(&tree, sources.directory(), Disk::Blind);
    let written = read(value, &mut notes);
    let data = store::data(&written, &mut notes);
    store::control(&written.control, &data, &mut notes)
}

/// Reads the text of a file without looking at the disk: for tests and fuzzing.
pub fn parse_str(text: &str) -> Result<Loaded, Problems> {
    let mut problems = Vec::new();
    let tree = Tree::read(Path::new("gateway.toml"), text, &mut problems);
    compile(tree, problems, Path::new(""), Disk::Blind)
}

fn compile(mut tree: Tree, mut problems: Vec<Problem>, base: &Path, disk: Disk) -> Result<Loaded, Problems> {
    let text = tree.text.clone();
    let value = std::mem::take(&mut tree.value);
    let mut notes = Notes::new(&tree, base, disk);
    let written = read(value, &mut notes);
    let config = mean(&written, &mut notes);
    problems.append(&mut notes.problems);
    let errors = problems.iter().any(|problem| problem.severity == Severity::Error);
    let problems = Problems::of(problems, text);
    if errors { Err(problems) } else { Ok(Loaded { config, warnings: problems }) }
}

/// Compares with the schema, and reads what fits it.
pub(super) fn read(mut value: Value, notes: &mut Notes<'_>) -> File {
    shape::check(&shape::schema(), &mut value, "", notes);
    serde_json::from_value(value).unwrap_or_else(|error| {
        let what = format!("the configuration cannot be read: {error}");
        notes.error("", what, "compare it with config/gateway.toml");
        File::default()
    })
}

/// Gives every section its meaning.
fn mean(written: &File, notes: &mut Notes<'_>) -> Config {
    let roles: Arc<Roles> = roles::roles(&written.role, notes).into();
    let mut routing = routes::routing(written, &roles, notes);
    let public_url = listen::public_url(written, &routing.hosts, notes);
    routes::add_host(&mut routing, public_url.host.clone());
    routes::warn_of_shared_origin(written, &routing, &public_url, notes);
    let data: PathBuf = store::data(written, notes);
    Config {
        mail: mail::mail(&written.mail, &public_url, &data, notes),
        links: mail::links(&written.links, notes),
        demanded: mail::demanded(&written.validation, notes),
        public_url,
        listen: listen::listen(&written.listen, notes),
        tls: tls::tls(written, notes),
        deadlines: limits::deadlines(&written.deadlines, notes),
        limits: limits::limits(&written.limits, notes),
        routing: routing.into(),
        roles,
        allow_headers: limits::allow_headers(&written.headers.allow, notes),
        sessions: keys::sessions(&written.session, notes),
        first_administrator: keys::first_administrator(&written.first_administrator, notes),
        sign_up_open: written.sign_up.open,
        passwords: passwords::passwords(&written.password, notes),
        keys: keys::keys(&written.key, notes),
        failures: keys::failures(&written.failures, notes),
        hashing: keys::hashing(&written.hashing, notes),
        store: store::store(&written.store, &data, notes),
        keyring: store::keyring(&written.keyring, &data, notes),
        control_socket: store::control(&written.control, &data, notes),
        data,
        audit_retention: store::audit_retention(&written.audit, notes),
        pages: pages::pages(&written.pages, notes),
        egress: egress::egress(&written.egress, notes),
        logs: logs::logs(&written.logs, notes),
        traces: traces::traces(&written.traces, notes),
        workers: limits::per_core(written.workers),
        sources: std::mem::take(&mut notes.watched),
    }
}
