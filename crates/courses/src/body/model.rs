//! What a chapter or a lesson teaches.

use entity::enums::ContentFormat;
use kernel::{ChapterId, LessonId, VideoAssetId};
use sea_orm::FromQueryResult;

use crate::content;

/// What a chapter or a lesson teaches.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct Body {
    /// Sanitised HTML, or what an editor wrote as JSON.
    pub content: Option<String>,
    /// Which of the two.
    pub content_format: ContentFormat,
    /// The address of a video that is hosted elsewhere.
    pub video_url: Option<String>,
    /// The id of an uploaded video.
    pub video_asset_id: Option<VideoAssetId>,
}

impl Body {
    /// Whether there is something to read in it.
    pub(crate) fn has_text(&self) -> bool {
        !content::is_blank(self.content.as_deref(), self.content_format)
    }

    pub(crate) fn has_video(&self) -> bool {
        self.video_url.is_some() || self.video_asset_id.is_some()
    }
}

/// A change of a body: `None` keeps a field, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct BodyChange {
    /// See [`Body::content`]; it is sanitised when the change is applied.
    pub content: Option<Option<String>>,
    /// See [`Body::content_format`].
    pub content_format: Option<ContentFormat>,
    /// See [`Body::video_url`].
    pub video_url: Option<Option<String>>,
    /// See [`Body::video_asset_id`].
    pub video_asset_id: Option<Option<VideoAssetId>>,
}

/// Whose body it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BodyOwner {
    /// A chapter's.
    Chapter(ChapterId),
    /// A lesson's.
    Lesson(LessonId),
}
