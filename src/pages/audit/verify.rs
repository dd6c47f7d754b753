//! Whether the trail is whole: walked along when somebody asks.

use askama::Template;

use crate::actions::audit;
use crate::pages::frame::Frame;
use crate::pages::visit::{Outcome, Overseer};
use crate::store::audit::{Fault, Verdict};

#[derive(Template)]
#[template(path = "pages/audit/verify.html")]
struct Page {
    frame: Frame,
    whole: Option<(i64, i64)>,
    broken: Option<(i64, &'static str)>,
}

/// Walks along the chain and tells what was found.
pub async fn show(Overseer(signed_in): Overseer) -> Outcome {
    let visit = &signed_in.visit;
    let verdict = visit.or_say(audit::verify(&visit.app, &signed_in.actor()).await)?;
    let (whole, broken) = match verdict {
        Verdict::Whole { entries, erased } => (Some((entries, erased)), None),
        Verdict::Broken { seq, fault } => (None, Some((seq, word(fault)))),
    };
    Ok(visit.show(&Page { frame: signed_in.frame("audit-verify-title"), whole, broken }))
}

const fn word(fault: Fault) -> &'static str {
    match fault {
        Fault::CutUnseen => "audit-fault-cut",
        Fault::Missing => "audit-fault-missing",
        Fault::Altered => "audit-fault-altered",
        Fault::PersonalAltered => "audit-fault-personal",
    }
}
