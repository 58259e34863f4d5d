//! The marks of completion: the tables `lesson_progress` and `chapter_progress`.

use std::collections::HashMap;

use database::{MapDbErr, Tx, values};
use entity::{chapter_progress, lesson_progress};
use kernel::{ChapterId, CourseId, LessonId, Result, Timestamp, UserId};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait, Set,
    sea_query::{Expr, OnConflict},
};

use super::model::{Completed, CompletedUnit, Mark};
use crate::Subject;

/// The mark of somebody on a lesson or a chapter.
pub(crate) async fn mark(tx: &Tx, user_id: UserId, subject: Subject) -> Result<Option<Mark>> {
    match subject {
        Subject::Lesson(id) => lesson_mark(tx, user_id, id).await,
        Subject::Chapter(id) => chapter_mark(tx, user_id, id).await,
    }
}

async fn lesson_mark(tx: &Tx, user_id: UserId, lesson_id: LessonId) -> Result<Option<Mark>> {
    use lesson_progress::{COLUMN, Column, Entity};
    Entity::find()
        .select_only()
        .columns([Column::CompletedAt, Column::UpdatedAt])
        .filter(COLUMN.user_id.eq(user_id))
        .filter(COLUMN.lesson_id.eq(lesson_id))
        .into_model()
        .one(tx)
        .await
        .map_db_err()
}

async fn chapter_mark(tx: &Tx, user_id: UserId, chapter_id: ChapterId) -> Result<Option<Mark>> {
    use chapter_progress::{COLUMN, Column, Entity};
    Entity::find()
        .select_only()
        .columns([Column::CompletedAt, Column::UpdatedAt])
        .filter(COLUMN.user_id.eq(user_id))
        .filter(COLUMN.chapter_id.eq(chapter_id))
        .into_model()
        .one(tx)
        .await
        .map_db_err()
}

/// The lessons of a course that somebody has completed, and when.
pub(crate) async fn lessons(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
) -> Result<HashMap<LessonId, Timestamp>> {
    use lesson_progress::{COLUMN, Column, Entity};
    let rows: Vec<(LessonId, Timestamp)> = Entity::find()
        .select_only()
        .columns([Column::LessonId, Column::CompletedAt])
        .filter(COLUMN.user_id.eq(user_id))
        .filter(COLUMN.course_id.eq(course_id))
        .filter(COLUMN.is_completed.eq(true))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()?;
    Ok(rows.into_iter().collect())
}

/// The chapters of a course that somebody has completed, and when.
pub(crate) async fn chapters(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
) -> Result<HashMap<ChapterId, Timestamp>> {
    use chapter_progress::{COLUMN, Column, Entity};
    let rows: Vec<(ChapterId, Timestamp)> = Entity::find()
        .select_only()
        .columns([Column::ChapterId, Column::CompletedAt])
        .filter(COLUMN.user_id.eq(user_id))
        .filter(COLUMN.course_id.eq(course_id))
        .filter(COLUMN.is_completed.eq(true))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()?;
    Ok(rows.into_iter().collect())
}

/// Marks a lesson as completed. Answers whether this did it: of two at once, one is the first.
pub(crate) async fn complete_lesson(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    lesson_id: LessonId,
) -> Result<bool> {
    use lesson_progress::{ActiveModel, Column, Entity};
    let now = tx.now();
    let mark = ActiveModel {
        id: Set(tx.new_id()),
        user_id: Set(user_id),
        course_id: Set(course_id),
        lesson_id: Set(lesson_id),
        watch_time_percent: Set(0.0),
        is_completed: Set(true),
        completed_at: Set(Some(now)),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let again = OnConflict::columns([Column::UserId, Column::LessonId])
        .update_columns([Column::IsCompleted, Column::CompletedAt, Column::UpdatedAt])
        .action_and_where(Expr::col((Entity, Column::IsCompleted)).not())
        .to_owned();
    let insert = Entity::insert(mark).on_conflict(again);
    Ok(insert.exec_without_returning(tx).await.map_db_err()? == 1)
}

/// Marks a chapter as completed. Answers whether this did it.
pub(crate) async fn complete_chapter(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    chapter_id: ChapterId,
) -> Result<bool> {
    use chapter_progress::{ActiveModel, Column, Entity};
    let now = tx.now();
    let mark = ActiveModel {
        id: Set(tx.new_id()),
        user_id: Set(user_id),
        course_id: Set(course_id),
        chapter_id: Set(chapter_id),
        is_completed: Set(true),
        completed_at: Set(Some(now)),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let again = OnConflict::columns([Column::UserId, Column::ChapterId])
        .update_columns([Column::IsCompleted, Column::CompletedAt, Column::UpdatedAt])
        .action_and_where(Expr::col((Entity, Column::IsCompleted)).not())
        .to_owned();
    let insert = Entity::insert(mark).on_conflict(again);
    Ok(insert.exec_without_returning(tx).await.map_db_err()? == 1)
}

/// Everything that these users have completed in these courses.
pub(crate) async fn completed_units(
    tx: &Tx,
    users: &[UserId],
    courses: &[CourseId],
) -> Result<Vec<CompletedUnit>> {
    if users.is_empty() || courses.is_empty() {
        return Ok(Vec::new());
    }
    let uuid = if tx.is_postgres() { "uuid" } else { "blob" };
    let (of_users, users) = tx.any_of("users", users);
    let (of_courses, courses) = tx.any_of("courses", courses);
    let which = format!("user_id {of_users} AND course_id {of_courses} AND is_completed");
    // Text: a union of two tables.
    let sql = format!(
        "SELECT user_id, lesson_id, CAST(NULL AS {uuid}) AS chapter_id FROM lesson_progress WHERE {which} UNION ALL \
         SELECT user_id, CAST(NULL AS {uuid}), chapter_id FROM chapter_progress WHERE {which}"
    );
    tx.fetch_all(&sql, values! { users, courses }).await
}

/// What each of these users has completed in a course; nothing for those who are missing.
pub(crate) async fn completed_by(
    tx: &Tx,
    users: &[UserId],
    course_id: CourseId,
) -> Result<HashMap<UserId, Completed>> {
    let mut completed: HashMap<UserId, Completed> = HashMap::new();
    for unit in completed_units(tx, users, &[course_id]).await? {
        completed.entry(unit.user_id).or_default().add(&unit);
    }
    Ok(completed)
}

/// Takes marks back: one lesson's, or those of all lessons of a course.
pub(crate) async fn unmark_lessons(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    only: Option<LessonId>,
) -> Result<()> {
    use lesson_progress::{ActiveModel, COLUMN, Entity};
    let update = Entity::update_many()
        .set(ActiveModel {
            is_completed: Set(false),
            completed_at: Set(None),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(COLUMN.user_id.eq(user_id))
        .filter(COLUMN.course_id.eq(course_id))
        .filter(COLUMN.is_completed.eq(true))
        .apply_if(only, |update, id| update.filter(COLUMN.lesson_id.eq(id)));
    update.exec(tx).await.map_db_err().map(drop)
}

/// Takes marks back: one chapter's, or those of all chapters of a course.
pub(crate) async fn unmark_chapters(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    only: Option<ChapterId>,
) -> Result<()> {
    use chapter_progress::{ActiveModel, COLUMN, Entity};
    let update = Entity::update_many()
        .set(ActiveModel {
            is_completed: Set(false),
            completed_at: Set(None),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(COLUMN.user_id.eq(user_id))
        .filter(COLUMN.course_id.eq(course_id))
        .filter(COLUMN.is_completed.eq(true))
        .apply_if(only, |update, id| update.filter(COLUMN.chapter_id.eq(id)));
    update.exec(tx).await.map_db_err().map(drop)
}
