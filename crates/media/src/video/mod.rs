//! Videos: at Mux, or as progressive files in our own storage.

mod asset;
mod captions;
mod events;
mod inspection;
mod mux;
mod playback;
mod service;
mod sync;
mod upload;

pub use asset::{
    NewVideo, Video, VideoAsset, delete_video, list_own_videos, usable_video, video, video_is_ready,
    video_seconds,
};
pub use captions::{Captions, delete_captions, put_captions};
pub use events::{MUX, MuxEvent, note_event};
pub use mux::{Mux, MuxSettings, UploadTarget};
pub use playback::{CaptionLink, Playback, PlaybackSource, own_playback_source, playback_source};
pub use service::Videos;
pub use upload::PreparedUpload;
