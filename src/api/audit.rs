//! The audit trail: who did what to what, when; and whether it is whole.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Lines, Told};
use super::call::{Call, Outcome};
use super::endpoint::Nothing;
use super::listing::{Cursor, Limit, Page, Paging};
use super::texts::{MomentText, SlugText};
use crate::actions::audit;
use crate::store::audit::{Fault, Recorded, Verdict};

/// Most entries of one export.
const EXPORT: u32 = 10_000;

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryView {
    /// Its place in the chain, from 1 on.
    pub seq: i64,
    /// When.
    pub at: MomentText,
    /// What was done.
    pub act: String,
    /// Who did it: `operator`, `gate`, `stranger` or an account's id.
    pub actor: String,
    /// Kind and id of what it was done to.
    pub subject: String,
    /// Id of the organisation it happened in.
    pub organisation: Option<String>,
    /// Facts that name nobody.
    pub detail: String,
    /// Facts that name a person, until erased.
    pub personal: Option<String>,
    /// Where it came from, until erased.
    pub address: Option<String>,
    /// The request that did it.
    pub request: Option<String>,
}

/// Which entries are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditWanted {
    /// Only those in this organisation; others than holders of an office must say one.
    organisation: Option<SlugText>,
    /// How many items at most; 50 if left out.
    #[param(inline)]
    limit: Option<Limit>,
    /// `next` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// Which entries are to be exported.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportWanted {
    /// Only those in this organisation; others than holders of an office must say one.
    organisation: Option<SlugText>,
    /// Only those older than this number; the newest first.
    #[param(minimum = 1)]
    before: Option<i64>,
}

/// What a walk along the whole chain found.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictView {
    /// Whether every entry is there, unaltered and in its place.
    pub whole: bool,
    /// Entries in all, where it is whole.
    pub entries: Option<i64>,
    /// Entries whose personal facts were erased, where it is whole.
    pub erased: Option<i64>,
    /// The first entry that does not hold.
    pub broken_at: Option<i64>,
    /// What is wrong with it: `missing`, `altered` or `personal-altered`.
    pub fault: Option<String>,
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
    let paging = Paging::of(wanted.limit, wanted.cursor);
    let before = paging.after().and_then(|seq| seq.parse().ok());
    let home = wanted.organisation.map(|slug| slug.0);
    let found = audit::list(&call.app, &call.actor()?, home.as_ref(), before, paging.to_read()).await?;
    let views = found.into_iter().map(EntryView::from).collect();
    Ok(paging.cut(views, |one: &EntryView| one.seq.to_string()))
}

/// Entries, one a line.
pub async fn export(call: Call, wanted: ExportWanted) -> Outcome<Lines<EntryView>> {
    let home = wanted.organisation.map(|slug| slug.0);
    let found = audit::list(&call.app, &call.actor()?, home.as_ref(), wanted.before, EXPORT).await?;
    Ok(Lines(found.into_iter().map(EntryView::from).collect()))
}

/// Walks along the whole chain.
pub async fn verify(call: Call, _: Nothing) -> Outcome<Told<VerdictView>> {
    let none = VerdictView { whole: false, entries: None, erased: None, broken_at: None, fault: None };
    Ok(Told(match audit::verify(&call.app, &call.actor()?).await? {
        Verdict::Whole { entries, erased } => {
            VerdictView { whole: true, entries: Some(entries), erased: Some(erased), ..none }
        }
        Verdict::Broken { seq, fault } => {
            let word = match fault {
                Fault::Missing => "missing",
                Fault::Altered => "altered",
                Fault::PersonalAltered => "personal-altered",
            };
            VerdictView { broken_at: Some(seq), fault: Some(word.to_owned()), ..none }
        }
    }))
}
