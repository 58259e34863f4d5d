//! The attachments of courses and lessons.

use database::{MapDbErr, OldestFirst, Tx};
use entity::attachments;
use kernel::{AttachmentId, Cursor, Error, FieldError, Limit, Result};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter};

use super::model::{Attachment, AttachmentOwner};

pub(super) async fn insert(tx: &Tx, attachment: Attachment) -> Result<()> {
    let unknown_file = || {
        let reason = FieldError::new("/fileId", "unknown_file", "You have sent no such file.");
        Error::invalid(vec![reason])
    };
    attachments::Entity::insert(attachment.into_active_model())
        .exec_without_returning(tx)
        .await
        .map(drop)
        .or_refused("fk_attachments_file_id", unknown_file)
}

pub(super) async fn find(tx: &Tx, id: AttachmentId) -> Result<Option<Attachment>> {
    let attachment = attachments::Entity::find_by_id(id).into_partial_model();
    attachment.one(tx).await.map_db_err()
}

/// Oldest first.
pub(super) async fn list(
    tx: &Tx,
    owner: AttachmentOwner,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Attachment>> {
    let of_owner = match owner {
        AttachmentOwner::Course(course_id) => Condition::all()
            .add(attachments::COLUMN.course_id.eq(course_id))
            .add(attachments::COLUMN.lesson_id.is_null()),
        AttachmentOwner::Lesson { course_id, lesson_id } => Condition::all()
            .add(attachments::COLUMN.course_id.eq(course_id))
            .add(attachments::COLUMN.lesson_id.eq(lesson_id)),
    };
    attachments::Entity::find()
        .filter(of_owner)
        .oldest_first(attachments::Column::CreatedAt, attachments::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

pub(super) async fn rename(tx: &Tx, id: AttachmentId, name: String) -> Result<()> {
    let change =
        attachments::ActiveModel { name: Set(name), updated_at: Set(tx.now()), ..Default::default() };
    let update = attachments::Entity::update_many().set(change).filter(attachments::COLUMN.id.eq(id));
    update.exec(tx).await.map_db_err().map(drop)
}

pub(super) async fn delete(tx: &Tx, id: AttachmentId) -> Result<()> {
    let delete = attachments::Entity::delete_by_id(id);
    delete.exec(tx).await.map_db_err().map(drop)
}
