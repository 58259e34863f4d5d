//! Inspects videos of the time before their files were inspected when they came: how long and how large they are, and that they do not
//! say where they were filmed.

use database::{Db, Pool, Tx};
use kernel::{Actor, Result};
use serde_json::json;

use super::{
    asset::{self, VideoAsset, store},
    service::Videos,
    upload::described,
};
use crate::{
    container::{self, Inspection},
    content_type::Kind,
    file::upload::Media,
    storage::{Key, Reader},
};

/// How many videos are inspected at once.
const BATCH: u64 = 20;

impl Videos {
    /// Inspects some of them; answers how many.
    ///
    /// # Errors
    /// What the database answers; the next round tries again, also those whose file cannot be read or written now.
    pub async fn inspect_older(&self, db: &Db, media: &Media) -> Result<usize> {
        let find = |tx: Tx| async move { store::list_uninspected(&tx, BATCH).await };
        let older = db.read_in(Pool::Worker, Actor::System, find).await?;
        let found = older.len();
        for before in older {
            let after = match inspected(db, media, before.clone()).await {
                Ok(after) => after,
                Err(error) => {
                    tracing::warn!(video = %before.id, %error, "a video cannot be inspected");
                    continue;
                }
            };
            let write = move |tx: Tx| async move { asset::advance(&tx, &before, after).await };
            db.run_in(Pool::Worker, Actor::System, write).await?;
        }
        Ok(found)
    }
}

/// The video with what its file says. One that cannot be read stays as it is shown, with the reason as a warning.
async fn inspected(db: &Db, media: &Media, before: VideoAsset) -> Result<VideoAsset> {
    let kind = before.content_type.as_deref().and_then(Kind::by_name);
    let stored = match before.file_id.map(Key::File) {
        Some(key) => media.storage.head(key).await?,
        None => None,
    };
    let (Some(stored), Some(kind)) = (stored, kind) else {
        return Ok(VideoAsset { codec: Some("unknown".to_owned()), ..before });
    };
    let reader = Reader::new(&media.storage, stored.key, stored.size);
    let Inspection { film, private } = container::inspect(reader, kind.name).await?;
    if !private.is_empty() {
        media.overwrite(db, (Pool::Worker, Actor::System), stored.key.id(), private).await?;
    }
    Ok(match film {
        Ok(film) => described(before, film),
        Err(problem) => {
            VideoAsset { codec: Some("unknown".to_owned()), warnings: json!([problem]), ..before }
        }
    })
}
