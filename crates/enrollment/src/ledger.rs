//! The writes of the ledger: what stands in `grants` is the last of its `grant_events`.

use chrono::Duration;
use database::Tx;
use kernel::{Code, CourseId, GrantId, Result, Timestamp, UserId};

use crate::{
    grant::{Grant, GrantStatus, Source},
    store::grant::{self, Entry},
};

/// A grant to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewGrant<'a> {
    pub(crate) id: GrantId,
    pub(crate) user_id: UserId,
    pub(crate) course_id: CourseId,
    pub(crate) source: Source,
    pub(crate) source_id: String,
    pub(crate) status: GrantStatus,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) reason: Option<&'a str>,
}

/// Makes a grant; `None` where its source has given one already.
pub(crate) async fn begin(tx: &Tx, new: NewGrant<'_>) -> Result<Option<Grant>> {
    let now = tx.now();
    let grant = Grant {
        id: new.id,
        user_id: new.user_id,
        course_id: new.course_id,
        source: new.source.as_str().to_owned(),
        source_id: new.source_id,
        status: new.status.as_str().to_owned(),
        starts_at: new.starts_at,
        ends_at: new.ends_at,
        status_reason: new.reason.map(ToOwned::to_owned),
        status_changed_at: now,
        created_at: now,
    };
    let written = grant::write(tx, &grant, Entry::New, now).await?;
    Ok(written.then_some(grant))
}

/// A grant to be changed.
///
/// # Errors
/// [`Code::NotFound`], also where the caller may not change it.
pub(crate) async fn lock(tx: &Tx, id: GrantId) -> Result<Grant> {
    grant::lock(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}

/// Puts a locked grant into another status; the same one again changes nothing.
pub(crate) async fn put(tx: &Tx, grant: Grant, status: GrantStatus, reason: Option<&str>) -> Result<Grant> {
    if grant.status == status.as_str() {
        return Ok(grant);
    }
    let at = next_instant(tx, &grant).await?;
    let changed = Grant {
        status: status.as_str().to_owned(),
        status_reason: reason.map(ToOwned::to_owned),
        status_changed_at: at,
        ..grant
    };
    grant::write(tx, &changed, Entry::Changed, at).await?;
    Ok(changed)
}

/// Gives a locked grant another end; the same one again changes nothing.
pub(crate) async fn end_at(tx: &Tx, grant: Grant, ends_at: Option<Timestamp>) -> Result<Grant> {
    if grant.ends_at == ends_at {
        return Ok(grant);
    }
    let at = next_instant(tx, &grant).await?;
    let changed = Grant { ends_at, ..grant };
    grant::write(tx, &changed, Entry::Changed, at).await?;
    Ok(changed)
}

/// A transaction that waited for the lock may have begun before the last change: the order of the events is that of the
/// changes all the same.
async fn next_instant(tx: &Tx, grant: &Grant) -> Result<Timestamp> {
    let last = grant::last_change(tx, grant.id).await?;
    let after_last = last.map(|last| last + Duration::microseconds(1));
    Ok(after_last.map_or(tx.now(), |after| after.max(tx.now())))
}
