//! The captions of a video.

use kernel::{FileId, VideoAssetId};
use sea_orm::DerivePartialModel;

/// The captions of a video in one language: a `WebVTT` file of its owner's.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "entity::video_captions::Entity")]
pub struct Captions {
    /// The BCP 47 tag of the language, such as `en-GB`.
    pub language: String,
    /// What a player's menu shows.
    pub label: String,
    /// The file.
    pub file_id: FileId,
}

/// Captions, and the video that they belong to.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "entity::video_captions::Entity")]
pub(crate) struct CaptionsOfVideo {
    pub(crate) video_asset_id: VideoAssetId,
    #[sea_orm(nested)]
    pub(crate) captions: Captions,
}
