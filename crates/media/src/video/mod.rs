//! Video: at Mux, or a progressive file in our own storage.

mod asset;
mod event;
mod mux;
mod playback;
mod store;
mod videos;

pub use asset::{
    Captions, NewVideo, Provider, Video, VideoAsset, VideoStatus, delete_captions, delete_video, fail_upload,
    list_own_videos, make_video, put_captions, set_upload, usable_video, video,
};
pub use event::{MUX, MuxEvent, note_event, sweep_events};
pub use mux::{Mux, MuxSettings, UploadTarget};
pub use playback::{CaptionLink, Playback, PlaybackSource, playback_source};
pub use videos::Videos;
