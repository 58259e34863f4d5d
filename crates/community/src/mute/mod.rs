//! Mutes: moderators keep somebody from writing, in one course or everywhere, for a time or without end.

mod model;
mod store;

use database::{Tx, audit};
use kernel::{Code, CourseId, Cursor, Limit, MuteId, Page, Result, Timestamp, UserId};
use serde_json::json;

pub use model::{Mute, MuteFilter, MutedPerson};

use crate::access;

/// Mutes somebody: the editors of a course in it, admins also everywhere.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn impose(
    tx: &Tx,
    user_id: UserId,
    course_id: Option<CourseId>,
    ends_at: Option<Timestamp>,
    reason: Option<String>,
) -> Result<Mute> {
    if !access::require_readable(tx, course_id).await? {
        return Err(Code::Forbidden.into());
    }
    let mute = Mute {
        id: tx.new_id(),
        user_id,
        course_id,
        reason,
        ends_at,
        imposed_by: tx.actor().user_id(),
        created_at: tx.now(),
    };
    store::insert(tx, mute.clone()).await?;
    let detail = json!({ "userId": user_id, "courseId": course_id, "endsAt": ends_at });
    audit::record(tx, "community.muted", user_id, detail).await?;
    Ok(mute)
}

/// The mutes in force, newest first: all for admins; for trainers those of the courses that they edit.
///
/// # Errors
/// [`Code::Forbidden`] for anybody else.
pub async fn list(
    tx: &Tx,
    filter: MuteFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<MutedPerson>> {
    let rows = store::list(tx, filter, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}

/// Ends a mute before its time. A mute that has ended already does not change.
///
/// # Errors
/// [`Code::Forbidden`]; [`Code::NotFound`], also for a mute of a course that the caller does not edit.
pub async fn lift(tx: &Tx, id: MuteId) -> Result<()> {
    let mute = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    if store::lift(tx, id).await? {
        let detail = json!({ "muteId": id, "userId": mute.user_id, "courseId": mute.course_id });
        audit::record(tx, "community.unmuted", mute.user_id, detail).await?;
    }
    Ok(())
}

/// The mute that keeps somebody from writing in a course the longest: one of the course, or one of everywhere.
///
/// # Errors
/// What the database answers.
pub async fn active(tx: &Tx, user_id: UserId, course_id: Option<CourseId>) -> Result<Option<Mute>> {
    store::active(tx, user_id, course_id).await
}
