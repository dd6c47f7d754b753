//! Bodies collected before they are sent, for apps that read a body of unknown length as empty. Small ones
//! stay in memory, larger ones go through a file that has no name.

use std::io::SeekFrom;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Frame;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncRead, AsyncSeekExt, AsyncWriteExt, ReadBuf};

use super::body::{BodyError, RequestBody};
use crate::secret::token;

/// Bodies up to this many bytes stay in memory.
const IN_MEMORY: usize = 64 * 1024;

/// Bytes read from the file at once.
const PIECE: usize = 64 * 1024;

/// Longest body collected on a route that sets no limit, in bytes.
pub const LONGEST: u64 = 1 << 30;

/// A whole body.
pub enum Collected {
    /// In memory.
    Memory(Bytes),
    /// In a file without a name, which is gone with its last reader.
    File {
        /// The file, at the first byte not yet read.
        file: Box<File>,
        /// Bytes not yet read.
        left: u64,
    },
}

/// Why a body could not be collected.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The body ended early or was too long.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// No room, or no file to be had.
    #[error("the body cannot be kept")]
    Disk(#[source] std::io::Error),
}

impl Collected {
    /// Reads a whole body, spilling into a file in `directory` where it is long.
    ///
    /// # Errors
    /// [`CollectError`]; nothing is left behind.
    pub async fn from(mut body: RequestBody, directory: &Path) -> Result<Self, CollectError> {
        let mut memory = BytesMut::new();
        let mut spill: Option<Box<File>> = None;
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            length += data.len() as u64;
            if spill.is_none() && memory.len() + data.len() > IN_MEMORY {
                let mut file = Box::new(nameless(directory).await.map_err(CollectError::Disk)?);
                file.write_all(&memory).await.map_err(CollectError::Disk)?;
                memory.clear();
                spill = Some(file);
            }
            match &mut spill {
                Some(file) => file.write_all(&data).await.map_err(CollectError::Disk)?,
                None => memory.extend_from_slice(&data),
            }
        }
        match spill {
            None => Ok(Self::Memory(memory.freeze())),
            Some(mut file) => {
                file.flush().await.map_err(CollectError::Disk)?;
                file.seek(SeekFrom::Start(0)).await.map_err(CollectError::Disk)?;
                Ok(Self::File { file, left: length })
            }
        }
    }

    /// Bytes not yet read.
    pub const fn left(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { left, .. } => *left,
        }
    }

    /// The next piece.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self {
            Self::Memory(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Memory(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::File { left: 0, .. } => Poll::Ready(None),
            Self::File { file, left } => {
                let mut piece = vec![0; PIECE];
                let mut buffer = ReadBuf::new(&mut piece);
                let read = ready!(Pin::new(file.as_mut()).poll_read(cx, &mut buffer));
                let length = buffer.filled().len();
                if read.is_err() || length == 0 {
                    return Poll::Ready(Some(Err(BodyError::Cut)));
                }
                piece.truncate(length);
                *left = left.saturating_sub(length as u64);
                Poll::Ready(Some(Ok(Frame::data(piece.into()))))
            }
        }
    }
}

/// A file that only this process can see: made under a name nobody can guess, which is removed at once.
async fn nameless(directory: &Path) -> std::io::Result<File> {
    let name = token::mint_session_token();
    let path = directory.join(format!(".body-{}", name.expose()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path).await?;
    tokio::fs::remove_file(&path).await?;
    Ok(file)
}
