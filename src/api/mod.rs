//! The gate's own endpoints. `table` lists those of the API, one line each: method, path, who may enter, which
//! function answers. They are guests of the walk, reached only on the hosts and paths that `gateway/own.rs` gives
//! them.

pub mod about;
pub mod accounts;
pub mod accounts_import;
pub mod address;
pub mod answer;
pub mod archive;
pub mod audit;
pub mod bans;
pub mod body;
pub mod call;
pub mod certificates;
pub mod configuration;
pub mod decisions;
pub mod document;
pub mod door;
pub mod endpoint;
pub mod entitlements;
pub mod explain;
pub mod feed;
pub mod grants;
pub mod invitations;
pub mod jwks;
pub mod keys;
pub mod letters;
pub mod listing;
pub mod me;
pub mod members;
pub mod organisations;
pub mod password_resets;
pub mod platforms;
pub mod reference;
pub mod replay;
pub mod report;
pub mod roles;
pub mod sessions;
pub mod spaces;
pub mod texts;
pub mod upstreams;
pub mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{self, MethodFilter};
use http::Method;

use self::door::Door;
use self::endpoint::{Endpoint, Enter, delete, get, post, verb};
use crate::web::Reception;

/// Where the API begins.
pub const BASE: &str = "/.portcullis/api/v1";

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

/// Every endpoint of the API.
#[rustfmt::skip]
pub fn table() -> Vec<Endpoint> {
    use Enter::{Account, Administrator, Anybody, Feed, Member, Office, Person};
    vec![
        get("/me", Account, me::show, "Says who calls"),
        get("/me/keys", Account, keys::own, "Lists the caller's keys"),
        post("/me/keys", Person, keys::create_own, "Makes a key of the caller's").fresh(),
        get("/me/sessions", Person, sessions::own, "Lists the caller's sessions"),
        verb("/me/sessions/end-others", Person, sessions::end_others, "Ends the caller's other sessions").fresh(),
        verb("/me/sessions/end-all", Person, sessions::end_all, "Ends all of the caller's sessions").fresh(),
        verb("/me/validation", Person, address::validate, "Sends a letter that validates the caller's address"),
        get("/me/email-change", Person, address::show, "Shows the caller's change of address that waits"),
        post("/me/email-change", Person, address::request, "Asks for another address").fresh(),
        verb("/me/email-change/resend", Person, address::resend, "Sends the letter to the new address again"),
        delete("/me/email-change", Person, address::cancel, "Cancels a change of address that waits"),
        verb("/accounts/{account}/validation-letters", Office, address::validate_for, "Sends an account a letter that validates its address"),
        get("/validation", Office, address::show_demand, "Shows where validated addresses are demanded"),
        Endpoint::sent((PUT, "/validation"), Administrator, address::set_demand, "Sets where validated addresses are demanded").fresh(),
        delete("/sessions/{session}", Person, sessions::end, "Ends a session").fresh(),
        get("/accounts", Member, accounts::list, "Lists accounts"),
        post("/accounts", Person, accounts::create, "Makes a person's account").fresh(),
        post("/account-imports", Person, accounts_import::import, "Takes in accounts of another program").fresh(),
        get("/accounts/{account}", Member, accounts::show, "Shows an account and its grants"),
        verb("/accounts/{account}/suspend", Person, accounts::suspend, "Stops an account for a while").fresh(),
        verb("/accounts/{account}/resume", Person, accounts::resume, "Puts an account back in use").fresh(),
        verb("/accounts/{account}/close", Person, accounts::close, "Ends an account for good").fresh(),
        Endpoint::sent((PUT, "/accounts/{account}/office"), Person, accounts::set_office, "Gives or takes an office").fresh(),
        verb("/accounts/{account}/reset-links", Person, accounts::reset, "Makes a link that sets a password").fresh(),
        get("/accounts/{account}/sessions", Office, sessions::of_account, "Lists an account's sessions"),
        delete("/accounts/{account}/sessions", Office, sessions::end_of_account, "Ends an account's sessions").fresh(),
        get("/accounts/{account}/keys", Member, keys::of_account, "Lists an account's keys"),
        post("/accounts/{account}/keys", Person, keys::create_for, "Makes a key of a service account").fresh(),
        post("/accounts/{account}/keys/import", Office, keys::import, "Takes in keys made elsewhere").fresh(),
        post("/archived-names/release", Office, archive::release, "Lets an archived name or address be used again").fresh(),
        post("/password-resets", Anybody, password_resets::ask, "Asks for a letter that sets a password anew"),
        get("/keys", Office, keys::list, "Lists all keys"),
        post("/keys/inspect", Office, keys::inspect, "Tells what a text is"),
        get("/keys/{key}", Account, keys::show, "Shows a key"),
        post("/keys/{key}/rotate", Person, keys::rotate, "Makes a key's successor").fresh(),
        delete("/keys/{key}", Person, keys::revoke, "Ends a key at once").fresh(),
        get("/organisations", Member, organisations::list, "Lists organisations"),
        post("/organisations", Member, organisations::create, "Makes an organisation"),
        get("/organisations/{organisation}", Member, organisations::show, "Shows an organisation"),
        Endpoint::sent((PATCH, "/organisations/{organisation}"), Member, organisations::rename, "Renames an organisation"),
        verb("/organisations/{organisation}/close", Member, organisations::close, "Ends an organisation for good").fresh(),
        get("/organisations/{organisation}/members", Member, members::list, "Lists members and services"),
        delete("/organisations/{organisation}/members/{account}", Member, members::remove, "Ends a membership").fresh(),
        post("/organisations/{organisation}/services", Member, accounts::create_service, "Makes a service account").fresh(),
        get("/organisations/{organisation}/spaces", Member, spaces::list, "Lists spaces"),
        post("/organisations/{organisation}/spaces", Member, spaces::create, "Makes a space"),
        get("/organisations/{organisation}/spaces/{space}", Member, spaces::show, "Shows a space"),
        Endpoint::asked((DELETE, "/organisations/{organisation}/spaces/{space}"), Member, spaces::remove, "Removes a space").fresh(),
        get("/organisations/{organisation}/entitlements", Member, entitlements::list, "Lists platforms it may use"),
        post("/organisations/{organisation}/entitlements", Member, entitlements::add, "Lets it use a platform"),
        delete("/organisations/{organisation}/entitlements/{platform}", Member, entitlements::remove, "Ends the use of a platform"),
        get("/organisations/{organisation}/invitations", Member, invitations::list, "Lists invitations, newest first"),
        post("/organisations/{organisation}/invitations", Member, invitations::invite, "Invites people").fresh(),
        get("/organisations/{organisation}/invitations/{invitation}", Member, invitations::show, "Shows an invitation"),
        delete("/organisations/{organisation}/invitations/{invitation}", Member, invitations::revoke, "Takes an invitation back").fresh(),
        verb("/organisations/{organisation}/invitations/{invitation}/resend", Member, invitations::resend, "Sends an invitation anew").fresh(),
        verb("/organisations/{organisation}/invitations/{invitation}/extend", Member, invitations::extend, "Lets an invitation work for longer").fresh(),
        get("/grants", Member, grants::list, "Lists grants"),
        post("/grants", Member, grants::add, "Gives a role").fresh(),
        delete("/grants/{grant}", Member, grants::revoke, "Takes a grant").fresh(),
        get("/platforms", Member, platforms::list, "Lists platforms"),
        get("/platforms/{platform}/events", Feed, feed::read, "Reads what a platform was told, in order"),
        get("/webhooks", Administrator, webhooks::list, "Lists webhooks"),
        post("/webhooks", Administrator, webhooks::create, "Makes a webhook").fresh(),
        get("/webhooks/{webhook}", Administrator, webhooks::show, "Shows a webhook"),
        delete("/webhooks/{webhook}", Administrator, webhooks::remove, "Removes a webhook").fresh(),
        post("/webhooks/{webhook}/rotate", Administrator, webhooks::rotate, "Makes a new secret").fresh(),
        verb("/webhooks/{webhook}/enable", Administrator, webhooks::enable, "Lets sending go on").fresh(),
        verb("/webhooks/{webhook}/disable", Administrator, webhooks::disable, "Stops sending").fresh(),
        verb("/webhooks/{webhook}/test", Administrator, webhooks::test, "Sends an event that says nothing").fresh(),
        verb("/webhooks/{webhook}/resend", Administrator, webhooks::resend_all, "Sends again what was given up").fresh(),
        get("/webhooks/{webhook}/deliveries", Administrator, webhooks::deliveries, "Lists what was sent, newest first"),
        verb("/webhooks/{webhook}/deliveries/{delivery}/resend", Administrator, webhooks::resend, "Sends an event again").fresh(),
        get("/roles", Member, roles::list, "Lists roles"),
        get("/audit", Member, audit::list, "Lists who did what, newest first"),
        get("/audit/export", Member, audit::export, "Gives entries out, one a line"),
        get("/audit/verification", Office, audit::verify, "Checks the whole audit trail"),
        get("/letters", Office, letters::list, "Lists letters, newest first, and what became of them"),
        post("/letters/test", Administrator, letters::test, "Sends a letter that shows that letters arrive").fresh(),
        get("/letters/{letter}", Office, letters::show, "Shows what became of a letter"),
        verb("/letters/{letter}/resend", Administrator, letters::again, "Tries a letter again now").fresh(),
        get("/bans", Office, bans::list, "Lists who must wait after failed attempts"),
        post("/bans/lift", Office, bans::lift, "Gives a budget of attempts back"),
        get("/upstreams", Office, upstreams::list, "Lists apps and how they are"),
        get("/certificates", Office, certificates::list, "Lists certificates in use"),
        get("/configuration", Administrator, configuration::show, "Shows the configuration in force"),
        get("/decisions/{request}", Office, decisions::show, "Shows what was decided of a request"),
        post("/explain", Office, explain::explain, "Says what would be decided of a request"),
    ]
}

/// Every other endpoint: documents for everybody, and the drop-box for leaked keys.
pub const OTHERS: [(Method, &str); 5] = [
    (GET, "/.portcullis/jwks.json"),
    (GET, "/.well-known/jwks.json"),
    (GET, "/.well-known/portcullis"),
    (POST, "/.portcullis/keys/report"),
    (GET, document::PATH),
];

/// All of them.
pub fn endpoints(reception: Arc<Reception>) -> Router {
    let others = Router::new()
        .route("/.portcullis/jwks.json", routing::get(jwks::keys))
        .route("/.well-known/jwks.json", routing::get(jwks::keys))
        .route("/.well-known/portcullis", routing::get(about::about))
        .route("/.portcullis/keys/report", routing::post(report::report))
        .with_state(reception.app.clone());
    let others = others.route(document::PATH, routing::get(document::serve));
    let all: Vec<Arc<Endpoint>> = table().into_iter().map(Arc::new).collect();
    let doors = all.iter().map(|endpoint| Door { endpoint: endpoint.clone(), shows: shows(endpoint, &all) });
    let empty = Router::new();
    let api = doors.fold(empty, |router, door| {
        let path = format!("{BASE}{}", door.endpoint.path);
        let filter = MethodFilter::try_from(door.endpoint.method.clone()).unwrap_or(MethodFilter::GET);
        let door = Arc::new(door);
        let answer = move |State(reception): State<Arc<Reception>>, request: Request| async move {
            door::answer(door, reception, request).await
        };
        router.route(&path, routing::on(filter, answer))
    });
    others.merge(api.with_state(reception))
}

/// The endpoint that shows what another one changes: at the same path, or where its verb is appended to.
fn shows(endpoint: &Endpoint, all: &[Arc<Endpoint>]) -> Option<Arc<Endpoint>> {
    let parent = endpoint.path.rsplit_once('/').map(|(parent, _)| parent);
    let of = |path: &str| all.iter().find(|one| one.is_safe() && one.gives.versioned && one.path == path);
    if endpoint.is_safe() || endpoint.gives.creates {
        return None;
    }
    of(endpoint.path).or_else(|| parent.and_then(of)).cloned()
}
