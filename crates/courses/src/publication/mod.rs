//! What a course, a chapter or a lesson needs before it can be published. All that is missing is reported at once, each with a code
//! and a pointer into the resource.

use database::Tx;
use kernel::{Code, Error, FieldError, Result};

use crate::{body::Body, chapter::model::Chapter, course::model::Course, lesson::model::Lesson};

/// Whether a body contains something to learn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyState {
    /// Text, or a video that can be watched.
    Complete,
    /// An uploaded video that is not ready, and nothing else.
    VideoNotReady,
    /// Nothing.
    Empty,
}

impl BodyState {
    /// The state of a body. It asks the database only about an uploaded video without text.
    pub(crate) async fn of(tx: &Tx, body: &Body) -> Result<Self> {
        if body.has_text() || body.video_url.is_some() {
            return Ok(Self::Complete);
        }
        Ok(match body.video_asset_id {
            None => Self::Empty,
            Some(id) if media::video_is_ready(tx, id).await? => Self::Complete,
            Some(_) => Self::VideoNotReady,
        })
    }

    /// Adds the reason for which it is not complete. `detail` is what to say of an empty body.
    fn check(self, detail: &str, reasons: &mut Vec<FieldError>) {
        match self {
            Self::Complete => {}
            Self::VideoNotReady => add(
                "/videoAssetId",
                "video_not_ready",
                "The video is still being prepared, or failed.",
                reasons,
            ),
            Self::Empty => add("/content", "body_missing", detail, reasons),
        }
    }
}

fn add(pointer: &str, code: &'static str, detail: &str, reasons: &mut Vec<FieldError>) {
    reasons.push(FieldError::new(pointer, code, detail));
}

/// A lesson needs a title, and content or a video.
pub(crate) fn check_lesson(lesson: &Lesson, state: BodyState) -> Vec<FieldError> {
    let mut reasons = Vec::new();
    if kernel::is_blank(&lesson.title) {
        add("/title", "title_missing", "A lesson needs a title.", &mut reasons);
    }
    state.check("A lesson needs content or a video.", &mut reasons);
    reasons
}

/// A chapter needs a title, and content, a video or a published lesson.
pub(crate) fn check_chapter(
    chapter: &Chapter,
    state: BodyState,
    has_published_lesson: bool,
) -> Vec<FieldError> {
    let mut reasons = Vec::new();
    if kernel::is_blank(&chapter.title) {
        add("/title", "title_missing", "A chapter needs a title.", &mut reasons);
    }
    if !has_published_lesson {
        state.check("A chapter needs a published lesson, or content or a video of its own.", &mut reasons);
    }
    reasons
}

/// A course needs a title, a description, a picture, a category and a published chapter. A published chapter always has a published
/// lesson or a body of its own, since it is unpublished with the last of them.
pub(crate) fn check_course(course: &Course, has_published_chapter: bool) -> Vec<FieldError> {
    let mut reasons = Vec::new();
    if kernel::is_blank(&course.title) {
        add("/title", "title_missing", "A course needs a title.", &mut reasons);
    }
    if kernel::is_blank(&course.description) {
        add("/description", "description_missing", "A course needs a description.", &mut reasons);
    }
    if course.picture_url.is_none() {
        add("/imageUrl", "image_missing", "A course needs a picture.", &mut reasons);
    }
    if course.categories.is_empty() {
        add("/categoryIds", "category_missing", "A course needs a category.", &mut reasons);
    }
    if !has_published_chapter {
        add("/chapters", "chapter_missing", "A course needs a published chapter.", &mut reasons);
    }
    reasons
}

/// Refuses a change of what is published, with the reasons that it adds: what was missing before is no reason to refuse what is
/// better now.
pub(crate) fn require_no_worse(before: &[FieldError], mut after: Vec<FieldError>) -> Result<()> {
    let same =
        |one: &FieldError, other: &FieldError| (&one.pointer, one.code) == (&other.pointer, other.code);
    after.retain(|reason| !before.iter().any(|known| same(known, reason)));
    require(after)
}

/// Refuses a publication with all reasons at once.
pub(crate) fn require(reasons: Vec<FieldError>) -> Result<()> {
    if reasons.is_empty() { Ok(()) } else { Err(Error::new(Code::NotPublishable).errors(reasons)) }
}
