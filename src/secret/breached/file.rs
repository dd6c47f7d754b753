//! A file of leaked passwords in the form in which they are commonly given out: one `SHA1HEX:count` a line,
//! in order of the hashes. It may be larger than memory: it is searched by halves and never read whole.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// SHA-1.
type Hash = [u8; 20];

/// Longest line: the hash, a colon, a count and the end of the line.
const LONGEST_LINE: usize = 72;

/// A stretch this short is read line by line.
const SHORT: u64 = 256;

/// Lines that are looked at when the file is opened.
const SAMPLES: u64 = 256;

/// The file, held open: one that is put in its place later is another one.
#[derive(Debug)]
pub struct HashFile {
    file: File,
    length: u64,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HashFileError {
    /// It cannot be opened or read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// A line is of another form.
    #[error("is of another form at byte {0}: no line `SHA1HEX:count` begins there")]
    Form(u64),
    /// A hash is smaller than one before it.
    #[error("is not in order of the hashes at byte {0}")]
    Order(u64),
}

/// A line of the file.
struct Line {
    start: u64,
    next: u64,
    hash: Hash,
}

impl HashFile {
    /// Opens a file and looks at some of its lines.
    ///
    /// # Errors
    /// When it cannot be read, is of another form or not in order.
    pub fn open(path: &Path) -> Result<Self, HashFileError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let this = Self { file, length };
        if length == 0 {
            return Err(HashFileError::Empty);
        }
        let mut last: Option<Line> = None;
        let ends = (0..SAMPLES).map(|sample| length / SAMPLES * sample);
        for at in ends.chain([length.saturating_sub(LONGEST_LINE as u64)]) {
            let Some(line) = this.line_at(at)? else { continue };
            if last.as_ref().is_some_and(|last| line.start > last.start && line.hash <= last.hash) {
                return Err(HashFileError::Order(line.start));
            }
            last = Some(line);
        }
        Ok(this)
    }

    /// Whether it holds a password: as it is, in small letters, or without figures and marks at its end.
    ///
    /// # Errors
    /// When it cannot be read any more, or turns out to be of another form.
    pub fn holds(&self, text: &str) -> Result<bool, HashFileError> {
        let small = text.to_lowercase();
        let bare = small.trim_end_matches(|c: char| !c.is_alphabetic());
        let mut forms = vec![text, &small, bare];
        forms.retain(|form| !form.is_empty());
        forms.dedup();
        for form in forms {
            let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, form.as_bytes());
            if let Ok(hash) = hash.as_ref().try_into()
                && self.finds(&hash)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn finds(&self, wanted: &Hash) -> Result<bool, HashFileError> {
        // The line, if it is there, begins at `from` or later and before `to`.
        let (mut from, mut to) = (0, self.length);
        while to - from > SHORT {
            let middle = from + (to - from) / 2;
            match self.line_at(middle)? {
                Some(line) if line.start < to && line.hash == *wanted => return Ok(true),
                Some(line) if line.start < to && line.hash < *wanted => from = line.next.min(to),
                Some(_) | None => to = middle,
            }
        }
        while from < to {
            let Some(line) = self.line_at(from)? else { break };
            if line.hash >= *wanted {
                return Ok(line.hash == *wanted && line.start < to);
            }
            from = line.next;
        }
        Ok(false)
    }

    /// The first whole line that begins here or later.
    fn line_at(&self, at: u64) -> Result<Option<Line>, HashFileError> {
        let start = match at.checked_sub(1) {
            None => 0,
            Some(before) => match self.end_of_line(before)? {
                Some(end) => end,
                None => return Ok(None),
            },
        };
        if start >= self.length {
            return Ok(None);
        }
        let (buffer, read) = self.read(start)?;
        let text = buffer.get(..read).unwrap_or_default();
        let length = text.iter().position(|byte| *byte == b'\n').unwrap_or(read);
        let hash = text.get(..length).and_then(parsed).ok_or(HashFileError::Form(start))?;
        Ok(Some(Line { start, next: start + length as u64 + 1, hash }))
    }

    /// Where the line ends that lies here; nothing in the last one without an end.
    fn end_of_line(&self, at: u64) -> Result<Option<u64>, HashFileError> {
        let (buffer, read) = self.read(at)?;
        let end = buffer.iter().take(read).position(|byte| *byte == b'\n');
        match end {
            Some(end) => Ok(Some(at + end as u64 + 1)),
            None if read < buffer.len() => Ok(None),
            None => Err(HashFileError::Form(at)),
        }
    }

    fn read(&self, at: u64) -> io::Result<([u8; LONGEST_LINE], usize)> {
        let mut buffer = [0; LONGEST_LINE];
        let mut read = 0;
        while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, at + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok((buffer, read))
    }
}

/// The hash of a line without its end.
fn parsed(line: &[u8]) -> Option<Hash> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (hex, rest) = line.split_at_checked(40)?;
    let counted = match rest.split_first() {
        None => true,
        Some((b':', count)) => !count.is_empty() && count.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    };
    let mut hash = [0; 20];
    for (byte, pair) in hash.iter_mut().zip(hex.as_chunks::<2>().0) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? << 4 | low?).ok()?;
    }
    counted.then_some(hash)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::secret::token::random;

    struct Scratch(PathBuf);

    impl Drop for Scratch {
        fn drop(&mut self) {
            std::fs::remove_file(&self.0).ok();
        }
    }

    fn written(text: &str) -> Scratch {
        let name = u64::from_be_bytes(random());
        let path = std::env::temp_dir().join(format!("portcullis-hashes-{name:x}"));
        std::fs::write(&path, text).unwrap();
        Scratch(path)
    }

    fn hash_of(text: &str) -> String {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// All of these, one a line.
    fn lines(texts: impl Iterator<Item = String>, end: &str) -> String {
        let mut hashes: Vec<_> = texts.map(|text| hash_of(&text)).collect();
        hashes.sort();
        (1..).zip(hashes).map(|(at, hash)| format!("{hash}:{}{end}", at * 7919 % 100_003)).collect()
    }

    /// R-04: of thousands each is found and nothing else, whatever ends a line.
    #[test]
    fn every_password_of_the_file_is_found_and_no_other() {
        for end in ["\n", "\r\n"] {
            let scratch = written(&lines((0..3000).map(|n| format!("leaked number {n} x")), end));
            let file = HashFile::open(&scratch.0).unwrap();
            for n in 0..3000 {
                assert!(file.holds(&format!("leaked number {n} x")).unwrap(), "{n}");
                assert!(!file.holds(&format!("own phrase {n} x")).unwrap(), "{n}");
            }
            assert!(file.holds("LEAKED number 17 X").unwrap(), "in capitals");
            assert!(file.holds("Leaked number 17 x2026!").unwrap(), "with a year");
        }
    }

    #[test]
    fn one_line_is_a_file_too_with_or_without_a_count_and_an_end() {
        let hash = hash_of("alone");
        for text in [hash.clone(), format!("{hash}\n"), format!("{}:3", hash.to_lowercase())] {
            let scratch = written(&text);
            let file = HashFile::open(&scratch.0).unwrap();
            assert!(file.holds("alone").unwrap() && !file.holds("other").unwrap(), "{text}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_searched_is_refused_when_it_is_opened() {
        let opened = |text: &str| HashFile::open(&written(text).0).map(drop);
        assert!(matches!(opened(""), Err(HashFileError::Empty)));
        assert!(matches!(opened("password\n123456\n"), Err(HashFileError::Form(0))));
        assert!(matches!(opened(&"x".repeat(10_000)), Err(HashFileError::Form(0))));
        let backwards: String = lines((0..500).map(|n| n.to_string()), "\n");
        let backwards: Vec<_> = backwards.lines().rev().map(|line| format!("{line}\n")).collect();
        assert!(matches!(opened(&backwards.concat()), Err(HashFileError::Order(_))));
        let missing = std::env::temp_dir().join("portcullis-no-such-file");
        assert!(matches!(HashFile::open(&missing), Err(HashFileError::Unreadable(_))));
    }
}
