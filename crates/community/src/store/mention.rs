use database::Tx;
use kernel::{Result, UserId};
use sea_orm::{FromQueryResult, Value};

use super::{counters::Counted, marks};

/// The active accounts with these usernames.
pub(crate) async fn accounts(tx: &Tx, names: &[String]) -> Result<Vec<UserId>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: UserId,
    }
    let sql = format!(
        "SELECT id FROM users WHERE username IN ({}) AND status = 'ACTIVE'",
        marks(names.len())
    );
    let rows: Vec<Row> = tx
        .all(&sql, names.iter().map(|name| Value::from(name.as_str())))
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

pub(crate) async fn clear(tx: &Tx, of: Counted) -> Result<()> {
    let sql = "DELETE FROM mentions WHERE subject_id = ?";
    tx.change(sql, [of.id().into()]).await.map(drop)
}

pub(crate) async fn insert(tx: &Tx, of: Counted, user_ids: &[UserId]) -> Result<()> {
    if user_ids.is_empty() {
        return Ok(());
    }
    let rows = vec!["(?, ?, ?, ?)"; user_ids.len()].join(", ");
    let sql = format!("INSERT INTO mentions (subject_id, user_id, post_id, comment_id) VALUES {rows}");
    let (post_id, comment_id) = of.ids();
    let values = user_ids.iter().flat_map(|user_id| {
        let row: [Value; 4] = [
            of.id().into(),
            (*user_id).into(),
            post_id.into(),
            comment_id.into(),
        ];
        row
    });
    tx.change(&sql, values.collect::<Vec<_>>()).await.map(drop)
}

/// Whom it mentions.
pub(crate) async fn of(tx: &Tx, of: Counted) -> Result<Vec<UserId>> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: UserId,
    }
    let sql = "SELECT user_id FROM mentions WHERE subject_id = ? ORDER BY user_id";
    let rows: Vec<Row> = tx.all(sql, [of.id().into()]).await?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}
