use database::{Tx, audit, outbox};
use entity::enums::{VideoProvider, VideoStatus};
use kernel::{
    Code, Cursor, Error, FieldError, FileId, Limit, Page, Result, Timestamp, UserId, Uuid, VideoAssetId,
};
use sea_orm::FromQueryResult;
use serde_json::json;

use super::store;
use crate::{FilePurpose, ready_file};

/// The outbox message that has a video removed at Mux.
pub(crate) const REMOVED: &str = "video.removed";

/// A video.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct VideoAsset {
    /// The video's id.
    pub id: VideoAssetId,
    /// Whose it is.
    pub owner_id: UserId,
    /// Who keeps it.
    pub provider: VideoProvider,
    /// How far it is.
    pub status: VideoStatus,
    /// Its file, in our own storage.
    pub file_id: Option<FileId>,
    /// That file's type.
    pub content_type: Option<String>,
    /// Mux's name of the upload.
    pub upload_id: Option<String>,
    /// Mux's name of the asset.
    pub asset_id: Option<String>,
    /// Mux's name of its signed playback.
    pub playback_id: Option<String>,
    /// How long it plays, where that is known.
    pub duration_seconds: Option<f64>,
    /// Why it cannot be played: a stable code.
    pub problem: Option<String>,
    /// When it was announced.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The captions of a video in one language: a WebVTT file of its owner's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captions {
    /// A BCP 47 tag, such as `en-GB`.
    pub language: String,
    /// What a player's menu shows.
    pub label: String,
    /// The file.
    pub file_id: FileId,
}

/// A video with its captions.
#[derive(Clone, Debug)]
pub struct Video {
    /// The video.
    pub asset: VideoAsset,
    /// Its captions, by language.
    pub captions: Vec<Captions>,
}

/// A video to be sent.
#[derive(Clone, Debug)]
pub struct NewVideo {
    /// The type of the file.
    pub content_type: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its name, for people.
    pub name: String,
}

/// Writes down that a video of the caller's will come: to Mux, or as this file with its type.
pub(crate) async fn make(
    tx: &Tx,
    provider: VideoProvider,
    file: Option<(FileId, String)>,
) -> Result<VideoAsset> {
    let (file_id, content_type) = file.unzip();
    let asset = VideoAsset {
        id: tx.new_id(),
        owner_id: tx.user_id()?,
        provider,
        status: VideoStatus::Waiting,
        file_id,
        content_type,
        upload_id: None,
        asset_id: None,
        playback_id: None,
        duration_seconds: None,
        problem: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(tx, &asset).await?;
    Ok(asset)
}

/// Keeps the name of the upload that Mux gave to an announced video; a hook may have been faster. Where the video was
/// deleted meanwhile, its upload ends by itself, since nobody learns its address.
pub(crate) async fn set_upload(tx: &Tx, id: VideoAssetId, upload_id: &str) -> Result<Video> {
    own(tx, id, true).await?;
    store::set_upload(tx, id, upload_id).await?;
    video(tx, id).await
}

/// A video of the caller's; for admins, anybody's.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn video(tx: &Tx, id: VideoAssetId) -> Result<Video> {
    let asset = own(tx, id, false).await?;
    let captions = store::captions(tx, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(Video { asset, captions })
}

/// The caller's own videos, newest first.
///
/// # Errors
/// What the database answers.
pub async fn list_own_videos(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Video>> {
    let assets = store::of_owner(tx, tx.user_id()?, after, limit).await?;
    let page = Page::cut(assets, limit, |asset| Cursor::at(asset.created_at, asset.id));
    let ids: Vec<VideoAssetId> = page.data.iter().map(|asset| asset.id).collect();
    let mut captions = store::captions(tx, &ids).await?;
    Ok(page.map(|asset| Video {
        captions: captions.remove(&asset.id).unwrap_or_default(),
        asset,
    }))
}

/// Deletes a video that nothing shows any more; what Mux keeps of it is deleted afterwards.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::VideoInUse`] while a lesson, a chapter or a course shows it.
pub async fn delete_video(tx: &Tx, id: VideoAssetId) -> Result<()> {
    let asset = own(tx, id, true).await?;
    store::delete(tx, id).await?;
    if tx.user_id().ok() != Some(asset.owner_id) {
        audit::record(tx, "video.deleted", id, json!({ "ownerId": asset.owner_id })).await?;
    }
    if asset.provider == VideoProvider::Mux {
        let payload = json!({ "uploadId": asset.upload_id, "assetId": asset.asset_id });
        outbox::send(tx, REMOVED, payload).await?;
    }
    Ok(())
}

/// A video that the caller may put into a lesson, a chapter or a course: their own, however far it is.
///
/// # Errors
/// [`Code::ValidationFailed`] at `pointer`.
pub async fn usable_video(tx: &Tx, id: VideoAssetId, pointer: &str) -> Result<VideoAsset> {
    own(tx, id, false).await.map_err(|error| match error.code() {
        Code::NotFound => {
            let reason = FieldError::new(pointer, "unknown_video", "There is no such video of yours.");
            Error::invalid(vec![reason])
        }
        _ => error,
    })
}

/// Whether a video can be watched.
///
/// # Errors
/// What the database answers.
pub async fn video_is_ready(tx: &Tx, id: VideoAssetId) -> Result<bool> {
    let asset = store::asset(tx, id, false).await?;
    Ok(asset.is_some_and(|asset| asset.status == VideoStatus::Ready))
}

/// How long a video plays, once it can be watched and where that is known.
///
/// # Errors
/// What the database answers.
pub async fn video_seconds(tx: &Tx, id: VideoAssetId) -> Result<Option<f64>> {
    let asset = store::asset(tx, id, false).await?;
    let ready = asset.filter(|asset| asset.status == VideoStatus::Ready);
    Ok(ready.and_then(|asset| asset.duration_seconds))
}

/// Gives a video captions in a language, in place of those that were there.
///
/// # Errors
/// [`Code::NotFound`] for the video; [`Code::ValidationFailed`] for a file that is no finished caption file of the caller's.
pub async fn put_captions(tx: &Tx, id: VideoAssetId, captions: Captions) -> Result<Video> {
    own(tx, id, true).await?;
    let language = language(&captions.language)?;
    ready_file(tx, captions.file_id, FilePurpose::Captions, "/fileId").await?;
    store::put_captions(tx, id, &Captions { language, ..captions }).await?;
    store::touch(tx, id).await?;
    video(tx, id).await
}

/// Takes the captions of a language away.
///
/// # Errors
/// [`Code::NotFound`], also where there are none.
pub async fn delete_captions(tx: &Tx, id: VideoAssetId, tag: &str) -> Result<()> {
    own(tx, id, true).await?;
    if !store::delete_captions(tx, id, &language(tag)?).await? {
        return Err(Code::NotFound.into());
    }
    store::touch(tx, id).await
}

pub(crate) async fn own(tx: &Tx, id: VideoAssetId, lock: bool) -> Result<VideoAsset> {
    let found = store::asset(tx, id, lock).await?;
    found
        .filter(|asset| tx.actor().manages(asset.owner_id))
        .ok_or_else(|| Code::NotFound.into())
}

/// A language tag in its usual spelling (`pt-BR`, `zh-Hant`), so that each language is there once.
fn language(tag: &str) -> Result<String> {
    let mut parts = Vec::new();
    for (index, part) in tag.split('-').enumerate() {
        let letters = part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let lower = part.to_ascii_lowercase();
        let part = match (index, part.len(), letters) {
            (0, 2 | 3, true) => lower,
            (1, 4, true) => {
                let (first, rest) = lower.split_at(1);
                first.to_ascii_uppercase() + rest
            }
            (1 | 2, 2, true) => part.to_ascii_uppercase(),
            (1 | 2, 3, false) if part.bytes().all(|byte| byte.is_ascii_digit()) => lower,
            _ => return Err(Code::NotFound.into()),
        };
        parts.push(part);
    }
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_one_spelling() {
        for (given, kept) in [
            ("EN", "en"),
            ("pt-br", "pt-BR"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
        ] {
            assert_eq!(language(given).unwrap(), kept);
        }
        for wrong in [
            "",
            "e",
            "english",
            "en-",
            "en--GB",
            "en-GB-oed",
            "12",
            "en-G1",
            "é",
        ] {
            assert!(language(wrong).is_err(), "{wrong}");
        }
    }
}
