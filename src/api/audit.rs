//! The audit trail: who did what to what, when; taken out whole; and whether it is whole.

use axum::body::Body;
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Pieces, Told};
use super::call::{Call, Outcome};
use super::endpoint::Nothing;
use super::listing::{Cursor, Limit, Page, Paging};
use super::texts::{AddressText, MomentText, RequestIdText, SlugText};
use crate::actions::audit::{self, Export, Form, Search, Writer};
use crate::store::audit::{Fault, Recorded, Verdict};

/// Pieces of an export that wait for their reader.
const AHEAD: usize = 4;

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryView {
    /// Its place in the chain, from 1 on.
    seq: i64,
    /// When.
    at: MomentText,
    /// What was done.
    act: String,
    /// Who did it: `operator`, `gate`, `stranger` or an account's id.
    actor: String,
    /// Kind and id of what it was done to.
    subject: String,
    /// Id of the organisation it happened in.
    organisation: Option<String>,
    /// Facts that name nobody.
    detail: String,
    /// Facts that name a person, until erased.
    personal: Option<String>,
    /// Where it came from, until erased.
    address: Option<String>,
    /// The request that did it.
    request: Option<String>,
}

/// How an export is written.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum FormWord {
    /// One JSON object a line.
    #[default]
    Jsonl,
    /// Comma-separated values (RFC 4180), harmless to spreadsheets.
    Csv,
}

macro_rules! searches {
    ($($(#[$meta:meta])* $name:ident { $($(#[$of:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Deserialize, IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            /// Only those in this organisation; others than holders of an office must say one.
            organisation: Option<SlugText>,
            /// Only those not before this moment.
            from: Option<MomentText>,
            /// Only those before this moment.
            to: Option<MomentText>,
            /// Only this act, as `key.created`; with a dot at its end all that begin so.
            act: Option<String>,
            /// Only by `operator`, `gate`, `stranger`, or the account of this name or id.
            actor: Option<String>,
            /// Only to the account of this name, or to anything by its id.
            subject: Option<String>,
            /// Only from this address.
            address: Option<AddressText>,
            /// Only by this request.
            request: Option<RequestIdText>,
            $($(#[$of])* $field: $type,)*
        }

        impl $name {
            fn search(&self) -> Search {
                Search {
                    organisation: self.organisation.as_ref().map(|slug| slug.0.clone()),
                    from: self.from.as_ref().map(|at| at.0),
                    to: self.to.as_ref().map(|at| at.0),
                    act: self.act.clone(),
                    actor: self.actor.clone(),
                    subject: self.subject.clone(),
                    address: self.address.as_ref().map(|address| address.0),
                    request: self.request.as_ref().map(|request| request.0),
                }
            }
        }
    )*};
}

searches! {
    /// Which entries are wanted.
    AuditWanted {
        /// How many items at most; 50 if left out.
        #[param(inline)]
        limit: Option<Limit>,
        /// `next` of the page before.
        #[param(inline)]
        cursor: Option<Cursor>,
    }
    /// Which entries are to be taken out, and how.
    ExportWanted {
        /// How they are written.
        #[serde(default)]
        #[param(inline)]
        format: FormWord,
    }
}

/// What a walk along the whole chain found.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictView {
    /// Whether every entry is there, unaltered and in its place.
    whole: bool,
    /// Entries that are there, where it is whole.
    entries: Option<i64>,
    /// Entries whose personal facts were erased, where it is whole.
    erased: Option<i64>,
    /// The last entry that was cut off for its age.
    cut_through: Option<i64>,
    /// The first entry that does not hold.
    broken_at: Option<i64>,
    /// What is wrong with it: `missing`, `altered`, `personal-altered` or `cut-unseen`.
    fault: Option<String>,
}

impl From<Recorded> for EntryView {
    fn from(entry: Recorded) -> Self {
        let Recorded { seq, at, act, actor, subject, organisation, request, detail, address, personal } =
            entry;
        let at = MomentText(at);
        Self { seq, at, act, actor, subject, organisation, detail, personal, address, request }
    }
}

/// A page of entries, newest first.
pub async fn list(call: Call, wanted: AuditWanted) -> Outcome<Page<EntryView>> {
    let search = wanted.search();
    let paging = Paging::of(wanted.limit, wanted.cursor);
    let before = paging.after().and_then(|seq| seq.parse().ok());
    let found = audit::list(&call.app, &call.actor()?, &search, before, paging.to_read()).await?;
    let views = found.into_iter().map(EntryView::from).collect();
    Ok(paging.cut(views, |one: &EntryView| one.seq.to_string()))
}

/// Every entry that matches, oldest first.
pub async fn export(call: Call, wanted: ExportWanted) -> Outcome<Pieces> {
    let export = Export::begin(&call.app, &call.actor()?, &wanted.search()).await?;
    let [lines, values] = Pieces::KINDS;
    let (form, kind) = match wanted.format {
        FormWord::Jsonl => (Form::JsonLines, lines),
        FormWord::Csv => (Form::Csv, values),
    };
    let (sender, body) = Channel::<Bytes, std::io::Error>::new(AHEAD);
    tokio::spawn(hand_out(call, export, form, sender));
    Ok(Pieces { kind, body: Body::new(body) })
}

/// Hands out page by page as fast as the reader takes them. A trail that cannot be read on ends the body before
/// its end, so that nobody takes it for whole.
async fn hand_out(call: Call, mut export: Export, form: Form, mut sender: Sender<Bytes, std::io::Error>) {
    let mut writer = Writer::to(Vec::new(), form);
    loop {
        let page = match export.page(&call.app).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "an export of the audit trail was cut off");
                return sender.abort(std::io::Error::other("the trail cannot be read on"));
            }
        };
        let over = page.is_empty();
        if writer.write(page).is_err() {
            return sender.abort(std::io::Error::other("the trail cannot be written on"));
        }
        let piece = Bytes::from(std::mem::take(writer.out_mut()));
        if sender.send_data(piece).await.is_err() || over {
            return;
        }
    }
}

/// Walks along the whole chain.
pub async fn verify(call: Call, _: Nothing) -> Outcome<Told<VerdictView>> {
    let actor = call.actor()?;
    let verdict = audit::verify(&call.app, &actor).await?;
    let cut_through = audit::last_cut(&call.app, &actor).await?.map(|cut| cut.seq);
    let (entries, erased, broken_at, fault) = match verdict {
        Verdict::Whole { entries, erased } => (Some(entries), Some(erased), None, None),
        Verdict::Broken { seq, fault } => (None, None, Some(seq), Some(word(fault).to_owned())),
    };
    Ok(Told(VerdictView { whole: fault.is_none(), entries, erased, cut_through, broken_at, fault }))
}

const fn word(fault: Fault) -> &'static str {
    match fault {
        Fault::Missing => "missing",
        Fault::Altered => "altered",
        Fault::PersonalAltered => "personal-altered",
        Fault::CutUnseen => "cut-unseen",
    }
}
