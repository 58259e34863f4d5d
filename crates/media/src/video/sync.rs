//! Keeps the videos at Mux up to date: applies what webhooks reported, deletes what was removed, and asks about long silences.

use std::time::Duration;

use database::{Db, Pool, outbox::Message};
use kernel::{Actor, Code, Error, Result};
use serde_json::Value;

use super::{
    asset::{VIDEO_REMOVED, VideoAsset, store},
    events::{self, Stage, VIDEO_UPDATE, VideoUpdate},
    mux::Mux,
    service::Videos,
};

/// After this silence Mux is asked how far it is: a webhook may be lost.
const POLL_AFTER: Duration = Duration::from_secs(600);
/// How many videos are asked about at once.
const BATCH: u64 = 50;
/// How often an update is tried that names no video of ours; then it was about somebody else's.
const MAX_ATTEMPTS: i64 = 5;

impl Videos {
    /// Handles an outbox message about a video. It may be repeated.
    ///
    /// # Errors
    /// What the database and Mux answer; the worker tries again.
    pub async fn handle_message(&self, db: &Db, message: &Message) -> Result<()> {
        match message.kind.as_str() {
            VIDEO_UPDATE => {
                let update: VideoUpdate =
                    serde_json::from_value(message.payload.clone()).map_err(Error::internal)?;
                let has_our_id = update.video_asset_id.is_some();
                let found = apply(db, update).await?;
                // Our id is in the database before Mux learns it, so that one without a row was deleted. An id of Mux's
                // may not be written yet.
                if found || has_our_id || message.attempts >= MAX_ATTEMPTS {
                    return Ok(());
                }
                Err(Error::new(Code::Unavailable).detail("No video has this name yet."))
            }
            VIDEO_REMOVED => {
                let id = |member: &str| message.payload.get(member).and_then(Value::as_str);
                self.delete_at_mux(id("uploadId"), id("assetId")).await
            }
            _ => Ok(()),
        }
    }

    /// Deletes what Mux stores of a video.
    async fn delete_at_mux(&self, upload_id: Option<&str>, asset_id: Option<&str>) -> Result<()> {
        match (asset_id, upload_id) {
            (Some(asset_id), _) => self.mux()?.delete_asset(asset_id).await,
            (None, Some(upload_id)) => {
                let upload = self.mux()?.upload(upload_id).await?.unwrap_or_default();
                // The asset may be made at this moment: then cancelling the upload fails, and the worker tries again.
                match VideoUpdate::of_upload(&upload, Stage::Preparing, None).asset_id {
                    Some(asset_id) => self.mux()?.delete_asset(&asset_id).await,
                    None if status(&upload) == "waiting" => self.mux()?.cancel_upload(upload_id).await,
                    None => Ok(()),
                }
            }
            (None, None) => Ok(()),
        }
    }

    /// Asks Mux about the videos that have not changed for ten minutes; answers how many.
    ///
    /// # Errors
    /// What the database and Mux answer; the next round tries again.
    pub async fn poll_silent(&self, db: &Db) -> Result<usize> {
        let Some(mux) = self.mux.as_deref() else {
            return Ok(0);
        };
        let silent = db
            .read_in(Pool::Worker, Actor::System, |tx| async move {
                store::list_silent(&tx, tx.now() - POLL_AFTER, BATCH).await
            })
            .await?;
        let asked = silent.len();
        for asset in silent {
            // A failure of one does not stop the others.
            match fetch_update(mux, &asset).await {
                Ok(None) => {}
                Ok(Some(mut update)) => {
                    update.video_asset_id = Some(asset.id);
                    apply(db, update).await?;
                }
                Err(error) => {
                    tracing::warn!(video = %asset.id, %error, "Mux does not answer about a video");
                }
            }
        }
        Ok(asked)
    }
}

async fn apply(db: &Db, update: VideoUpdate) -> Result<bool> {
    db.run_in(Pool::Worker, Actor::System, move |tx| async move { events::apply(&tx, &update).await }).await
}

/// How far Mux is with this video; `None` where it waits for the file.
async fn fetch_update(mux: &Mux, asset: &VideoAsset) -> Result<Option<VideoUpdate>> {
    let failed = |problem| VideoUpdate::of_upload(&Value::Null, Stage::Errored, Some(problem));
    let mut asset_id = asset.asset_id.clone();
    if asset_id.is_none() {
        let Some(upload_id) = &asset.upload_id else {
            // The server stopped between the insert and Mux's answer.
            return Ok(Some(failed("upload_failed")));
        };
        let Some(upload) = mux.upload(upload_id).await? else {
            return Ok(Some(failed("upload_failed")));
        };
        asset_id = match status(&upload) {
            "errored" => return Ok(Some(failed("upload_failed"))),
            "cancelled" => return Ok(Some(failed("upload_cancelled"))),
            "timed_out" => return Ok(Some(failed("upload_timed_out"))),
            _ => VideoUpdate::of_upload(&upload, Stage::Preparing, None).asset_id,
        };
    }
    let Some(asset_id) = asset_id else {
        return Ok(None);
    };
    let found = mux.asset(&asset_id).await?;
    Ok(Some(found.map_or_else(VideoUpdate::deleted, |data| VideoUpdate::of_current_asset(&data))))
}

fn status(data: &Value) -> &str {
    data.get("status").and_then(Value::as_str).unwrap_or_default()
}
