//! Garbage collection: files to which nothing refers, and objects in the storage that belong to no file.

use std::{collections::HashMap, time::Duration};

use database::{Db, Pool, Tx};
use entity::enums::FileStatus;
use futures_util::TryStreamExt;
use kernel::{Actor, FileId, Result};

use super::{store, upload::Media};
use crate::storage::Key;

/// How long a file is kept to which nothing refers: somebody may be about to use it.
pub const RETENTION: Duration = Duration::from_secs(24 * 3600);
/// How many files are removed at a time.
const BATCH: u64 = 100;

/// Removes files that were made longer ago than `retention` and to which nothing refers, and announced ones that have expired;
/// answers how many. A reference that is made at the same moment keeps its file: the foreign key refuses.
///
/// # Errors
/// What the database or the storage answers; what was not removed is found again.
pub async fn collect_files(db: &Db, media: &Media, retention: Duration) -> Result<u64> {
    let find = move |tx: Tx| async move {
        let references = store::references(&tx).await?;
        store::unused(&tx, &references, tx.now() - retention, BATCH).await
    };
    let ids = db.run_in(Pool::Worker, Actor::System, find).await?;
    let mut removed = 0;
    for id in ids {
        let delete = move |tx: Tx| async move { store::delete(&tx, id).await };
        // The row first: an object without a row is found again, a row without its object would be a broken file.
        if db.run_in(Pool::Worker, Actor::System, delete).await? {
            media.remove(id).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Removes objects that are older than `retention` and belong to no file; answers how many. It reads the whole list of the
/// storage: once a day is often enough.
///
/// # Errors
/// See [`collect_files`].
pub async fn collect_objects(db: &Db, media: &Media, retention: Duration) -> Result<u64> {
    let before = db.environment().now() - retention;
    media.storage.remove_fragments(before).await?;
    let mut removed = 0;
    for folder in Key::FOLDERS {
        let mut objects = media.storage.list(folder).try_chunks(500);
        while let Some(chunk) = objects.try_next().await.map_err(|error| error.1)? {
            let old = chunk.into_iter().filter(|object| object.modified < before);
            removed += remove_orphans(db, media, old.map(|object| object.key).collect()).await?;
        }
    }
    Ok(removed)
}

async fn remove_orphans(db: &Db, media: &Media, keys: Vec<Key>) -> Result<u64> {
    if keys.is_empty() {
        return Ok(0);
    }
    let ids: Vec<FileId> = keys.iter().map(Key::id).collect();
    let find = move |tx: Tx| async move { store::statuses(&tx, &ids).await };
    let found = db.run_in(Pool::Worker, Actor::System, find).await?;
    let files: HashMap<FileId, FileStatus> = found.into_iter().collect();
    let mut removed = 0;
    for key in keys {
        let status = files.get(&key.id());
        let is_needed = match key {
            // What is uploaded again after the file was checked is never read.
            Key::Upload(_) => status == Some(&FileStatus::Pending),
            Key::File(_) | Key::Image(..) => status.is_some(),
        };
        if !is_needed {
            media.storage.delete(key).await?;
            removed += 1;
        }
    }
    Ok(removed)
}
