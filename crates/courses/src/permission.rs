//! Who may edit a course, its chapters and its lessons. A course to be changed is locked first, so that the order of its children
//! and its publication are decided one transaction after another.

use database::Tx;
use kernel::{Code, CourseId, Result, UserId};

use crate::{
    course::{model::Course, store},
    editor::store::is_editor,
};

/// Whether the caller may edit this course: its owner or an editor, who have to be trainers now, or an admin. It asks the database only
/// for trainers.
pub(crate) async fn may_edit(tx: &Tx, course_id: CourseId, author_id: UserId) -> Result<bool> {
    let actor = tx.actor();
    if actor.manages(author_id) {
        return Ok(true);
    }
    match actor.trainer_id() {
        Ok(id) => is_editor(tx, course_id, id).await,
        Err(_) => Ok(false),
    }
}

/// A course that the caller may edit, to be read: it is not locked.
pub(crate) async fn require_editor(tx: &Tx, id: CourseId) -> Result<Course> {
    let course = find(tx, id).await?;
    if may_edit(tx, id, course.author.id).await? { Ok(course) } else { Err(refusal(&course).into()) }
}

/// A course that the caller may edit, locked until the end of the transaction.
pub(crate) async fn lock_editable(tx: &Tx, id: CourseId) -> Result<Course> {
    store::lock(tx, id).await?;
    let course = require_editor(tx, id).await?;
    invalidate_if_published(tx, &course).await?;
    Ok(course)
}

/// A course that is the caller's own, or any for an admin, locked until the end of the transaction: for what editors may not do.
pub(crate) async fn lock_owned(tx: &Tx, id: CourseId) -> Result<Course> {
    store::lock(tx, id).await?;
    let course = find(tx, id).await?;
    if tx.actor().manages(course.author.id) {
        invalidate_if_published(tx, &course).await?;
        Ok(course)
    } else if may_edit(tx, id, course.author.id).await? {
        Err(Code::Forbidden.into())
    } else {
        Err(refusal(&course).into())
    }
}

async fn find(tx: &Tx, id: CourseId) -> Result<Course> {
    store::find(tx, &id.to_string()).await?.ok_or_else(|| Code::NotFound.into())
}

/// Whoever locks a published course is about to change what everybody may read.
async fn invalidate_if_published(tx: &Tx, course: &Course) -> Result<()> {
    if course.is_published {
        tx.invalidate_public_cache().await?;
    }
    Ok(())
}

/// A course that is not published does not exist for others.
fn refusal(course: &Course) -> Code {
    if course.is_published { Code::Forbidden } else { Code::NotFound }
}
