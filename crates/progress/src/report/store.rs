//! Counts over all learners of a course.
//!
//! Only the enrolled count: an author who watches the own videos is no learner. All of it is text, since it joins the watches and
//! the marks with the enrollments, or is a union.

use database::{Tx, values};
use kernel::{CourseId, LessonId, Result};
use sea_orm::FromQueryResult;

use super::model::LessonCount;
use crate::watch::{Ranges, store::unreadable};

const ENROLLED: &str = "user_id IN (SELECT user_id FROM enrollments WHERE course_id = :course_id)";

/// How many of the enrolled have watched or completed anything in a course.
pub(super) async fn started(tx: &Tx, course_id: CourseId) -> Result<i64> {
    let sql = format!(
        "SELECT count(*) FROM (SELECT user_id FROM watches WHERE course_id = :course_id AND watched_seconds > 0 UNION \
         SELECT user_id FROM lesson_progress WHERE course_id = :course_id AND is_completed UNION \
         SELECT user_id FROM chapter_progress WHERE course_id = :course_id AND is_completed) started WHERE {ENROLLED}"
    );
    Ok(tx.fetch_scalar(&sql, values! { course_id }).await?.unwrap_or(0))
}

/// How many of the enrolled got how far in each lesson of a course.
pub(super) async fn by_lesson(tx: &Tx, course_id: CourseId) -> Result<Vec<LessonCount>> {
    let none = if tx.is_postgres() { "CAST(NULL AS double precision)" } else { "NULL" };
    let sql = format!(
        "SELECT lesson_id, count(DISTINCT user_id) AS started, count(completed_at) AS completed, \
         avg(percent) AS average_percent FROM (\
         SELECT lesson_id, user_id, completed_at, {none} AS percent FROM lesson_progress \
         WHERE course_id = :course_id AND is_completed \
         UNION ALL SELECT lesson_id, user_id, NULL, watch_time_percent FROM watches \
         WHERE course_id = :course_id AND lesson_id IS NOT NULL AND watched_seconds > 0\
         ) learnt WHERE {ENROLLED} GROUP BY lesson_id"
    );
    tx.fetch_all(&sql, values! { course_id }).await
}

/// What was played of a lesson by at most `limit` of the enrolled: of what each claimed, as much as is credited.
pub(super) async fn credited_ranges(
    tx: &Tx,
    course_id: CourseId,
    lesson_id: LessonId,
    limit: u64,
) -> Result<Vec<Ranges>> {
    #[derive(FromQueryResult)]
    struct Row {
        ranges: Vec<u8>,
        watched_seconds: i64,
    }
    let sql = format!(
        "SELECT ranges, watched_seconds FROM watches WHERE course_id = :course_id AND subject_id = :lesson_id \
         AND watched_seconds > 0 AND {ENROLLED} LIMIT {limit}"
    );
    let rows: Vec<Row> = tx.fetch_all(&sql, values! { course_id, lesson_id }).await?;
    let credited = |row: Row| {
        let claimed = Ranges::unpack(&row.ranges).ok_or_else(unreadable)?;
        Ok(claimed.first(u32::try_from(row.watched_seconds).unwrap_or_default()))
    };
    rows.into_iter().map(credited).collect()
}
