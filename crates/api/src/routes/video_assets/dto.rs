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
    /// Why it is `ERRORED`: a stable code. Null where it is not.
    ///
    /// `video_incomplete`: the index or the end of the file is missing; `no_video_track`: there is only sound; `codec_unsupported`:
    /// browsers do not play it; `video_encrypted`; those of an upload, such as `type_not_allowed`; at Mux `upload_timed_out`,
    /// `upload_failed`, `upload_cancelled`, `not_processable`, `no_signed_playback`, `deleted_at_mux`; more may be added.
    #[schema(example = "upload_timed_out")]
    problem: Option<String>,
    /// The duration in seconds; null until the video is `READY`.
    #[schema(minimum = 0, example = 61.5)]
    duration_seconds: Option<f64>,
    /// How the picture is coded: `h264`, `hevc`, `av1`, `vp8`, `vp9`, or another name. Null where that is not known; Mux does not say
    /// it.
    #[schema(example = "h264")]
    codec: Option<String>,
    /// The width of the picture in pixels, as it is shown; null where it is not known.
    #[schema(minimum = 1, example = 1920)]
    width: Option<i64>,
    /// The height of the picture in pixels, as it is shown; null where it is not known.
    #[schema(minimum = 1, example = 1080)]
    height: Option<i64>,
    /// What may keep somebody from watching a video that is `READY`; stable codes.
    ///
    /// `codec_limited`: not every browser plays it, such as H.265; `codec_unknown`; `audio_limited`: not every browser plays its sound;
    /// more may be added.
    #[schema(example = json!(["codec_limited"]))]
    warnings: Vec<String>,
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
            codec,
            width,
            height,
            warnings,
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
            codec,
            width,
            height,
            warnings: serde_json::from_value(warnings).unwrap_or_default(),
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
    /// The media type of the file, as a browser has it: it may be empty or say nothing, since in the end the content decides. MPEG-4,
    /// WebM and QuickTime are taken, see `GET /uploads/limits`.
    #[schema(
        max_length = 255,
        pattern = "^([A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;[^\\x00-\\x1f\\x7f]*)?)?$",
        example = "video/mp4"
    )]
    #[serde(default)]
    content_type: String,
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
        Self { content_type, size_bytes, name }
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
