#![doc = include_str!("../README.md")]

mod captions;
mod collect;
mod file;
mod image;
mod link;
mod presign;
mod sniff;
mod storage;
mod store;
mod upload;
mod video;

pub use captions::is_web_vtt;
pub use collect::{KEPT, collect_files, collect_objects};
pub use entity::enums::{FilePurpose, FileStatus, VideoProvider, VideoStatus};
pub use file::{File, ready_file, usable_image};
pub use image::{IMAGE_WIDTHS, image_kind, image_path};
pub use link::{Disposition, Link, clean_name, content_disposition, file_name};
pub use sniff::allowed_types;
pub use storage::{Key, Object, S3, Settings, Storage, Stored};
pub use upload::{Announcement, Limits, Media, Target, UploadTicket, upload};
pub use video::{
    Announced, CaptionLink, Captions, MUX, Mux, MuxEvent, MuxSettings, NewVideo, Playback, PlaybackSource,
    UploadTarget, Video, VideoAsset, Videos, delete_captions, delete_video, list_own_videos, note_event,
    own_playback_source, playback_source, put_captions, usable_video, video, video_is_ready, video_seconds,
};
