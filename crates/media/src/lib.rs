#![doc = include_str!("../README.md")]

mod captions;
mod container;
mod content_type;
mod file;
mod file_name;
mod image;
mod picture_metadata;
mod signed_link;
mod storage;
mod text;
mod text_picture;
mod video;

pub use content_type::AllowedTypes;
pub use entity::enums::{FilePurpose, FileStatus, VideoProvider, VideoStatus};
pub use file::{
    File, Limits, Media, NewFile, RETENTION, Target, UploadTicket, collect_files, collect_objects,
    ready_file, upload, usable_image,
};
pub use file_name::{content_disposition, file_name};
pub use image::{IMAGE_WIDTHS, image_kind, image_path};
pub use signed_link::{Disposition, Link};
pub use storage::{Key, Object, S3, Settings, Storage, Stored};
pub use text_picture::{TextPlace, keep_new_pictures, keep_pictures};
pub use video::{
    CaptionLink, Captions, MUX, Mux, MuxEvent, MuxSettings, NewVideo, Playback, PlaybackSource,
    PreparedUpload, UploadTarget, Video, VideoAsset, Videos, delete_captions, delete_video, list_own_videos,
    note_event, own_playback_source, playback_source, put_captions, usable_video, video, video_is_ready,
    video_seconds,
};
