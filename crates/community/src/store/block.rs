use std::collections::HashSet;

use database::{MapDbErr, Tx};
use identity::Person;
use kernel::{Cursor, Limit, Result, Timestamp, UserId};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use crate::block::Block;

/// Somebody who is blocked, and since when.
#[derive(FromQueryResult)]
pub(crate) struct Row {
    pub(crate) id: UserId,
    username: Option<String>,
    name: Option<String>,
    avatar_url: Option<String>,
    pub(crate) created_at: Timestamp,
}

impl From<Row> for Block {
    fn from(row: Row) -> Self {
        let Row {
            id,
            username,
            name,
            avatar_url,
            created_at,
        } = row;
        let person = Person {
            id,
            username,
            name,
            avatar_url,
        };
        Self { person, created_at }
    }
}

const ROW: &str = "SELECT u.id, u.username, u.name, u.avatar_url, b.created_at \
                   FROM blocks b JOIN users u ON u.id = b.blocked_id WHERE b.blocker_id = ?";

pub(crate) async fn page(
    tx: &Tx,
    blocker_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Row>> {
    let (mut sql, mut values): (String, Vec<Value>) = (ROW.to_owned(), vec![blocker_id.into()]);
    if let Some(after) = after {
        sql.push_str(" AND (b.created_at < ? OR (b.created_at = ? AND b.blocked_id < ?))");
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY b.created_at DESC, b.blocked_id DESC LIMIT {}",
        limit.fetch()
    ));
    tx.all(&sql, values).await
}

pub(crate) async fn one(tx: &Tx, blocker_id: UserId, blocked_id: UserId) -> Result<Option<Row>> {
    let sql = format!("{ROW} AND b.blocked_id = ?");
    tx.one(&sql, [blocker_id.into(), blocked_id.into()]).await
}

pub(crate) async fn insert(tx: &Tx, blocker_id: UserId, blocked_id: UserId) -> Result<()> {
    let sql =
        "INSERT INTO blocks (blocker_id, blocked_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    tx.change(sql, [blocker_id.into(), blocked_id.into(), tx.now().into()])
        .await
        .map(drop)
}

pub(crate) async fn delete(tx: &Tx, blocker_id: UserId, blocked_id: UserId) -> Result<()> {
    let sql = "DELETE FROM blocks WHERE blocker_id = ? AND blocked_id = ?";
    tx.change(sql, [blocker_id.into(), blocked_id.into()])
        .await
        .map(drop)
}

pub(crate) async fn among(tx: &Tx, user_id: UserId, others: &[UserId]) -> Result<HashSet<UserId>> {
    let (among, ids) = tx.among(others);
    let sql = format!(
        "SELECT blocked_id AS id FROM blocks WHERE blocker_id = ? AND blocked_id {among} \
         UNION SELECT blocker_id AS id FROM blocks WHERE blocked_id = ? AND blocker_id {among}"
    );
    let values = [user_id.into(), ids.clone(), user_id.into(), ids];
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    let ids: Result<HashSet<UserId>, DbErr> = rows.iter().map(|row| row.try_get("", "id")).collect();
    ids.map_db_err()
}
