//! What a letter says, and how it looks: as text for every reader, and as HTML with one button, readable in the
//! light and in the dark. Links stand in the open, so that nobody follows what they cannot see.

use askama::Template;
use lettre::message::header::{Header, HeaderName, HeaderValue};

use crate::config::{Config, Rgb};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::words::{self, Language};

/// A letter in the making. Words are ids of the catalogue.
pub struct Letter {
    language: Language,
    kind: &'static str,
    subject: String,
    greeting: String,
    says: Vec<String>,
    code: Option<Secret<String>>,
    main: Option<Action>,
    others: Vec<Action>,
    facts: Vec<(String, String)>,
    notes: Vec<String>,
}

/// Something that a reader can do.
pub struct Action {
    /// What the link does, in words.
    pub label: String,
    /// A sentence before it.
    pub text: String,
    /// Where it leads.
    pub url: Secret<String>,
    /// Until when it works; empty for a page that is always there.
    pub until: String,
}

/// A letter that is ready.
pub struct Written {
    /// The name of the service, as whom the letter comes.
    pub sender: String,
    /// The subject: one line.
    pub subject: String,
    /// For readers of text.
    pub text: Secret<String>,
    /// For readers of HTML.
    pub html: Secret<String>,
}

#[derive(Template)]
#[template(path = "mail/letter.txt", escape = "none")]
struct Text<'a> {
    letter: &'a Letter,
    look: &'a Look,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    letter: &'a Letter,
    look: &'a Look,
}

/// What all letters have in common.
struct Look {
    product: String,
    support: Option<String>,
    colour: String,
    foot: String,
    help: String,
    until: String,
}

/// A moment as letters write it: in UTC, to the minute.
fn moment(at: Timestamp) -> String {
    let whole = at.to_string();
    let (day, time) = whole.split_once('T').unwrap_or((&whole, ""));
    let minute = time.get(..5).unwrap_or_default();
    format!("{day} {minute} UTC")
}

impl Letter {
    /// A letter of this kind to somebody of this name. The words are `letter-KIND-subject` and so on.
    pub fn to(name: &str, language: Language, kind: &'static str) -> Self {
        let subject = words::text(language, &format!("letter-{kind}-subject"));
        let greeting = match name {
            "" => words::text(language, "letter-greeting-nobody"),
            name => words::text_with(language, "letter-greeting", &[("name", name)]),
        };
        let (says, others, facts, notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { language, kind, subject, greeting, says, code: None, main: None, others, facts, notes }
    }

    /// The language it is written in.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The kind of letter, as lists and counts call it.
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// Puts these values into the subject.
    pub fn about(mut self, with: &[(&str, &str)]) -> Self {
        self.subject = words::text_with(self.language, &format!("letter-{}-subject", self.kind), with);
        self
    }

    /// Says `letter-KIND-PART`.
    pub fn says(mut self, part: &str, with: &[(&str, &str)]) -> Self {
        self.says.push(words::text_with(self.language, &format!("letter-{}-{part}", self.kind), with));
        self
    }

    /// A code to be typed.
    pub fn code(mut self, code: Secret<String>) -> Self {
        self.code = Some(code);
        self
    }

    /// The one thing to do: `letter-KIND-PART` is on the button.
    pub fn does(mut self, part: &str, url: Secret<String>, until: Timestamp) -> Self {
        self.main = Some(self.action(part, url, until));
        self
    }

    /// The one thing to do, on a page that asks for a sign-in and is always there.
    pub fn leads(mut self, part: &str, url: Secret<String>) -> Self {
        let label = words::text(self.language, &format!("letter-{}-{part}", self.kind));
        self.main = Some(Action { label, text: String::new(), url, until: String::new() });
        self
    }

    /// Another thing to do: `letter-KIND-PART`, with the sentence `letter-KIND-PART-text` before it.
    pub fn or_does(mut self, part: &str, url: Secret<String>, until: Timestamp) -> Self {
        let text = words::text(self.language, &format!("letter-{}-{part}-text", self.kind));
        let action = Action { text, ..self.action(part, url, until) };
        self.others.push(action);
        self
    }

    fn action(&self, part: &str, url: Secret<String>, until: Timestamp) -> Action {
        let label = words::text(self.language, &format!("letter-{}-{part}", self.kind));
        Action { label, text: String::new(), url, until: moment(until) }
    }

    /// Who, when, where: a line with `letter-fact-NAME` before it.
    pub fn fact(mut self, name: &str, value: &str) -> Self {
        let one_line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.facts.push((words::text(self.language, &format!("letter-fact-{name}")), one_line));
        self
    }

    /// A moment: a line with `letter-fact-NAME` before it.
    pub fn fact_at(self, name: &str, at: Timestamp) -> Self {
        self.fact(name, &moment(at))
    }

    /// The moment of what happened.
    pub fn when(self, at: Timestamp) -> Self {
        self.fact("when", &moment(at))
    }

    /// Until when it is good for anything.
    pub fn until(self, at: Timestamp) -> Self {
        self.fact("until", &moment(at))
    }

    /// Says `letter-KIND-PART` at the end: what to do for whom it was not.
    pub fn notes(mut self, part: &str, with: &[(&str, &str)]) -> Self {
        self.notes.push(words::text_with(self.language, &format!("letter-{}-{part}", self.kind), with));
        self
    }

    /// The letter, ready to be sent.
    ///
    /// # Errors
    /// None that the templates know of; the library may say otherwise.
    pub fn written(&self, config: &Config) -> Result<Written, askama::Error> {
        let look = self.look(config);
        let text = Secret::new(Text { letter: self, look: &look }.render()?);
        let html = Secret::new(Html { letter: self, look: &look }.render()?);
        let subject = self.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Ok(Written { sender: look.product, subject, text, html })
    }

    fn look(&self, config: &Config) -> Look {
        let product = config.pages.name.to_string();
        let origin = config.public_url.origin.to_string();
        let support = config.pages.support.as_ref().map(|support| support.shown.to_string());
        let with = [("product", &*product), ("origin", &*origin)];
        Look {
            foot: words::text_with(self.language, "letter-foot", &with),
            help: words::text(self.language, "letter-help"),
            until: words::text(self.language, "letter-until"),
            colour: config.pages.brand.as_ref().map_or(COLOUR, |brand| brand.light.brand).to_string(),
            product,
            support,
        }
    }
}

/// The gate's own colour, on which white can be read.
const COLOUR: Rgb = Rgb([0x1f, 0x5f, 0xbf]);

/// `Auto-Submitted: auto-generated` (RFC 3834): nobody's holiday notice comes back.
#[derive(Clone)]
pub(super) struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
