//! The first answer to a request with an Idempotency-Key, kept in the transaction of its effect.
//!
//! Whatever fails leaves no row, so that an error always frees its key: nothing was done, and the same request may
//! be tried again. Answers can hold tokens and personal data, and rest sealed with the installation's master key.

use std::time::Duration;

use kernel::{Code, Error, Result, Uuid, hash_token};
use sea_orm::ConnectionTrait;

use crate::{MapDbErr, Tx};

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
        // Held until this transaction ends; a second one does not wait, it is told.
        let lock = "SELECT pg_try_advisory_xact_lock(hashtextextended(?, 0)) AS free";
        let name = format!("{owner}:{}:{}", request.operation, request.key);
        let row = tx
            .query_one_raw(tx.statement(lock, [name.into()]))
            .await
            .map_db_err()?;
        if !row.is_some_and(|row| row.try_get::<bool>("", "free").unwrap_or(false)) {
            return Err(Error::new(Code::IdempotencyInFlight).retry_after(Duration::from_secs(1)));
        }
    }
    let sql = "SELECT request_hash, sealed_answer FROM idempotency_keys \
               WHERE owner_id = ? AND operation = ? AND key = ? AND expires_at > ?";
    let values = [
        owner.into(),
        request.operation.into(),
        request.key.clone().into(),
        tx.now().into(),
    ];
    let Some(row) = tx.query_one_raw(tx.statement(sql, values)).await.map_db_err()? else {
        return Ok(None);
    };
    if row.try_get::<Vec<u8>>("", "request_hash").map_db_err()? != hash_token(&request.content) {
        return Err(Code::IdempotencyKeyReused.into());
    }
    let sealed = row.try_get::<Vec<u8>>("", "sealed_answer").map_db_err()?;
    tx.keyring()
        .open(PURPOSE, &sealed)
        .map(Some)
        .ok_or_else(|| Error::internal("a kept answer does not open"))
}

/// Keeps the answer.
///
/// # Errors
/// What the database answers.
pub async fn keep(tx: &Tx, request: &Request, answer: &[u8]) -> Result<()> {
    // One that expired and was not swept yet makes room.
    let sweep =
        "DELETE FROM idempotency_keys WHERE owner_id = ? AND operation = ? AND key = ? AND expires_at <= ?";
    let owner = owner(tx);
    let key = || [owner.into(), request.operation.into(), request.key.clone().into()];
    let [a, b, c] = key();
    tx.change(sweep, [a, b, c, tx.now().into()]).await?;
    let sql = "INSERT INTO idempotency_keys \
               (owner_id, operation, key, request_hash, sealed_answer, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let [a, b, c] = key();
    let values = [
        a,
        b,
        c,
        hash_token(&request.content).into(),
        tx.keyring().seal(PURPOSE, answer).into(),
        tx.now().into(),
        (tx.now() + request.keep).into(),
    ];
    tx.change(sql, values).await.map(drop)
}

/// Removes what has expired; answers with how many.
///
/// # Errors
/// What the database answers.
pub async fn sweep(tx: &Tx) -> Result<u64> {
    let sql = "DELETE FROM idempotency_keys WHERE expires_at <= ?";
    tx.change(sql, [tx.now().into()]).await
}

/// Keys of different callers never meet; those of nobody share one room, where the request's content tells them apart.
fn owner(tx: &Tx) -> Uuid {
    tx.actor().user_id().map(Into::into).unwrap_or_default()
}
