//! All SQL of this crate.

use std::collections::{HashMap, HashSet};

use database::{MapDbErr, Tx};
use kernel::{ChapterId, CourseId, LessonId, Result, Timestamp, UserId, Uuid};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::progress::Mark;

pub(crate) mod job;
pub(crate) mod report;
pub(crate) mod watch;

/// A row of `lesson_progress`.
#[derive(FromQueryResult)]
pub(crate) struct LessonRow {
    pub(crate) lesson_id: LessonId,
    pub(crate) completed_at: Option<Timestamp>,
}

pub(crate) async fn lesson_mark(tx: &Tx, user_id: UserId, lesson_id: LessonId) -> Result<Option<Mark>> {
    let sql = "SELECT completed_at, updated_at FROM lesson_progress WHERE user_id = ? AND lesson_id = ?";
    tx.one(sql, [user_id.into(), lesson_id.into()]).await
}

pub(crate) async fn chapter_mark(tx: &Tx, user_id: UserId, chapter_id: ChapterId) -> Result<Option<Mark>> {
    let sql = "SELECT completed_at, updated_at FROM chapter_progress WHERE user_id = ? AND chapter_id = ?";
    tx.one(sql, [user_id.into(), chapter_id.into()]).await
}

pub(crate) async fn lessons(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Vec<LessonRow>> {
    let sql = "SELECT lesson_id, completed_at FROM lesson_progress WHERE user_id = ? AND course_id = ?";
    tx.all(sql, [user_id.into(), course_id.into()]).await
}

pub(crate) async fn completed_lessons(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
) -> Result<HashSet<LessonId>> {
    let seen = lessons(tx, user_id, course_id).await?;
    Ok(seen
        .into_iter()
        .filter(|lesson| lesson.completed_at.is_some())
        .map(|lesson| lesson.lesson_id)
        .collect())
}

/// The completed chapters of a course, and since when.
pub(crate) async fn chapters(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
) -> Result<HashMap<ChapterId, Timestamp>> {
    let sql = "SELECT chapter_id, completed_at FROM chapter_progress WHERE user_id = ? AND course_id = ? AND is_completed";
    let rows = tx
        .query_all_raw(tx.statement(sql, [user_id.into(), course_id.into()]))
        .await
        .map_db_err()?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "chapter_id")?, row.try_get("", "completed_at")?)))
        .collect::<Result<_, _>>()
        .map_db_err()
}

/// Answers whether the lesson was completed by this: of two at once, one is the first.
pub(crate) async fn complete_lesson(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    lesson_id: LessonId,
) -> Result<bool> {
    let sql = "INSERT INTO lesson_progress \
               (id, user_id, course_id, lesson_id, watch_time_percent, is_completed, completed_at, created_at, updated_at) \
               VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?) ON CONFLICT (user_id, lesson_id) DO UPDATE \
               SET is_completed = excluded.is_completed, completed_at = excluded.completed_at, updated_at = excluded.updated_at \
               WHERE NOT lesson_progress.is_completed";
    Ok(tx
        .change(sql, completion(tx, user_id, course_id, lesson_id))
        .await?
        == 1)
}

/// Answers whether the chapter was completed by this.
pub(crate) async fn complete_chapter(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    chapter_id: ChapterId,
) -> Result<bool> {
    let sql = "INSERT INTO chapter_progress \
               (id, user_id, course_id, chapter_id, is_completed, completed_at, created_at, updated_at) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, chapter_id) DO UPDATE \
               SET is_completed = excluded.is_completed, completed_at = excluded.completed_at, updated_at = excluded.updated_at \
               WHERE NOT chapter_progress.is_completed";
    Ok(tx
        .change(sql, completion(tx, user_id, course_id, chapter_id))
        .await?
        == 1)
}

fn completion(tx: &Tx, user_id: UserId, course_id: CourseId, of: impl Into<Uuid>) -> [sea_orm::Value; 8] {
    let now = tx.now();
    [
        tx.new_id::<Uuid>().into(),
        user_id.into(),
        course_id.into(),
        of.into().into(),
        true.into(),
        now.into(),
        now.into(),
        now.into(),
    ]
}

pub(crate) async fn lesson_has_learners(tx: &Tx, lesson_id: LessonId) -> Result<bool> {
    let sql = "SELECT count(*) FROM lesson_progress WHERE lesson_id = ?";
    Ok(tx.count(sql, [lesson_id.into()]).await? > 0)
}

pub(crate) async fn chapter_has_learners(tx: &Tx, chapter_id: ChapterId) -> Result<bool> {
    let sql =
        "SELECT count(*) FROM lesson_progress p JOIN lessons l ON l.id = p.lesson_id WHERE l.chapter_id = ?";
    let own = "SELECT count(*) FROM chapter_progress WHERE chapter_id = ?";
    Ok(tx.count(sql, [chapter_id.into()]).await? > 0 || tx.count(own, [chapter_id.into()]).await? > 0)
}
