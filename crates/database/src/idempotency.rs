//! The first answer to a request with an Idempotency-Key, kept in the transaction of its effect.
//!
//! Whatever fails leaves no row, so that an error always frees its key: nothing was done, and the same request may
//! be tried again. Answers can hold tokens and personal data, and rest sealed with the installation's master key.

use std::time::Duration;

use entity::idempotency_keys;
use kernel::{Code, Error, Result, Uuid, hash_token};
use sea_orm::{EntityTrait, QueryFilter, Set};

use crate::{MapDbErr, Tx, values};

const PURPOSE: &str = "idempotency answers";

/// One request that may be repeated.
#[derive(Clone, Debug)]
pub struct Request {
    /// The operation's id.
    pub operation: &'static str,
    /// What the client sent.
    pub key: String,
    /// Everything that makes two requests the same: path, query and body.
    pub content: Vec<u8>,
    /// How long the answer is kept.
    pub keep: Duration,
}

/// Claims the key, or finds the first answer to the same request.
///
/// # Errors
/// [`Code::IdempotencyKeyReused`] where the key was used for another request, [`Code::IdempotencyInFlight`] where the
/// same request is still running.
pub async fn find(tx: &Tx, request: &Request) -> Result<Option<Vec<u8>>> {
    let owner = owner(tx);
    if tx.is_postgres() {
        // Held until this transaction ends; a second request does not wait, it is refused. Text: the builder has no locks.
        let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))";
        let name = format!("{owner}:{}:{}", request.operation, request.key);
        if tx.fetch_scalar(sql, values! { name }).await? != Some(true) {
            return Err(Error::new(Code::IdempotencyInFlight).retry_after(Duration::from_secs(1)));
        }
    }
    let kept = idempotency_keys::Entity::find_by_id(primary_key(owner, request))
        .filter(idempotency_keys::COLUMN.expires_at.gt(tx.now()))
        .one(tx)
        .await
        .map_db_err()?;
    let Some(kept) = kept else {
        return Ok(None);
    };
    if kept.request_hash != hash_token(&request.content) {
        return Err(Code::IdempotencyKeyReused.into());
    }
    tx.keyring()
        .open(PURPOSE, &kept.sealed_answer)
        .map(Some)
        .ok_or_else(|| Error::internal("a kept answer does not open"))
}

/// Keeps the answer.
///
/// # Errors
/// What the database answers.
pub async fn keep(tx: &Tx, request: &Request, answer: &[u8]) -> Result<()> {
    let owner = owner(tx);
    // One that expired and was not removed yet makes room.
    idempotency_keys::Entity::delete_by_id(primary_key(owner, request))
        .filter(idempotency_keys::COLUMN.expires_at.lte(tx.now()))
        .exec(tx)
        .await
        .map_db_err()?;
    let kept = idempotency_keys::ActiveModel {
        owner_id: Set(owner),
        operation: Set(request.operation.to_owned()),
        key: Set(request.key.clone()),
        request_hash: Set(hash_token(&request.content)),
        sealed_answer: Set(tx.keyring().seal(PURPOSE, answer)),
        created_at: Set(tx.now()),
        expires_at: Set(tx.now() + request.keep),
    };
    let insert = idempotency_keys::Entity::insert(kept).exec_without_returning(tx);
    insert.await.map_db_err().map(drop)
}

/// Removes what has expired; answers how many.
///
/// # Errors
/// What the database answers.
pub async fn sweep(tx: &Tx) -> Result<u64> {
    let done = idempotency_keys::Entity::delete_many()
        .filter(idempotency_keys::COLUMN.expires_at.lte(tx.now()))
        .exec(tx)
        .await;
    Ok(done.map_db_err()?.rows_affected)
}

fn primary_key(owner: Uuid, request: &Request) -> (Uuid, String, String) {
    (owner, request.operation.to_owned(), request.key.clone())
}

/// Keys of different callers never meet; those of nobody share one room, where the request's content tells them apart.
fn owner(tx: &Tx) -> Uuid {
    tx.actor().user_id().map(Into::into).unwrap_or_default()
}
