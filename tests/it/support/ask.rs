//! One request, over either protocol.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::answer::Answer;
use super::head::Field;
use super::soon;
use super::wire::{Duplex, Wire};

/// The protocol a request is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    H1,
    H2,
}

impl Over {
    pub(crate) const BOTH: [Self; 2] = [Self::H1, Self::H2];

    /// Its name in ALPN.
    pub(crate) fn alpn(self) -> &'static str {
        match self {
            Self::H1 => "http/1.1",
            Self::H2 => "h2",
        }
    }
}

/// A request in the making. Over HTTP/1.1 it goes out as written; over HTTP/2 it must be well formed
/// (`frames` is for those that are not).
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) host: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let host = "app.test".to_owned();
        Self { method: method.into(), target: target.into(), host, fields: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub(crate) fn post(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new("POST", target) }
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = host.into();
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Presents a key the usual way: Basic with the user name `__key__`.
    pub(crate) fn key(self, key: &str) -> Self {
        self.basic("__key__", key)
    }

    pub(crate) fn basic(self, user: &str, password: &str) -> Self {
        let text = STANDARD.encode(format!("{user}:{password}"));
        self.header("authorization", &format!("Basic {text}"))
    }

    /// The bytes of the request in HTTP/1.1.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method, self.target, self.host);
        for (name, value) in &self.fields {
            head += &format!("{name}: {value}\r\n");
        }
        if !self.body.is_empty() {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }

    /// Sends it over a connection of its own and reads the answer to its end.
    pub(crate) async fn on(&self, stream: impl Duplex + 'static, over: Over) -> Answer {
        match over {
            Over::H1 => {
                let mut wire = Wire::over(stream);
                wire.send(self.bytes()).await;
                let bodiless = self.method == "HEAD";
                loop {
                    let answer = wire.maybe_answer(bodiless).await.expect("an answer");
                    if answer.status == 101 || answer.status >= 200 {
                        return answer;
                    }
                }
            }
            Over::H2 => soon("an exchange over HTTP/2", self.h2(stream)).await,
        }
    }

    async fn h2(&self, stream: impl Duplex + 'static) -> Answer {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .expect("a handshake");
        let task = tokio::spawn(connection);
        let uri = format!("https://{}{}", self.host, self.target);
        let mut request = Request::builder().method(self.method.as_str()).uri(uri);
        for (name, value) in &self.fields {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(self.body.clone()))).expect("a well-formed request");
        let response = sender.send_request(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let pairs = |map: &http::HeaderMap| -> Vec<Field> {
            map.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
        };
        let mut answer =
            Answer { status: parts.status.as_u16(), fields: pairs(&parts.headers), ..Answer::default() };
        match body.collect().await {
            Ok(body) => {
                answer.trailers = body.trailers().map(pairs).unwrap_or_default();
                (answer.body, answer.whole) = (body.to_bytes().to_vec(), true);
            }
            Err(_) => answer.whole = false,
        }
        task.abort();
        answer
    }
}
