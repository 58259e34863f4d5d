use std::{sync::Arc, time::Duration};

use database::{Db, Pool, outbox::Message};
use kernel::{Actor, Code, Error, Result, Timestamp};
use serde_json::Value;

use super::{
    Mux, VideoAsset,
    asset::REMOVED,
    event::{self, Stage, TOLD, Told},
    store,
};

/// After this silence Mux is asked how far it is: a hook may be lost.
const SILENCE: Duration = Duration::from_secs(600);
/// How many are asked about at once.
const ASKED: u64 = 50;
/// How often a hook is tried that names no video of ours; then it was about somebody else's.
const STRANGERS: i64 = 5;

/// What playing and following videos needs beside the database. Cheap to clone.
#[derive(Clone)]
pub struct Videos {
    pub(crate) mux: Option<Arc<Mux>>,
    pub(crate) lifetime: Duration,
}

impl Videos {
    /// With Mux where it is configured; playback addresses hold for `lifetime`.
    #[must_use]
    pub fn new(mux: Option<Mux>, lifetime: Duration) -> Self {
        Self {
            mux: mux.map(Arc::new),
            lifetime,
        }
    }

    /// Whether a hook's body carries Mux's signature, not older than five minutes.
    ///
    /// # Errors
    /// [`Code::HookSignatureInvalid`], also where Mux is not configured.
    pub fn verify_hook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<()> {
        let Some(mux) = &self.mux else {
            return Err(Error::new(Code::HookSignatureInvalid).detail("Mux is not configured."));
        };
        mux.verify_hook(signature, body, now)
    }

    pub(crate) fn mux(&self) -> Result<&Mux> {
        self.mux
            .as_deref()
            .ok_or_else(|| Error::new(Code::Unavailable).detail("Mux is not configured."))
    }

    /// Does what an outbox message about video asks for. Bears a repetition.
    ///
    /// # Errors
    /// What the database and Mux answer; the worker tries again.
    pub async fn act(&self, db: &Db, message: &Message) -> Result<()> {
        match message.kind.as_str() {
            TOLD => {
                let told: Told = serde_json::from_value(message.payload.clone()).map_err(Error::internal)?;
                let named = told.video_asset_id.is_some();
                let found = apply(db, told).await?;
                // Our id stands in the database before Mux hears of it, so that one without a row was deleted. A name
                // of Mux's may still be on its way into the row.
                if found || named || message.attempts >= STRANGERS {
                    return Ok(());
                }
                Err(Error::new(Code::Unavailable).detail("No video has this name yet."))
            }
            REMOVED => {
                let name = |member: &str| message.payload.get(member).and_then(Value::as_str);
                self.remove(name("uploadId"), name("assetId")).await
            }
            _ => Ok(()),
        }
    }

    /// Deletes what Mux has of a video.
    async fn remove(&self, upload_id: Option<&str>, asset_id: Option<&str>) -> Result<()> {
        match (asset_id, upload_id) {
            (Some(asset_id), _) => self.mux()?.delete_asset(asset_id).await,
            (None, Some(upload_id)) => {
                let upload = self.mux()?.upload(upload_id).await?.unwrap_or_default();
                // The asset may have been made since, or while we look: then the cancelling fails, and this is tried again.
                match Told::of_upload(&upload, Stage::Preparing, None).asset_id {
                    Some(asset_id) => self.mux()?.delete_asset(&asset_id).await,
                    None if status(&upload) == "waiting" => self.mux()?.cancel_upload(upload_id).await,
                    None => Ok(()),
                }
            }
            (None, None) => Ok(()),
        }
    }

    /// Asks Mux about the videos of which nothing was heard for ten minutes; answers with how many.
    ///
    /// # Errors
    /// What the database and Mux answer; the next round tries again.
    pub async fn ask_about_silent(&self, db: &Db) -> Result<usize> {
        let Some(mux) = self.mux.as_deref() else {
            return Ok(0);
        };
        let silent = db
            .read_in(Pool::Worker, Actor::System, |tx| async move {
                store::silent(&tx, tx.now() - SILENCE, ASKED).await
            })
            .await?;
        let asked = silent.len();
        for asset in silent {
            // One about which Mux does not answer does not stand in the way of the others.
            match ask(mux, &asset).await {
                Ok(None) => {}
                Ok(Some(mut told)) => {
                    told.video_asset_id = Some(asset.id);
                    apply(db, told).await?;
                }
                Err(error) => {
                    tracing::warn!(video = %asset.id, %error, "Mux does not tell how far it is with a video");
                }
            }
        }
        Ok(asked)
    }
}

async fn apply(db: &Db, told: Told) -> Result<bool> {
    db.run_in(Pool::Worker, Actor::System, move |tx| async move {
        event::apply(&tx, &told).await
    })
    .await
}

/// How far Mux is with this video; `None` where it waits for the file.
async fn ask(mux: &Mux, asset: &VideoAsset) -> Result<Option<Told>> {
    let failed = |problem| Told::of_upload(&Value::Null, Stage::Errored, Some(problem));
    let mut asset_id = asset.asset_id.clone();
    if asset_id.is_none() {
        let Some(upload_id) = &asset.upload_id else {
            // The server went away between announcing it and Mux's answer.
            return Ok(Some(failed("upload_failed")));
        };
        let Some(upload) = mux.upload(upload_id).await? else {
            return Ok(Some(failed("upload_failed")));
        };
        asset_id = match status(&upload) {
            "errored" => return Ok(Some(failed("upload_failed"))),
            "cancelled" => return Ok(Some(failed("upload_cancelled"))),
            "timed_out" => return Ok(Some(failed("upload_timed_out"))),
            _ => Told::of_upload(&upload, Stage::Preparing, None).asset_id,
        };
    }
    let Some(asset_id) = asset_id else {
        return Ok(None);
    };
    let told = mux.asset(&asset_id).await?;
    Ok(Some(
        told.map_or_else(Told::gone, |data| Told::of_asset_now(&data)),
    ))
}

fn status(data: &Value) -> &str {
    data.get("status").and_then(Value::as_str).unwrap_or_default()
}
