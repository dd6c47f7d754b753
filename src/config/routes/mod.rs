//! `[[route]]`: host and path, who may enter, where it leads. A route that says something it cannot keep
//! (an unknown role, platform or upstream) is a problem, never an open door.

mod access;
mod path;
mod rules;

use std::collections::HashSet;
use std::sync::Arc;

use http::Method;

use super::file::{self, AssertionWord, AuthorizationWord, Credential, File, HeadersWord};
use super::notes::Notes;
use super::{PublicUrl, roles, text, upstreams};
use crate::model::role::Roles;
use crate::model::route::{Accepts, Assertion, Authorization, Destination, HeaderProfile, Route, Routing};
use crate::model::slug::Slug;

/// What all routes of a file share.
struct Shared<'w> {
    roles: &'w Roles,
    written: &'w File,
}

/// Reads `[[platform]]`, `[[upstream]]` and `[[route]]`; without any route, the echo app answers.
pub(super) fn routing(written: &File, roles: &Roles, notes: &mut Notes<'_>) -> Routing {
    let mut routing = Routing {
        platforms: roles::platforms(&written.platform, notes),
        upstreams: upstreams::upstreams(&written.upstream, notes),
        ..Routing::default()
    };
    let shared = Shared { roles, written };
    for (at, one) in written.route.iter().enumerate() {
        route(&format!("route[{at}]"), one, &shared, &mut routing, notes);
    }
    if written.route.is_empty() {
        let echo = Route::to_echo("echo");
        routing.platforms.entry(echo.platform.clone()).or_insert_with(|| "Echo".into());
        routing.routes.push(echo);
    }
    unused(written, &routing, notes);
    rules::same_place(&routing, notes);
    routing
}

/// Makes a host known, once.
pub(super) fn add_host(routing: &mut Routing, host: Arc<str>) {
    if !routing.hosts.contains(&host) {
        routing.hosts.push(host);
    }
}

/// Warns where scripts of an app could act as the person on the gate's own pages.
pub(super) fn warn_of_shared_origin(
    file: &File,
    routing: &Routing,
    public: &PublicUrl,
    notes: &mut Notes<'_>,
) {
    for (at, _) in file.route.iter().enumerate() {
        let Some(route) = routing.routes.get(at) else { return };
        let shares = route.hosts.is_empty() || route.hosts.contains(&public.host);
        if shares && notes.tree.is_in_file("route") && !matches!(route.destination, Destination::Echo) {
            let what =
                format!("route \"{}\" shares the origin of the account pages, {}", route.name, public.origin);
            let mend =
                "give the app a host of its own in `hosts`: its scripts could act as the person on the pages";
            notes.warning(&format!("route[{at}]"), what, mend);
        }
    }
}

fn route(
    key: &str,
    written: &file::Route,
    shared: &Shared<'_>,
    routing: &mut Routing,
    notes: &mut Notes<'_>,
) {
    let hosts = hosts(key, &written.hosts, notes);
    hosts.iter().for_each(|host| add_host(routing, host.clone()));
    let path = path::rule(key, written, notes);
    let destination = destination(key, written, routing, notes);
    let route = Route {
        name: written.name.clone().unwrap_or_else(|| path::name(&hosts, &path)).into(),
        hosts,
        path,
        methods: methods(&format!("{key}.methods"), &written.methods, notes),
        platform: platform(key, written, shared, routing, notes),
        access: access::access(key, written, shared.roles, notes),
        accepts: accepts(key, &written.accepts, notes),
        authorization: authorization(written.authorization),
        broken: None,
        path_policy: path::policy(key, written, notes),
        headers: headers(written.headers),
        assertion: assertion(written.assertion),
        cors: written.cors.as_ref().map(|cors| rules::cors(key, cors, notes)),
        response_headers: rules::response_headers(key, &written.response_headers, notes),
        body: rules::body(key, written, notes),
        quotas: rules::quotas(key, written, notes),
        destination,
    };
    if routing.routes.iter().any(|other| other.name == route.name) && written.name.is_some() {
        notes.error(&format!("{key}.name"), format!("there are two routes \"{}\"", route.name), "rename one");
    }
    routing.routes.push(route);
}

const fn authorization(word: AuthorizationWord) -> Authorization {
    match word {
        AuthorizationWord::Consume => Authorization::Consume,
        AuthorizationWord::Ignore => Authorization::Ignore,
    }
}

const fn headers(word: HeadersWord) -> HeaderProfile {
    match word {
        HeadersWord::Forwarded => HeaderProfile::Forwarded,
        HeadersWord::Remote => HeaderProfile::Remote,
        HeadersWord::AuthRequest => HeaderProfile::AuthRequest,
    }
}

const fn assertion(word: AssertionWord) -> Assertion {
    match word {
        AssertionWord::Off => Assertion::Off,
        AssertionWord::Shared => Assertion::Shared,
        AssertionWord::Request => Assertion::Request,
    }
}

fn hosts(key: &str, written: &[String], notes: &mut Notes<'_>) -> Vec<Arc<str>> {
    let mut all: Vec<Arc<str>> = Vec::new();
    for (at, one) in written.iter().enumerate() {
        let key = format!("{key}.hosts[{at}]");
        let (star, name) = one.strip_prefix("*.").map_or(("", one.as_str()), |rest| ("*.", rest));
        match text::host_and_port(name) {
            Some((host, None | Some(80 | 443))) => all.push(format!("{star}{host}").into()),
            Some((host, Some(_))) => {
                notes.error(
                    &key,
                    format!("\"{one}\" names a port"),
                    format!("write \"{star}{host}\": a route answers on every port"),
                );
            }
            None => notes.error(&key, format!("\"{one}\" is not a host"), text::HOST),
        }
    }
    all
}

/// Reads method names.
fn methods(key: &str, written: &[String], notes: &mut Notes<'_>) -> Vec<Method> {
    let mut all = Vec::new();
    for (at, word) in written.iter().enumerate() {
        let method = Method::from_bytes(word.as_bytes()).ok();
        match method.filter(|_| word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')) {
            Some(method) if method != Method::CONNECT && method != Method::TRACE => all.push(method),
            _ => {
                let mend =
                    "write methods in capitals, such as \"GET\"; CONNECT and TRACE are never passed on";
                notes.error(
                    &format!("{key}[{at}]"),
                    format!("\"{word}\" is not a method a route can take"),
                    mend,
                );
            }
        }
    }
    all
}

fn platform(
    key: &str,
    written: &file::Route,
    shared: &Shared<'_>,
    routing: &Routing,
    notes: &mut Notes<'_>,
) -> Slug {
    let key = format!("{key}.platform");
    let known: Vec<&str> = shared.written.platform.iter().map(|platform| platform.slug.as_str()).collect();
    match &written.platform {
        Some(text) => match roles::slug(&key, text, notes) {
            Some(slug) if routing.platforms.contains_key(&slug) => return slug,
            Some(_) => notes.unknown(&key, ("platform", text), &known),
            None => {}
        },
        None => match routing.platforms.keys().next() {
            Some(only) if routing.platforms.len() == 1 => return only.clone(),
            Some(_) => notes.error(
                &key,
                "the route does not say which platform it belongs to",
                "add platform = \"…\", one of the [[platform]] slugs",
            ),
            None => notes.error(
                &key,
                "the route belongs to no platform",
                "add a [[platform]] with a slug, which people are then given",
            ),
        },
    }
    Slug::literal("none")
}

fn destination(
    key: &str,
    written: &file::Route,
    routing: &mut Routing,
    notes: &mut Notes<'_>,
) -> Destination {
    let key = format!("{key}.upstream");
    let Some(text) = &written.upstream else {
        notes.error(
            &key,
            "the route leads nowhere",
            "add upstream = \"http://127.0.0.1:3000\", or the name of an [[upstream]]",
        );
        return Destination::Echo;
    };
    if text == "echo" {
        return Destination::Echo;
    }
    if let Some(at) =
        routing.upstreams.iter().position(|upstream| *upstream.name == *text.trim_end_matches('/'))
    {
        return Destination::Upstream(at);
    }
    if upstreams::is_address(text) {
        routing.upstreams.push(upstreams::direct(&key, text, notes));
        return Destination::Upstream(routing.upstreams.len() - 1);
    }
    let known = routing.upstreams.iter().map(|upstream| &*upstream.name).chain(["echo"]).collect::<Vec<_>>();
    notes.unknown(&key, ("upstream", text), &known);
    Destination::Echo
}

fn accepts(key: &str, written: &[Credential], notes: &mut Notes<'_>) -> Accepts {
    if written.is_empty() {
        let mend = "write accepts = [\"session\", \"key\"], or access = \"public\"";
        notes.error(&format!("{key}.accepts"), "the route takes no credential", mend);
    }
    Accepts { session: written.contains(&Credential::Session), key: written.contains(&Credential::Key) }
}

/// Warns of what is defined and leads nowhere.
fn unused(written: &File, routing: &Routing, notes: &mut Notes<'_>) {
    let reached: HashSet<usize> = routing
        .routes
        .iter()
        .filter_map(|route| match route.destination {
            Destination::Upstream(at) => Some(at),
            Destination::Echo => None,
        })
        .collect();
    for (at, upstream) in written.upstream.iter().enumerate().filter(|(at, _)| !reached.contains(at)) {
        let what = format!("no route leads to upstream \"{}\"", upstream.name);
        notes.warning(&format!("upstream[{at}]"), what, "name it in a [[route]], or take it out");
    }
    for (at, platform) in written.platform.iter().enumerate() {
        if !routing.routes.iter().any(|route| route.platform.as_str() == platform.slug) {
            let what = format!("no route belongs to platform \"{}\"", platform.slug);
            notes.warning(&format!("platform[{at}]"), what, "name it in a [[route]], or take it out");
        }
    }
}
