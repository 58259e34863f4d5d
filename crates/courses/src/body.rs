use database::Tx;
use kernel::{CourseId, Result, Uuid, VideoAssetId};
use sea_orm::FromQueryResult;

use crate::rich_text;

/// What a chapter or a lesson teaches.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct Body {
    /// Sanitised HTML.
    pub content: Option<String>,
    /// A video that is hosted elsewhere.
    pub video_url: Option<String>,
    /// A video that was uploaded.
    pub video_asset_id: Option<VideoAssetId>,
}

/// What changes in a body: `None` keeps, `Some(None)` clears.
#[derive(Clone, Debug, Default)]
pub struct BodyChange {
    /// See [`Body::content`]; sanitised here.
    pub content: Option<Option<String>>,
    /// See [`Body::video_url`].
    pub video_url: Option<Option<String>>,
    /// See [`Body::video_asset_id`].
    pub video_asset_id: Option<Option<VideoAssetId>>,
}

impl Body {
    /// The same, without what could act in a reader's browser.
    pub(crate) fn sanitised(self) -> Result<Self> {
        Ok(Self {
            content: rich_text::content(self.content)?,
            ..self
        })
    }

    pub(crate) fn changed(self, change: BodyChange) -> Result<Self> {
        let BodyChange {
            content,
            video_url,
            video_asset_id,
        } = change;
        Ok(Self {
            content: content.map_or(Ok(self.content), rich_text::content)?,
            video_url: video_url.unwrap_or(self.video_url),
            video_asset_id: video_asset_id.unwrap_or(self.video_asset_id),
        })
    }

    /// A video has to be one of the caller's, or the one that is there already.
    pub(crate) async fn check_video(&self, tx: &Tx, current: Option<VideoAssetId>) -> Result<()> {
        check_video(tx, self.video_asset_id, current, "/videoAssetId").await
    }

    pub(crate) fn has_video(&self) -> bool {
        self.video_url.is_some() || self.video_asset_id.is_some()
    }
}

/// A video has to be one of the caller's, or the one that is there already.
pub(crate) async fn check_video(
    tx: &Tx,
    id: Option<VideoAssetId>,
    current: Option<VideoAssetId>,
    pointer: &str,
) -> Result<()> {
    match id {
        Some(id) if current != Some(id) => media::usable_video(tx, id, pointer).await.map(drop),
        _ => Ok(()),
    }
}
