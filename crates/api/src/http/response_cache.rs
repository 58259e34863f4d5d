//! Answers that everybody gets alike, kept as the bytes that were sent, compressed too.
//!
//! One is given again as long as nothing public has changed since it was read ([`database::Db::generation`]), and as long as it is
//! certain that other servers' changes are received within a second ([`database::Db::invalidations_are_live`]). Whoever may write in the catalogue
//! is always answered from the database, and so never sees it older than their own last change.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use database::Db;
use kernel::{Actor, Result, Role};
use quick_cache::{Weighter, sync::Cache};

use crate::http::reply::Reply;

/// The cache of one process.
pub struct ResponseCache {
    cached: Option<Cache<String, Arc<CachedResponse>, ByBytes>>,
}

struct CachedResponse {
    generation: u64,
    etag: String,
    body: Bytes,
    gzip: Arc<OnceLock<Bytes>>,
}

impl CachedResponse {
    fn reply<T>(&self) -> Reply<T> {
        Reply::kept(self.body.clone(), self.gzip.clone(), &self.etag)
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<String, Arc<CachedResponse>> for ByBytes {
    fn weight(&self, key: &String, cached: &Arc<CachedResponse>) -> u64 {
        // The compressed form is about a fifth.
        (key.len() + cached.body.len() / 5 * 6 + 200) as u64
    }
}

impl ResponseCache {
    /// A cache of this size; 0 caches nothing.
    #[must_use]
    pub fn new(mebibytes: u32) -> Self {
        let bytes = u64::from(mebibytes) << 20;
        Self { cached: (bytes > 0).then(|| Cache::with_weighter(1_000, bytes, ByBytes)) }
    }

    /// The cached response to `key`, or the one that `read` returns. Trainers and admins are answered from the database; everybody else gets
    /// what an anonymous reader gets, so that nothing is cached which only its reader may see. Of many equal requests at once, one reads.
    ///
    /// # Errors
    /// What `read` answers; errors are not cached.
    pub async fn get_or_insert<T, F>(&self, db: &Db, actor: Actor, key: String, read: F) -> Result<Reply<T>>
    where
        F: AsyncFnOnce(Actor) -> Result<Reply<T>>,
    {
        let writes = matches!(actor, Actor::System | Actor::User { role: Role::Trainer | Role::Admin, .. });
        if writes {
            return read(actor).await;
        }
        let read = async || read(Actor::Anonymous).await;
        let Some(cached) = &self.cached else {
            return read().await;
        };
        let fresh =
            |response: &CachedResponse| response.generation == db.generation() && db.invalidations_are_live();
        if let Some(found) = cached.get(&key) {
            if fresh(&found) {
                return Ok(found.reply());
            }
            cached.remove_if(&key, |found| !fresh(found));
        }
        match cached.get_value_or_guard_async(&key).await {
            Ok(found) if fresh(&found) => Ok(found.reply()),
            Ok(_) => Ok(read().await?.public()),
            Err(place) => {
                let generation = db.generation();
                let reply = read().await?;
                if let Some((body, etag)) = reply.to_keep() {
                    let response = CachedResponse { generation, etag, body, gzip: Arc::default() };
                    // Refused only where somebody else has put one there meanwhile.
                    drop(place.insert(Arc::new(response)));
                }
                Ok(reply.public())
            }
        }
    }
}
