//! The texts of posts and comments that a moderator removed: only their authors and moderators see them, until they are restored or
//! their author deletes them.

use database::{MapDbErr, Tx};
use entity::removed_contents;
use kernel::{CourseId, Result, UserId, Uuid};
use sea_orm::{ActiveValue::Set, DerivePartialModel, EntityTrait};

/// A text that a moderator removed.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "removed_contents::Entity")]
pub(crate) struct RemovedContent {
    /// The title of a post; empty for a comment.
    pub(crate) title: String,
    pub(crate) content: String,
}

pub(crate) async fn insert(
    tx: &Tx,
    subject_id: Uuid,
    course_id: Option<CourseId>,
    author_id: UserId,
    removed: RemovedContent,
) -> Result<()> {
    let row = removed_contents::ActiveModel {
        subject_id: Set(subject_id),
        course_id: Set(course_id),
        author_id: Set(author_id),
        title: Set(removed.title),
        content: Set(removed.content),
        removed_by: Set(tx.actor().user_id()),
        removed_at: Set(tx.now()),
    };
    let insert = removed_contents::Entity::insert(row);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

pub(crate) async fn find(tx: &Tx, subject_id: Uuid) -> Result<Option<RemovedContent>> {
    removed_contents::Entity::find_by_id(subject_id).into_partial_model().one(tx).await.map_db_err()
}

/// Deletes the text, whether it is there or not. The id is that of the post or the comment.
pub(crate) async fn delete(tx: &Tx, subject_id: impl Into<Uuid>) -> Result<()> {
    let delete = removed_contents::Entity::delete_by_id(subject_id.into());
    delete.exec(tx).await.map_db_err().map(drop)
}
