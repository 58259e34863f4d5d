//! What is attached to courses and lessons.

use database::{MapDbErr, Tx};
use entity::attachments;
use kernel::{AttachmentId, Cursor, Error, FieldError, Limit, Result};
use sea_orm::{EntityTrait, Set, Value};

use crate::{Attachment, AttachmentOwner};

const ATTACHMENT: &str = "a.id, a.course_id, a.lesson_id, a.name, a.file_id, a.url, a.content_type, a.size_bytes, \
                          a.created_at, a.updated_at";

pub(crate) async fn insert(tx: &Tx, new: &Attachment) -> Result<()> {
    let row = attachments::ActiveModel {
        id: Set(new.id),
        course_id: Set(new.course_id),
        lesson_id: Set(new.lesson_id),
        name: Set(new.name.clone()),
        file_id: Set(new.file_id),
        url: Set(new.url.clone()),
        content_type: Set(new.content_type.clone()),
        size_bytes: Set(new.size_bytes),
        created_at: Set(new.created_at.into()),
        updated_at: Set(new.updated_at.into()),
    };
    let gone = || {
        let reason = FieldError::new("/fileId", "unknown_file", "You have sent no such file.");
        Error::invalid(vec![reason])
    };
    attachments::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map(drop)
        .or_refused("fk_attachments_file_id", gone)
}

pub(crate) async fn one(tx: &Tx, id: AttachmentId) -> Result<Option<Attachment>> {
    tx.one(
        &format!("SELECT {ATTACHMENT} FROM attachments a WHERE a.id = ?"),
        [id.into()],
    )
    .await
}

pub(crate) async fn list(
    tx: &Tx,
    owner: AttachmentOwner,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Attachment>> {
    let mut sql = format!("SELECT {ATTACHMENT} FROM attachments a WHERE a.course_id = ?");
    let mut values: Vec<Value> = vec![owner.course_id().into()];
    match owner {
        AttachmentOwner::Course(_) => sql.push_str(" AND a.lesson_id IS NULL"),
        AttachmentOwner::Lesson { lesson_id, .. } => {
            sql.push_str(" AND a.lesson_id = ?");
            values.push(lesson_id.into());
        }
    }
    if let Some(after) = after {
        sql.push_str(" AND (a.created_at > ? OR (a.created_at = ? AND a.id > ?))");
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(" ORDER BY a.created_at, a.id LIMIT {}", limit.fetch()));
    tx.all(&sql, values).await
}

pub(crate) async fn rename(tx: &Tx, id: AttachmentId, name: &str) -> Result<()> {
    let sql = "UPDATE attachments SET name = ?, updated_at = ? WHERE id = ?";
    tx.change(sql, [name.into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

pub(crate) async fn delete(tx: &Tx, id: AttachmentId) -> Result<()> {
    tx.change("DELETE FROM attachments WHERE id = ?", [id.into()])
        .await
        .map(drop)
}
