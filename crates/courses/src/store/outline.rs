use std::collections::HashMap;

use database::Tx;
use kernel::{Result, Uuid};
use sea_orm::FromQueryResult;

use crate::{CourseOutline, OutlineChapter, OutlineLesson};

/// A chapter, or a lesson of it: both have almost the same columns, so that one statement brings the whole outline.
#[derive(FromQueryResult)]
struct Row {
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
    let only = if published_only { " AND is_published" } else { "" };
    let sql = format!(
        "SELECT chapter_id, id, title, description, position, duration, is_free, has_content, has_video, is_published \
         FROM (SELECT CAST(NULL AS {uuid}) AS chapter_id, id, title, description, position, duration, is_free, \
           has_content, has_video, is_published FROM chapters WHERE course_id = ?{only} \
         UNION ALL SELECT chapter_id, id, title, NULL, position, duration, FALSE, \
           has_content, has_video, is_published FROM lessons WHERE course_id = ?{only}) outline \
         ORDER BY position, id",
        uuid = if tx.is_postgres() { "uuid" } else { "blob" },
    );
    let mut chapters = Vec::new();
    let mut lessons: HashMap<Uuid, Vec<OutlineLesson>> = HashMap::new();
    for row in tx.all::<Row>(&sql, [course_id.into(), course_id.into()]).await? {
        match row.chapter_id {
            Some(chapter_id) => lessons.entry(chapter_id).or_default().push(OutlineLesson {
                id: row.id,
                title: row.title,
                position: row.position,
                duration: row.duration,
                has_video: row.has_video,
                is_published: row.is_published,
            }),
            None => chapters.push(OutlineChapter {
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
    for chapter in &mut chapters {
        chapter.lessons = lessons.remove(&chapter.id).unwrap_or_default();
    }
    Ok(CourseOutline { chapters })
}
