//! What must be there before something is shown. Everything that is missing comes at once, with a code and a pointer.

use kernel::{Code, Error, FieldError, Result};

use crate::{Chapter, Course, Lesson};

fn missing(pointer: &str, code: &'static str, detail: &str, reasons: &mut Vec<FieldError>) {
    reasons.push(FieldError::new(pointer, code, detail));
}

/// A lesson: a title, and content or a video.
pub(crate) fn lesson(lesson: &Lesson) -> Vec<FieldError> {
    let mut reasons = Vec::new();
    if lesson.title.trim().is_empty() {
        missing("/title", "title_missing", "A lesson needs a title.", &mut reasons);
    }
    if !lesson.has_content && !lesson.has_video {
        missing(
            "/content",
            "body_missing",
            "A lesson needs content or a video.",
            &mut reasons,
        );
    }
    reasons
}

/// A chapter: a title, and content, a video or a published lesson.
pub(crate) fn chapter(chapter: &Chapter, published_lessons: i64) -> Vec<FieldError> {
    let mut reasons = Vec::new();
    if chapter.title.trim().is_empty() {
        missing(
            "/title",
            "title_missing",
            "A chapter needs a title.",
            &mut reasons,
        );
    }
    if !chapter.has_content && !chapter.has_video && published_lessons == 0 {
        let detail = "A chapter needs a published lesson, or content or a video of its own.";
        missing("/lessons", "body_missing", detail, &mut reasons);
    }
    reasons
}

/// A course: a title, a description, a picture, a category, and a published chapter. A published chapter always has a
/// published lesson or a body of its own, since it loses its place when they go.
pub(crate) fn course(course: &Course, published_chapters: i64) -> Vec<FieldError> {
    let mut reasons = Vec::new();
    if course.title.trim().is_empty() {
        missing("/title", "title_missing", "A course needs a title.", &mut reasons);
    }
    if course.description.trim().is_empty() {
        missing(
            "/description",
            "description_missing",
            "A course needs a description.",
            &mut reasons,
        );
    }
    if course.image_url.is_none() {
        missing(
            "/imageUrl",
            "image_missing",
            "A course needs a picture.",
            &mut reasons,
        );
    }
    if course.categories.is_empty() {
        missing(
            "/categoryIds",
            "category_missing",
            "A course needs a category.",
            &mut reasons,
        );
    }
    if published_chapters == 0 {
        missing(
            "/chapters",
            "chapter_missing",
            "A course needs a published chapter.",
            &mut reasons,
        );
    }
    reasons
}

/// Refuses for all reasons at once.
pub(crate) fn require(reasons: Vec<FieldError>) -> Result<()> {
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(Error::new(Code::NotPublishable).errors(reasons))
    }
}
