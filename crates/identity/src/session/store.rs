//! The statements about sessions and refresh tokens.

use std::collections::HashSet;

use database::{MapDbErr, NewestFirst, Tx, values};
use entity::{link_tokens, refresh_tokens, sessions, signing_keys};
use kernel::{Cursor, Limit, Result, SessionId, Timestamp, UserId};
use sea_orm::{ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryTrait, Set};

use super::model::{RefreshToken, RevocationReason, Session, SessionStatus, Sessions};
use crate::client::Client;

pub(crate) async fn insert(
    tx: &Tx,
    user_id: UserId,
    client: Client,
    expires_at: Timestamp,
) -> Result<SessionId> {
    let id = tx.new_id();
    let session = sessions::ActiveModel {
        id: Set(id),
        user_id: Set(user_id),
        user_agent: Set(client.user_agent),
        ip_address: Set(client.ip_address),
        created_at: Set(tx.now()),
        last_used_at: Set(tx.now()),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    let insert = sessions::Entity::insert(session);
    insert.exec_without_returning(tx).await.map_db_err()?;
    Ok(id)
}

pub(crate) async fn insert_refresh_token(tx: &Tx, token_hash: Vec<u8>, session_id: SessionId) -> Result<()> {
    let token = refresh_tokens::ActiveModel {
        token_hash: Set(token_hash),
        session_id: Set(session_id),
        issued_at: Set(tx.now()),
        ..Default::default()
    };
    let insert = refresh_tokens::Entity::insert(token);
    insert.exec_without_returning(tx).await.map(drop).map_db_err()
}

/// The token's row is locked until the end of the transaction, so that of two refreshes the second waits.
pub(crate) async fn lock_refresh_token(tx: &Tx, token_hash: &[u8]) -> Result<Option<RefreshToken>> {
    // Text, because of three tables only one is locked.
    let lock = if tx.is_postgres() { " FOR UPDATE OF t" } else { "" };
    let sql = format!(
        "SELECT s.id AS session_id, s.user_id, u.role, u.status, s.revoked_at, s.expires_at, t.spent_at, \
         t.successor_seed, t.used_at \
         FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id \
         WHERE t.token_hash = :token_hash{lock}"
    );
    tx.fetch_optional(&sql, values! { token_hash: token_hash.to_vec() }).await
}

pub(crate) async fn spend_refresh_token(tx: &Tx, token_hash: Vec<u8>, seed: &[u8]) -> Result<()> {
    refresh_tokens::Entity::update_many()
        .set(refresh_tokens::ActiveModel {
            spent_at: Set(Some(tx.now())),
            successor_seed: Set(Some(seed.to_vec())),
            ..Default::default()
        })
        .filter(refresh_tokens::COLUMN.token_hash.eq(token_hash))
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}

/// Writes that an access token that came with this refresh token was used. The first time stays.
pub(crate) async fn set_used(tx: &Tx, token_hash: Vec<u8>) -> Result<()> {
    refresh_tokens::Entity::update_many()
        .set(refresh_tokens::ActiveModel { used_at: Set(Some(tx.now())), ..Default::default() })
        .filter(refresh_tokens::COLUMN.token_hash.eq(token_hash))
        .filter(refresh_tokens::COLUMN.used_at.is_null())
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}

/// Writes that a session was refreshed, and from where.
pub(crate) async fn extend(tx: &Tx, id: SessionId, client: Client, expires_at: Timestamp) -> Result<()> {
    sessions::Entity::update_many()
        .set(sessions::ActiveModel {
            last_used_at: Set(tx.now()),
            expires_at: Set(expires_at),
            user_agent: Set(client.user_agent),
            ip_address: Set(client.ip_address),
            ..Default::default()
        })
        .filter(sessions::COLUMN.id.eq(id))
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}

pub(crate) async fn status(tx: &Tx, id: SessionId, user_id: UserId) -> Result<Option<SessionStatus>> {
    // Text, because every first request of a session at a server runs it.
    let sql = "SELECT u.role, u.status, s.revoked_at, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id \
               WHERE s.id = :id AND s.user_id = :user_id";
    tx.fetch_optional(sql, values! { id, user_id }).await
}

/// The sessions of an account that are neither revoked nor expired, newest first.
pub(crate) async fn list_active(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Session>> {
    sessions::Entity::find()
        .filter(sessions::COLUMN.user_id.eq(user_id))
        .filter(sessions::COLUMN.revoked_at.is_null())
        .filter(sessions::COLUMN.expires_at.gt(tx.now()))
        .newest_first(sessions::Column::CreatedAt, sessions::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

/// Those of these sessions that are active, and whose account is not suspended.
pub(crate) async fn active_among(tx: &Tx, ids: &[SessionId]) -> Result<HashSet<SessionId>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: SessionId,
    }
    // Text, so that the statement is the same however many ids there are.
    let (any_of, ids) = tx.any_of("ids", ids);
    let sql = format!(
        "SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id \
         WHERE s.id {any_of} AND s.revoked_at IS NULL AND s.expires_at > :now AND u.status = 'ACTIVE'"
    );
    let rows: Vec<Row> = tx.fetch_all(&sql, values! { ids, now: tx.now() }).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Revokes these sessions of an account; answers how many of them were not revoked yet. Every server asks about them anew, and
/// connections that are open by them are notified to check their session again.
pub(crate) async fn revoke(
    tx: &Tx,
    user_id: UserId,
    which: Sessions,
    reason: RevocationReason,
) -> Result<u64> {
    let (one, all_but) = match which {
        Sessions::All => (None, None),
        Sessions::One(id) => (Some(id), None),
        Sessions::AllBut(id) => (None, Some(id)),
    };
    let reason: &str = reason.into();
    let revoked = sessions::Entity::update_many()
        .set(sessions::ActiveModel {
            revoked_at: Set(Some(tx.now())),
            revoked_reason: Set(Some(reason.to_owned())),
            ..Default::default()
        })
        .filter(sessions::COLUMN.user_id.eq(user_id))
        .filter(sessions::COLUMN.revoked_at.is_null())
        .apply_if(one, |update, id| update.filter(sessions::COLUMN.id.eq(id)))
        .apply_if(all_but, |update, id| update.filter(sessions::COLUMN.id.ne(id)))
        .exec(tx)
        .await
        .map_db_err()?
        .rows_affected;
    if revoked > 0 {
        tx.invalidate_account_cache(user_id).await?;
        tx.notify(&[user_id]).await?;
    }
    Ok(revoked)
}

/// Deletes the sessions, links and keys that ended before `before`; the refresh tokens of a session go with it.
pub(crate) async fn delete_ended(tx: &Tx, before: Timestamp) -> Result<u64> {
    let ended = Condition::any()
        .add(sessions::COLUMN.expires_at.lt(before))
        .add(sessions::COLUMN.revoked_at.lt(before));
    let sessions = sessions::Entity::delete_many().filter(ended);
    let links = link_tokens::Entity::delete_many().filter(link_tokens::COLUMN.expires_at.lt(before));
    let keys = signing_keys::Entity::delete_many().filter(signing_keys::COLUMN.retires_at.lt(before));
    Ok(sessions.exec(tx).await.map_db_err()?.rows_affected
        + links.exec(tx).await.map_db_err()?.rows_affected
        + keys.exec(tx).await.map_db_err()?.rows_affected)
}
