//! Entries as lines that other programs read: JSON Lines, or CSV (RFC 4180) that no spreadsheet takes for
//! formulas.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use crate::store::audit::Recorded;

/// A form of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    JsonLines,
    /// Comma-separated values with a line of names.
    Csv,
}

/// Lines cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the export cannot be written")]
pub struct NotWritten(#[from] pub io::Error);

const COLUMNS: [&str; 10] =
    ["seq", "at", "act", "actor", "subject", "organisation", "detail", "personal", "address", "request"];

/// An entry in the order of its columns.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the names are those of an entry")]
pub struct Line {
    pub seq: i64,
    pub at: String,
    pub act: String,
    pub actor: String,
    pub subject: String,
    pub organisation: Option<String>,
    pub detail: String,
    pub personal: Option<String>,
    pub address: Option<String>,
    pub request: Option<String>,
}

impl From<Recorded> for Line {
    fn from(entry: Recorded) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.to_string(),
            act: entry.act,
            actor: entry.actor,
            subject: entry.subject,
            organisation: entry.organisation,
            detail: entry.detail,
            personal: entry.personal,
            address: entry.address,
            request: entry.request,
        }
    }
}

impl Line {
    fn cells(&self) -> [Cow<'_, str>; 10] {
        let seq = Cow::Owned(self.seq.to_string());
        let cell =
            |text: &'_ Option<String>| harmless(text.as_deref().unwrap_or_default()).into_owned().into();
        [
            seq,
            Cow::Borrowed(self.at.as_str()),
            harmless(&self.act),
            harmless(&self.actor),
            harmless(&self.subject),
            cell(&self.organisation),
            harmless(&self.detail),
            cell(&self.personal),
            cell(&self.address),
            cell(&self.request),
        ]
    }
}

/// Writes entries as lines of one form.
pub struct Writer<W: Write> {
    form: Form,
    named: bool,
    out: W,
}

impl<W: Write> Writer<W> {
    /// A writer that has not written anything yet.
    pub const fn to(out: W, form: Form) -> Self {
        Self { form, named: false, out }
    }

    /// Where the lines go.
    pub const fn out_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Writes a page of entries.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn write(&mut self, entries: Vec<Recorded>) -> Result<(), NotWritten> {
        match self.form {
            Form::JsonLines => {
                for entry in entries {
                    serde_json::to_writer(&mut self.out, &Line::from(entry)).map_err(io::Error::from)?;
                    self.out.write_all(b"\n")?;
                }
            }
            Form::Csv => self.write_csv(entries).map_err(io::Error::from)?,
        }
        Ok(self.out.flush()?)
    }

    fn write_csv(&mut self, entries: Vec<Recorded>) -> Result<(), csv::Error> {
        let mut rows = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut self.out);
        if !std::mem::replace(&mut self.named, true) {
            rows.write_record(COLUMNS)?;
        }
        for entry in entries {
            rows.write_record(Line::from(entry).cells().iter().map(|cell| cell.as_bytes()))?;
        }
        rows.flush()?;
        Ok(())
    }
}

/// A cell that no spreadsheet runs: an apostrophe goes before whatever would begin a formula.
fn harmless(text: &str) -> Cow<'_, str> {
    match text.bytes().next() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n') => Cow::Owned(format!("'{text}")),
        Some(_) | None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn entry(personal: &str) -> Recorded {
        Recorded {
            seq: 7,
            at: Timestamp::from_millis(0),
            act: "account.created".into(),
            actor: "operator".into(),
            subject: "account 1".into(),
            organisation: None,
            request: None,
            detail: String::new(),
            address: None,
            personal: Some(personal.into()),
        }
    }

    fn written(form: Form, entries: &[Recorded]) -> String {
        let mut out = Vec::new();
        let mut writer = Writer::to(&mut out, form);
        entries.iter().for_each(|entry| writer.write(vec![entry.clone()]).unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn csv_names_its_columns_once_and_quotes_what_must_be() {
        let text = written(Form::Csv, &[entry("a,\"b\"\nc"), entry("")]);
        let head = "seq,at,act,actor,subject,organisation,detail,personal,address,request\r\n";
        let row = "7,1970-01-01T00:00:00.000Z,account.created,operator,account 1,,,";
        assert_eq!(text, format!("{head}{row}\"a,\"\"b\"\"\nc\",,\r\n{row},,\r\n"));
    }

    /// Whoever chooses a name must not run anything in the spreadsheet of whoever reads the trail.
    #[test]
    fn no_cell_begins_a_formula() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=x"] {
            let text = written(Form::Csv, &[entry(bad)]);
            let rows = csv::Reader::from_reader(text.as_bytes()).into_records().next().unwrap().unwrap();
            assert_eq!(&rows[7], format!("'{bad}"));
        }
    }

    #[test]
    fn a_line_of_json_is_one_line() {
        let text = written(Form::JsonLines, &[entry("a\nb"), entry("=c")]);
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&lines[0]["personal"], &lines[1]["personal"]), (&"a\nb".into(), &"=c".into()));
        assert!(lines[0]["address"].is_null());
    }
}
