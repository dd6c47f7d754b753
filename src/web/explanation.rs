//! An explanation: what the gate would decide about a request that has not come, step by step. Facts only,
//! under stable names; the words for them are in the catalogue.

use std::net::{IpAddr, Ipv4Addr};

use http::{Method, Uri};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::insight::UpstreamView;
use crate::model::account::UserName;
use crate::model::api_key::KeyId;
use crate::model::credentials::Credentials;
use crate::words::{self, Language};

/// Whoever might ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// This account, in a browser that signed in just now.
    User(UserName),
    /// A program with this key.
    Key(KeyId),
    /// Somebody who presents nothing.
    Nobody,
}

/// A request that might come.
#[derive(Debug, Clone)]
pub struct Question {
    /// Who asks.
    pub who: Who,
    /// By which method.
    pub method: Method,
    /// Scheme, host and path.
    pub url: Uri,
    /// The credentials that are chosen (in a browser) or picked (with a key).
    pub credentials: Option<Credentials>,
    /// From which address.
    pub from: IpAddr,
}

impl Question {
    /// A question from this machine, with nothing chosen.
    pub const fn new(who: Who, method: Method, url: Uri) -> Self {
        Self { who, method, url, credentials: None, from: IpAddr::V4(Ipv4Addr::LOCALHOST) }
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswerable {
    /// Without a scheme and a host there is nothing to decide.
    #[error("the URL must be complete, as https://app.example/path")]
    Url,
    /// Nobody has this user name.
    #[error("there is no account of this name")]
    User,
    /// Services do not sign in.
    #[error("this is a service account, which never signs in; ask about one of its keys")]
    Service,
    /// The gate is going away.
    #[error("the gate is ending")]
    Ending,
    /// The store does not answer.
    #[error("the store does not answer")]
    Store(#[from] crate::store::StoreError),
}

/// What the gate would decide.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Explanation {
    /// Every step taken, in order; the last one is where a refusal came from.
    pub steps: Vec<Step>,
    /// What comes of it.
    pub outcome: Outcome,
    /// How failure budgets and request quotas stand. Asking spends nothing of them.
    pub limits: Vec<LimitView>,
    /// Identity fields that the app would see.
    pub headers: Vec<Fact>,
    /// The claims of the signed assertion that the app would see.
    pub assertion: Option<Value>,
    /// Method and path as the app would see them.
    pub target: Option<String>,
    /// Who would serve it.
    pub upstream: Option<UpstreamView>,
}

/// One step of a decision.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Step {
    /// `host`, `path`, `route`, `credential`, `account`, `grants`, `credentials`, `demands` or `quotas`.
    pub step: &'static str,
    /// How it ended.
    pub result: StepResult,
    /// What was found.
    pub facts: Vec<Fact>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepResult {
    /// It lets the request on.
    Passed,
    /// It turns the request away.
    Refused,
}

/// Something found, under a stable name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// How it is.
    pub value: String,
}

impl Fact {
    /// A fact.
    pub fn new(name: &str, value: impl std::fmt::Display) -> Self {
        Self { name: name.to_owned(), value: value.to_string() }
    }
}

/// What comes of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Outcome {
    /// Whether it is let in.
    pub admitted: bool,
    /// `admitted`, `own` (the gate answers it itself), or why not, as in logs.
    pub reason: &'static str,
    /// The status that the gate answers, where it does.
    pub status: Option<u16>,
    /// The kind of problem that the caller is told.
    pub problem: Option<&'static str>,
}

impl Outcome {
    /// What is behind it, for operators.
    pub fn reason_in(&self, language: Language) -> String {
        reason_words(language, self.reason)
    }

    /// What the caller is told: title and detail.
    pub fn problem_in(&self, language: Language) -> Option<(String, String)> {
        let part = |slug, part: &str| words::text(language, &format!("problem-{slug}-{part}"));
        self.problem.map(|slug| (part(slug, "title"), part(slug, "detail")))
    }
}

/// The words for a reason, as it stands in logs and decisions.
pub fn reason_words(language: Language, reason: &str) -> String {
    words::text(language, &format!("reason-{reason}"))
}

/// How a failure budget or a request quota stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LimitView {
    /// `failures` or `requests`.
    pub kind: &'static str,
    /// On whom it is counted: `source 192.0.2.1`, `account …`, `key …` or `route …`.
    pub party: String,
    /// How many in all.
    pub amount: u32,
    /// In how many seconds.
    pub per_seconds: u64,
    /// How many are left.
    pub remaining: u32,
    /// How many seconds to wait for the next one, where none is left.
    pub wait_seconds: Option<u64>,
}
