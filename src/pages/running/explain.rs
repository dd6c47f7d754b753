//! Why a request was let in or turned away, and what would be decided about one that has not come.

use askama::Template;
use axum::extract::RawQuery;
use http::{Method, StatusCode};

use crate::model::api_key::KeyId;
use crate::model::caller::RequestId;
use crate::pages::frame::{Frame, When};
use crate::pages::sheet::{Form, Kind};
use crate::pages::visit::{Outcome, Overseer};
use crate::web::explanation::{self, Explanation, Question, StepResult, Unanswerable, Who};
use crate::web::fields::Fields;
use crate::web::insight::DecisionView;
use crate::words::{self, Language};

const PATH: &str = "/.portcullis/explain";

#[derive(Template)]
#[template(path = "pages/running/explain.html")]
struct Page {
    frame: Frame,
    by_request: Form,
    by_question: Form,
    decision: Option<Decided>,
    explained: Option<Explained>,
}

/// A decision that was made.
struct Decided {
    view: DecisionView,
    at: When,
    because: String,
}

/// A decision that would be made.
struct Explained {
    view: Explanation,
    because: String,
    told: Option<(String, String)>,
    steps: Vec<(&'static str, bool)>,
    assertion: Option<String>,
}

/// Shows the forms, and the answer to whichever was sent.
pub async fn show(RawQuery(query): RawQuery, Overseer(signed_in): Overseer) -> Outcome {
    let visit = &signed_in.visit;
    let (language, insight) = (visit.language, &visit.reception.insight);
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let mut by_request = request_form(language).filled(&fields);
    let mut by_question = question_form(language).filled(&fields);
    let (mut decision, mut explained) = (None, None);
    if !fields.text("request").is_empty() {
        let id = RequestId::parse(fields.text("request")).ok();
        match id.map(|id| insight.decision(&id)) {
            None => by_request.blame("request", "field-request-error"),
            Some(None) => by_request.blame("request", "explain-forgotten"),
            Some(Some(view)) => decision = Some(decided(language, view)),
        }
    } else if fields.all("url").count() > 0 {
        if let Some(question) = question(&mut by_question, &fields) {
            match insight.explain(question).await {
                Ok(view) => explained = Some(told(language, view)),
                Err(error) => blame(&mut by_question, &error),
            }
        }
    } else {
        by_question = question_form(language);
    }
    let wrong = by_request.is_wrong() || by_question.is_wrong();
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let frame = signed_in.frame("nav-explain");
    Ok(visit.show_as(status, &Page { frame, by_request, by_question, decision, explained }))
}

fn request_form(language: Language) -> Form {
    Form::get(language, "past", PATH.to_owned(), "explain-button").needs(
        "request",
        "audit-request",
        Kind::Line(32),
    )
}

fn question_form(language: Language) -> Form {
    let who = [
        ("user", words::text(language, "explain-user")),
        ("key", words::text(language, "explain-key")),
        ("nobody", words::text(language, "explain-nobody")),
    ];
    let who = who.map(|(value, words)| (value.to_owned(), words)).into();
    Form::get(language, "question", PATH.to_owned(), "explain-button")
        .needs("who", "explain-who", Kind::Choice(who))
        .may("name", "explain-name", Kind::Line(63))
        .needs("method", "explain-method", Kind::Line(30))
        .holding("GET")
        .needs("url", "explain-url", Kind::Line(2000))
        .may("credentials", "fact-credentials", Kind::Line(260))
        .hint("explain-credentials-hint")
        .may("from", "audit-address", Kind::Line(45))
}

fn question(form: &mut Form, fields: &Fields) -> Option<Question> {
    let who = match fields.text("who") {
        "user" => form.read(fields, "name", "field-user-name-error").map(Who::User),
        "key" => {
            let id = KeyId::from_ascii(fields.text("name").as_bytes());
            if id.is_none() {
                form.blame("name", "field-key-error");
            }
            id.map(Who::Key)
        }
        "nobody" => Some(Who::Nobody),
        _ => {
            form.blame("who", "field-choice-error");
            None
        }
    };
    let method: Option<Method> = form.read(fields, "method", "explain-method-error");
    let url = form.read(fields, "url", "explain-url-error");
    let credentials = form.read_maybe(fields, "credentials", "explain-credentials-hint");
    let from = form.read_maybe(fields, "from", "field-address-error");
    let mut question = Question::new(who?, method?, url?);
    question.credentials = credentials?;
    if let Some(from) = from? {
        question.from = from;
    }
    Some(question)
}

fn blame(form: &mut Form, error: &Unanswerable) {
    match error {
        Unanswerable::Url => form.blame("url", "explain-url-error"),
        Unanswerable::User => form.blame("name", "explain-user-error"),
        Unanswerable::Service => form.blame("name", "explain-service-error"),
        Unanswerable::Ending | Unanswerable::Store(_) => form.blame("", "problem-unavailable-detail"),
    }
}

fn decided(language: Language, view: DecisionView) -> Decided {
    let because = explanation::reason_words(language, view.reason);
    Decided { at: When(view.at), because, view }
}

fn told(language: Language, view: Explanation) -> Explained {
    let steps = view.steps.iter().map(|step| (word(step.step), step.result == StepResult::Passed));
    Explained {
        because: view.outcome.reason_in(language),
        told: view.outcome.problem_in(language),
        steps: steps.collect(),
        assertion: view.assertion.as_ref().map(|claims| format!("{claims:#}")),
        view,
    }
}

/// The word of the catalogue for a step.
fn word(step: &str) -> &'static str {
    match step {
        "host" => "explain-step-host",
        "path" => "explain-step-path",
        "route" => "explain-step-route",
        "credential" => "explain-step-credential",
        "account" => "explain-step-account",
        "grants" => "explain-step-grants",
        "credentials" => "explain-step-credentials",
        "demands" => "explain-step-demands",
        "store" => "explain-step-store",
        "accepts" => "explain-step-accepts",
        "role" => "fact-role",
        _ => "explain-step-quotas",
    }
}

impl Explained {
    /// The steps with their words and whether each was passed.
    fn rows(&self) -> impl Iterator<Item = (&'static str, bool, &[explanation::Fact])> {
        let facts = self.view.steps.iter().map(|step| step.facts.as_slice());
        self.steps.iter().zip(facts).map(|((word, passed), facts)| (*word, *passed, facts))
    }
}
