use database::Tx;
use kernel::{CourseId, Result};

use crate::{Body, Chapter, Course, Lesson, course, store};

/// A whole course as its editors work on it.
#[derive(Clone, Debug)]
pub struct CourseTree {
    /// The course.
    pub course: Course,
    /// Its chapters in their order.
    pub chapters: Vec<TreeChapter>,
}

/// A chapter with everything in it.
#[derive(Clone, Debug)]
pub struct TreeChapter {
    /// The chapter.
    pub chapter: Chapter,
    /// What it teaches.
    pub body: Body,
    /// Its lessons in their order, with what they teach.
    pub lessons: Vec<(Lesson, Body)>,
}

/// Everything of a course, drafts and bodies included, in as many statements however large it is.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Forbidden`] for who may not edit it.
pub async fn course_tree(tx: &Tx, id: CourseId) -> Result<CourseTree> {
    let course = course::editable(tx, id).await?;
    let mut lessons = store::tree::lessons(tx, id).await?;
    let chapters = store::tree::chapters(tx, id).await?;
    let chapters = chapters.into_iter().map(|(chapter, body)| TreeChapter {
        lessons: lessons.remove(&chapter.id).unwrap_or_default(),
        chapter,
        body,
    });
    Ok(CourseTree {
        course,
        chapters: chapters.collect(),
    })
}
