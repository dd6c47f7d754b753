//! Reads Rust source roughly: enough to tell code from comments, literals and test modules.

use std::path::Path;

/// A source file: its path from `src/` on, and its text in three forms.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
    /// Without comments and the contents of literals; lines stay where they are.
    pub(crate) code: String,
    /// As `code`, without test modules.
    pub(crate) shipped: String,
}

impl File {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = bare(text);
        let alone = Path::new(path).file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"));
        let shipped = if alone { String::new() } else { without_tests(&code) };
        Self { path: path.into(), text: text.into(), code, shipped }
    }

    pub(crate) fn room(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// How many modules deep the file stands: `store/mod.rs` is 1, `store/accounts.rs` 2.
    pub(crate) fn depth(&self) -> usize {
        self.path.split('/').filter(|part| *part != "mod.rs").count()
    }
}

/// Blanks comments and the insides of string and character literals.
pub(crate) fn bare(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => until(&chars, at, |rest| rest[0] == '\n'),
            '/' if chars.get(at + 1) == Some(&'*') => {
                until(&chars, at, |rest| rest.starts_with(&['*', '/'])) + 2
            }
            '"' => quoted(&chars, at),
            'r' if raw(&chars, at).is_some() && !word_before(&chars, at) => raw(&chars, at).unwrap_or(at + 1),
            '\'' if chars.get(at + 1) == Some(&'\\') => until(&chars, at + 3, |rest| rest[0] == '\'') + 1,
            '\'' if chars.get(at + 2) == Some(&'\'') => at + 3,
            other => {
                out.push(other);
                at += 1;
                continue;
            }
        };
        out.extend(chars[at..end.min(chars.len())].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    out
}

fn until(chars: &[char], from: usize, stop: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|at| stop(&chars[*at..])).unwrap_or(chars.len())
}

fn quoted(chars: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(from + 1 + hashes) == Some(&'"')).then(|| {
        let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
        until(chars, from + 2 + hashes, |rest| rest.starts_with(&close)) + 1 + hashes
    })
}

fn word_before(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') && chars[at - 1] != 'b'
}

/// Cuts each `#[cfg(test)]` item that is a module, up to its closing brace in the same column.
fn without_tests(code: &str) -> String {
    let lines: Vec<&str> = code.lines().collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let indent = lines[at].len() - lines[at].trim_start().len();
        let opens = lines[at].trim() == "#[cfg(test)]"
            && lines.get(at + 1).is_some_and(|next| next.contains("mod ") && next.contains('{'));
        if opens {
            let close = format!("{}}}", " ".repeat(indent));
            at = (at + 1..lines.len()).find(|line| lines[*line] == close).unwrap_or(lines.len());
        } else {
            kept.push(lines[at]);
        }
        at += 1;
    }
    kept.join("\n")
}
