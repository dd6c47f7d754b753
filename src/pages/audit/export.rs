//! The trail as a file: what matches a search, oldest first, written while it is read, so that it may be
//! longer than the memory.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::{Path, Query};
use bytes::Bytes;
use http::StatusCode;
use http_body::{Body, Frame};
use tokio::sync::mpsc;

use super::Asked;
use crate::actions::audit::{Export, Form, Writer};
use crate::app::App;
use crate::pages::visit::{Outcome, SignedIn};
use crate::web::problem::Problem;

/// Pieces that wait for a slow reader.
const WAITING: usize = 2;

/// Hands the trail out as JSON Lines or CSV.
pub async fn download(
    Path(ending): Path<String>,
    Query(asked): Query<Asked>,
    signed_in: SignedIn,
) -> Outcome {
    let visit = &signed_in.visit;
    let (form, kind) = match ending.as_str() {
        "jsonl" => (Form::JsonLines, "application/jsonl; charset=utf-8"),
        "csv" => (Form::Csv, "text/csv; charset=utf-8; header=present"),
        _ => return Ok(visit.say(&Problem::new(StatusCode::NOT_FOUND, "not-found"))),
    };
    let (_, Some(search)) = asked.search(visit.language) else {
        return Ok(visit.go(&format!("{}?{}", super::PATH, asked.query(None))));
    };
    let export = visit.or_say(Export::begin(&visit.app, &signed_in.actor(), &search).await)?;
    let (give, take) = mpsc::channel(WAITING);
    tokio::spawn(write(visit.app.clone(), export, form, give));
    let name = format!("audit.{ending}");
    Ok(visit.hand_out(&name, kind, axum::body::Body::new(Pieces(take))))
}

/// Reads page after page until the end, or until nobody listens any more.
async fn write(app: Arc<App>, mut export: Export, form: Form, give: mpsc::Sender<Result<Bytes, Broken>>) {
    let (sheaf, mut writer) = Sheaf::with(form);
    loop {
        let piece = match export.page(&app).await {
            Ok(page) if page.is_empty() => return,
            Ok(page) => writer.write(page).map(|()| sheaf.take()).map_err(|_| Broken),
            Err(error) => {
                tracing::error!(%error, "an export of the audit trail broke off");
                Err(Broken)
            }
        };
        let over = piece.is_err();
        if give.send(piece).await.is_err() || over {
            return;
        }
    }
}

/// The export broke off; the connection ends, so that nobody takes a part for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the export broke off")]
struct Broken;

/// What was written and not yet sent.
#[derive(Clone, Default)]
struct Sheaf(Arc<std::sync::Mutex<Vec<u8>>>);

impl Sheaf {
    fn with(form: Form) -> (Self, Writer<Self>) {
        let sheaf = Self::default();
        (sheaf.clone(), Writer::to(sheaf, form))
    }

    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)).into()
    }
}

impl std::io::Write for Sheaf {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The body of the answer.
struct Pieces(mpsc::Receiver<Result<Bytes, Broken>>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
