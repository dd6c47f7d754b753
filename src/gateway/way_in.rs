//! The way in for people: a browser that is turned away for want of a session, of a choice or of a recent
//! proof is led to the page that mends it, and back to where it was. Programs never come here.

use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use http::{Method, Response, StatusCode, Uri};

use super::body::Body;
use super::host;
use super::refusal::Refusal;
use super::routes::Served;
use crate::app::App;
use crate::auth::error::{AuthError, Lack};
use crate::pages;
use crate::web::cookie;
use crate::web::flow::Flow;
use crate::web::target::Target;

/// What a navigation asked for, kept from before it was taken apart.
#[derive(Debug)]
pub struct Wanted {
    uri: Uri,
    host: Option<HeaderValue>,
    safe: bool,
    flow: Option<String>,
}

impl Wanted {
    /// Of the head of a navigation.
    pub fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        Self {
            uri: uri.clone(),
            host: headers.get(http::header::HOST).cloned(),
            safe: matches!(*method, Method::GET | Method::HEAD),
            flow: cookie::find(headers, cookie::FLOW).map(ToOwned::to_owned),
        }
    }

    fn host(&self) -> Option<String> {
        let field = self.host.as_ref().and_then(|host| host.to_str().ok());
        let named = self.uri.authority().map(http::uri::Authority::as_str).or(field)?;
        host::canonical(named).ok().map(Into::into)
    }

    fn path(&self) -> &str {
        let path = self.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        if self.safe { path } else { "/" }
    }
}

/// Which page mends a refusal.
fn page(refusal: &Refusal, served: Option<&Served>) -> Option<&'static str> {
    match refusal {
        Refusal::Auth(AuthError::Nobody) if served.is_some_and(|served| served.route.accepts.session) => {
            Some("sign-in")
        }
        Refusal::Auth(AuthError::Choose(_)) => Some("choose"),
        Refusal::Auth(AuthError::Forbidden(Lack::Age)) => Some("step-up"),
        Refusal::Auth(AuthError::Forbidden(Lack::Validation)) => Some("send-validation"),
        _ => None,
    }
}

/// Where a refused navigation is led, the bare public origin to the first page; `None` where only a page of the problem helps, and where the browser
/// goes round already.
pub fn lead(
    app: &App,
    refusal: &Refusal,
    wanted: &Wanted,
    served: Option<&Served>,
) -> Option<Response<Body>> {
    let host = wanted.host()?;
    let (config, now) = (app.config.load(), app.clock.now());
    if matches!(refusal, Refusal::NoRoute) && *config.public_url.host == *host && wanted.path() == "/" {
        return see_other(pages::HOME);
    }
    let page = page(refusal, served)?;
    let flow = Flow::read_or_begin(wanted.flow.as_deref());
    if flow.goes_round(now) {
        return None;
    }
    let platform = served.map(|served| served.route.platform.clone());
    let target = Target { platform, ..Target::at(&host, wanted.path(), now).with_flow(flow.token()) };
    let to = format!("{}/.portcullis/{page}?to={}", config.public_url.origin, target.sealed(app)?);
    let mut response = see_other(&to)?;
    response.headers_mut().append(SET_COOKIE, flow.cookie());
    Some(response)
}

fn see_other(to: &str) -> Option<Response<Body>> {
    let mut response = Response::new(Body::Own(None));
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, HeaderValue::try_from(to).ok()?);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}
