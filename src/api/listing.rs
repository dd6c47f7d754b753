//! Lists by the page: so many items, and a cursor that leads to the next. A cursor names the last item seen, so
//! what is added or removed meanwhile moves nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Items of a page where nobody asked for another number.
const USUAL: u16 = 50;

/// Most items of a page.
const MOST: u16 = 200;

/// How many items a page has at most.
#[derive(Debug, Clone, Copy)]
pub struct Limit(u16);

/// Where a page goes on.
#[derive(Debug, Clone)]
pub struct Cursor(String);

/// Which page of a list is wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many items at most; 50 if left out.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// `next` of the page before.
    #[param(inline)]
    pub cursor: Option<Cursor>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page; nothing where this is the last one.
    pub next: Option<String>,
}

impl Limit {
    /// Where nobody asked for another number.
    pub const USUAL: u16 = USUAL;

    /// The number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl Paging {
    /// Which page is wanted.
    pub const fn of(limit: Option<Limit>, cursor: Option<Cursor>) -> Self {
        Self { limit, cursor }
    }

    /// How many items at most.
    pub fn limit(&self) -> usize {
        usize::from(self.limit.map_or(USUAL, |limit| limit.0))
    }

    /// How many to read: one more than wanted tells whether there is another page.
    pub fn to_read(&self) -> u32 {
        u32::from(self.limit.map_or(USUAL, |limit| limit.0)) + 1
    }

    /// The last item seen.
    pub fn after(&self) -> Option<&str> {
        self.cursor.as_ref().map(|cursor| cursor.0.as_str())
    }

    /// The page of items read behind the cursor, by what tells each apart.
    pub fn cut<T>(&self, mut read: Vec<T>, name: impl Fn(&T) -> String) -> Page<T> {
        let more = read.len() > self.limit();
        read.truncate(self.limit());
        let last = read.last().filter(|_| more).map(name);
        Page { items: read, next: last.map(|name| URL_SAFE_NO_PAD.encode(name)) }
    }

    /// The page of a list that is all there, in the order of what tells its items apart.
    pub fn slice<T>(&self, mut all: Vec<T>, name: impl Fn(&T) -> String) -> Page<T> {
        all.sort_by_cached_key(&name);
        if let Some(after) = self.after() {
            all.retain(|item| name(item).as_str() > after);
        }
        self.cut(all, name)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let limit = u16::deserialize(deserializer)?;
        let fits = (1..=MOST).contains(&limit);
        fits.then_some(Self(limit)).ok_or_else(|| D::Error::custom(format!("is from 1 to {MOST}")))
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        bytes.map(Self).ok_or_else(|| D::Error::custom("is no cursor that was given out here"))
    }
}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().schema_type(Type::Integer);
        let object = object.minimum(Some(1)).maximum(Some(u32::from(MOST))).examples([USUAL]);
        RefOr::T(Schema::Object(object.build()))
    }
}

impl ToSchema for Limit {}

impl PartialSchema for Cursor {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::String).build()))
    }
}

impl ToSchema for Cursor {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_meet_without_gap_or_overlap() {
        let all = ["b", "d", "a", "c", "e"];
        let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = Paging::of(Some(Limit(2)), cursor).slice(all.to_vec(), |item| (*item).to_owned());
            seen.extend(page.items);
            pages += 1;
            let Some(next) = page.next else { break };
            let text = serde_json::Value::from(next);
            cursor = Some(serde_json::from_value(text).unwrap());
        }
        assert_eq!(seen, ["a", "b", "c", "d", "e"]);
        assert_eq!(pages, 3);
    }
}
