//! The command line's end of the control channel.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

/// A reload reads files and certificates; nothing takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of one answer; a list of bans is the longest.
const LONGEST: u64 = 16 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens on the socket.
    #[error("no gate serves these data (nobody listens on {0}); start one with `portcullis serve`")]
    NotServing(PathBuf),
    /// The socket belongs to somebody else.
    #[error("only the user that runs the gate, or root, may use {0}")]
    NotAllowed(PathBuf),
    /// The conversation broke off.
    #[error("the gate broke off the conversation")]
    Broken(#[from] io::Error),
    /// The answer makes no sense.
    #[error("the gate answered what cannot be read; is it of another version?")]
    Unreadable,
    /// The gate said no.
    #[error("{what}")]
    Refused {
        /// In words.
        what: String,
        /// Problems of the configuration, if that is why.
        problems: Option<Value>,
    },
}

/// Asks the gate that listens on `socket`; blocks.
///
/// # Errors
/// See [`ControlError`].
pub fn ask(socket: &Path, request: &Value) -> Result<Value, ControlError> {
    let mut stream = UnixStream::connect(socket).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            ControlError::NotServing(socket.to_path_buf())
        }
        io::ErrorKind::PermissionDenied => ControlError::NotAllowed(socket.to_path_buf()),
        _ => ControlError::Broken(error),
    })?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{request}\n").as_bytes())?;
    let mut line = Vec::new();
    BufReader::new(stream).take(LONGEST).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Err(ControlError::NotAllowed(socket.to_path_buf()));
    }
    let mut answer: Value = serde_json::from_slice(&line).map_err(|_| ControlError::Unreadable)?;
    if let Some(what) = answer.get("error").and_then(Value::as_str) {
        return Err(ControlError::Refused {
            what: what.to_owned(),
            problems: answer.get("problems").cloned(),
        });
    }
    answer.get_mut("done").map(Value::take).ok_or(ControlError::Unreadable)
}
