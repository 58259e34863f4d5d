//! Silence for somebody, in one course or everywhere, for a time or for good.

use database::{Tx, audit};
use kernel::{Code, Result, Timestamp, Uuid};
use sea_orm::FromQueryResult;
use serde_json::json;

use crate::{place, store};

/// Somebody who may not write.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Mute {
    /// The mute's id.
    pub id: Uuid,
    /// Who is muted.
    pub user_id: Uuid,
    /// Where; everywhere where it is missing.
    pub course_id: Option<Uuid>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Until when; `None` is without end.
    pub ends_at: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
}

/// Mutes somebody: the editors of a course in it, admins also everywhere.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn impose(
    tx: &Tx,
    user_id: Uuid,
    course_id: Option<Uuid>,
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

/// Lets somebody write again. Doing it again changes nothing.
///
/// # Errors
/// See [`impose`].
pub async fn lift(tx: &Tx, user_id: Uuid, course_id: Option<Uuid>) -> Result<()> {
    moderators_only(tx, course_id).await?;
    if store::mute::lift(tx, user_id, course_id).await? {
        let detail = json!({ "userId": user_id, "courseId": course_id });
        audit::record(tx, "community.unmuted", user_id, detail).await?;
    }
    Ok(())
}

/// The mute that keeps somebody longest from writing here, if there is one: of the course, or of everywhere.
///
/// # Errors
/// What the database answers.
pub async fn active(tx: &Tx, user_id: Uuid, course_id: Option<Uuid>) -> Result<Option<Mute>> {
    store::mute::active(tx, user_id, course_id).await
}

async fn moderators_only(tx: &Tx, course_id: Option<Uuid>) -> Result<()> {
    if place::enter(tx, course_id).await? {
        Ok(())
    } else {
        Err(Code::Forbidden.into())
    }
}
