use database::{Tx, audit};
use kernel::{Actor, CourseId, Error, FieldError, Result, Role, Timestamp, UserId};
use sea_orm::FromQueryResult;

use crate::{course, store};

/// Somebody who teaches a course.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Trainer {
    /// The account's id.
    pub id: UserId,
    /// Unique.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// A picture.
    pub avatar_url: Option<String>,
    /// `OWNER` or `EDITOR`.
    pub part: String,
    /// Since when.
    pub since: Timestamp,
}

/// Whether the caller may edit this course: its owner, an editor who still is a trainer, or an admin. Only for trainers
/// does this ask the database.
pub(crate) async fn may_edit(tx: &Tx, course_id: CourseId, author_id: UserId) -> Result<bool> {
    let actor = tx.actor();
    if actor.manages(author_id) {
        return Ok(true);
    }
    match actor {
        Actor::User {
            id,
            role: Role::Trainer,
            ..
        } => store::editor::is_editor(tx, course_id, id).await,
        _ => Ok(false),
    }
}

/// The same where the statement that read the course has already looked whether the caller is one of its editors.
pub(crate) fn edits(actor: Actor, author_id: UserId, is_editor: bool) -> bool {
    let trains = matches!(
        actor,
        Actor::User {
            role: Role::Trainer,
            ..
        }
    );
    actor.manages(author_id) || (trains && is_editor)
}

/// Who teaches a course: the owner first.
///
/// # Errors
/// [`kernel::Code::NotFound`], also where it is not published and the caller may not edit it.
pub async fn trainers(tx: &Tx, course_id: CourseId) -> Result<Vec<Trainer>> {
    course::course_ref(tx, course_id).await?;
    store::editor::trainers(tx, course_id).await
}

/// Lets another trainer edit a course. The owner or an admin; doing it again changes nothing.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Forbidden`], [`kernel::Code::ValidationFailed`] for somebody who is no trainer.
pub async fn add_editor(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<Vec<Trainer>> {
    let course = course::owned(tx, course_id).await?;
    if !store::editor::may_be_editor(tx, user_id).await? {
        let reason = FieldError::new("/userId", "not_a_trainer", "Only trainers can edit courses.");
        return Err(Error::invalid(vec![reason]));
    }
    if course.author.id != user_id && store::editor::insert(tx, course_id, user_id).await? {
        let detail = serde_json::json!({ "userId": user_id });
        audit::record(tx, "course.editor_added", course_id, detail).await?;
    }
    store::editor::trainers(tx, course_id).await
}

/// Takes the right to edit away again: the owner from anybody, editors from themselves. Doing it again changes nothing.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Forbidden`].
pub async fn remove_editor(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<()> {
    if tx.actor().user_id() == Some(user_id) {
        course::managed(tx, course_id).await?;
    } else {
        course::owned(tx, course_id).await?;
    }
    if store::editor::delete(tx, course_id, user_id).await? {
        let detail = serde_json::json!({ "userId": user_id });
        audit::record(tx, "course.editor_removed", course_id, detail).await?;
    }
    Ok(())
}
