use database::{MapDbErr, Tx, values};
use entity::lessons;
use kernel::{ChapterId, CourseId, LessonId, Result, UserId, Uuid};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Set};

use super::{
    AT_ONCE,
    body::{self, Of},
};
use crate::{Body, Lesson, editor};

const COLUMNS: &str = "id, course_id, chapter_id, title, description, position, duration, has_content, has_video, \
                       is_published, version, created_at, updated_at";

pub(crate) async fn find(tx: &Tx, id: LessonId) -> Result<Option<Lesson>> {
    tx.one(
        &format!("SELECT {COLUMNS} FROM lessons WHERE id = ?"),
        [id.into()],
    )
    .await
}

/// The lessons of a chapter in their order.
pub(crate) async fn of_chapter(tx: &Tx, chapter_id: ChapterId) -> Result<Vec<Lesson>> {
    let sql = format!("SELECT {COLUMNS} FROM lessons WHERE chapter_id = ? ORDER BY position, id");
    tx.all(&sql, [chapter_id.into()]).await
}

/// What a lesson's chapter and course say about it.
#[derive(FromQueryResult)]
struct Place {
    author_id: UserId,
    is_public: bool,
    is_free: bool,
    is_editor: bool,
}

/// A lesson where it stands.
pub(crate) struct Placed {
    pub(crate) lesson: Lesson,
    /// Whether its course, its chapter and itself are published.
    pub(crate) is_public: bool,
    /// Whether its chapter is a free preview.
    pub(crate) is_free: bool,
    /// Whether the caller may edit it.
    pub(crate) staff: bool,
}

/// A lesson with what its chapter and course say about it, in one statement.
pub(crate) async fn placed(tx: &Tx, id: LessonId) -> Result<Option<Placed>> {
    let columns = COLUMNS
        .split(", ")
        .map(|column| format!("l.{column}"))
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!(
        "SELECT {columns}, k.author_id, h.is_free AND h.is_published AS is_free, \
         k.is_published AND h.is_published AND l.is_published AS is_public, \
         EXISTS (SELECT 1 FROM course_editors e WHERE e.course_id = k.id AND e.user_id = ?) AS is_editor \
         FROM lessons l JOIN chapters h ON h.id = l.chapter_id JOIN courses k ON k.id = l.course_id WHERE l.id = ?"
    );
    let values = [tx.actor().user_id().into(), id.into()];
    let Some(row) = tx.query_one_raw(tx.statement(&sql, values)).await.map_db_err()? else {
        return Ok(None);
    };
    let place = Place::from_query_result(&row, "").map_db_err()?;
    let lesson = Lesson::from_query_result(&row, "").map_db_err()?;
    Ok(Some(Placed {
        lesson,
        is_public: place.is_public,
        is_free: place.is_free,
        staff: editor::edits(tx.actor(), place.author_id, place.is_editor),
    }))
}

pub(crate) async fn insert(tx: &Tx, lesson: &Lesson, body: &Body) -> Result<()> {
    insert_all(tx, lesson.course_id, &[(lesson, body)]).await
}

/// Several lessons of one course, a hundred in a statement.
pub(crate) async fn insert_all(tx: &Tx, course_id: CourseId, lessons: &[(&Lesson, &Body)]) -> Result<()> {
    for some in lessons.chunks(AT_ONCE) {
        let rows = some.iter().map(|(lesson, _)| row(lesson));
        lessons::Entity::insert_many(rows)
            .exec_without_returning(tx)
            .await
            .map_db_err()?;
        let bodies: Vec<(LessonId, &Body)> = some.iter().map(|(lesson, body)| (lesson.id, *body)).collect();
        body::insert(tx, Of::Lesson, course_id, &bodies).await?;
    }
    Ok(())
}

fn row(lesson: &Lesson) -> lessons::ActiveModel {
    lessons::ActiveModel {
        id: Set(lesson.id),
        course_id: Set(lesson.course_id),
        chapter_id: Set(lesson.chapter_id),
        title: Set(lesson.title.clone()),
        description: Set(lesson.description.clone()),
        position: Set(lesson.position),
        duration: Set(lesson.duration),
        has_content: Set(lesson.has_content),
        has_video: Set(lesson.has_video),
        is_published: Set(lesson.is_published),
        version: Set(lesson.version),
        created_at: Set(lesson.created_at.into()),
        updated_at: Set(lesson.updated_at.into()),
    }
}

pub(crate) async fn update(tx: &Tx, lesson: &Lesson, body: &Body) -> Result<()> {
    let sql = "UPDATE lessons SET title = ?, description = ?, duration = ?, has_content = ?, has_video = ?, \
               version = ?, updated_at = ? WHERE id = ?";
    let values = [
        lesson.title.clone().into(),
        lesson.description.clone().into(),
        lesson.duration.into(),
        lesson.has_content.into(),
        lesson.has_video.into(),
        lesson.version.into(),
        lesson.updated_at.into(),
        lesson.id.into(),
    ];
    tx.change(sql, values).await?;
    body::update(tx, Of::Lesson, lesson.id, body).await
}

pub(crate) async fn set_published(tx: &Tx, id: LessonId, published: bool) -> Result<()> {
    let sql = "UPDATE lessons SET is_published = ?, version = version + 1, updated_at = ? WHERE id = ?";
    tx.change(sql, [published.into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

/// Puts a lesson into another chapter of its course.
pub(crate) async fn set_chapter(tx: &Tx, id: LessonId, chapter_id: ChapterId) -> Result<()> {
    let sql = "UPDATE lessons SET chapter_id = ?, version = version + 1, updated_at = ? WHERE id = ?";
    tx.change(sql, [chapter_id.into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

pub(crate) async fn published_in(tx: &Tx, chapter_id: ChapterId) -> Result<i64> {
    tx.count(
        "SELECT count(*) FROM lessons WHERE chapter_id = ? AND is_published",
        [chapter_id.into()],
    )
    .await
}

/// A foreign key refuses where somebody has learnt from it.
pub(crate) async fn delete(tx: &Tx, id: LessonId) -> Result<(), DbErr> {
    tx.execute_raw(tx.named("DELETE FROM lessons WHERE id = :id", values! { id }))
        .await
        .map(drop)
}
