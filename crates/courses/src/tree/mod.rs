//! A whole course, as its editors work on it: drafts, and what its chapters and lessons teach.

mod model;
mod store;

use database::Tx;
use kernel::{CourseId, Result};

use crate::permission;

pub use model::{CourseTree, TreeChapter};

/// Everything of a course. The number of statements does not depend on its size.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Forbidden`] where the caller may not edit it.
pub async fn course_tree(tx: &Tx, id: CourseId) -> Result<CourseTree> {
    let course = permission::require_editor(tx, id).await?;
    let mut lessons = store::lessons(tx, id).await?;
    let chapters = store::chapters(tx, id).await?;
    let chapters = chapters.into_iter().map(|(chapter, body)| TreeChapter {
        lessons: lessons.remove(&chapter.id).unwrap_or_default(),
        chapter,
        body,
    });
    Ok(CourseTree { course, chapters: chapters.collect() })
}
