//! A video, wherever its file is stored.

use crate::video::captions::model::Captions;

/// A video: a row of `video_assets`, which is read as a whole.
///
/// `upload_id`, `asset_id` and `playback_id` are Mux's ids of the upload, the asset and the signed playback; `file_id` and
/// `content_type` are there for a video in our own storage. `problem` is a stable code that says why it cannot be played,
/// `warnings` is a list of codes that say what may keep somebody from watching it.
pub use entity::video_assets::Model as VideoAsset;

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
