//! Video: at Mux, or a progressive file in our own storage.

mod announce;
mod asset;
mod event;
mod mp4;
mod mux;
mod playback;
mod store;
mod videos;

pub use announce::Announced;
pub use asset::{
    Captions, NewVideo, Video, VideoAsset, delete_captions, delete_video, list_own_videos, put_captions,
    usable_video, video, video_is_ready, video_seconds,
};
pub use entity::enums::{VideoProvider, VideoStatus};
pub use event::{MUX, MuxEvent, note_event};
pub use mux::{Mux, MuxSettings, UploadTarget};
pub use playback::{CaptionLink, Playback, PlaybackSource, own_playback_source, playback_source};
pub use videos::Videos;
