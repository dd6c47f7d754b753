//! The certificates in use: for which names, and how long they still hold.

use askama::Template;

use crate::pages::frame::{Frame, When};
use crate::pages::visit::{Outcome, Overseer};
use crate::web::insight::CertificateView;

/// With fewer days left than this, a certificate should have been renewed.
const SOON: i64 = 21;

#[derive(Template)]
#[template(path = "pages/running/certificates.html")]
struct Page {
    frame: Frame,
    certificates: Vec<Row>,
}

struct Row {
    certificate: CertificateView,
    begins: When,
    ends: When,
    look: &'static str,
}

/// Shows them, those that end first at the top.
pub async fn show(Overseer(signed_in): Overseer) -> Outcome {
    let visit = &signed_in.visit;
    let mut certificates: Vec<_> = visit.reception.insight.certificates().into_iter().map(row).collect();
    certificates.sort_by_key(|row| row.certificate.days_left);
    Ok(visit.show(&Page { frame: signed_in.frame("nav-certificates"), certificates }))
}

fn row(certificate: CertificateView) -> Row {
    let look = match certificate.days_left {
        left if left < 0 => "bad",
        left if left < SOON => "warn",
        _ => "good",
    };
    Row { begins: When(certificate.not_before), ends: When(certificate.not_after), look, certificate }
}
