//! What must be there before something is shown. Everything that is missing comes at once, with a code and a pointer.

use database::Tx;
use kernel::{Code, Error, FieldError, Result};

use crate::{Body, Chapter, Course, Lesson};

/// Whether a body has something to teach with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Teaches {
    /// Text, or a video that can be watched.
    Yes,
    /// An uploaded video that is not ready, and nothing else.
    NotYet,
    /// Nothing.
    No,
}

impl Teaches {
    pub(crate) async fn of(tx: &Tx, body: &Body) -> Result<Self> {
        if body.content.is_some() || body.video_url.is_some() {
            return Ok(Self::Yes);
        }
        Ok(match body.video_asset_id {
            None => Self::No,
            Some(id) if media::video_is_ready(tx, id).await? => Self::Yes,
            Some(_) => Self::NotYet,
        })
    }

    /// What is missing of it.
    fn missing(self, detail: &str, reasons: &mut Vec<FieldError>) {
        match self {
            Self::Yes => {}
            Self::NotYet => missing(
                "/videoAssetId",
                "video_not_ready",
                "The video is still being prepared, or failed.",
                reasons,
            ),
            Self::No => missing("/content", "body_missing", detail, reasons),
        }
    }
}

fn missing(pointer: &str, code: &'static str, detail: &str, reasons: &mut Vec<FieldError>) {
    reasons.push(FieldError::new(pointer, code, detail));
}

/// A lesson: a title, and content or a video.
pub(crate) fn lesson(lesson: &Lesson, teaches: Teaches) -> Vec<FieldError> {
    let mut reasons = Vec::new();
    if lesson.title.trim().is_empty() {
        missing("/title", "title_missing", "A lesson needs a title.", &mut reasons);
    }
    teaches.missing("A lesson needs content or a video.", &mut reasons);
    reasons
}

/// A chapter: a title, and content, a video or a published lesson.
pub(crate) fn chapter(chapter: &Chapter, teaches: Teaches, published_lessons: i64) -> Vec<FieldError> {
    let mut reasons = Vec::new();
    if chapter.title.trim().is_empty() {
        missing(
            "/title",
            "title_missing",
            "A chapter needs a title.",
            &mut reasons,
        );
    }
    if published_lessons == 0 {
        teaches.missing(
            "A chapter needs a published lesson, or content or a video of its own.",
            &mut reasons,
        );
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
    if course.picture_url.is_none() {
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
