//! The statements about live events and tickets.

use database::{Column, MapDbErr, Tx, values};
use entity::live_tickets;
use kernel::{Result, SessionId, Timestamp, UserId};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::Value;

use super::model::{LiveEvent, LogExtent, PAGE_SIZE, RedeemedTicket};

/// Writes an event into the log of each of these accounts, which are sorted and named once.
pub(super) async fn append(tx: &Tx, to: &[UserId], kind: &str, data: Value) -> Result<()> {
    let (any_of, users) = tx.any_of("users", to);
    if tx.is_postgres() {
        // Text, because it calls a function that answers nothing: the caller may not see the logs of others.
        let sql = "SELECT app.tell(:users::text::uuid[], :kind, :data)";
        let statement = tx.named(sql, values! { users, kind, data });
        return tx.query_one_raw(statement).await.map_db_err().map(drop);
    }
    // Text, because it inserts a row for each element of an array.
    let numbers = "INSERT INTO live_cursors (user_id, last_number) \
                   SELECT unhex(value), 1 FROM json_each(:users) WHERE true \
                   ON CONFLICT (user_id) DO UPDATE SET last_number = last_number + 1";
    tx.execute(numbers, values! { users: users.clone() }).await?;
    // The numbers are the ones that were just given: SQLite has one writer.
    let events = format!(
        "INSERT INTO live_events (user_id, number, kind, data, created_at) \
         SELECT user_id, last_number, :kind, :data, :now FROM live_cursors WHERE user_id {any_of}"
    );
    let values = values! { kind, data, now: tx.now(), users };
    tx.execute(&events, values).await.map(drop)
}

/// The events in the log of each of these accounts after that number, one page each. Numbers have no gaps, so that a page is a range.
pub(super) async fn list(tx: &Tx, after: &[(UserId, i64)]) -> Result<Vec<LiveEvent>> {
    let columns = "e.user_id, e.number, e.kind, e.data";
    if tx.is_postgres() {
        let users = after.iter().map(|(user, _)| Some((*user).into())).collect();
        let numbers = after.iter().map(|(_, number)| *number).collect();
        // Text, because every event is read by it, for all readers in one statement.
        let sql = format!(
            "SELECT {columns} FROM unnest(:users, :numbers) AS a (user_id, number) \
             JOIN live_events e ON e.user_id = a.user_id AND e.number > a.number AND e.number <= a.number + {PAGE_SIZE} \
             ORDER BY e.user_id, e.number"
        );
        let columns = [("users", Column::Uuids(users)), ("numbers", Column::Integers(numbers))];
        return tx.fetch_columns(&sql, columns).await;
    }
    let pairs: Vec<String> =
        after.iter().map(|(user, number)| format!("[\"{}\",{number}]", user.0.simple())).collect();
    let pairs = format!("[{}]", pairs.join(","));
    // Text, because every event is read by it, for all readers in one statement.
    let sql = format!(
        "SELECT {columns} FROM json_each(:pairs) a JOIN live_events e ON e.user_id = unhex(json_extract(a.value, '$[0]')) \
         AND e.number > json_extract(a.value, '$[1]') AND e.number <= json_extract(a.value, '$[1]') + {PAGE_SIZE} \
         ORDER BY e.user_id, e.number"
    );
    tx.fetch_all(&sql, values! { pairs }).await
}

pub(super) async fn extent(tx: &Tx, user_id: UserId) -> Result<LogExtent> {
    // Text, because both numbers are one statement.
    let sql = "SELECT (SELECT min(number) FROM live_events WHERE user_id = :user_id) AS first, \
               coalesce((SELECT last_number FROM live_cursors WHERE user_id = :user_id), 0) AS last";
    let extent = tx.fetch_optional(sql, values! { user_id }).await?;
    Ok(extent.unwrap_or(LogExtent { first: None, last: 0 }))
}

/// Deletes of each log everything up to the last event that is older than this. An event may be a little older than the one before it,
/// and deleting by the time alone would leave a gap.
pub(super) async fn sweep(tx: &Tx, before: Timestamp) -> Result<u64> {
    // Text, because of the condition on the newest of the old events.
    let sql = "WITH old AS (SELECT user_id, max(number) AS number FROM live_events WHERE created_at < :before GROUP BY user_id) \
               DELETE FROM live_events WHERE (user_id, number) IN (SELECT e.user_id, e.number FROM old o \
               JOIN live_events e ON e.user_id = o.user_id AND e.number <= o.number)";
    tx.execute(sql, values! { before }).await
}

pub(super) async fn insert_ticket(
    tx: &Tx,
    token_hash: Vec<u8>,
    user_id: UserId,
    session_id: SessionId,
    expires_at: Timestamp,
) -> Result<()> {
    let ticket = live_tickets::ActiveModel {
        token_hash: Set(token_hash),
        user_id: Set(user_id),
        session_id: Set(session_id),
        expires_at: Set(expires_at),
    };
    let insert = live_tickets::Entity::insert(ticket);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// Deletes a ticket and answers with it. Of two requests at once, one gets it.
pub(super) async fn take_ticket(tx: &Tx, token_hash: Vec<u8>) -> Result<Option<RedeemedTicket>> {
    // Text, because of RETURNING: the row is deleted and read in one statement.
    let sql =
        "DELETE FROM live_tickets WHERE token_hash = :token_hash RETURNING user_id, session_id, expires_at";
    // All rows are fetched, because SQLite deletes while the rows are read.
    let mut taken = tx.fetch_all(sql, values! { token_hash }).await?;
    Ok(taken.pop())
}

pub(super) async fn sweep_tickets(tx: &Tx) -> Result<()> {
    let delete = live_tickets::Entity::delete_many().filter(live_tickets::COLUMN.expires_at.lt(tx.now()));
    delete.exec(tx).await.map_db_err().map(drop)
}
