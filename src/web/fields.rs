//! The fields of a posted form: each said once, looked up by name. What a form does not have is an empty
//! text, as browsers leave out what is not ticked.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::StatusCode;

use super::problem::Problem;

/// The fields of a form, in the order they were sent.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

/// Most fields that a form may have.
const MOST: usize = 500;

impl Fields {
    /// Reads `application/x-www-form-urlencoded` text.
    pub fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().take(MOST).collect())
    }

    /// The text of a field without the spaces around it; empty when it was not sent, or more than once.
    pub fn text(&self, name: &str) -> &str {
        self.exact(name).trim()
    }

    /// The same with every character as typed, as passwords need it.
    pub fn exact(&self, name: &str) -> &str {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (Some(only), None) => only,
            _ => "",
        }
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        !self.exact(name).is_empty()
    }

    /// Every value of a field that may be said several times.
    pub fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// All fields but one, to be asked for again.
    pub fn without<'f>(&'f self, name: &str) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.0
            .iter()
            .filter(move |(found, _)| found != name)
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = StatusCode;

    async fn from_request(request: Request, state: &S) -> Result<Self, StatusCode> {
        let form = request
            .headers()
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let body = Bytes::from_request(request, state).await.map_err(|_| StatusCode::BAD_REQUEST)?;
        if form || body.is_empty() { Ok(Self::read(&body)) } else { Err(StatusCode::UNSUPPORTED_MEDIA_TYPE) }
    }
}

/// The problem of a body that is no form.
pub const fn no_form() -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "no-form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_said_twice_says_nothing() {
        let fields = Fields::read(b"name=+Ada+&role=a&role=b&tick=on&password=+x+");
        assert_eq!(fields.text("name"), "Ada");
        assert_eq!(fields.exact("password"), " x ");
        assert_eq!(fields.text("role"), "");
        assert_eq!(fields.all("role").collect::<Vec<_>>(), ["a", "b"]);
        assert!(fields.ticked("tick") && !fields.ticked("other"));
        assert_eq!(fields.without("role").count(), 3);
    }
}
