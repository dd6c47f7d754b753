//! Certificates in use on the node that answers.

use super::call::{Call, Outcome};
use super::listing::{Page, Paging};
use crate::web::insight::CertificateView;

/// A page of the certificates.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<CertificateView>> {
    let name = |one: &CertificateView| format!("{} {}", one.file, one.fingerprint);
    Ok(paging.slice(call.insight.certificates(), name))
}
