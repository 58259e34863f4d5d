//! Answers that everybody gets alike, kept as the bytes that were sent.
//!
//! One is given again as long as nothing public has changed since it was read ([`database::Db::generation`]), and as long as it is
//! certain that other servers' changes are heard within a second ([`database::Db::invalidations_are_live`]). Whoever may write in the catalogue
//! is always answered from the database, and so never sees it older than their own last change.

use std::sync::Arc;

use bytes::Bytes;
use database::Db;
use kernel::{Actor, Result, Role};
use quick_cache::{Weighter, sync::Cache};

use crate::http::reply::Reply;

/// The answers of one process.
pub struct Answers {
    kept: Option<Cache<String, Arc<Kept>, ByBytes>>,
}

struct Kept {
    generation: u64,
    etag: String,
    body: Bytes,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<String, Arc<Kept>> for ByBytes {
    fn weight(&self, key: &String, kept: &Arc<Kept>) -> u64 {
        (key.len() + kept.body.len() + 200) as u64
    }
}

impl Answers {
    /// Room for so many MiB; none at all with 0.
    #[must_use]
    pub fn new(mebibytes: u32) -> Self {
        let bytes = u64::from(mebibytes) << 20;
        Self {
            kept: (bytes > 0).then(|| Cache::with_weighter(1_000, bytes, ByBytes)),
        }
    }

    /// The kept answer to `key`, or the one that `read` gives. Trainers get their own; everybody else gets what anybody would, read as
    /// nobody in particular, so that nothing is kept which only its reader may see. Of many who ask for the same at once, one reads.
    ///
    /// # Errors
    /// What `read` answers; refusals are not kept.
    pub async fn give<T, F>(&self, db: &Db, actor: Actor, key: String, read: F) -> Result<Reply<T>>
    where
        F: AsyncFnOnce(Actor) -> Result<Reply<T>>,
    {
        let writes = matches!(
            actor,
            Actor::System
                | Actor::User {
                    role: Role::Trainer | Role::Admin,
                    ..
                }
        );
        if writes {
            return read(actor).await;
        }
        let read = async || read(Actor::Anonymous).await;
        let Some(kept) = &self.kept else {
            return read().await;
        };
        let fresh = |answer: &Kept| answer.generation == db.generation() && db.invalidations_are_live();
        if let Some(found) = kept.get(&key) {
            if fresh(&found) {
                return Ok(Reply::kept(found.body.clone(), &found.etag));
            }
            kept.remove_if(&key, |found| !fresh(found));
        }
        match kept.get_value_or_guard_async(&key).await {
            Ok(found) if fresh(&found) => Ok(Reply::kept(found.body.clone(), &found.etag)),
            Ok(_) => Ok(read().await?.public()),
            Err(place) => {
                let generation = db.generation();
                let reply = read().await?;
                if let Some((body, etag)) = reply.to_keep() {
                    let answer = Kept {
                        generation,
                        etag,
                        body,
                    };
                    // Refused only where somebody else has put one there meanwhile.
                    drop(place.insert(Arc::new(answer)));
                }
                Ok(reply.public())
            }
        }
    }
}
