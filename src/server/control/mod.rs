//! The control channel: a unix socket beside the data through which the command line talks to the running
//! gate. One JSON object a line, asked and answered; only the gate's own user and root are listened to.

pub mod client;

mod answers;
mod explain;

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use self::answers::answer;
use super::doors::{SocketFile, bind_unix};
use super::reload::Reloading;
use super::shutdown::{Phase, Shutdown};

/// Bytes of one request.
const LONGEST: u64 = 16 * 1024;
/// Longest wait for the whole of a request, and for the client to take its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Conversations at once; one more waits.
const AT_ONCE: usize = 16;
const ROOT: u32 = 0;

/// The socket, bound; its file goes away with it.
pub struct Control {
    socket: UnixListener,
    owner: u32,
    _file: SocketFile,
}

/// What answers are made from.
#[derive(Clone)]
pub struct Desk {
    /// How to reload; holds the app.
    pub reloading: Arc<Reloading>,
    /// The way out.
    pub shutdown: Shutdown,
}

impl Control {
    /// Binds the socket, readable and writable for its owner only.
    ///
    /// # Errors
    /// When another gate serves these data, or the file cannot be made.
    pub fn bind(path: &Path) -> io::Result<Self> {
        let (socket, file) = bind_unix(path, 0o600)?;
        let owner = std::fs::symlink_metadata(path)?.uid();
        Ok(Self { socket: UnixListener::from_std(socket)?, owner, _file: file })
    }

    /// Answers until the gate has ended.
    pub async fn serve(self, desk: Desk) {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
            let accepted = tokio::select! {
                () = desk.shutdown.reached(Phase::Ended) => return,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) if self.may_ask(&stream) => {
                    let desk = desk.clone();
                    tokio::spawn(async move {
                        talk(stream, &desk).await;
                        drop(turn);
                    });
                }
                Ok(_) => tracing::warn!("somebody else's process was turned away from the control socket"),
                Err(error) => {
                    tracing::warn!(%error, "the control socket accepts nobody");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn may_ask(&self, stream: &UnixStream) -> bool {
        stream.peer_cred().is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == ROOT)
    }
}

/// Answers line by line until the client leaves, is too slow, or says what is no request.
async fn talk(stream: UnixStream, desk: &Desk) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let line = match timeout(PATIENCE, read_line(&mut reader)).await {
            Ok(Ok(Some(line))) => line,
            Ok(Ok(None)) | Err(_) => return,
            Ok(Err(error)) => {
                let refused = json!({ "error": error.to_string() });
                let _ = timeout(PATIENCE, writer.write_all(format!("{refused}\n").as_bytes())).await;
                return;
            }
        };
        let reply = match serde_json::from_slice::<Value>(&line) {
            Ok(request) => answer(&request, desk).await,
            Err(error) => json!({ "error": format!("the request is not JSON: {error}") }),
        };
        let sent = timeout(PATIENCE, writer.write_all(format!("{reply}\n").as_bytes())).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

/// One line without its end; nothing when the client has left.
async fn read_line(reader: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = reader.take(LONGEST).read_until(b'\n', &mut line).await?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) if read as u64 == LONGEST => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "the request is too long"))
        }
        Some(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn line_of(text: &[u8]) -> io::Result<Option<Vec<u8>>> {
        read_line(&mut BufReader::new(text)).await
    }

    #[tokio::test]
    async fn a_request_is_one_whole_line_of_bounded_length() {
        assert_eq!(line_of(b"{}\n{}").await.unwrap(), Some(b"{}".to_vec()));
        assert_eq!(line_of(b"").await.unwrap(), None);
        assert_eq!(line_of(b"cut of").await.unwrap(), None);
        assert!(line_of(&[b'a'; 20_000]).await.is_err());
    }
}
