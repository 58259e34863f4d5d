//! The statements behind the rules.

use database::{MapDbErr, Tx, values};
use entity::{community_writers, users};
use kernel::{Code, Result, Timestamp, UserId, Uuid};
use sea_orm::{EntityTrait, QuerySelect};

/// When the account was created.
pub(super) async fn account_created_at(tx: &Tx, user_id: UserId) -> Result<Timestamp> {
    let created_at: Option<Timestamp> = users::Entity::find_by_id(user_id)
        .select_only()
        .column(users::Column::CreatedAt)
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()?;
    created_at.ok_or_else(|| Code::NotFound.into())
}

/// When the nth newest post or comment of somebody was written, if that was after `since`. It is text because it unites two tables.
pub(super) async fn nth_text_since(
    tx: &Tx,
    user_id: UserId,
    nth: u64,
    since: Timestamp,
) -> Result<Option<Timestamp>> {
    let sql = format!(
        "SELECT created_at FROM (SELECT published_at AS created_at FROM posts \
         WHERE author_id = :user_id AND published_at > :since AND status <> 'DRAFT' \
         UNION ALL SELECT created_at FROM comments WHERE author_id = :user_id AND created_at > :since) texts \
         ORDER BY created_at DESC LIMIT 1 OFFSET {}",
        nth.saturating_sub(1)
    );
    tx.fetch_scalar(&sql, values! { user_id, since }).await
}

/// Notes that somebody writes now, unless they have written after `since`; answers whether they may.
pub(super) async fn take_turn(tx: &Tx, scope_id: Uuid, user_id: UserId, since: Timestamp) -> Result<bool> {
    // Text, because the update of the upsert has a condition on the old row.
    let sql = "INSERT INTO community_writers (scope_id, user_id, wrote_at) VALUES (:scope_id, :user_id, :now) \
               ON CONFLICT (scope_id, user_id) DO UPDATE SET wrote_at = excluded.wrote_at \
               WHERE community_writers.wrote_at <= :since";
    let values = values! { scope_id, user_id, now: tx.now(), since };
    Ok(tx.execute(sql, values).await? == 1)
}

/// When somebody wrote last.
pub(super) async fn last_turn(tx: &Tx, scope_id: Uuid, user_id: UserId) -> Result<Option<Timestamp>> {
    community_writers::Entity::find_by_id((scope_id, user_id))
        .select_only()
        .column(community_writers::Column::WroteAt)
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()
}
