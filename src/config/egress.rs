//! `[egress]`: what may be called although it is not public.

use super::file;
use super::notes::Notes;
use super::text;
use crate::model::egress::{Egress, WebAddress};

const MEND: &str = "write a network as \"10.1.0.0/16\", or an origin as \"http://app.internal:8080\"";

/// Reads `[egress]`.
pub(super) fn egress(written: &file::Egress, notes: &mut Notes<'_>) -> Egress {
    let mut allowed = Egress::default();
    for (at, one) in written.allow.iter().enumerate() {
        let origin = one.parse::<WebAddress>().ok().filter(|url| url.path_and_query().path() == "/");
        match (origin, text::network(one)) {
            (Some(origin), _) => allowed.origins.push(origin),
            (None, Some(network)) => allowed.networks.push(network),
            (None, None) => {
                let key = format!("egress.allow[{at}]");
                notes.error(&key, format!("\"{one}\" is neither a network nor an origin"), MEND);
            }
        }
    }
    allowed
}
