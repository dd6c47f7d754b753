//! A file of accounts: one JSON object a line, or CSV with the names of its columns in the first line. Which
//! of the two is told by its first character.

use serde::Deserialize;

use super::LineFault;
use crate::secret::Secret;

/// One account as written.
pub struct Entry {
    /// Name for good; capitals become small letters.
    pub user_name: String,
    /// Where letters go.
    pub email: Option<String>,
    /// Name shown to people; the user name if left out.
    pub shown_name: Option<String>,
    /// Whether the address counts as proved; yes if left out.
    pub validated: bool,
    /// Hash of the password, as the other program stored it.
    pub password_hash: Secret<String>,
    /// `administrator` or `support`.
    pub office: Option<String>,
}

/// A line of a file.
pub struct Line {
    /// Its number, from 1 on.
    pub number: usize,
    /// What it says, or why it cannot be read.
    pub entry: Result<Entry, LineFault>,
}

/// As JSON and CSV have it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    user_name: String,
    email: Option<String>,
    shown_name: Option<String>,
    validated: Option<bool>,
    password_hash: Option<String>,
    office: Option<String>,
}

impl From<Written> for Entry {
    fn from(written: Written) -> Self {
        let Written { user_name, email, shown_name, validated, password_hash, office } = written;
        let password_hash = Secret::new(password_hash.unwrap_or_default());
        Self { user_name, email, shown_name, validated: validated.unwrap_or(true), password_hash, office }
    }
}

/// Reads a file. Empty lines count and say nothing.
pub fn lines(text: &Secret<String>) -> Vec<Line> {
    let text = text.expose().trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') { json(text) } else { comma_separated(text) }
}

fn json(text: &str) -> Vec<Line> {
    let read = |(number, line): (usize, &str)| {
        let entry = serde_json::from_str::<Written>(line).map(Entry::from).map_err(LineFault::Json);
        Line { number, entry }
    };
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).map(read).collect()
}

fn comma_separated(text: &str) -> Vec<Line> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => return vec![Line { number: 1, entry: Err(LineFault::Csv(error)) }],
    };
    let read = |record: Result<csv::StringRecord, csv::Error>| {
        let at = |position: Option<&csv::Position>| position.map_or(1, csv::Position::line);
        let number = match &record {
            Ok(record) => at(record.position()),
            Err(error) => at(error.position()),
        };
        let entry = record.and_then(|record| record.deserialize::<Written>(Some(&headers)));
        let entry = entry.map(Entry::from).map_err(LineFault::Csv);
        Line { number: usize::try_from(number).unwrap_or(usize::MAX), entry }
    };
    reader.records().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, Result<Entry, String>)> {
        let said = |line: Line| (line.number, line.entry.map_err(|fault| fault.to_string()));
        lines(&Secret::new(text.to_owned())).into_iter().map(said).collect()
    }

    #[test]
    fn json_and_csv_say_the_same() {
        let json = r#"
{"user_name":"Ada","email":"ada@example.org","shown_name":"Ada, the first","validated":false,"password_hash":"!x","office":"support"}

{"user_name":"bob"}
"#;
        let csv = "user_name,email,shown_name,validated,password_hash,office\n\
            Ada,ada@example.org,\"Ada, the first\",false,!x,support\nbob,,,,,\n";
        for (text, numbers) in [(json, [2, 4]), (csv, [2, 3])] {
            let lines = read(text);
            assert_eq!(lines.iter().map(|(number, _)| *number).collect::<Vec<_>>(), numbers);
            let [(_, Ok(ada)), (_, Ok(bob))] = &lines[..] else { panic!("{text}") };
            assert_eq!((ada.user_name.as_str(), ada.validated), ("Ada", false));
            assert_eq!(ada.shown_name.as_deref(), Some("Ada, the first"));
            assert_eq!(ada.password_hash.expose(), "!x");
            assert_eq!((bob.user_name.as_str(), bob.validated), ("bob", true));
            assert_eq!(bob.office.as_deref(), None);
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_says_where_and_why_and_no_secret() {
        let lines = read("{\"user_name\":\"ada\",\"passwd\":\"hunter2\"}\n{\"user_name\":\"bob\"\n");
        let faults: Vec<_> =
            lines.iter().filter_map(|(at, line)| Some((*at, line.as_ref().err()?))).collect();
        assert_eq!(faults.len(), 2);
        assert!(faults[0].1.contains("unknown field `passwd`") && !faults[0].1.contains("hunter2"));
        let lines = read("user_name,validated\nada,maybe\nbob,true,more\n");
        let faults: Vec<_> =
            lines.iter().filter_map(|(at, line)| Some((*at, line.as_ref().err()?))).collect();
        assert_eq!(faults.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [2, 3]);
        assert!(faults[0].1.contains("`true` or `false`"), "{}", faults[0].1);
    }
}
