//! What nobody needs any more goes: files to which nothing refers, and objects that belong to no file.

use std::time::Duration;

use database::{Db, Pool, Tx};
use futures_util::TryStreamExt;
use kernel::{Actor, FileId, Result};

use crate::{Key, Media, store};

/// How long a file is kept to which nothing refers: somebody is about to use it.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);
/// How many files are removed at a time.
const BATCH: u64 = 100;

/// Removes files that were made longer ago than `kept` and to which nothing refers, and announced ones that have expired;
/// answers how many. A reference that is made at the same moment keeps its file: the foreign key refuses.
///
/// # Errors
/// What the database or the storage answers; what was not removed is found again.
pub async fn collect_files(db: &Db, media: &Media, kept: Duration) -> Result<u64> {
    let find = move |tx: Tx| async move { store::unused(&tx, tx.now() - kept, BATCH).await };
    let ids = db.run_in(Pool::Worker, Actor::System, find).await?;
    let mut removed = 0;
    for id in ids {
        let work = move |tx: Tx| async move { store::delete(&tx, id).await };
        // The row first: an object without a row is found again, a row without its object would be a broken file.
        if db.run_in(Pool::Worker, Actor::System, work).await? {
            media.remove(id).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Removes objects that are older than `kept` and belong to no file; answers how many. It reads the whole list of the
/// storage: once a day is often enough.
///
/// # Errors
/// See [`collect_files`].
pub async fn collect_objects(db: &Db, media: &Media, kept: Duration) -> Result<u64> {
    let before = db.environment().now() - kept;
    media.storage.remove_fragments(before).await?;
    let mut removed = 0;
    for folder in Key::FOLDERS {
        let mut objects = media.storage.list(folder).try_chunks(500);
        while let Some(chunk) = objects.try_next().await.map_err(|error| error.1)? {
            let old = chunk.into_iter().filter(|object| object.modified < before);
            removed += remove_strays(db, media, old.map(|object| object.key).collect()).await?;
        }
    }
    Ok(removed)
}

async fn remove_strays(db: &Db, media: &Media, keys: Vec<Key>) -> Result<u64> {
    if keys.is_empty() {
        return Ok(0);
    }
    let ids: Vec<FileId> = keys.iter().map(Key::id).collect();
    let find = move |tx: Tx| async move { store::known(&tx, &ids).await };
    let (known, pending) = db.run_in(Pool::Worker, Actor::System, find).await?;
    let mut removed = 0;
    for key in keys {
        // What was sent again after it was looked at is nobody's either.
        let needed = match key {
            Key::Upload(id) => pending.contains(&id),
            Key::File(id) | Key::Image(id, _) => known.contains(&id),
        };
        if !needed {
            media.storage.delete(key).await?;
            removed += 1;
        }
    }
    Ok(removed)
}
