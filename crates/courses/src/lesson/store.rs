//! The lessons, written together with their bodies.

use database::{MapDbErr, Tx, values};
use entity::{lesson_bodies, lessons};
use kernel::{ChapterId, LessonId, Result, UserId};
use media::TextPlace;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, JoinType,
    QueryFilter, QueryOrder, QuerySelect, RelationTrait, Select, entity::prelude::SelectExt,
};

use super::model::Lesson;
use crate::{
    body::{self, Body},
    editor::model::can_edit,
};

/// The most rows of one insert: both databases limit how many values a statement has.
const ROWS_PER_INSERT: usize = 100;

/// The join that [`Lesson`] is read from.
fn lessons() -> Select<lessons::Entity> {
    lessons::Entity::find().join(JoinType::LeftJoin, lesson_bodies::Relation::Lessons.def().rev())
}

pub(super) async fn find(tx: &Tx, id: LessonId) -> Result<Option<Lesson>> {
    let lesson = lessons().filter(lessons::COLUMN.id.eq(id)).into_partial_model();
    lesson.one(tx).await.map_db_err()
}

/// The lessons of a chapter in their order.
pub(super) async fn list_of_chapter(tx: &Tx, chapter_id: ChapterId) -> Result<Vec<Lesson>> {
    lessons()
        .filter(lessons::COLUMN.chapter_id.eq(chapter_id))
        .order_by_asc(lessons::Column::Position)
        .order_by_asc(lessons::Column::Id)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

/// What decides whether the caller may read a lesson.
pub(super) struct Visibility {
    /// Whether its course, its chapter and the lesson itself are published.
    pub(super) is_public: bool,
    /// Whether its chapter is a free preview.
    pub(super) is_free: bool,
    /// Whether the caller may edit it.
    pub(super) is_staff: bool,
}

/// A lesson with its visibility, and without its description, which stands beside the body. It is text because every lesson that is read
/// or watched asks for it.
pub(super) async fn find_with_visibility(tx: &Tx, id: LessonId) -> Result<Option<(Lesson, Visibility)>> {
    let sql = "SELECT l.id, l.course_id, l.chapter_id, l.title, CAST(NULL AS text) AS description, l.position, l.duration, l.has_content, \
               l.has_video, l.is_published, l.version, l.created_at, l.updated_at, k.author_id, \
               h.is_free AND h.is_published AS is_free, \
               k.is_published AND h.is_published AND l.is_published AS is_public, \
               EXISTS (SELECT 1 FROM course_editors e WHERE e.course_id = k.id AND e.user_id = :user_id) AS is_editor \
               FROM lessons l JOIN chapters h ON h.id = l.chapter_id JOIN courses k ON k.id = l.course_id \
               WHERE l.id = :id";
    let statement = tx.named(sql, values! { id, user_id: tx.actor().user_id() });
    let Some(row) = tx.query_one_raw(statement).await.map_db_err()? else {
        return Ok(None);
    };
    let lesson = Lesson::from_query_result(&row, "").map_db_err()?;
    let author_id: UserId = row.try_get("", "author_id").map_db_err()?;
    let is_editor = row.try_get("", "is_editor").map_db_err()?;
    let visibility = Visibility {
        is_public: row.try_get("", "is_public").map_db_err()?,
        is_free: row.try_get("", "is_free").map_db_err()?,
        is_staff: can_edit(tx.actor(), author_id, is_editor),
    };
    Ok(Some((lesson, visibility)))
}

pub(crate) async fn insert_all(tx: &Tx, lessons: &[(&Lesson, &Body)]) -> Result<()> {
    for some in lessons.chunks(ROWS_PER_INSERT) {
        let rows = some.iter().map(|(lesson, _)| row(lesson));
        let insert = lessons::Entity::insert_many(rows);
        insert.exec_without_returning(tx).await.map_db_err()?;
        let bodies = some.iter().map(|(lesson, body)| lesson_bodies::ActiveModel {
            lesson_id: Set(lesson.id),
            course_id: Set(lesson.course_id),
            description: Set(lesson.description.clone()),
            content: Set(body.content.clone()),
            content_format: Set(body.content_format),
            video_url: Set(body.video_url.clone()),
            video_asset_id: Set(body.video_asset_id),
        });
        let insert = lesson_bodies::Entity::insert_many(bodies);
        insert.exec_without_returning(tx).await.map_db_err()?;
    }
    let texts = lessons.iter().map(|(lesson, body)| {
        let place = TextPlace::Lesson(lesson.course_id, lesson.id);
        (place, body.content.as_deref())
    });
    media::keep_new_pictures(tx, texts).await
}

/// The row of a lesson, without what stands beside its body.
fn row(lesson: &Lesson) -> lessons::ActiveModel {
    lessons::ActiveModel {
        id: Set(lesson.id),
        course_id: Set(lesson.course_id),
        chapter_id: Set(lesson.chapter_id),
        title: Set(lesson.title.clone()),
        position: Set(lesson.position),
        duration: Set(lesson.duration),
        has_content: Set(lesson.has_content),
        has_video: Set(lesson.has_video),
        is_published: Set(lesson.is_published),
        version: Set(lesson.version),
        created_at: Set(lesson.created_at),
        updated_at: Set(lesson.updated_at),
    }
}

pub(super) async fn update(tx: &Tx, lesson: &Lesson, body: Body) -> Result<()> {
    let change = lessons::ActiveModel {
        title: Set(lesson.title.clone()),
        duration: Set(lesson.duration),
        has_content: Set(lesson.has_content),
        has_video: Set(lesson.has_video),
        version: Set(lesson.version),
        updated_at: Set(lesson.updated_at),
        ..Default::default()
    };
    let update = lessons::Entity::update_many().set(change).filter(lessons::COLUMN.id.eq(lesson.id));
    update.exec(tx).await.map_db_err()?;
    body::store::update_of_lesson(tx, lesson.id, lesson.description.clone(), body).await
}

pub(super) async fn set_published(tx: &Tx, id: LessonId, is_published: bool) -> Result<()> {
    let change = lessons::ActiveModel { is_published: Set(is_published), ..Default::default() };
    write(tx, id, change).await
}

/// Moves a lesson into another chapter of its course.
pub(super) async fn set_chapter(tx: &Tx, id: LessonId, chapter_id: ChapterId) -> Result<()> {
    let change = lessons::ActiveModel { chapter_id: Set(chapter_id), ..Default::default() };
    write(tx, id, change).await
}

/// Writes a change, and raises the version.
async fn write(tx: &Tx, id: LessonId, change: lessons::ActiveModel) -> Result<()> {
    let change = lessons::ActiveModel { updated_at: Set(tx.now()), ..change };
    let update = lessons::Entity::update_many()
        .set(change)
        .col_expr(lessons::Column::Version, lessons::COLUMN.version.add(1))
        .filter(lessons::COLUMN.id.eq(id));
    update.exec(tx).await.map_db_err().map(drop)
}

/// Whether a chapter has a published lesson.
pub(crate) async fn any_published(tx: &Tx, chapter_id: ChapterId) -> Result<bool> {
    let published = lessons::Entity::find()
        .filter(lessons::COLUMN.chapter_id.eq(chapter_id))
        .filter(lessons::COLUMN.is_published.eq(true));
    published.exists(tx).await.map_db_err()
}

/// A foreign key refuses where somebody has learnt from it.
pub(super) async fn delete(tx: &Tx, id: LessonId) -> Result<(), DbErr> {
    lessons::Entity::delete_by_id(id).exec(tx).await.map(drop)
}
