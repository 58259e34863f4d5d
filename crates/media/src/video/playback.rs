//! Playback: signed URLs for whoever may watch a video.

use database::{Db, Tx};
use entity::enums::{VideoProvider, VideoStatus};
use kernel::{Code, FileId, Result, Timestamp, VideoAssetId};

use super::{
    asset::{self, VideoAsset},
    captions::{Captions, store::list as list_captions},
    service::Videos,
};
use crate::{
    file::upload::Media,
    signed_link::{Disposition, Link},
    storage::key::Key,
};

/// What playback needs from the database.
#[derive(Clone, Debug)]
pub struct PlaybackSource {
    pub(crate) asset: VideoAsset,
    pub(crate) captions: Vec<Captions>,
}

/// How to play a video: URLs that are valid until they expire, for whoever has them.
#[derive(Clone, Debug)]
pub struct Playback {
    /// Who streams it.
    pub provider: VideoProvider,
    /// Always ready.
    pub status: VideoStatus,
    /// The URL of an HLS playlist at Mux, or of a file in our own storage.
    pub stream_url: String,
    /// The URL of a preview picture; only at Mux.
    pub thumbnail_url: Option<String>,
    /// The URL of the pictures for a player's timeline, as `WebVTT`; only at Mux.
    pub storyboard_url: Option<String>,
    /// The duration in seconds, where that is known.
    pub duration_seconds: Option<f64>,
    /// The captions, ordered by language.
    pub captions: Vec<CaptionLink>,
    /// When the URLs expire.
    pub expires_at: Timestamp,
}

/// Captions as a player loads them.
#[derive(Clone, Debug)]
pub struct CaptionLink {
    /// The BCP 47 tag of the language.
    pub language: String,
    /// What a player's menu shows.
    pub label: String,
    /// The URL of a `WebVTT` file.
    pub url: String,
}

/// What the playback of a video needs. The caller of this function has decided that the actor may watch the video.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::VideoNotReady`].
pub async fn playback_source(tx: &Tx, id: VideoAssetId) -> Result<PlaybackSource> {
    let asset = asset::store::find(tx, id).await?.ok_or(Code::NotFound)?;
    if asset.status != VideoStatus::Ready {
        return Err(Code::VideoNotReady.into());
    }
    let captions = list_captions(tx, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(PlaybackSource { asset, captions })
}

/// The same for a video of the caller's own; for admins, anybody's.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::VideoNotReady`].
pub async fn own_playback_source(tx: &Tx, id: VideoAssetId) -> Result<PlaybackSource> {
    asset::find_own(tx, id).await?;
    playback_source(tx, id).await
}

impl Videos {
    /// Signs the URLs of a playback, outside any transaction. They are valid for the configured time, and at least as long as the video
    /// is.
    ///
    /// # Errors
    /// [`Code::Unavailable`] for a video at Mux where Mux is not configured any more, or where the storage does not answer.
    pub async fn playback(&self, media: &Media, db: &Db, source: PlaybackSource) -> Result<Playback> {
        let now = db.environment().now();
        let PlaybackSource { asset, captions } = source;
        let length = std::time::Duration::try_from_secs_f64(asset.duration_seconds.unwrap_or_default())
            .unwrap_or_default();
        let until = now + self.lifetime.max(length);
        let (stream_url, thumbnail_url, storyboard_url) = match asset.provider {
            VideoProvider::Local => {
                let file_id = asset.file_id.ok_or(Code::VideoNotReady)?;
                // A browser saves QuickTime, and plays the same file as MPEG-4.
                let is_webm = asset.content_type.as_deref() == Some("video/webm");
                let (name, content_type) =
                    if is_webm { ("video.webm", "video/webm") } else { ("video.mp4", "video/mp4") };
                let link = link(file_id, name, content_type, until);
                (download_url(media, db, now, &link).await?, None, None)
            }
            VideoProvider::Mux => {
                let playback_id = asset.playback_id.as_deref().ok_or(Code::VideoNotReady)?;
                let [stream, thumbnail, storyboard] = self.mux()?.playback_urls(playback_id, until)?;
                (stream, Some(thumbnail), Some(storyboard))
            }
        };
        let mut links = Vec::new();
        for captions in captions {
            let Captions { language, label, file_id } = captions;
            let link = link(file_id, &format!("{language}.vtt"), "text/vtt; charset=utf-8", until);
            let url = download_url(media, db, now, &link).await?;
            links.push(CaptionLink { language, label, url });
        }
        Ok(Playback {
            provider: asset.provider,
            status: asset.status,
            stream_url,
            thumbnail_url,
            storyboard_url,
            duration_seconds: asset.duration_seconds,
            captions: links,
            expires_at: until,
        })
    }
}

fn link(file_id: FileId, name: &str, content_type: &str, expires_at: Timestamp) -> Link {
    Link {
        key: Key::File(file_id),
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        disposition: Disposition::Inline,
        expires_at,
    }
}

async fn download_url(media: &Media, db: &Db, now: Timestamp, link: &Link) -> Result<String> {
    media.storage.download_url(db.keyring(), &media.public_url, now, link).await
}
