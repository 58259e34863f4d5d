use database::{MapDbErr, Tx, values};
use entity::chapters;
use kernel::{ChapterId, CourseId, Result, Uuid};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Set};

use super::{
    AT_ONCE,
    body::{self, Of},
};
use crate::{Body, Chapter};

const COLUMNS: &str = "id, course_id, title, description, position, duration, has_content, has_video, is_published, \
                       is_free, version, created_at, updated_at";

pub(crate) async fn find(tx: &Tx, id: ChapterId) -> Result<Option<Chapter>> {
    tx.one(
        &format!("SELECT {COLUMNS} FROM chapters WHERE id = ?"),
        [id.into()],
    )
    .await
}

/// The chapters of a course in their order.
pub(crate) async fn of_course(tx: &Tx, course_id: CourseId) -> Result<Vec<Chapter>> {
    let sql = format!("SELECT {COLUMNS} FROM chapters WHERE course_id = ? ORDER BY position, id");
    tx.all(&sql, [course_id.into()]).await
}

pub(crate) async fn insert(tx: &Tx, chapter: &Chapter, body: &Body) -> Result<()> {
    insert_all(tx, chapter.course_id, &[(chapter, body)]).await
}

/// Several chapters of one course, a hundred in a statement.
pub(crate) async fn insert_all(tx: &Tx, course_id: CourseId, chapters: &[(&Chapter, &Body)]) -> Result<()> {
    for some in chapters.chunks(AT_ONCE) {
        let rows = some.iter().map(|(chapter, _)| row(chapter));
        chapters::Entity::insert_many(rows)
            .exec_without_returning(tx)
            .await
            .map_db_err()?;
        let bodies: Vec<(ChapterId, &Body)> =
            some.iter().map(|(chapter, body)| (chapter.id, *body)).collect();
        body::insert(tx, Of::Chapter, course_id, &bodies).await?;
    }
    Ok(())
}

fn row(chapter: &Chapter) -> chapters::ActiveModel {
    chapters::ActiveModel {
        id: Set(chapter.id),
        course_id: Set(chapter.course_id),
        title: Set(chapter.title.clone()),
        description: Set(chapter.description.clone()),
        position: Set(chapter.position),
        duration: Set(chapter.duration),
        has_content: Set(chapter.has_content),
        has_video: Set(chapter.has_video),
        is_published: Set(chapter.is_published),
        is_free: Set(chapter.is_free),
        version: Set(chapter.version),
        created_at: Set(chapter.created_at.into()),
        updated_at: Set(chapter.updated_at.into()),
    }
}

pub(crate) async fn update(tx: &Tx, chapter: &Chapter, body: &Body) -> Result<()> {
    let sql = "UPDATE chapters SET title = ?, description = ?, duration = ?, is_free = ?, has_content = ?, \
               has_video = ?, version = ?, updated_at = ? WHERE id = ?";
    let values = [
        chapter.title.clone().into(),
        chapter.description.clone().into(),
        chapter.duration.into(),
        chapter.is_free.into(),
        chapter.has_content.into(),
        chapter.has_video.into(),
        chapter.version.into(),
        chapter.updated_at.into(),
        chapter.id.into(),
    ];
    tx.change(sql, values).await?;
    body::update(tx, Of::Chapter, chapter.id, body).await
}

pub(crate) async fn set_published(tx: &Tx, id: ChapterId, published: bool) -> Result<()> {
    let sql = "UPDATE chapters SET is_published = ?, version = version + 1, updated_at = ? WHERE id = ?";
    tx.change(sql, [published.into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

pub(crate) async fn published_in(tx: &Tx, course_id: CourseId) -> Result<i64> {
    tx.count(
        "SELECT count(*) FROM chapters WHERE course_id = ? AND is_published",
        [course_id.into()],
    )
    .await
}

/// A foreign key refuses where somebody has learnt from it.
pub(crate) async fn delete(tx: &Tx, id: ChapterId) -> Result<(), DbErr> {
    tx.execute_raw(tx.named("DELETE FROM chapters WHERE id = :id", values! { id }))
        .await
        .map(drop)
}
