//! The first page of everybody who is signed in: the platforms they can open, and under which credentials.
use askama::Template;

use super::frame::Frame;
use super::visit::{Outcome, SignedIn};
use crate::app::App;
use crate::model::credentials::Credentials;
use crate::model::grant::Standing;
use crate::model::route::{Access, PathRule, Route};
use crate::model::slug::Slug;

#[derive(Template)]
#[template(path = "pages/home.html")]
struct Page {
    frame: Frame,
    platforms: Vec<Platform>,
    /// Whether the address is yet to be proved.
    unproved: bool,
}

/// A platform that can be opened.
struct Platform {
    title: String,
    address: String,
    host: String,
    credentials: Vec<String>,
    chosen: Option<String>,
}

/// Shows the page.
pub async fn show(signed_in: SignedIn) -> Outcome {
    let platforms = platforms(&signed_in);
    let account = signed_in.person.account();
    let unproved = account.email.is_some() && !account.validated;
    Ok(signed_in.visit.show(&Page { frame: signed_in.frame("home-title"), platforms, unproved }))
}

fn platforms(signed_in: &SignedIn) -> Vec<Platform> {
    let config = signed_in.visit.app.config.load();
    let mut known: Vec<_> = config.routing.platforms.iter().collect();
    known.sort_by_key(|(_, title)| title.to_lowercase());
    known.into_iter().filter_map(|(slug, title)| platform(signed_in, slug, title)).collect()
}

/// The way into a platform.
struct Entrance {
    address: String,
    host: String,
    usable: Vec<Credentials>,
}

/// Where somebody who holds this enters a platform, where they may enter one of its routes.
fn entrance(app: &App, held: &Standing, slug: &Slug) -> Option<Entrance> {
    let (config, now) = (app.config.load(), app.clock.now());
    let usable = held.usable_on(slug, &config.roles, now);
    let open = |route: &&Route| {
        route.platform == *slug
            && route.accepts.session
            && (!usable.is_empty() || !route.access.needs_credentials())
    };
    let route = config.routing.routes.iter().filter(open).min_by_key(|route| path(route).len())?;
    if matches!(route.access, Access::Public) && usable.is_empty() {
        return None;
    }
    let public = &config.public_url.host;
    let host = route.hosts.iter().find(|host| !host.starts_with("*.")).unwrap_or(public);
    let at = path(route);
    let address = match host == public {
        true => at.to_owned(),
        false => format!("{}/.portcullis/arrive?at={at}", config.origin_of(host)),
    };
    Some(Entrance { address, host: host.to_string(), usable })
}

/// Where somebody lands who was just let in to these platforms: in the only one, or at home (S4-09).
pub(super) fn landing(app: &App, held: Option<&Standing>, platforms: &[Slug]) -> String {
    match (held, platforms) {
        (Some(held), [only]) => entrance(app, held, only).map(|entrance| entrance.address),
        _ => None,
    }
    .unwrap_or_else(|| super::HOME.to_owned())
}

/// A platform with its address, where the person may enter it.
fn platform(signed_in: &SignedIn, slug: &Slug, title: &str) -> Option<Platform> {
    let config = signed_in.visit.app.config.load();
    let Entrance { address, host, usable } =
        entrance(&signed_in.visit.app, &signed_in.person.standing, slug)?;
    let role = |one: &Credentials| {
        config.roles.by_slug(&one.role).map_or_else(|| one.role.to_string(), |role| role.title.clone())
    };
    let shown = |one: &Credentials| format!("{} • {} ({})", one.space, role(one), one.organisation);
    let chosen = signed_in.person.session.chosen.iter().find(|chosen| chosen.platform == *slug);
    Some(Platform {
        title: title.to_owned(),
        address,
        host,
        credentials: usable.iter().map(shown).collect(),
        chosen: chosen.map(shown),
    })
}

fn path(route: &Route) -> &str {
    match &route.path {
        PathRule::Prefix(path) | PathRule::Exact(path) => path,
    }
}
