//! What endpoints answer when they do what was asked. The type of an answer says its status and shape, so that what
//! is documented is what is given.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::call::Outcome;
use super::listing::Page;
use super::texts::Schemas;
use crate::secret::token;
use crate::web::problem::Problem;

/// Tells a repeated answer from a fresh one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer, ready to be sent and to be kept.
#[derive(Debug, Default)]
pub struct Answer {
    /// 2xx.
    pub status: StatusCode,
    /// Its media type; nothing where there is no body.
    pub kind: Option<&'static str>,
    /// Its body.
    pub body: Bytes,
    /// Its body, where it comes in pieces.
    pub pieces: Option<Body>,
    /// The version of what it shows.
    pub etag: Option<String>,
    /// Where the new thing is.
    pub location: Option<String>,
    /// Whether it was given before.
    pub replayed: bool,
}

/// What there is to say of an endpoint's answer.
#[derive(Clone)]
pub struct Described {
    /// Its status.
    pub status: StatusCode,
    /// Its media types.
    pub kinds: &'static [&'static str],
    /// Its shape.
    pub schema: Option<RefOr<Schema>>,
    /// Whether it shows one thing in a version that can be named.
    pub versioned: bool,
    /// Whether it tells of something new.
    pub creates: bool,
}

/// A type of answer.
pub trait Reply: Send + 'static {
    /// The answer itself.
    ///
    /// # Errors
    /// When it cannot be written.
    fn answer(self) -> Outcome<Answer>;

    /// What there is to say of such answers; the shapes they refer to are added to `schemas`.
    fn described(schemas: &mut Schemas) -> Described;
}

/// One thing, in a version that can be named.
#[derive(Debug)]
pub struct One<T>(pub T);

/// Something new, and where it is.
#[derive(Debug)]
pub struct Made<T> {
    /// What was made.
    pub what: T,
    /// Its address behind the base of the API; nothing where it cannot be asked for alone.
    pub at: Option<String>,
}

/// Something told, which is no thing of its own.
#[derive(Debug)]
pub struct Told<T>(pub T);

/// It was done, and there is nothing to add.
#[derive(Debug)]
pub struct Done;

/// A document that comes in pieces, so that it may be longer than the memory.
#[derive(Debug)]
pub struct Pieces {
    /// Its media type, one of [`Pieces::KINDS`].
    pub kind: &'static str,
    /// The pieces.
    pub body: Body,
}

impl Pieces {
    /// Objects one a line, and comma-separated values.
    pub const KINDS: [&'static str; 2] = ["application/x-ndjson", "text/csv; charset=utf-8"];
}

const JSON: &str = "application/json";

impl Answer {
    fn json<T: Serialize>(status: StatusCode, what: &T) -> Outcome<Self> {
        let body = serde_json::to_vec(what).map_err(|error| {
            tracing::error!(%error, "an answer could not be written");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "broken")
        })?;
        let body = Bytes::from(body);
        Ok(Self { status, kind: Some(JSON), body, ..Self::default() })
    }

    /// With the version of what it shows: a strong one, a digest of the very bytes.
    fn versioned(mut self) -> Self {
        let digest = token::sha256(&self.body);
        let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.etag = Some(format!("\"{hex}\""));
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.pieces.unwrap_or_else(|| Body::from(self.body)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let texts = [(ETAG, self.etag), (LOCATION, self.location)];
        for (name, text) in texts.into_iter().filter_map(|(name, text)| Some((name, text?))) {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
        if let Some(kind) = self.kind {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        headers.insert(header::VARY, HeaderValue::from_static("Authorization, Cookie, X-API-Key"));
        response
    }
}

fn shape<T: ToSchema>(status: StatusCode, schemas: &mut Schemas) -> Described {
    T::schemas(schemas);
    named(T::name().into_owned(), T::schema(), status, schemas)
}

fn named(name: String, schema: RefOr<Schema>, status: StatusCode, schemas: &mut Schemas) -> Described {
    let reference = Ref::new(format!("#/components/schemas/{name}"));
    schemas.push((name, schema));
    let schema = Some(RefOr::Ref(reference));
    Described { status, kinds: &[JSON], schema, versioned: false, creates: false }
}

impl<T: Serialize + ToSchema + Send + 'static> Reply for One<T> {
    fn answer(self) -> Outcome<Answer> {
        Ok(Answer::json(StatusCode::OK, &self.0)?.versioned())
    }

    fn described(schemas: &mut Schemas) -> Described {
        Described { versioned: true, ..shape::<T>(StatusCode::OK, schemas) }
    }
}

impl<T: Serialize + ToSchema + Send + 'static> Reply for Made<T> {
    fn answer(self) -> Outcome<Answer> {
        let location = self.at.map(|at| format!("{}{at}", super::BASE));
        Ok(Answer { location, ..Answer::json(StatusCode::CREATED, &self.what)? })
    }

    fn described(schemas: &mut Schemas) -> Described {
        Described { creates: true, ..shape::<T>(StatusCode::CREATED, schemas) }
    }
}

impl<T: Serialize + ToSchema + Send + 'static> Reply for Page<T> {
    fn answer(self) -> Outcome<Answer> {
        Answer::json(StatusCode::OK, &self)
    }

    fn described(schemas: &mut Schemas) -> Described {
        T::schemas(schemas);
        schemas.push((T::name().into_owned(), T::schema()));
        // Each kind of item has its own kind of page.
        named(format!("PageOf{}", T::name()), Self::schema(), StatusCode::OK, schemas)
    }
}

impl<T: Serialize + ToSchema + Send + 'static> Reply for Told<T> {
    fn answer(self) -> Outcome<Answer> {
        Answer::json(StatusCode::OK, &self.0)
    }

    fn described(schemas: &mut Schemas) -> Described {
        shape::<T>(StatusCode::OK, schemas)
    }
}

impl Reply for Done {
    fn answer(self) -> Outcome<Answer> {
        Ok(Answer { status: StatusCode::NO_CONTENT, ..Answer::default() })
    }

    fn described(_: &mut Schemas) -> Described {
        let (status, versioned, creates) = (StatusCode::NO_CONTENT, false, false);
        Described { status, kinds: &[], schema: None, versioned, creates }
    }
}

impl Reply for Pieces {
    fn answer(self) -> Outcome<Answer> {
        Ok(Answer { kind: Some(self.kind), pieces: Some(self.body), ..Answer::default() })
    }

    fn described(_: &mut Schemas) -> Described {
        let (status, kinds) = (StatusCode::OK, &Self::KINDS);
        Described { status, kinds, schema: None, versioned: false, creates: false }
    }
}
