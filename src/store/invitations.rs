//! Rows of invitations and of the grants they promise. Reads by people name the organisation; an
//! invitation is accepted by one conditional UPDATE, so that of two clicks one wins.

use super::{Result, Store, Tx, instant, parsed, parsed_option};
use crate::model::email::Email;
use crate::model::id::{AccountId, InvitationId, OrganisationId};
use crate::model::invitation::{Invitation, NamedInvitation, Promise};
use crate::time::Timestamp;

row! {
    struct InvitationRow {
        id: String,
        organisation: String,
        email: String,
        invited_by: Option<String>,
        created_at: i64,
        sent_at: Option<i64>,
        expires_at: i64,
        accepted_at: Option<i64>,
        accepted_by: Option<String>,
        cancelled_at: Option<i64>,
        handed_out: bool,
        inviter: Option<String>,
        accepter: Option<String>,
    }
}

row! {
    struct PromiseRow {
        invitation: String,
        space: Option<String>,
        space_slug: Option<String>,
        role: String,
        platform: Option<String>,
        starts_at: Option<i64>,
        ends_at: Option<i64>,
    }
}

macro_rules! invitations {
    ($tail:literal) => {
        concat!(
            "SELECT invitation.id AS id, invitation.organisation AS organisation, invitation.email AS email,
             invited_by, invitation.created_at AS created_at, sent_at, expires_at, accepted_at, accepted_by,
             cancelled_at, handed_out, inviter.user_name AS inviter, accepter.user_name AS accepter
             FROM invitation LEFT JOIN account inviter ON inviter.id = invited_by
             LEFT JOIN account accepter ON accepter.id = accepted_by ",
            $tail
        )
    };
}

macro_rules! promises {
    ($tail:literal) => {
        concat!(
            "SELECT invitation, space, space.slug AS space_slug, role, platform, starts_at, ends_at
             FROM invitation_grant LEFT JOIN space ON space.id = invitation_grant.space ",
            $tail
        )
    };
}

impl InvitationRow {
    fn read(self) -> Result<NamedInvitation> {
        let by: Option<AccountId> = parsed_option("invitation.accepted_by", self.accepted_by.as_deref())?;
        let created_at = Timestamp::from_millis(self.created_at);
        let invitation = Invitation {
            id: parsed("invitation.id", &self.id)?,
            organisation: parsed("invitation.organisation", &self.organisation)?,
            email: self.email.into(),
            invited_by: parsed_option("invitation.invited_by", self.invited_by.as_deref())?,
            created_at,
            sent_at: instant(self.sent_at).unwrap_or(created_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            accepted: instant(self.accepted_at).zip(by),
            cancelled_at: instant(self.cancelled_at),
            handed_out: self.handed_out,
        };
        Ok(NamedInvitation {
            invitation,
            inviter: parsed_option("account.user_name", self.inviter.as_deref())?,
            accepter: parsed_option("account.user_name", self.accepter.as_deref())?,
            promises: Vec::new(),
        })
    }
}

impl PromiseRow {
    fn read(self) -> Result<Promise> {
        Ok(Promise {
            space: parsed_option("invitation_grant.space", self.space.as_deref())?,
            space_slug: parsed_option("space.slug", self.space_slug.as_deref())?,
            role: parsed("invitation_grant.role", &self.role)?,
            platform: parsed_option("invitation_grant.platform", self.platform.as_deref())?,
            starts_at: instant(self.starts_at),
            ends_at: instant(self.ends_at),
        })
    }
}

/// The invitation whose token has this digest, however it stands.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn by_digest(store: &Store, digest: &[u8; 32]) -> Result<Option<NamedInvitation>> {
    const SQL: &str = invitations!("WHERE digest = $1");
    let row: Option<InvitationRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(digest.as_slice()).fetch_optional(db))?;
    with_promises(store, row).await
}

/// The invitation of an id, for a sign-up that holds it.
///
/// # Errors
/// As [`by_digest`].
pub async fn by_id(store: &Store, id: InvitationId) -> Result<Option<NamedInvitation>> {
    const SQL: &str = invitations!("WHERE invitation.id = $1");
    let row: Option<InvitationRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(db))?;
    with_promises(store, row).await
}

/// The invitation of an id in this very organisation.
///
/// # Errors
/// As [`by_digest`].
pub async fn in_organisation(
    store: &Store,
    organisation: OrganisationId,
    id: InvitationId,
) -> Result<Option<NamedInvitation>> {
    const SQL: &str = invitations!("WHERE invitation.organisation = $1 AND invitation.id = $2");
    let row: Option<InvitationRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(organisation.to_string())
        .bind(id.to_string())
        .fetch_optional(db))?;
    with_promises(store, row).await
}

/// Invitations of an organisation, newest first, from the one behind `before` on; at most `limit`.
///
/// # Errors
/// As [`by_digest`].
pub async fn list(
    store: &Store,
    organisation: OrganisationId,
    before: &str,
    limit: u32,
) -> Result<Vec<NamedInvitation>> {
    const SQL: &str = invitations!(
        "WHERE invitation.organisation = $1 AND ($2 = '' OR invitation.id < $2)
         ORDER BY invitation.id DESC LIMIT $3"
    );
    const PROMISES: &str = promises!(
        "WHERE invitation_grant.organisation = $1 AND invitation >= $2 AND invitation <= $3
         ORDER BY invitation_grant.id"
    );
    let rows: Vec<InvitationRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(organisation.to_string())
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(db))?;
    let mut all = rows.into_iter().map(InvitationRow::read).collect::<Result<Vec<_>>>()?;
    let (Some(newest), Some(oldest)) = (all.first(), all.last()) else { return Ok(all) };
    let (from, to) = (oldest.invitation.id.to_string(), newest.invitation.id.to_string());
    let promised: Vec<PromiseRow> = on!(read store, db => sqlx::query_as(PROMISES)
        .bind(organisation.to_string())
        .bind(&from)
        .bind(&to)
        .fetch_all(db))?;
    for row in promised {
        let of = parsed("invitation_grant.invitation", &row.invitation)?;
        let promise = row.read()?;
        if let Some(found) = all.iter_mut().find(|one| one.invitation.id == of) {
            found.promises.push(promise);
        }
    }
    Ok(all)
}

async fn with_promises(store: &Store, row: Option<InvitationRow>) -> Result<Option<NamedInvitation>> {
    const SQL: &str = promises!("WHERE invitation = $1 ORDER BY invitation_grant.id");
    let Some(row) = row else { return Ok(None) };
    let mut found = row.read()?;
    let id = found.invitation.id.to_string();
    let promised: Vec<PromiseRow> = on!(read store, db => sqlx::query_as(SQL).bind(&id).fetch_all(db))?;
    found.promises = promised.into_iter().map(PromiseRow::read).collect::<Result<_>>()?;
    Ok(Some(found))
}

/// Whether an organisation has an invitation for an address that can still be accepted, as this transaction
/// sees it.
///
/// # Errors
/// As [`by_digest`].
pub async fn waits(tx: &mut Tx, organisation: OrganisationId, email: &Email, now: Timestamp) -> Result<bool> {
    const SQL: &str = "SELECT id FROM invitation WHERE organisation = $1 AND email_canonical = $2
        AND accepted_at IS NULL AND cancelled_at IS NULL AND expires_at > $3 LIMIT 1";
    let found: Option<String> = on!(tx tx, db => sqlx::query_scalar(SQL)
        .bind(organisation.to_string())
        .bind(email.canonical())
        .bind(now.millis())
        .fetch_optional(db))?;
    Ok(found.is_some())
}

/// Adds an invitation and what it promises.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when a space is gone.
pub async fn insert(
    tx: &mut Tx,
    (invitation, email): (&Invitation, &Email),
    digest: &[u8; 32],
    promises: &[Promise],
) -> Result<()> {
    const SQL: &str = "INSERT INTO invitation (id, organisation, email, email_canonical, digest, invited_by,
        created_at, sent_at, expires_at, handed_out) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    const PROMISE: &str = "INSERT INTO invitation_grant
        (id, invitation, organisation, space, role, platform, starts_at, ends_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (id, home) = (invitation.id.to_string(), invitation.organisation.to_string());
    run!(
        tx,
        SQL,
        &id,
        &home,
        email.as_str(),
        email.canonical(),
        digest.as_slice(),
        invitation.invited_by.map(|id| id.to_string()),
        invitation.created_at.millis(),
        invitation.sent_at.millis(),
        invitation.expires_at.millis(),
        invitation.handed_out
    )?;
    for promise in promises {
        run!(
            tx,
            PROMISE,
            InvitationId::mint().to_string(),
            &id,
            &home,
            promise.space.map(|space| space.to_string()),
            promise.role.as_str(),
            promise.platform.as_ref().map(|slug| slug.as_str()),
            promise.starts_at.map(Timestamp::millis),
            promise.ends_at.map(Timestamp::millis)
        )?;
    }
    Ok(())
}

/// Sends an invitation anew: another token, another end. Only one that was neither accepted nor revoked.
///
/// # Errors
/// As [`by_digest`].
pub async fn renew(tx: &mut Tx, invitation: &Invitation, digest: &[u8; 32]) -> Result<bool> {
    const SQL: &str = "UPDATE invitation SET digest = $1, sent_at = $2, expires_at = $3, handed_out = $4
        WHERE organisation = $5 AND id = $6 AND accepted_at IS NULL AND cancelled_at IS NULL";
    run!(
        tx,
        SQL,
        digest.as_slice(),
        invitation.sent_at.millis(),
        invitation.expires_at.millis(),
        invitation.handed_out,
        invitation.organisation.to_string(),
        invitation.id.to_string()
    )
    .map(|rows| rows == 1)
}

/// Gives an invitation another end. Only one that was neither accepted nor revoked.
///
/// # Errors
/// As [`by_digest`].
pub async fn extend(tx: &mut Tx, invitation: &Invitation) -> Result<bool> {
    const SQL: &str = "UPDATE invitation SET expires_at = $1
        WHERE organisation = $2 AND id = $3 AND accepted_at IS NULL AND cancelled_at IS NULL";
    run!(
        tx,
        SQL,
        invitation.expires_at.millis(),
        invitation.organisation.to_string(),
        invitation.id.to_string()
    )
    .map(|rows| rows == 1)
}

/// Revokes an invitation; sign-ups with it end. Only one that was neither accepted nor revoked.
///
/// # Errors
/// As [`by_digest`].
pub async fn cancel(
    tx: &mut Tx,
    organisation: OrganisationId,
    id: InvitationId,
    now: Timestamp,
) -> Result<bool> {
    const SIGN_UPS: &str = "DELETE FROM sign_up WHERE invitation = $1";
    const SQL: &str = "UPDATE invitation SET cancelled_at = $1
        WHERE organisation = $2 AND id = $3 AND accepted_at IS NULL AND cancelled_at IS NULL";
    run!(tx, SIGN_UPS, id.to_string())?;
    run!(tx, SQL, now.millis(), organisation.to_string(), id.to_string()).map(|rows| rows == 1)
}

/// Notes that an invitation was accepted, while it can be; every sign-up with it ends.
///
/// # Errors
/// As [`by_digest`].
pub async fn accept(tx: &mut Tx, id: InvitationId, by: AccountId, now: Timestamp) -> Result<bool> {
    const SIGN_UPS: &str = "DELETE FROM sign_up WHERE invitation = $1";
    const SQL: &str = "UPDATE invitation SET accepted_at = $1, accepted_by = $2
        WHERE id = $3 AND accepted_at IS NULL AND cancelled_at IS NULL AND expires_at > $1";
    run!(tx, SIGN_UPS, id.to_string())?;
    run!(tx, SQL, now.millis(), by.to_string(), id.to_string()).map(|rows| rows == 1)
}
