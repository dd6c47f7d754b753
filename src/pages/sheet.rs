//! A form as data: its fields, what was typed and what is wrong with which of them. `sheet.html` writes it, so
//! that every such form marks its errors alike and nobody types anything twice.

use std::str::FromStr;

use askama::Template;
use http::StatusCode;

use super::frame::Frame;
use crate::actions::ActionError;
use crate::time::Timestamp;
use crate::web::fields::Fields;
use crate::web::problem_of;
use crate::words::{self, Language};

/// A page that is one form: something new, or a last question before something ends.
#[derive(Template)]
#[template(path = "pages/sheet_page.html")]
pub struct Sheet {
    /// The frame.
    pub frame: Frame,
    /// What it is about.
    pub subject: String,
    /// What will happen.
    pub text: String,
    /// The form.
    pub form: Form,
    /// Where it leads back to.
    pub back: String,
}

#[derive(Template)]
#[template(path = "pages/sheet.html")]
struct Written<'a> {
    frame: &'a Frame,
    form: &'a Form,
}

/// A form.
pub struct Form {
    /// Its name in the page, the beginning of the ids in it.
    pub id: &'static str,
    /// `get` or `post`.
    pub method: &'static str,
    /// Where it goes.
    pub action: String,
    /// The word on its button.
    pub button: &'static str,
    /// Whether it ends something.
    pub grave: bool,
    /// What is asked for.
    pub fields: Vec<Field>,
    /// What is sent along unasked.
    pub hidden: Vec<(&'static str, String)>,
    /// Why it was not done, where no field is to blame.
    pub problem: Option<String>,
    /// The status of a page with this form, when something is wrong with it.
    pub status: StatusCode,
    language: Language,
}

/// One field of a form.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its label, as a word of the catalogue.
    pub label: &'static str,
    /// What kind of control it is.
    pub kind: Kind,
    /// What it holds.
    pub value: String,
    /// Whether it must be filled in.
    pub required: bool,
    /// A sentence of help, as a word of the catalogue.
    pub hint: Option<&'static str>,
    /// What is wrong with it, in words.
    pub error: Option<String>,
}

/// Kinds of controls.
pub enum Kind {
    /// One line of text, of at most so many characters.
    Line(usize),
    /// Several lines of text, of which so many are shown.
    Lines(u8),
    /// An e-mail address.
    Email,
    /// A moment: a date, or a date with a time.
    Moment,
    /// A box to tick.
    Tick,
    /// One of these: value and words.
    Choice(Vec<(String, String)>),
}

/// Most characters of what was typed that are shown again.
const SHOWN: usize = 1000;

impl Form {
    /// A form that is posted.
    pub fn post(language: Language, id: &'static str, action: String, button: &'static str) -> Self {
        Self {
            id,
            method: "post",
            action,
            button,
            grave: false,
            fields: Vec::new(),
            hidden: Vec::new(),
            problem: None,
            status: StatusCode::UNPROCESSABLE_ENTITY,
            language,
        }
    }

    /// A form that is asked for, with its fields in the address.
    pub fn get(language: Language, id: &'static str, action: String, button: &'static str) -> Self {
        Self { method: "get", ..Self::post(language, id, action, button) }
    }

    /// Says that it ends something.
    pub fn grave(mut self) -> Self {
        self.grave = true;
        self
    }

    /// Sends this along.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.hidden.push((name, value.to_string()));
        self
    }

    /// A field that must be filled in.
    pub fn needs(self, name: &'static str, label: &'static str, kind: Kind) -> Self {
        self.field(name, label, kind, true)
    }

    /// A field that may stay empty.
    pub fn may(self, name: &'static str, label: &'static str, kind: Kind) -> Self {
        self.field(name, label, kind, false)
    }

    fn field(mut self, name: &'static str, label: &'static str, kind: Kind, required: bool) -> Self {
        let (value, hint, error) = (String::new(), None, None);
        self.fields.push(Field { name, label, kind, value, required, hint, error });
        self
    }

    /// A sentence of help for the field before.
    pub fn hint(mut self, words: &'static str) -> Self {
        if let Some(field) = self.fields.last_mut() {
            field.hint = Some(words);
        }
        self
    }

    /// What the field before holds from the beginning.
    pub fn holding(mut self, value: &str) -> Self {
        if let Some(field) = self.fields.last_mut() {
            value.clone_into(&mut field.value);
        }
        self
    }

    /// Puts what was sent into the fields.
    pub fn filled(mut self, sent: &Fields) -> Self {
        for field in &mut self.fields {
            field.value = match field.kind {
                Kind::Lines(_) => sent.text(field.name).lines().map(plain).collect::<Vec<_>>().join("\n"),
                _ => plain(sent.text(field.name)),
            };
        }
        self
    }

    /// Puts something else into a field than what was sent.
    pub fn put(&mut self, name: &str, value: &str) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == name) {
            value.clone_into(&mut field.value);
        }
    }

    /// Reads a field; marks it when it does not hold what it should.
    pub fn read<T: FromStr>(&mut self, sent: &Fields, name: &str, wrong: &str) -> Option<T> {
        let read = sent.text(name).parse().ok();
        if read.is_none() {
            self.blame(name, wrong);
        }
        read
    }

    /// Reads a field that may be empty; `None` when it holds something else than it should.
    pub fn read_maybe<T: FromStr>(&mut self, sent: &Fields, name: &str, wrong: &str) -> Option<Option<T>> {
        if sent.all(name).all(|text| text.trim().is_empty()) {
            return Some(None);
        }
        self.read(sent, name, wrong).map(Some)
    }

    /// Says what is wrong with a field, in words of the catalogue.
    pub fn blame(&mut self, name: &str, wrong: &str) {
        let said = words::text(self.language, wrong);
        match self.fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.error = Some(said),
            None => self.problem = Some(said),
        }
    }

    /// Says why an act was not done, on the field that is to blame: `blames` names it by the slug of the
    /// problem.
    pub fn refuse(&mut self, error: &ActionError, blames: &[(&str, &str)]) {
        let problem = problem_of::action(error);
        self.status = problem.status;
        let (_, detail) = problem.words(self.language);
        let blamed = blames.iter().find(|(slug, _)| *slug == problem.slug).map(|(_, name)| *name);
        match self.fields.iter_mut().find(|field| Some(field.name) == blamed) {
            Some(field) => field.error = Some(detail),
            None => self.problem = Some(detail),
        }
    }

    /// The form as HTML.
    pub fn written(&self, frame: &Frame) -> String {
        Written { frame, form: self }.render().unwrap_or_default()
    }

    /// Whether something is wrong.
    pub fn is_wrong(&self) -> bool {
        self.problem.is_some() || self.fields.iter().any(|field| field.error.is_some())
    }
}

impl Field {
    /// Whether it is a choice and holds this one.
    pub fn holds(&self, value: &str) -> bool {
        self.value == value
    }

    /// Whether it is a box and ticked.
    pub const fn is_ticked(&self) -> bool {
        !self.value.is_empty()
    }

    /// The ids of what describes it, as an attribute of a form of this id.
    pub fn described(&self, form: &str) -> Option<String> {
        let hint = self.hint.map(|_| format!("{form}-{}-hint", self.name));
        let error = self.error.as_ref().map(|_| format!("{form}-{}-error", self.name));
        let all: Vec<_> = hint.into_iter().chain(error).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }
}

/// A moment as people type it in UTC: `2027-01-31`, `2027-01-31 12:00`, or RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

/// The text is no moment.
#[derive(Debug)]
pub struct NotAMoment;

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        let text = text.trim().trim_end_matches(" UTC").replacen(' ', "T", 1);
        let whole = match text.len() {
            10 => text + "T00:00:00Z",
            16 => text + ":00Z",
            19 => text + "Z",
            _ => text,
        };
        whole.parse::<jiff::Timestamp>().map(|at| Self(at.into())).map_err(|_| NotAMoment)
    }
}

/// What was typed as it is shown again: of bearable length and without what turns the line around.
pub(super) fn plain(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !c.is_control() && !turns(*c)).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::slug::Slug;

    fn form() -> Form {
        let form = Form::post(Language::English, "x", String::new(), "form-wrong");
        form.needs("slug", "form-wrong", Kind::Line(63)).may("other", "form-wrong", Kind::Line(63))
    }

    #[test]
    fn what_was_typed_comes_back_tame() {
        let long = "x".repeat(10_000);
        let fields = Fields::read(format!("slug=a%E2%80%AEb%07&other={long}").as_bytes());
        let form = form().filled(&fields);
        assert_eq!(form.fields[0].value, "ab");
        assert_eq!(form.fields[1].value.len(), SHOWN);
    }

    #[test]
    fn a_moment_is_typed_with_or_without_its_time() {
        let at = |text: &str| text.parse::<Moment>().map(|at| at.0.to_string()).unwrap_or_default();
        for text in ["2027-01-31", "2027-01-31 00:00", "2027-01-31 00:00:00 UTC", "2027-01-31T01:00:00+01:00"]
        {
            assert_eq!(at(text), "2027-01-31T00:00:00.000Z", "{text}");
        }
        for bad in ["", "tomorrow", "2027-13-01", "31.01.2027"] {
            assert_eq!(at(bad), "", "{bad}");
        }
    }

    #[test]
    fn a_field_said_twice_is_wrong_even_where_it_may_be_empty() {
        let fields = Fields::read(b"other=a&other=b");
        let mut form = form();
        assert!(form.read_maybe::<Slug>(&fields, "other", "form-wrong").is_none());
        assert!(form.read_maybe::<Slug>(&fields, "none", "form-wrong").is_some());
        assert!(form.is_wrong());
    }
}
