//! One endpoint: where it is, who may enter, what it takes and what it gives. What is documented of it is read off
//! the types of the function that answers.

use std::future::Future;
use std::pin::Pin;

use http::header::HeaderMap;
use http::{Method, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Answer, Described, Reply};
use super::body;
use super::call::{Call, Outcome};
use super::texts::Schemas;

/// Who may enter. What they may do there is decided by the act behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enter {
    /// Anybody.
    Anybody,
    /// Whoever is known, also by a personal key: what is read is their own.
    Account,
    /// People who are signed in, and service accounts by a key for the API.
    Member,
    /// People who are signed in.
    Person,
    /// Holders of an office who are signed in.
    Office,
    /// Administrators who are signed in.
    Administrator,
    /// Administrators who are signed in, and service accounts by a key for the API that may read feeds.
    Feed,
}

/// What a call brings.
#[derive(Debug, Clone)]
pub struct Input {
    /// The address.
    pub uri: Uri,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: bytes::Bytes,
}

/// What an endpoint takes.
pub enum Takes {
    /// What stands behind the `?`.
    Query(Vec<Parameter>),
    /// A body in JSON.
    Body(Box<RefOr<Schema>>),
    /// Nothing.
    Nothing,
}

type Act = Box<dyn Fn(Call, Input) -> Answering + Send + Sync>;

/// An answer on its way.
pub type Answering = Pin<Box<dyn Future<Output = Outcome<Answer>> + Send>>;

/// One endpoint.
pub struct Endpoint {
    /// Its method.
    pub method: Method,
    /// Its path behind the base.
    pub path: &'static str,
    /// Who may enter.
    pub enter: Enter,
    /// Whether people must have proved who they are within the last minutes.
    pub fresh: bool,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it gives.
    pub gives: Described,
    /// The shapes that it speaks of.
    pub schemas: Schemas,
    act: Act,
}

/// An endpoint that takes no query, or no body.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl Endpoint {
    /// Lets it answer.
    pub fn answer(&self, call: Call, input: Input) -> Answering {
        (self.act)(call, input)
    }

    /// The same for people who proved who they are within the last minutes.
    pub const fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// Whether nothing changes by it.
    pub fn is_safe(&self) -> bool {
        self.method == Method::GET
    }

    /// An endpoint that reads what stands behind the `?`.
    pub fn asked<Q, A, F>(
        (method, path): (Method, &'static str),
        enter: Enter,
        act: impl Fn(Call, Q) -> F + Send + Sync + 'static,
        summary: &'static str,
    ) -> Self
    where
        Q: DeserializeOwned + IntoParams + Send,
        A: Reply,
        F: Future<Output = Outcome<A>> + Send + 'static,
    {
        let act: Act = Box::new(move |call, input| {
            let asked = body::query(&input.uri).map(|query| act(call, query));
            Box::pin(async move { asked?.await?.answer() })
        });
        let mut schemas = Vec::new();
        let parameters = Q::into_params(|| Some(ParameterIn::Query));
        let takes = if parameters.is_empty() { Takes::Nothing } else { Takes::Query(parameters) };
        let gives = A::described(&mut schemas);
        Self { method, path, enter, fresh: false, summary, takes, gives, schemas, act }
    }

    /// An endpoint that reads a body.
    pub fn sent<B, A, F>(
        (method, path): (Method, &'static str),
        enter: Enter,
        act: impl Fn(Call, B) -> F + Send + Sync + 'static,
        summary: &'static str,
    ) -> Self
    where
        B: DeserializeOwned + ToSchema + Send,
        A: Reply,
        F: Future<Output = Outcome<A>> + Send + 'static,
    {
        let act: Act = Box::new(move |call, input| {
            let read = body::query::<Nothing>(&input.uri);
            let asked = read.and_then(|_| body::json(&input.headers, &input.body));
            let asked = asked.map(|body| act(call, body));
            Box::pin(async move { asked?.await?.answer() })
        });
        let mut schemas = Vec::new();
        B::schemas(&mut schemas);
        schemas.push((B::name().into_owned(), B::schema()));
        let takes = RefOr::Ref(Ref::new(format!("#/components/schemas/{}", B::name())));
        let gives = A::described(&mut schemas);
        Self {
            method,
            path,
            enter,
            fresh: false,
            summary,
            takes: Takes::Body(Box::new(takes)),
            gives,
            schemas,
            act,
        }
    }

    /// An endpoint that is told by its address alone what to do.
    pub fn told<A, F>(
        (method, path): (Method, &'static str),
        enter: Enter,
        act: impl Fn(Call) -> F + Send + Sync + 'static,
        summary: &'static str,
    ) -> Self
    where
        A: Reply,
        F: Future<Output = Outcome<A>> + Send + 'static,
    {
        let act: Act = Box::new(move |call, input| {
            let read = body::query::<Nothing>(&input.uri).and_then(|_| body::none(&input.body));
            let asked = read.map(|()| act(call));
            Box::pin(async move { asked?.await?.answer() })
        });
        let mut schemas = Vec::new();
        let gives = A::described(&mut schemas);
        Self { method, path, enter, fresh: false, summary, takes: Takes::Nothing, gives, schemas, act }
    }
}

/// A line of the table: reads.
pub fn get<Q, A, F>(
    path: &'static str,
    enter: Enter,
    act: impl Fn(Call, Q) -> F + Send + Sync + 'static,
    summary: &'static str,
) -> Endpoint
where
    Q: DeserializeOwned + IntoParams + Send,
    A: Reply,
    F: Future<Output = Outcome<A>> + Send + 'static,
{
    Endpoint::asked((Method::GET, path), enter, act, summary)
}

/// A line of the table: takes a body.
pub fn post<B, A, F>(
    path: &'static str,
    enter: Enter,
    act: impl Fn(Call, B) -> F + Send + Sync + 'static,
    summary: &'static str,
) -> Endpoint
where
    B: DeserializeOwned + ToSchema + Send,
    A: Reply,
    F: Future<Output = Outcome<A>> + Send + 'static,
{
    Endpoint::sent((Method::POST, path), enter, act, summary)
}

/// A line of the table: does something to what is there.
pub fn verb<A, F>(
    path: &'static str,
    enter: Enter,
    act: impl Fn(Call) -> F + Send + Sync + 'static,
    summary: &'static str,
) -> Endpoint
where
    A: Reply,
    F: Future<Output = Outcome<A>> + Send + 'static,
{
    Endpoint::told((Method::POST, path), enter, act, summary)
}

/// A line of the table: takes something away.
pub fn delete<A, F>(
    path: &'static str,
    enter: Enter,
    act: impl Fn(Call) -> F + Send + Sync + 'static,
    summary: &'static str,
) -> Endpoint
where
    A: Reply,
    F: Future<Output = Outcome<A>> + Send + 'static,
{
    Endpoint::told((Method::DELETE, path), enter, act, summary)
}
