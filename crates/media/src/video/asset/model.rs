//! A video, wherever its file is stored.

use entity::enums::{VideoProvider, VideoStatus};
use kernel::{FileId, Timestamp, UserId, VideoAssetId};
use sea_orm::{DerivePartialModel, EntityTrait};

use crate::video::captions::model::Captions;

/// A video.
#[derive(Clone, Debug, PartialEq, DerivePartialModel)]
#[sea_orm(entity = "entity::video_assets::Entity", into_active_model)]
pub struct VideoAsset {
    /// The video's id.
    pub id: VideoAssetId,
    /// The user whose video it is.
    pub owner_id: UserId,
    /// Who stores and streams it.
    pub provider: VideoProvider,
    /// Whether it can be played.
    pub status: VideoStatus,
    /// Its file, where it is in our own storage.
    pub file_id: Option<FileId>,
    /// The media type of that file.
    pub content_type: Option<String>,
    /// The id of its upload at Mux.
    pub upload_id: Option<String>,
    /// The id of its asset at Mux.
    pub asset_id: Option<String>,
    /// The id of its signed playback at Mux.
    pub playback_id: Option<String>,
    /// Its duration in seconds, where that is known.
    pub duration_seconds: Option<f64>,
    /// Why it cannot be played: a stable code.
    pub problem: Option<String>,
    /// When it was announced.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A video with its captions.
#[derive(Clone, Debug)]
pub struct Video {
    /// The video.
    pub asset: VideoAsset,
    /// Its captions, ordered by language.
    pub captions: Vec<Captions>,
}

/// A video that somebody wants to upload.
#[derive(Clone, Debug)]
pub struct NewVideo {
    /// The media type of the file.
    pub content_type: String,
    /// The size of the file in bytes.
    pub size_bytes: u64,
    /// The name of the file, for people.
    pub name: String,
}
