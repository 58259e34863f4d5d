//! The ledger of grants: what stands in `grants` is the last of its `grant_events`.

pub(crate) mod model;
pub(crate) mod store;

use chrono::Duration;
use database::{Tx, outbox};
use entity::enums::GrantStatus;
use kernel::{Code, CourseId, GrantId, Result, Timestamp, UserId};
use serde_json::json;

use self::{
    model::{Grant, NewGrant},
    store::Entry,
};

/// The outbox message that somebody who has learnt in a course has access again, or for longer. Carries `userId` and `courseId`.
pub const ACCESS_EXTENDED: &str = "access.extended";

/// Makes a grant; `None` where its source has given one already.
pub(crate) async fn create(tx: &Tx, new: NewGrant<'_>) -> Result<Option<Grant>> {
    let now = tx.now();
    let grant = Grant {
        id: new.id,
        user_id: new.user_id,
        course_id: new.course_id,
        source: new.source,
        source_id: new.source_id,
        status: new.status,
        starts_at: new.starts_at,
        ends_at: new.ends_at,
        status_reason: new.reason.map(ToOwned::to_owned),
        status_changed_at: now,
        created_at: now,
    };
    let written = store::write(tx, &grant, Entry::New, now).await?;
    Ok(written.then_some(grant))
}

/// A grant to be changed, locked until the transaction ends.
///
/// # Errors
/// [`Code::NotFound`], also where the caller may not change it.
pub(crate) async fn lock(tx: &Tx, id: GrantId) -> Result<Grant> {
    store::lock(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}

/// Gives a locked grant another status; the same one again changes nothing.
pub(crate) async fn set_status(
    tx: &Tx,
    grant: Grant,
    status: GrantStatus,
    reason: Option<&str>,
) -> Result<Grant> {
    if grant.status == status {
        return Ok(grant);
    }
    let at = next_instant(tx, &grant).await?;
    let changed =
        Grant { status, status_reason: reason.map(ToOwned::to_owned), status_changed_at: at, ..grant };
    store::write(tx, &changed, Entry::Changed, at).await?;
    Ok(changed)
}

/// Gives a locked grant another end; the same one again changes nothing.
pub(crate) async fn set_end(tx: &Tx, grant: Grant, ends_at: Option<Timestamp>) -> Result<Grant> {
    if grant.ends_at == ends_at {
        return Ok(grant);
    }
    let at = next_instant(tx, &grant).await?;
    let changed = Grant { ends_at, ..grant };
    store::write(tx, &changed, Entry::Changed, at).await?;
    Ok(changed)
}

/// Tells others that somebody has more access than before, who learnt in the course already.
pub(crate) async fn announce_extension(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    outbox::send(tx, ACCESS_EXTENDED, json!({ "userId": user_id, "courseId": course_id })).await
}

/// The time of the next event. A transaction that waited for the lock may have begun before the last change; its event comes after
/// that change all the same.
async fn next_instant(tx: &Tx, grant: &Grant) -> Result<Timestamp> {
    let last = store::last_change(tx, grant.id).await?;
    let after_last = last.map(|last| last + Duration::microseconds(1));
    Ok(after_last.map_or(tx.now(), |after| after.max(tx.now())))
}
