//! The app behind the gate: an HTTP/1.1 server that remembers what it saw, byte for byte, and answers
//! what the test tells it to, well formed or not.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::head::{self, Field, Head, of};
use super::soon;

/// A request as it arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<Field>,
    /// Whether the body came to its proper end.
    pub(crate) whole: bool,
    /// Which connection it came on, counted from 1.
    pub(crate) connection: usize,
}

impl Seen {
    /// Every value of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        of(&self.fields, name)
    }

    /// The value of a header that stands at most once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name} arrived {} times: {:?}", all.len(), self.fields);
        all.first().copied()
    }

    /// Names of all headers, as sent.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.fields.iter().map(|field| field.0.as_str()).collect()
    }
}

/// What the app does once it has said its piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Waits for the next request.
    Stay,
    /// Closes the connection.
    Close,
    /// Says nothing more and closes nothing.
    Hang,
    /// Sends back whatever comes, as after a 101.
    Echo,
}

/// What the app says to one request.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) then: Then,
}

impl Reply {
    /// Exactly these bytes.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>, then: Then) -> Self {
        Self { bytes: bytes.into(), then }
    }

    /// 200 with a body and a length.
    pub(crate) fn ok(body: &str) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        Self::raw(head + body, Then::Stay)
    }
}

type Script = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// Whether the app answers before it reads the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    AfterHead,
    AfterBody,
}

/// A running app. It ends with the value.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    seen: Mutex<Vec<Seen>>,
    /// Connections that ended, by number.
    ended: Mutex<Vec<usize>>,
    news: Notify,
    connections: AtomicUsize,
    script: Script,
    when: When,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Upstream {
    /// Answers 200 with a small body to everything.
    pub(crate) async fn echo() -> Self {
        Self::answering(|seen| match seen.method.as_str() {
            "HEAD" => Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Then::Stay),
            _ => Reply::ok("hello"),
        })
        .await
    }

    /// Answers what `script` says, once the whole request has come.
    pub(crate) async fn answering(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(script), When::AfterBody).await
    }

    /// Answers what `script` says as soon as the head has come, and never reads the body.
    pub(crate) async fn hasty(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(script), When::AfterHead).await
    }

    async fn start(script: Script, when: When) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            seen: Mutex::default(),
            ended: Mutex::default(),
            news: Notify::new(),
            connections: AtomicUsize::new(0),
            script,
            when,
        });
        let task = tokio::spawn(accept(listener, shared.clone()));
        Self { address, shared, task }
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().expect("no panic").clone()
    }

    /// The only request so far.
    #[track_caller]
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "the app saw {} requests: {seen:?}", seen.len());
        seen[0].clone()
    }

    /// The latest request.
    #[track_caller]
    pub(crate) fn last(&self) -> Seen {
        self.seen().pop().expect("the app saw a request")
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Waits until the app has seen so many requests.
    pub(crate) async fn saw(&self, count: usize) {
        self.until("requests at the app", |shared| shared.seen.lock().expect("no panic").len() >= count)
            .await;
    }

    /// Waits until so many connections to the app have ended.
    pub(crate) async fn lost(&self, count: usize) {
        self.until("ended connections", |shared| shared.ended.lock().expect("no panic").len() >= count).await;
    }

    async fn until(&self, what: &'static str, met: impl Fn(&Shared) -> bool) {
        let wait = async {
            loop {
                let news = self.shared.news.notified();
                if met(&self.shared) {
                    return;
                }
                news.await;
            }
        };
        soon(what, wait).await;
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut open = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let number = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let shared = shared.clone();
        open.spawn(async move {
            serve(stream, number, &shared).await;
            shared.ended.lock().expect("no panic").push(number);
            shared.news.notify_waiters();
        });
    }
}

async fn serve(stream: TcpStream, number: usize, shared: &Shared) {
    let mut stream = BufReader::new(stream);
    while let Some(head) = Head::read(&mut stream).await {
        let mut words = head.first.split(' ');
        let mut seen = Seen {
            method: words.next().unwrap_or_default().to_owned(),
            target: words.next().unwrap_or_default().to_owned(),
            fields: head.fields.clone(),
            connection: number,
            ..Seen::default()
        };
        if shared.when == When::AfterBody {
            if !head.all("expect").is_empty() {
                let _ = stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
            }
            let read = head::body(&mut stream, &head, false).await;
            (seen.body, seen.trailers, seen.whole) = (read.bytes, read.trailers, read.whole);
        }
        let reply = (shared.script)(&seen);
        shared.seen.lock().expect("no panic").push(seen);
        shared.news.notify_waiters();
        if stream.get_mut().write_all(&reply.bytes).await.is_err() {
            return;
        }
        match reply.then {
            Then::Stay => {}
            Then::Close => return,
            Then::Hang => {
                let mut rest = Vec::new();
                let _ = stream.read_to_end(&mut rest).await;
                return;
            }
            Then::Echo => {
                let (mut from, mut to) = tokio::io::split(stream);
                let _ = tokio::io::copy(&mut from, &mut to).await;
                return;
            }
        }
    }
}
