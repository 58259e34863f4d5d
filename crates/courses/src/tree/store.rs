//! The chapters and lessons of a course with their bodies. It is text because each row holds two records.

use std::collections::HashMap;

use database::{MapDbErr, Tx, values};
use kernel::{ChapterId, CourseId, Result};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::{body::Body, chapter::Chapter, lesson::Lesson};

/// The chapters of a course in their order.
pub(super) async fn chapters(tx: &Tx, course_id: CourseId) -> Result<Vec<(Chapter, Body)>> {
    let sql = "SELECT h.*, b.content, b.content_format, b.video_url, b.video_asset_id FROM chapters h \
               JOIN chapter_bodies b ON b.chapter_id = h.id WHERE h.course_id = :course_id ORDER BY h.position, h.id";
    with_bodies(tx, sql, course_id).await
}

/// The lessons of a course in their order, by chapter.
pub(super) async fn lessons(tx: &Tx, course_id: CourseId) -> Result<HashMap<ChapterId, Vec<(Lesson, Body)>>> {
    let sql = "SELECT l.*, b.description, b.content, b.content_format, b.video_url, b.video_asset_id FROM lessons l \
               JOIN lesson_bodies b ON b.lesson_id = l.id WHERE l.course_id = :course_id ORDER BY l.position, l.id";
    let mut by_chapter: HashMap<ChapterId, Vec<(Lesson, Body)>> = HashMap::new();
    for lesson in with_bodies::<Lesson>(tx, sql, course_id).await? {
        by_chapter.entry(lesson.0.chapter_id).or_default().push(lesson);
    }
    Ok(by_chapter)
}

async fn with_bodies<T: FromQueryResult>(tx: &Tx, sql: &str, course_id: CourseId) -> Result<Vec<(T, Body)>> {
    let rows = tx.query_all_raw(tx.named(sql, values! { course_id })).await.map_db_err()?;
    let records =
        rows.iter().map(|row| Ok((T::from_query_result(row, "")?, Body::from_query_result(row, "")?)));
    records.collect::<Result<_, DbErr>>().map_db_err()
}
