//! What is wrong with a configuration: where, what, and how to mend it. Made by `load`, which collects
//! every problem before it gives up; shown by `check`, `serve` and `reload` as text or JSON.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the file, at a line and column counted from 1 (columns in characters).
    File {
        /// The file as it was named.
        path: PathBuf,
        /// Line.
        line: usize,
        /// Column.
        column: usize,
        /// Bytes of the text.
        span: Range<usize>,
    },
    /// In a variable of the environment.
    Environment(String),
    /// In a flag of the command line.
    Flag(String),
    /// Nowhere: the value is a default, or nothing was written at all.
    Default,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column, .. } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The gate does not start with it.
    Error,
    /// The gate starts, but somebody should look.
    Warning,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The key it is about, as `route[0].path`; empty when it is about the whole.
    pub key: String,
    /// Where it was written.
    pub place: Place,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

/// Everything that is wrong, in order of the file, with the text to show it in.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    /// The problems.
    pub all: Vec<Problem>,
    text: Arc<str>,
}

impl Problems {
    /// Problems of a text, ordered by place.
    pub(super) fn of(mut all: Vec<Problem>, text: Arc<str>) -> Self {
        all.sort_by_key(|problem| match &problem.place {
            Place::File { span, .. } => (0, span.start),
            _ => (1, 0),
        });
        Self { all, text }
    }

    /// Whether anything is bad enough to stop the gate.
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// For people: each problem with the lines of the file it stands in.
    pub fn render(&self, colour: Colour) -> String {
        let renderer = match colour {
            Colour::Plain => Renderer::plain(),
            Colour::Terminal => Renderer::styled(),
        };
        let one = |problem: &Problem| renderer.render(&[self.group(problem)]);
        self.all.iter().map(one).collect::<Vec<_>>().join("\n\n")
    }

    /// For programs: an array of objects, one per problem.
    pub fn json(&self) -> Value {
        self.all.iter().map(Problem::json).collect()
    }

    fn group<'a>(&'a self, problem: &'a Problem) -> Group<'a> {
        let level = match problem.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut elements: Vec<Element<'a>> = Vec::new();
        match &problem.place {
            Place::File { path, span, .. } if may_be_shown(&self.text, span) => {
                let mark = AnnotationKind::Primary.span(one_line(&self.text, span));
                let snippet = Snippet::source(&*self.text).path(path.display().to_string()).annotation(mark);
                elements.push(snippet.into());
            }
            Place::Default => {}
            place => elements.push(Level::NOTE.message(format!("written in {place}")).into()),
        }
        elements.push(Level::HELP.message(problem.mend.as_str()).into());
        level.primary_title(problem.what.as_str()).elements(elements)
    }
}

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Never.
    Plain,
    /// With the escape sequences of terminals.
    Terminal,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Colour::Plain))
    }
}

impl std::error::Error for Problems {}

impl Problem {
    /// For programs.
    pub fn json(&self) -> Value {
        let (file, line, column) = match &self.place {
            Place::File { path, line, column, .. } => (Some(path.display().to_string()), *line, *column),
            _ => (None, 0, 0),
        };
        let mut written = json!({
            "severity": match self.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "key": self.key, "place": self.place.to_string(), "what": self.what, "mend": self.mend,
        });
        if let (Some(file), Some(object)) = (file, written.as_object_mut()) {
            object.insert("file".into(), file.into());
            object.insert("line".into(), line.into());
            object.insert("column".into(), column.into());
        }
        written
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.place, self.what, self.mend)
    }
}

/// The place of some bytes of a file.
pub(super) fn in_file(path: &Path, text: &str, span: Range<usize>) -> Place {
    let start = (0..=span.start.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place::File { path: path.to_path_buf(), line, column, span: start..span.end.max(start) }
}

/// Whether the line of a span holds no secret: reports end up in logs.
fn may_be_shown(text: &str, span: &Range<usize>) -> bool {
    let Some((before, after)) = text.split_at_checked(span.start) else { return false };
    let (start, end) =
        (before.rsplit('\n').next().unwrap_or_default(), after.split('\n').next().unwrap_or_default());
    let line = format!("{start}{end}");
    let key = line.split('=').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    let names_somebody = line.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    let secret = ["url", "password"]
        .iter()
        .any(|name| key.strip_suffix(name).is_some_and(|table| table.is_empty() || table.ends_with('.')));
    !(names_somebody || secret) && text.get(span.clone()).is_some()
}

/// The part of a span on its first line: tables run on for pages.
fn one_line(text: &str, span: &Range<usize>) -> Range<usize> {
    let within = text.get(span.clone()).unwrap_or_default();
    let length = within.find('\n').unwrap_or(within.len());
    span.start..span.start + length
}
