//! A client that writes exactly the bytes it is given and reads answers without judging them.

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use super::answer::Answer;
use super::head::{self, Head};
use super::soon;

/// Anything bytes go through both ways.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection whose bytes are the test's own business.
pub(crate) struct Wire {
    stream: BufReader<Box<dyn Duplex>>,
}

impl Wire {
    pub(crate) fn over(stream: impl Duplex + 'static) -> Self {
        Self { stream: BufReader::new(Box::new(stream)) }
    }

    /// Writes; an error is left to whoever reads, as a peer may well have closed already.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = soon("send", self.stream.get_mut().write_all(bytes.as_ref())).await;
        let _ = self.stream.get_mut().flush().await;
    }

    /// Says that nothing more will be sent.
    pub(crate) async fn finish(&mut self) {
        let _ = soon("finish", self.stream.get_mut().shutdown()).await;
    }

    /// The next answer, 1xx included, to a request that was no HEAD.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.maybe_answer(false).await.expect("an answer, not the end of the connection")
    }

    /// The next answer to a HEAD request.
    pub(crate) async fn answer_to_head(&mut self) -> Answer {
        self.maybe_answer(true).await.expect("an answer, not the end of the connection")
    }

    /// The next answer, or `None` where the connection ends.
    pub(crate) async fn maybe_answer(&mut self, bodiless: bool) -> Option<Answer> {
        let head = soon("the head of an answer", Head::read(&mut self.stream)).await?;
        let status: u16 = head.first.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        let empty = bodiless || status < 200 || status == 204 || status == 304;
        let read = match empty {
            true => head::Read { whole: true, ..head::Read::default() },
            false => soon("the body of an answer", head::body(&mut self.stream, &head, true)).await,
        };
        let head::Read { bytes, trailers, whole } = read;
        Some(Answer { status, fields: head.fields, body: bytes, trailers, whole })
    }

    /// The next bytes, at least one; empty at the end.
    pub(crate) async fn some(&mut self) -> Vec<u8> {
        let bytes = soon("bytes", self.stream.fill_buf()).await.map(<[u8]>::to_vec).unwrap_or_default();
        self.stream.consume(bytes.len());
        bytes
    }

    /// Exactly so many bytes.
    pub(crate) async fn exactly(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        soon("bytes", self.stream.read_exact(&mut bytes)).await.expect("the connection goes on");
        bytes
    }

    /// Everything up to the end, which must come.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = soon("the end of the connection", self.stream.read_to_end(&mut bytes)).await;
        bytes
    }
}
