//! What playback answers.

use media::{VideoProvider, VideoStatus};

use crate::routes::shared::prelude::*;

/// How to play a video: URLs that are valid until they expire, for whoever has them.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = media::Playback)]
pub(super) struct Playback {
    /// Who streams the video: `MUX` or `LOCAL`; more may be added.
    #[schema(value_type = String, example = "MUX")]
    provider: VideoProvider,
    /// Always `READY`.
    #[schema(value_type = String, example = "READY")]
    status: VideoStatus,
    /// The URL of an HLS playlist (`MUX`), or of a file that can be requested in ranges (`LOCAL`).
    #[schema(format = "uri", example = "https://stream.mux.com/6RkPUOZDMZoK8sMqLdJ1.m3u8?token=x")]
    stream_url: String,
    /// The URL of a preview picture at Mux; null for a video in our own storage.
    #[schema(format = "uri")]
    thumbnail_url: Option<String>,
    /// The URL of the pictures for a player's timeline, as `WebVTT`, at Mux; null for a video in our own storage.
    #[schema(format = "uri")]
    storyboard_url: Option<String>,
    /// The duration in seconds; null where Mux has not said it.
    #[schema(minimum = 0, example = 61.5)]
    duration_seconds: Option<f64>,
    /// The captions, ordered by language.
    captions: Vec<PlaybackCaptions>,
    /// When the URLs expire.
    expires_at: DateTime<Utc>,
}

/// Captions as a player loads them.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = media::CaptionLink)]
struct PlaybackCaptions {
    /// The BCP 47 tag of the language.
    #[schema(example = "en-GB")]
    language: String,
    /// What a player's menu shows.
    #[schema(example = "English")]
    label: String,
    /// The URL of a `WebVTT` file.
    #[schema(format = "uri")]
    url: String,
}
