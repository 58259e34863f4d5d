use std::collections::HashMap;

use database::{MapDbErr, Tx};
use kernel::{ChapterId, CourseId, Result, Uuid};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{Body, Chapter, Lesson};

const BODY: &str = "b.content, b.video_url, b.video_asset_id";

/// The chapters of a course in their order, with their bodies.
pub(crate) async fn chapters(tx: &Tx, course_id: CourseId) -> Result<Vec<(Chapter, Body)>> {
    let sql = format!(
        "SELECT h.*, {BODY} FROM chapters h JOIN chapter_bodies b ON b.chapter_id = h.id WHERE h.course_id = ? \
         ORDER BY h.position, h.id"
    );
    pairs(tx, &sql, course_id).await
}

/// The lessons of a course in their order by chapter, with their bodies.
pub(crate) async fn lessons(tx: &Tx, course_id: CourseId) -> Result<HashMap<ChapterId, Vec<(Lesson, Body)>>> {
    let sql = format!(
        "SELECT l.*, {BODY} FROM lessons l JOIN lesson_bodies b ON b.lesson_id = l.id WHERE l.course_id = ? \
         ORDER BY l.position, l.id"
    );
    let mut by_chapter: HashMap<ChapterId, Vec<(Lesson, Body)>> = HashMap::new();
    for pair in pairs::<Lesson>(tx, &sql, course_id).await? {
        by_chapter.entry(pair.0.chapter_id).or_default().push(pair);
    }
    Ok(by_chapter)
}

async fn pairs<T: FromQueryResult>(tx: &Tx, sql: &str, course_id: CourseId) -> Result<Vec<(T, Body)>> {
    let rows = tx
        .query_all_raw(tx.statement(sql, [course_id.into()]))
        .await
        .map_db_err()?;
    rows.iter()
        .map(|row| Ok((T::from_query_result(row, "")?, Body::from_query_result(row, "")?)))
        .collect::<Result<_, _>>()
        .map_db_err()
}
