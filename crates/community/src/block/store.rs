//! The statements about blocks.

use std::collections::HashSet;

use database::{MapDbErr, NewestFirst, Tx, values};
use entity::blocks;
use kernel::{Cursor, Limit, Result, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
    RelationTrait, Select,
};

use super::model::Block;

fn select(blocker_id: UserId) -> Select<blocks::Entity> {
    blocks::Entity::find()
        .join(JoinType::InnerJoin, blocks::Relation::Blocked.def())
        .filter(blocks::COLUMN.blocker_id.eq(blocker_id))
}

pub(super) async fn list(
    tx: &Tx,
    blocker_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Block>> {
    select(blocker_id)
        .newest_first(blocks::Column::CreatedAt, blocks::Column::BlockedId, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

pub(super) async fn find(tx: &Tx, blocker_id: UserId, blocked_id: UserId) -> Result<Option<Block>> {
    select(blocker_id)
        .filter(blocks::COLUMN.blocked_id.eq(blocked_id))
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// Inserts a block, unless it is there.
pub(super) async fn insert(tx: &Tx, blocker_id: UserId, blocked_id: UserId) -> Result<()> {
    let block = blocks::ActiveModel {
        blocker_id: Set(blocker_id),
        blocked_id: Set(blocked_id),
        created_at: Set(tx.now()),
    };
    let insert = blocks::Entity::insert(block).on_conflict_do_nothing();
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

pub(super) async fn delete(tx: &Tx, blocker_id: UserId, blocked_id: UserId) -> Result<()> {
    let delete = blocks::Entity::delete_by_id((blocker_id, blocked_id));
    delete.exec(tx).await.map_db_err().map(drop)
}

/// Those of `others` who have blocked this account, or are blocked by it.
pub(super) async fn among(tx: &Tx, user_id: UserId, others: &[UserId]) -> Result<HashSet<UserId>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: UserId,
    }
    let (any_of, others) = tx.any_of("others", others);
    // Text, so that the statement is the same however many accounts there are.
    let sql = format!(
        "SELECT blocked_id AS id FROM blocks WHERE blocker_id = :user_id AND blocked_id {any_of} \
         UNION SELECT blocker_id AS id FROM blocks WHERE blocked_id = :user_id AND blocker_id {any_of}"
    );
    let rows: Vec<Row> = tx.fetch_all(&sql, values! { user_id, others }).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
