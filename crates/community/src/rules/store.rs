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
