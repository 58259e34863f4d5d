use std::collections::HashMap;

use database::{MapDbErr, Tx};
use kernel::{ChapterId, CourseId, Result, Uuid};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::Deserialize;

use super::{gathered, marks};
use crate::{CourseOutline, OutlineChapter, OutlineLesson};

/// A chapter, or a lesson of it, as an array: both have almost the same columns.
#[derive(Deserialize)]
struct Row(
    /// The lesson's chapter; null for a chapter.
    Option<ChapterId>,
    Uuid,
    String,
    Option<String>,
    i64,
    Option<i64>,
    Flags,
);

/// Whether it is free, has content, has a video, is published: a digit for each, since SQLite has no booleans.
#[derive(Deserialize)]
struct Flags(String);

impl Flags {
    fn is_set(&self, index: usize) -> bool {
        self.0.as_bytes().get(index) == Some(&b'1')
    }
}

/// The outline of the course `c`, as a text; only what is published, or everything.
pub(super) fn expression(tx: &Tx, published_only: bool) -> String {
    let only = if published_only { " AND is_published" } else { "" };
    let flag = |column: &str| format!("CASE WHEN {column} THEN '1' ELSE '0' END");
    let flags = ["is_free", "has_content", "has_video", "is_published"].map(flag);
    let columns = format!(
        "{}, {}, title, description, position, duration, {}",
        gathered::id(tx, "chapter_id"),
        gathered::id(tx, "id"),
        flags.join(" || ")
    );
    format!(
        "(SELECT {} FROM (SELECT CAST(NULL AS {uuid}) AS chapter_id, id, title, description, position, duration, is_free, \
           has_content, has_video, is_published FROM chapters WHERE course_id = c.id{only} \
         UNION ALL SELECT chapter_id, id, title, NULL, position, duration, FALSE, has_content, has_video, \
           is_published FROM lessons WHERE course_id = c.id{only}) outline)",
        gathered::gather(tx, &columns),
        uuid = if tx.is_postgres() { "uuid" } else { "blob" },
    )
}

/// What such a text says.
pub(super) fn read(text: Option<&str>) -> Result<CourseOutline> {
    let mut rows: Vec<Row> = gathered::rows(text)?;
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

/// Chapters and lessons in their order, in one statement; only what is published, or everything.
pub(crate) async fn find(tx: &Tx, course_id: CourseId, published_only: bool) -> Result<CourseOutline> {
    let mut found = find_all(tx, &[course_id], published_only).await?;
    Ok(found.remove(&course_id).unwrap_or_default())
}

/// The outlines of several courses, in one statement.
pub(crate) async fn find_all(
    tx: &Tx,
    course_ids: &[CourseId],
    published_only: bool,
) -> Result<HashMap<CourseId, CourseOutline>> {
    if course_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT c.id, {} AS outline FROM courses c WHERE c.id IN ({})",
        expression(tx, published_only),
        marks(course_ids.len())
    );
    let values = course_ids.iter().map(|id| (*id).into());
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    rows.iter().map(outline_of).collect()
}

fn outline_of(row: &QueryResult) -> Result<(CourseId, CourseOutline)> {
    let text: Option<String> = row.try_get("", "outline").map_db_err()?;
    Ok((row.try_get("", "id").map_db_err()?, read(text.as_deref())?))
}
