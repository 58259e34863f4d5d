//! Outlines of courses, each in one row with what the course page needs.

use std::collections::HashMap;

use database::{
    Tx,
    json_rows::{id_column, json_agg, parse_rows},
    values,
};
use kernel::{ChapterId, CourseId, Result, Uuid};
use sea_orm::FromQueryResult;
use serde::Deserialize;

use super::model::{CourseOutline, OutlineChapter, OutlineLesson};

/// A chapter or a lesson as an array of its columns, which are almost the same.
#[derive(Deserialize)]
struct Row(
    /// The chapter of a lesson; null for a chapter.
    Option<ChapterId>,
    /// The id of the chapter or the lesson.
    Uuid,
    /// The title.
    String,
    /// The description of a chapter.
    Option<String>,
    /// The position.
    i64,
    /// The duration in minutes.
    Option<i64>,
    Flags,
);

/// Whether it is free, has content, has a video and is published: a digit each, since JSON of SQLite has no booleans.
#[derive(Deserialize)]
struct Flags(String);

impl Flags {
    fn is_set(&self, index: usize) -> bool {
        self.0.as_bytes().get(index) == Some(&b'1')
    }
}

/// The expression for the outline of the course `c`, which [`parse`] reads: only what is published, or everything.
pub(crate) fn of_course_expression(tx: &Tx, published_only: bool) -> String {
    let only = if published_only { " AND is_published" } else { "" };
    let flag = |column: &str| format!("CASE WHEN {column} THEN '1' ELSE '0' END");
    let flags = ["is_free", "has_content", "has_video", "is_published"].map(flag);
    let columns = format!(
        "{}, {}, title, description, position, duration, {}",
        id_column(tx, "chapter_id"),
        id_column(tx, "id"),
        flags.join(" || ")
    );
    format!(
        "(SELECT {} FROM (SELECT CAST(NULL AS {uuid}) AS chapter_id, id, title, description, position, duration, is_free, \
           has_content, has_video, is_published FROM chapters WHERE course_id = c.id{only} \
         UNION ALL SELECT chapter_id, id, title, NULL, position, duration, FALSE, has_content, has_video, \
           is_published FROM lessons WHERE course_id = c.id{only}) outline)",
        json_agg(tx, &columns),
        uuid = if tx.is_postgres() { "uuid" } else { "blob" },
    )
}

/// The outline in the value of that expression.
pub(crate) fn parse(text: Option<&str>) -> Result<CourseOutline> {
    let mut rows: Vec<Row> = parse_rows(text)?;
    rows.sort_unstable_by_key(|Row(_, id, _, _, position, ..)| (*position, *id));
    let mut chapters = Vec::new();
    let mut lessons: HashMap<ChapterId, Vec<OutlineLesson>> = HashMap::new();
    for Row(chapter_id, id, title, description, position, duration, flags) in rows {
        let [is_free, has_content, has_video, is_published] = [0, 1, 2, 3].map(|index| flags.is_set(index));
        match chapter_id {
            Some(chapter_id) => lessons.entry(chapter_id).or_default().push(OutlineLesson {
                id: id.into(),
                title,
                position,
                duration,
                has_video,
                is_published,
            }),
            None => chapters.push(OutlineChapter {
                id: id.into(),
                title,
                description,
                position,
                duration,
                is_free,
                is_published,
                has_body: has_content || has_video,
                lessons: Vec::new(),
            }),
        }
    }
    for chapter in &mut chapters {
        chapter.lessons = lessons.remove(&chapter.id).unwrap_or_default();
    }
    Ok(CourseOutline { chapters })
}

#[derive(FromQueryResult)]
struct OutlineRow {
    id: CourseId,
    outline: Option<String>,
}

/// The outline of one course. It is text because it aggregates to JSON.
pub(crate) async fn find(tx: &Tx, course_id: CourseId, published_only: bool) -> Result<CourseOutline> {
    let sql = select(tx, "= :course_id", published_only);
    let row: Option<OutlineRow> = tx.fetch_optional(&sql, values! { course_id }).await?;
    parse(row.and_then(|row| row.outline).as_deref())
}

/// The outlines of several courses. It is text because it aggregates to JSON.
pub(super) async fn find_all(
    tx: &Tx,
    course_ids: &[CourseId],
    published_only: bool,
) -> Result<HashMap<CourseId, CourseOutline>> {
    if course_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let (among, ids) = tx.any_of("ids", course_ids);
    let sql = select(tx, &among, published_only);
    let rows: Vec<OutlineRow> = tx.fetch_all(&sql, values! { ids }).await?;
    rows.into_iter().map(|row| Ok((row.id, parse(row.outline.as_deref())?))).collect()
}

/// Text: it aggregates to JSON.
fn select(tx: &Tx, condition: &str, published_only: bool) -> String {
    let outline = of_course_expression(tx, published_only);
    format!("SELECT c.id, {outline} AS outline FROM courses c WHERE c.id {condition}")
}
