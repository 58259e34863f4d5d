//! What the operations of videos take and answer.

use std::collections::BTreeMap;

use kernel::{FileId, VideoAssetId};
use media::{NewVideo, VideoProvider, VideoStatus};

use crate::routes::shared::prelude::*;

/// A video, as its owner sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct VideoAsset {
    /// The video's id.
    id: VideoAssetId,
    /// Who stores and streams it: `MUX` or `LOCAL`; more may be added.
    #[schema(value_type = String, example = "MUX")]
    provider: VideoProvider,
    /// Whether it can be played: `WAITING` for its file, `PREPARING`, `READY` or `ERRORED`; more may be added.
    #[schema(value_type = String, example = "READY")]
    status: VideoStatus,
    /// Why it is `ERRORED`: a stable code, such as `upload_timed_out` or `not_processable`. Null where it is not.
    #[schema(example = "upload_timed_out")]
    problem: Option<String>,
    /// The duration in seconds; null where it is not known.
    #[schema(minimum = 0, example = 61.5)]
    duration_seconds: Option<f64>,
    /// The captions, ordered by language.
    captions: Vec<VideoCaptions>,
    /// The id of the asset at Mux; null for a video in our own storage.
    #[schema(example = "SqQnqz6s5MBuXGvJaUWdXuXM93J9Q2yv")]
    assets_id: Option<String>,
    /// The id of the signed playback at Mux; it plays nothing without a token. Null for a video in our own storage.
    #[schema(example = "6RkPUOZDMZoK8sMqLdJ1SoXaRDUe02uMv")]
    playback_id: Option<String>,
    /// When the video was announced.
    created_at: DateTime<Utc>,
    /// When the video last changed.
    updated_at: DateTime<Utc>,
}

/// The captions of a video in one language.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = media::Captions, ignore(file_id))]
struct VideoCaptions {
    /// The BCP 47 tag of the language.
    #[schema(example = "en-GB")]
    language: String,
    /// What a player's menu shows.
    #[schema(example = "English")]
    label: String,
}

impl From<media::Video> for VideoAsset {
    fn from(video: media::Video) -> Self {
        let media::Video { asset, captions } = video;
        let media::VideoAsset {
            id,
            owner_id: _,
            provider,
            status,
            file_id: _,
            content_type: _,
            upload_id: _,
            asset_id,
            playback_id,
            duration_seconds,
            problem,
            created_at,
            updated_at,
        } = asset;
        Self {
            id,
            provider,
            status,
            problem,
            duration_seconds,
            captions: captions.into_iter().map(Into::into).collect(),
            assets_id: asset_id,
            playback_id,
            created_at,
            updated_at,
        }
    }
}

page! {
    /// A page of videos.
    VideoAssetPage of VideoAsset
}

/// A video to upload.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateVideoUpload {
    /// The media type of the file.
    content_type: VideoType,
    /// The size of the file in bytes; our own storage takes less than Mux.
    #[schema(minimum = 1, maximum = 53_687_091_200_u64, example = 20_971_520)]
    size_bytes: u64,
    /// The name of the file, for people.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "hinge.mp4"
    )]
    name: String,
}

impl From<CreateVideoUpload> for NewVideo {
    fn from(new: CreateVideoUpload) -> Self {
        let CreateVideoUpload { content_type, size_bytes, name } = new;
        Self { content_type: content_type.as_str().to_owned(), size_bytes, name }
    }
}

/// The media type of a video file.
#[derive(Clone, Copy, Deserialize, ToSchema)]
enum VideoType {
    /// MPEG-4.
    #[serde(rename = "video/mp4")]
    Mp4,
    /// `WebM`.
    #[serde(rename = "video/webm")]
    Webm,
    /// `QuickTime`, which phones record.
    #[serde(rename = "video/quicktime")]
    QuickTime,
}

impl VideoType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::Webm => "video/webm",
            Self::QuickTime => "video/quicktime",
        }
    }
}

/// A video that waits for its file, and where to send the file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VideoUpload {
    /// The video.
    pub(super) video_asset: VideoAsset,
    /// Where to send the file.
    pub(super) target: VideoUploadTarget,
}

/// Where and how to send the file of a video.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = media::UploadTarget, used(headers))]
pub(super) struct VideoUploadTarget {
    /// The HTTP method.
    #[schema(value_type = String, example = "PUT")]
    method: &'static str,
    /// A signed URL: whoever has it may upload. Mux also takes the file in parts, and continues an interrupted upload.
    #[schema(format = "uri", example = "https://storage.example.com/upload?token=x")]
    url: String,
    /// The headers to send.
    #[schema(example = json!({ "content-type": "video/mp4" }))]
    #[dto(with = headers.into_iter().collect())]
    headers: BTreeMap<String, String>,
    /// When the URL expires.
    expires_at: DateTime<Utc>,
}

/// The captions of a video in one language.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PutCaptions {
    /// What a player's menu shows.
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "English"
    )]
    label: String,
    /// The id of a file of the video's owner: an upload for `CAPTIONS` that is `READY`.
    file_id: FileId,
}

impl PutCaptions {
    /// The captions, in this language.
    pub(super) fn into_captions(self, language: String) -> media::Captions {
        let Self { label, file_id } = self;
        media::Captions { language, label, file_id }
    }
}
