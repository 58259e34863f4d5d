//! Access that the owner of a course or an admin gives, extends and revokes by hand.

mod model;

use database::{Tx, audit, outbox};
use entity::enums::{GrantSource, GrantStatus};
use kernel::{Code, CourseId, Cursor, Error, FieldError, GrantId, Limit, Page, Result, Timestamp};
use serde_json::json;

pub use self::model::NewManualGrant;
use crate::{
    enrollment,
    grant::{
        self as ledger,
        model::{Grant, GrantFilter, GrantHistory, Learner, NewGrant, storable},
        store as grants,
    },
};

/// Gives somebody access to a course by hand, published or not. Its owner or an admin; for others there is nothing here.
///
/// # Errors
/// [`Code::NotFound`], [`Code::ValidationFailed`]; [`Code::OwnCourse`] for the caller and for whoever may read the course as
/// staff; [`Code::AlreadyGranted`] as long as an earlier one has not ended: extend that.
pub async fn grant_access(tx: &Tx, course_id: CourseId, new: NewManualGrant) -> Result<GrantHistory> {
    let course = courses::course_ref(tx, course_id).await?;
    if !tx.actor().manages(course.author_id) {
        return Err(Code::NotFound.into());
    }
    let NewManualGrant { user_id, starts_at, ends_at, reason } = new;
    let starts_at = starts_at.map_or(tx.now(), |start| storable(start).max(tx.now()));
    let ends_at = ends_at.map(storable);
    check_window(starts_at, ends_at)?;
    if tx.actor().user_id() == Some(user_id) || courses::is_staff(tx, &course, user_id).await? {
        return Err(
            Error::new(Code::OwnCourse).detail("Who teaches the course, or is an admin, sees it anyway.")
        );
    }
    // Of two at once, the second finds the first.
    tx.advisory_lock(&format!("manual grant {course_id} {user_id}")).await?;
    let given = grants::of_user(tx, user_id, course_id).await?;
    let is_manual = |grant: &&Grant| grant.source == GrantSource::Manual;
    if given.iter().filter(is_manual).any(|grant| grant.ended_at(tx.now()).is_none()) {
        return Err(Code::AlreadyGranted.into());
    }
    let id = tx.new_id();
    let new = NewGrant {
        id,
        user_id,
        course_id,
        source: GrantSource::Manual,
        source_id: id.to_string(),
        status: GrantStatus::Active,
        starts_at,
        ends_at,
        reason: reason.as_deref(),
    };
    ledger::create(tx, new).await?;
    enrollment::begin(tx, user_id, course_id).await?;
    let payload = json!({ "userId": user_id, "courseId": course_id, "grantId": id });
    outbox::send(tx, "grant.created", payload.clone()).await?;
    audit::record(tx, "grant.created", id, payload).await?;
    history(tx, id).await
}

/// Takes access away that was given by hand or for free. The course's owner or an admin; doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`] for its holder, [`Code::GrantNotChangeable`] for what was bought.
pub async fn revoke_grant(tx: &Tx, id: GrantId, reason: Option<&str>) -> Result<GrantHistory> {
    let grant = changeable(tx, id).await?;
    if grant.status == GrantStatus::Active {
        ledger::set_status(tx, grant, GrantStatus::Revoked, reason).await?;
        audit::record(tx, "grant.revoked", id, json!({})).await?;
    }
    history(tx, id).await
}

/// Moves the end of access that was given by hand or for free to a later instant, or removes it; access that has run out begins
/// again. The course's owner or an admin.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`] for its holder; [`Code::GrantNotChangeable`] for what was bought or revoked;
/// [`Code::ValidationFailed`] for an end that is not later.
pub async fn extend_grant(tx: &Tx, id: GrantId, ends_at: Option<Timestamp>) -> Result<GrantHistory> {
    let grant = changeable(tx, id).await?;
    if grant.status != GrantStatus::Active {
        return Err(Code::GrantNotChangeable.into());
    }
    let ends_at = ends_at.map(storable);
    if grant.ends_at != ends_at {
        check_window(grant.starts_at.max(tx.now()), ends_at)?;
        let later = match (grant.ends_at, ends_at) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(before), Some(after)) => after > before,
        };
        if !later {
            return Err(not_later("An extension ends later than before: revoke the grant instead."));
        }
        let detail = json!({ "before": grant.ends_at, "endsAt": ends_at });
        let extended = ledger::set_end(tx, grant, ends_at).await?;
        ledger::announce_extension(tx, extended.user_id, extended.course_id).await?;
        audit::record(tx, "grant.extended", id, detail).await?;
    }
    history(tx, id).await
}

/// A grant with all its changes. For its holder, the course's owner and admins.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn grant(tx: &Tx, id: GrantId) -> Result<GrantHistory> {
    let history = history(tx, id).await?;
    let is_holder = tx.actor().user_id() == Some(history.grant.user_id);
    if is_holder || owns(tx, history.grant.course_id).await? {
        Ok(history)
    } else {
        Err(Code::NotFound.into())
    }
}

/// The grants of a course, newest first, each with its learner. For the course's owner and admins.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn list_grants(
    tx: &Tx,
    course_id: CourseId,
    filter: &GrantFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<(Grant, Learner)>> {
    if !owns(tx, course_id).await? {
        return Err(Code::NotFound.into());
    }
    let rows = grants::of_course(tx, course_id, filter, after, limit).await?;
    Ok(Page::cut(rows, limit, |(grant, _)| Cursor::at(grant.created_at, grant.id)))
}

/// A grant that the caller may change by hand, locked.
async fn changeable(tx: &Tx, id: GrantId) -> Result<Grant> {
    let grant = grants::find(tx, id).await?.ok_or(Code::NotFound)?;
    if !owns(tx, grant.course_id).await? {
        let is_holder = tx.actor().user_id() == Some(grant.user_id);
        return Err(if is_holder { Code::Forbidden } else { Code::NotFound }.into());
    }
    if grant.source == GrantSource::Purchase {
        return Err(Code::GrantNotChangeable.into());
    }
    ledger::lock(tx, id).await
}

/// Whether the course is the caller's, or the caller an admin.
async fn owns(tx: &Tx, course_id: CourseId) -> Result<bool> {
    match courses::course_ref(tx, course_id).await {
        Ok(course) => Ok(tx.actor().manages(course.author_id)),
        Err(error) if error.code() == Code::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

async fn history(tx: &Tx, id: GrantId) -> Result<GrantHistory> {
    grants::history(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}

fn check_window(starts_at: Timestamp, ends_at: Option<Timestamp>) -> Result<()> {
    if ends_at.is_none_or(|end| end > starts_at) {
        Ok(())
    } else {
        Err(not_later("The end has to come after now and after the start."))
    }
}

fn not_later(detail: &str) -> Error {
    Error::invalid(vec![FieldError::new("/endsAt", "not_later", detail)])
}
