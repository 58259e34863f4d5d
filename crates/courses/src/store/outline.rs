use std::collections::HashMap;

use database::Tx;
use kernel::{Result, Uuid};
use sea_orm::FromQueryResult;

use crate::{CourseOutline, OutlineChapter, OutlineLesson};

/// A chapter, or a lesson of it: both have almost the same columns, so that one statement brings the whole outline.
#[derive(FromQueryResult)]
struct Row {
    course_id: Uuid,
    /// Null for a chapter.
    chapter_id: Option<Uuid>,
    id: Uuid,
    title: String,
    description: Option<String>,
    position: i64,
    duration: Option<i64>,
    is_free: bool,
    has_content: bool,
    has_video: bool,
    is_published: bool,
}

/// Chapters and lessons in their order, in one statement; only what is published, or everything.
pub(crate) async fn find(tx: &Tx, course_id: Uuid, published_only: bool) -> Result<CourseOutline> {
    let mut found = find_all(tx, &[course_id], published_only).await?;
    Ok(found.remove(&course_id).unwrap_or_default())
}

/// The outlines of several courses, in one statement; those without a chapter are not among them.
pub(crate) async fn find_all(
    tx: &Tx,
    course_ids: &[Uuid],
    published_only: bool,
) -> Result<HashMap<Uuid, CourseOutline>> {
    if course_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let only = if published_only { " AND is_published" } else { "" };
    let ids = vec!["?"; course_ids.len()].join(", ");
    let sql = format!(
        "SELECT course_id, chapter_id, id, title, description, position, duration, is_free, has_content, has_video, is_published \
         FROM (SELECT course_id, CAST(NULL AS {uuid}) AS chapter_id, id, title, description, position, duration, is_free, \
           has_content, has_video, is_published FROM chapters WHERE course_id IN ({ids}){only} \
         UNION ALL SELECT course_id, chapter_id, id, title, NULL, position, duration, FALSE, \
           has_content, has_video, is_published FROM lessons WHERE course_id IN ({ids}){only}) outline \
         ORDER BY position, id",
        uuid = if tx.is_postgres() { "uuid" } else { "blob" },
    );
    let values = course_ids.iter().chain(course_ids).map(|id| (*id).into());
    let mut outlines: HashMap<Uuid, CourseOutline> = HashMap::new();
    let mut lessons: HashMap<Uuid, Vec<OutlineLesson>> = HashMap::new();
    for row in tx.all::<Row>(&sql, values).await? {
        match row.chapter_id {
            Some(chapter_id) => lessons.entry(chapter_id).or_default().push(OutlineLesson {
                id: row.id,
                title: row.title,
                position: row.position,
                duration: row.duration,
                has_video: row.has_video,
                is_published: row.is_published,
            }),
            None => outlines
                .entry(row.course_id)
                .or_default()
                .chapters
                .push(OutlineChapter {
                    id: row.id,
                    title: row.title,
                    description: row.description,
                    position: row.position,
                    duration: row.duration,
                    is_free: row.is_free,
                    is_published: row.is_published,
                    has_body: row.has_content || row.has_video,
                    lessons: Vec::new(),
                }),
        }
    }
    for chapter in outlines.values_mut().flat_map(|outline| &mut outline.chapters) {
        chapter.lessons = lessons.remove(&chapter.id).unwrap_or_default();
    }
    Ok(outlines)
}
