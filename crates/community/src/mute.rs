//! Silence for somebody, in one course or everywhere, for a time or for good.

use database::{Tx, audit};
use kernel::{Code, CourseId, Cursor, Limit, MuteId, Page, Result, Timestamp, UserId};
use sea_orm::FromQueryResult;
use serde_json::json;

use crate::{place, store};

/// Somebody who may not write.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Mute {
    /// The mute's id.
    pub id: MuteId,
    /// Who is muted.
    pub user_id: UserId,
    /// Where; everywhere where it is missing.
    pub course_id: Option<CourseId>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Until when; `None` is without end.
    pub ends_at: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
}

/// A mute as moderators see it: with whom it is about.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Muted {
    /// The mute's id.
    pub id: MuteId,
    /// Who is muted.
    pub user_id: UserId,
    /// Their username.
    pub username: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// A picture of them.
    pub avatar_url: Option<String>,
    /// Where; everywhere where it is missing.
    pub course_id: Option<CourseId>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Until when; `None` is without end.
    pub ends_at: Option<Timestamp>,
    /// Who imposed it; nobody where that account is gone.
    pub imposed_by: Option<UserId>,
    /// Since when.
    pub created_at: Timestamp,
}

/// Which mutes.
#[derive(Clone, Copy, Debug, Default)]
pub struct MuteFilter {
    /// Only of this course.
    pub course_id: Option<CourseId>,
    /// Only of this account.
    pub user_id: Option<UserId>,
}

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
    moderators_only(tx, course_id).await?;
    let mute = Mute {
        id: tx.new_id(),
        user_id,
        course_id,
        reason,
        ends_at,
        created_at: tx.now(),
    };
    store::mute::insert(tx, &mute).await?;
    let detail = json!({ "userId": user_id, "courseId": course_id, "endsAt": ends_at });
    audit::record(tx, "community.muted", user_id, detail).await?;
    Ok(mute)
}

/// Who may not write at the moment, newest first: everywhere for admins, for trainers in the courses that they edit.
///
/// # Errors
/// [`Code::Forbidden`] for whoever decides about nothing.
pub async fn list(tx: &Tx, filter: &MuteFilter, after: Option<Cursor>, limit: Limit) -> Result<Page<Muted>> {
    let rows = store::mute::page(tx, filter, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}

/// Ends a mute before its time. Of one that has ended already nothing changes.
///
/// # Errors
/// [`Code::Forbidden`]; [`Code::NotFound`], also where it is of a course that the caller does not edit.
pub async fn lift(tx: &Tx, id: MuteId) -> Result<()> {
    let mute = store::mute::find(tx, id).await?.ok_or(Code::NotFound)?;
    if store::mute::lift(tx, id).await? {
        let detail = json!({ "muteId": id, "userId": mute.user_id, "courseId": mute.course_id });
        audit::record(tx, "community.unmuted", mute.user_id, detail).await?;
    }
    Ok(())
}

/// The mute that keeps somebody longest from writing here, if there is one: of the course, or of everywhere.
///
/// # Errors
/// What the database answers.
pub async fn active(tx: &Tx, user_id: UserId, course_id: Option<CourseId>) -> Result<Option<Mute>> {
    store::mute::active(tx, user_id, course_id).await
}

async fn moderators_only(tx: &Tx, course_id: Option<CourseId>) -> Result<()> {
    if place::enter(tx, course_id).await? {
        Ok(())
    } else {
        Err(Code::Forbidden.into())
    }
}
