//! Files and video.

mod video;

pub use video::{
    Announced, CaptionLink, Captions, MUX, Mux, MuxEvent, MuxSettings, NewVideo, Playback, PlaybackSource, Provider,
    UploadTarget, Video, VideoAsset, VideoStatus, Videos, delete_captions, delete_video, list_own_videos, note_event,
    own_playback_source, playback_source, put_captions, sweep_events, usable_video, video,
};
