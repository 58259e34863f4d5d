//! Videos: whose they are, where they are used, and how they are deleted.

pub(crate) mod model;
pub(crate) mod store;

use database::{Tx, audit, constraint, from_db, outbox};
use entity::enums::{VideoProvider, VideoStatus};
use kernel::{Code, Cursor, Error, FieldError, FileId, Limit, Page, Result, VideoAssetId};
use serde_json::json;

pub use self::model::{NewVideo, Video, VideoAsset};
use super::captions::store::list as list_captions;

/// The outbox message that has a video deleted at Mux.
pub(crate) const VIDEO_REMOVED: &str = "video.removed";

/// Inserts a video of the caller's that will be uploaded: to Mux, or as this file with its media type.
pub(crate) async fn create(
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
        codec: None,
        width: None,
        height: None,
        warnings: json!([]),
        problem: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(tx, asset.clone()).await?;
    Ok(asset)
}

/// Writes the id that Mux gave to the upload of an announced video; a webhook may have been faster. Where the video was
/// deleted meanwhile, its upload expires by itself, since nobody learns its URL.
pub(crate) async fn set_upload_id(tx: &Tx, id: VideoAssetId, upload_id: String) -> Result<Video> {
    lock_own(tx, id).await?;
    store::set_upload_id(tx, id, upload_id).await?;
    video(tx, id).await
}

/// Writes what became of a video, if its status is still what it was before.
pub(crate) async fn advance(tx: &Tx, before: &VideoAsset, after: VideoAsset) -> Result<()> {
    // The duration decides when a video counts as watched to the end, and is cached with the outline.
    tx.invalidate_public_cache().await?;
    store::advance(tx, before.status, after).await
}

/// A video of the caller's; for admins, anybody's.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn video(tx: &Tx, id: VideoAssetId) -> Result<Video> {
    let asset = find_own(tx, id).await?;
    let captions = list_captions(tx, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(Video { asset, captions })
}

/// The caller's own videos, newest first.
///
/// # Errors
/// What the database answers.
pub async fn list_own_videos(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Video>> {
    let assets = store::list_by_owner(tx, tx.user_id()?, after, limit).await?;
    let page = Page::cut(assets, limit, |asset| Cursor::at(asset.created_at, asset.id));
    let ids: Vec<VideoAssetId> = page.data.iter().map(|asset| asset.id).collect();
    let mut captions = list_captions(tx, &ids).await?;
    Ok(page.map(|asset| Video { captions: captions.remove(&asset.id).unwrap_or_default(), asset }))
}

/// Deletes a video that nothing shows any more; what Mux stores of it is deleted afterwards.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::VideoInUse`] while a lesson, a chapter or a course shows it.
pub async fn delete_video(tx: &Tx, id: VideoAssetId) -> Result<()> {
    let asset = lock_own(tx, id).await?;
    // The foreign keys of lessons, chapters and courses say whether it is shown somewhere.
    store::delete(tx, id).await.map_err(|error| {
        let is_used = constraint(&error).is_some_and(|name| name.starts_with("fk"));
        if is_used { Code::VideoInUse.into() } else { from_db(error) }
    })?;
    if tx.user_id().ok() != Some(asset.owner_id) {
        audit::record(tx, "video.deleted", id, json!({ "ownerId": asset.owner_id })).await?;
    }
    if asset.provider == VideoProvider::Mux {
        let payload = json!({ "uploadId": asset.upload_id, "assetId": asset.asset_id });
        outbox::send(tx, VIDEO_REMOVED, payload).await?;
    }
    Ok(())
}

/// A video that the caller may put into a lesson, a chapter or a course: one of their own, whatever its status.
///
/// # Errors
/// [`Code::ValidationFailed`] at `pointer`.
pub async fn usable_video(tx: &Tx, id: VideoAssetId, pointer: &str) -> Result<VideoAsset> {
    find_own(tx, id).await.map_err(|error| match error.code() {
        Code::NotFound => {
            let reason = FieldError::new(pointer, "unknown_video", "There is no such video of yours.");
            Error::invalid(vec![reason])
        }
        _ => error,
    })
}

/// Whether a video can be played.
///
/// # Errors
/// What the database answers.
pub async fn video_is_ready(tx: &Tx, id: VideoAssetId) -> Result<bool> {
    let asset = store::find(tx, id).await?;
    Ok(asset.is_some_and(|asset| asset.status == VideoStatus::Ready))
}

/// The duration of a video in seconds, once it can be played and where that is known.
///
/// # Errors
/// What the database answers.
pub async fn video_seconds(tx: &Tx, id: VideoAssetId) -> Result<Option<f64>> {
    let asset = store::find(tx, id).await?;
    let ready = asset.filter(|asset| asset.status == VideoStatus::Ready);
    Ok(ready.and_then(|asset| asset.duration_seconds))
}

pub(crate) async fn find_own(tx: &Tx, id: VideoAssetId) -> Result<VideoAsset> {
    require_own(tx, store::find(tx, id).await?)
}

pub(crate) async fn lock_own(tx: &Tx, id: VideoAssetId) -> Result<VideoAsset> {
    require_own(tx, store::lock(tx, id).await?)
}

fn require_own(tx: &Tx, asset: Option<VideoAsset>) -> Result<VideoAsset> {
    asset.filter(|asset| tx.actor().manages(asset.owner_id)).ok_or_else(|| Code::NotFound.into())
}
