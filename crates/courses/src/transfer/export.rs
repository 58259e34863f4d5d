//! A course as a document.

use database::Tx;
use kernel::{CourseId, Result};

use super::model::{ChapterDocument, CourseDocument, CourseExport, LessonDocument};
use crate::{
    body::Body,
    lesson::Lesson,
    tree::{self, CourseTree, TreeChapter},
};

/// Exports a course, for whoever may edit it.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Forbidden`].
pub async fn export_course(tx: &Tx, id: CourseId) -> Result<CourseExport> {
    let CourseTree { course, chapters } = tree::course_tree(tx, id).await?;
    let document = CourseDocument {
        title: course.title,
        description: course.description,
        content: course.content,
        content_format: course.content_format,
        image_url: course.picture_url,
        preview_video_url: course.preview_video_url,
        duration: course.duration,
        difficulty: course.difficulty,
        price: course.price,
        discount_price: course.discount_price,
        categories: course.categories.into_iter().map(|category| category.slug).collect(),
        chapters: chapters.into_iter().map(Into::into).collect(),
    };
    Ok(CourseExport { slug: course.slug, document })
}

/// Uploaded videos stay behind: a chapter that has nothing else to show is a draft in the document.
impl From<TreeChapter> for ChapterDocument {
    fn from(tree: TreeChapter) -> Self {
        let TreeChapter { chapter, body, lessons } = tree;
        let lessons: Vec<LessonDocument> = lessons.into_iter().map(Into::into).collect();
        let complete = is_portable(&body) || lessons.iter().any(|lesson| lesson.is_published);
        Self {
            title: chapter.title,
            description: chapter.description,
            content: body.content,
            content_format: body.content_format,
            video_url: body.video_url,
            duration: chapter.duration,
            is_free: chapter.is_free,
            is_published: chapter.is_published && complete,
            lessons,
        }
    }
}

/// Uploaded videos stay behind: a lesson that has nothing else to show is a draft in the document.
impl From<(Lesson, Body)> for LessonDocument {
    fn from((lesson, body): (Lesson, Body)) -> Self {
        Self {
            is_published: lesson.is_published && is_portable(&body),
            title: lesson.title,
            description: lesson.description,
            content: body.content,
            content_format: body.content_format,
            video_url: body.video_url,
            duration: lesson.duration,
        }
    }
}

/// Whether there is something to learn from without uploaded videos.
fn is_portable(body: &Body) -> bool {
    body.has_text() || body.video_url.is_some()
}
