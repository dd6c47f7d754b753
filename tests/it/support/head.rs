//! Reads HTTP/1.1 messages off a stream without judging them: heads as they stand, bodies by their framing.

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// A header line: name as sent, value without surrounding blanks.
pub(crate) type Field = (String, String);

/// The first line of a message and its header lines in order, duplicates included.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    pub(crate) first: String,
    pub(crate) fields: Vec<Field>,
}

impl Head {
    /// Reads up to the empty line; `None` at the end of the stream.
    pub(crate) async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> Option<Self> {
        let first = line(from).await?;
        Some(Self { first, fields: fields(from).await? })
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        of(&self.fields, name)
    }
}

/// Every value under `name`, whatever its case.
pub(crate) fn of<'a>(fields: &'a [Field], name: &str) -> Vec<&'a str> {
    let same = |field: &&Field| field.0.eq_ignore_ascii_case(name);
    fields.iter().filter(same).map(|field| field.1.as_str()).collect()
}

async fn line(from: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    let read = from.read_until(b'\n', &mut bytes).await.unwrap_or(0);
    (read > 0 && bytes.ends_with(b"\n"))
        .then(|| String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
}

async fn fields(from: &mut (impl AsyncBufRead + Unpin)) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    loop {
        let line = line(from).await?;
        if line.is_empty() {
            return Some(fields);
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        fields.push((name.to_owned(), value.trim().to_owned()));
    }
}

/// A body, its trailers, and whether it came to its proper end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    pub(crate) bytes: Vec<u8>,
    pub(crate) trailers: Vec<Field>,
    pub(crate) whole: bool,
}

/// Reads a body by the framing of `head`; `until_end` says whether one without framing runs to the end
/// of the stream (responses) or is empty (requests).
pub(crate) async fn body(from: &mut (impl AsyncBufRead + Unpin), head: &Head, until_end: bool) -> Read {
    if head.all("transfer-encoding").iter().any(|coding| coding.eq_ignore_ascii_case("chunked")) {
        return chunked(from).await;
    }
    let mut read = Read::default();
    if let Some(length) = head.all("content-length").first() {
        let length: u64 = length.parse().unwrap_or(0);
        read.whole = from.take(length).read_to_end(&mut read.bytes).await.is_ok_and(|n| n as u64 == length);
    } else if until_end {
        read.whole = from.read_to_end(&mut read.bytes).await.is_ok();
    } else {
        read.whole = true;
    }
    read
}

async fn chunked(from: &mut (impl AsyncBufRead + Unpin)) -> Read {
    let mut read = Read::default();
    loop {
        let Some(size) = line(from).await else { return read };
        let digits = size.split(';').next().unwrap_or_default().trim();
        let Ok(size) = u64::from_str_radix(digits, 16) else { return read };
        if size == 0 {
            if let Some(trailers) = fields(from).await {
                (read.trailers, read.whole) = (trailers, true);
            }
            return read;
        }
        let got = (&mut *from).take(size).read_to_end(&mut read.bytes).await.unwrap_or(0);
        if got as u64 != size || line(from).await.is_none() {
            return read;
        }
    }
}
