//! Who teaches a course: its owner, and the trainers whom the owner lets edit it.

pub(crate) mod model;
pub(crate) mod store;

use database::{Tx, audit};
use kernel::{CourseId, Error, FieldError, Result, UserId};
use serde_json::json;

use crate::{course, permission};

pub use model::{Trainer, TrainerRole};

/// Whether somebody, the caller or not, may see everything of a course: its owner or an editor, as long as they are trainers, or an
/// admin.
///
/// # Errors
/// What the database answers.
pub async fn is_staff(tx: &Tx, course: &course::CourseRef, user_id: UserId) -> Result<bool> {
    store::is_staff(tx, course.id, user_id).await
}

/// Who teaches a course: the owner first.
///
/// # Errors
/// [`kernel::Code::NotFound`], also where it is not published and the caller may not edit it.
pub async fn trainers(tx: &Tx, course_id: CourseId) -> Result<Vec<Trainer>> {
    course::course_ref(tx, course_id).await?;
    store::trainers(tx, course_id).await
}

/// Lets another trainer edit a course. The owner or an admin; repeating it changes nothing.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Forbidden`], [`kernel::Code::ValidationFailed`] for somebody who is not a trainer.
pub async fn add_editor(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<Vec<Trainer>> {
    let course = permission::lock_owned(tx, course_id).await?;
    if !store::may_become_editor(tx, user_id).await? {
        let reason = FieldError::new("/userId", "not_a_trainer", "Only trainers can edit courses.");
        return Err(Error::invalid(vec![reason]));
    }
    if course.author.id != user_id && store::insert(tx, course_id, user_id).await? {
        let detail = json!({ "userId": user_id });
        audit::record(tx, "course.editor_added", course_id, detail).await?;
    }
    store::trainers(tx, course_id).await
}

/// Removes an editor: the owner may remove anybody, an editor themselves. Repeating it changes nothing.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Forbidden`].
pub async fn remove_editor(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<()> {
    if tx.actor().user_id() == Some(user_id) {
        permission::lock_editable(tx, course_id).await?;
    } else {
        permission::lock_owned(tx, course_id).await?;
    }
    if store::delete(tx, course_id, user_id).await? {
        let detail = json!({ "userId": user_id });
        audit::record(tx, "course.editor_removed", course_id, detail).await?;
    }
    Ok(())
}
