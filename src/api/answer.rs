//! What endpoints answer when they do what was asked. The type of an answer says its status and shape, so that what
//! is documented is what is given.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::call::Outcome;
use super::listing::Page;
use super::texts::Schemas;
use crate::secret::token;
use crate::web::problem::Problem;

/// Tells a repeated answer from a fresh one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer, ready to be sent and to be kept.
#[derive(Debug, Clone)]
pub struct Answer {
    /// 2xx.
    pub status: StatusCode,
    /// Its media type; nothing where there is no body.
    pub kind: Option<&'static str>,
    /// Its body.
    pub body: Bytes,
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
    /// Its media type.
    pub kind: Option<&'static str>,
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

/// Objects, one a line.
#[derive(Debug)]
pub struct Lines<T>(pub Vec<T>);

const JSON: &str = "application/json";

impl Answer {
    fn json<T: Serialize>(status: StatusCode, what: &T) -> Outcome<Self> {
        let body = serde_json::to_vec(what).map_err(|error| {
            tracing::error!(%error, "an answer could not be written");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "broken")
        })?;
        let body = Bytes::from(body);
        Ok(Self { status, kind: Some(JSON), body, etag: None, location: None, replayed: false })
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
        let mut response = Response::new(Body::from(self.body));
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
    schemas.push((T::name().into_owned(), T::schema()));
    let name = format!("#/components/schemas/{}", T::name());
    let schema = Some(RefOr::Ref(utoipa::openapi::Ref::new(name)));
    Described { status, kind: Some(JSON), schema, versioned: false, creates: false }
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
        shape::<Self>(StatusCode::OK, schemas)
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
        let (status, body) = (StatusCode::NO_CONTENT, Bytes::new());
        Ok(Answer { status, kind: None, body, etag: None, location: None, replayed: false })
    }

    fn described(_: &mut Schemas) -> Described {
        let (status, versioned, creates) = (StatusCode::NO_CONTENT, false, false);
        Described { status, kind: None, schema: None, versioned, creates }
    }
}

impl<T: Serialize + ToSchema + Send + 'static> Reply for Lines<T> {
    fn answer(self) -> Outcome<Answer> {
        let mut text = Vec::new();
        for one in &self.0 {
            text.extend_from_slice(&Answer::json(StatusCode::OK, one)?.body);
            text.push(b'\n');
        }
        let kind = Some("application/x-ndjson");
        let (status, body) = (StatusCode::OK, Bytes::from(text));
        Ok(Answer { status, kind, body, etag: None, location: None, replayed: false })
    }

    fn described(schemas: &mut Schemas) -> Described {
        let described = shape::<T>(StatusCode::OK, schemas);
        Described { kind: Some("application/x-ndjson"), schema: None, ..described }
    }
}
