//! Files and video.

mod video;

pub use video::{
    CaptionLink, Captions, MUX, Mux, MuxEvent, MuxSettings, NewVideo, Playback, PlaybackSource, Provider, UploadTarget,
    Video, VideoAsset, VideoStatus, Videos, delete_captions, delete_video, fail_upload, list_own_videos,
    make_video, note_event, playback_source, put_captions, set_upload, sweep_events, usable_video, video,
};
