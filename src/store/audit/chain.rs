//! The digests that chain entries together, and what a broken link looks like.

use aws_lc_rs::digest::{Context, SHA256};

use super::Fault;

row! {
    #[derive(Debug, Clone)]
    pub(super) struct Link {
        pub(super) seq: i64,
        pub(super) at: i64,
        pub(super) act: String,
        pub(super) actor: String,
        pub(super) subject: String,
        pub(super) organisation: Option<String>,
        pub(super) request: Option<String>,
        pub(super) detail: String,
        pub(super) personal_digest: Option<Vec<u8>>,
        pub(super) digest: Vec<u8>,
        pub(super) salt: Option<Vec<u8>>,
        pub(super) address: Option<String>,
        pub(super) personal: Option<String>,
    }
}

/// What is wrong with an entry that should be number `seq` after an entry of digest `previous`.
pub(super) fn fault_of(link: &Link, seq: i64, previous: Option<&[u8]>) -> Option<Fault> {
    if link.seq != seq {
        return Some(Fault::Missing);
    }
    if chained(previous, link) != link.digest {
        return Some(Fault::Altered);
    }
    let salt = link.salt.as_deref()?;
    let found = salted(salt, link.address.as_deref(), link.personal.as_deref());
    (link.personal_digest.as_deref() != Some(found.as_slice())).then_some(Fault::PersonalAltered)
}

/// The digest of the personal facts, which says nothing once the salt is gone.
pub(super) fn salted(salt: &[u8], address: Option<&str>, personal: Option<&str>) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    field(&mut context, Some(salt));
    field(&mut context, address.map(str::as_bytes));
    field(&mut context, personal.map(str::as_bytes));
    context.finish().as_ref().to_vec()
}

/// The digest over the previous digest and every field of this entry.
pub(super) fn chained(previous: Option<&[u8]>, link: &Link) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    field(&mut context, previous);
    context.update(&link.seq.to_be_bytes());
    context.update(&link.at.to_be_bytes());
    for text in [&link.act, &link.actor, &link.subject, &link.detail] {
        field(&mut context, Some(text.as_bytes()));
    }
    field(&mut context, link.organisation.as_deref().map(str::as_bytes));
    field(&mut context, link.request.as_deref().map(str::as_bytes));
    field(&mut context, link.personal_digest.as_deref());
    context.finish().as_ref().to_vec()
}

/// Adds one field with its length in front, so that no two lists of fields read the same.
fn field(context: &mut Context, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => {
            context.update(&(bytes.len() as u64).to_be_bytes());
            context.update(bytes);
        }
        None => context.update(&u64::MAX.to_be_bytes()),
    }
}
