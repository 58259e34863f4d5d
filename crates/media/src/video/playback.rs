use database::Tx;
use kernel::{Code, Error, Result, Timestamp, Uuid};

use super::{Captions, Provider, VideoAsset, VideoStatus, Videos, asset, store};

/// What playing a video needs from the database.
#[derive(Clone, Debug)]
pub struct PlaybackSource {
    pub(crate) asset: VideoAsset,
    pub(crate) captions: Vec<Captions>,
}

/// How to play a video: addresses that hold until they expire, for whoever has them.
#[derive(Clone, Debug)]
pub struct Playback {
    /// Who plays it.
    pub provider: Provider,
    /// How far it is: always ready.
    pub status: VideoStatus,
    /// An HLS playlist at Mux; a file in our own storage.
    pub stream_url: String,
    /// A picture of it, at Mux.
    pub thumbnail_url: Option<String>,
    /// Pictures for the timeline of a player, as WebVTT, at Mux.
    pub storyboard_url: Option<String>,
    /// How long it plays, where that is known.
    pub duration_seconds: Option<f64>,
    /// The captions, by language.
    pub captions: Vec<CaptionLink>,
    /// Until when the addresses hold.
    pub expires_at: Timestamp,
}

/// Captions as a player takes them.
#[derive(Clone, Debug)]
pub struct CaptionLink {
    /// A BCP 47 tag.
    pub language: String,
    /// What a player's menu shows.
    pub label: String,
    /// A WebVTT file.
    pub url: String,
}

/// What a playback needs. The caller of this function has decided that whoever asks may watch the video.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::VideoNotReady`].
pub async fn playback_source(tx: &Tx, id: Uuid) -> Result<PlaybackSource> {
    let asset = store::asset(tx, id, false).await?.ok_or(Code::NotFound)?;
    if asset.status != VideoStatus::Ready {
        return Err(Code::VideoNotReady.into());
    }
    let captions = store::captions(tx, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(PlaybackSource { asset, captions })
}

/// The same for a video of the caller's own; for admins, anybody's.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::VideoNotReady`].
pub async fn own_playback_source(tx: &Tx, id: Uuid) -> Result<PlaybackSource> {
    asset::own(tx, id, false).await?;
    playback_source(tx, id).await
}

impl Videos {
    /// Signs the addresses of a playback: from now for the configured time, at least as long as the video is.
    ///
    /// # Errors
    /// [`Code::Unavailable`] for a video at Mux where Mux is not configured any more.
    pub fn playback(&self, source: PlaybackSource, now: Timestamp) -> Result<Playback> {
        let PlaybackSource { asset, captions } = source;
        let length = std::time::Duration::try_from_secs_f64(asset.duration_seconds.unwrap_or_default())
            .unwrap_or_default();
        let until = now + self.lifetime.max(length);
        let (stream_url, thumbnail_url, storyboard_url) = match asset.provider {
            Provider::Local => (self.link(asset.file_id, until)?, None, None),
            Provider::Mux => {
                let playback_id = asset.playback_id.as_deref().ok_or(Code::VideoNotReady)?;
                let [stream, thumbnail, storyboard] = self.mux()?.addresses(playback_id, until)?;
                (stream, Some(thumbnail), Some(storyboard))
            }
        };
        let captions = captions.into_iter().map(|captions| {
            Ok(CaptionLink {
                url: self.link(Some(captions.file_id), until)?,
                language: captions.language,
                label: captions.label,
            })
        });
        Ok(Playback {
            provider: asset.provider,
            status: asset.status,
            stream_url,
            thumbnail_url,
            storyboard_url,
            duration_seconds: asset.duration_seconds,
            captions: captions.collect::<Result<_>>()?,
            expires_at: until,
        })
    }

    fn link(&self, file_id: Option<Uuid>, _until: Timestamp) -> Result<String> {
        file_id
            .map(|id| format!("/files/{id}"))
            .ok_or_else(|| Error::internal("a local video has no file"))
    }
}
