use database::{Column, MapDbErr, Tx};
use kernel::{Result, SessionId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::Value;

use crate::live::{PAGE, Told};

/// Writes an event into the log of each of these accounts, who are sorted and named once.
pub(crate) async fn append(tx: &Tx, to: &[UserId], kind: &str, data: &Value) -> Result<()> {
    let (among, ids) = tx.among(to);
    if tx.is_postgres() {
        // The caller may look at nobody else's log: it is written by the function, which answers nothing.
        let sql = "SELECT app.tell(?::text::uuid[], ?, ?)";
        let told = tx.statement(sql, [ids, kind.into(), data.clone().into()]);
        return tx.query_one_raw(told).await.map_db_err().map(drop);
    }
    let number = "INSERT INTO live_cursors (user_id, last_number) SELECT unhex(value), 1 FROM json_each(?) WHERE true \
                  ON CONFLICT (user_id) DO UPDATE SET last_number = last_number + 1";
    tx.change(number, [ids.clone()]).await?;
    // The one writer has given these numbers just now.
    let sql = format!(
        "INSERT INTO live_events (user_id, number, kind, data, created_at) \
         SELECT user_id, last_number, ?, ?, ? FROM live_cursors WHERE user_id {among}"
    );
    let values = [kind.into(), data.clone().into(), tx.now().into(), ids];
    tx.change(&sql, values).await.map(drop)
}

/// The events of each of these accounts behind theirs, a page of each. Numbers have no gaps, so that a page is a range.
pub(crate) async fn events(tx: &Tx, asked: &[(UserId, i64)]) -> Result<Vec<Told>> {
    let columns = "e.user_id, e.number, e.kind, e.data";
    if tx.is_postgres() {
        let users = asked.iter().map(|(user, _)| Some((*user).into())).collect();
        let numbers = asked.iter().map(|(_, after)| *after).collect();
        let sql = format!(
            "SELECT {columns} FROM unnest(:users, :numbers) AS a (user_id, number) \
             JOIN live_events e ON e.user_id = a.user_id AND e.number > a.number AND e.number <= a.number + {PAGE} \
             ORDER BY e.user_id, e.number"
        );
        let columns = [
            ("users", Column::Uuids(users)),
            ("numbers", Column::Integers(numbers)),
        ];
        return tx.fetch_columns(&sql, columns).await;
    }
    let pairs: Vec<String> = asked
        .iter()
        .map(|(user, after)| format!("[\"{}\",{after}]", user.0.simple()))
        .collect();
    let sql = format!(
        "SELECT {columns} FROM json_each(?) a JOIN live_events e ON e.user_id = unhex(json_extract(a.value, '$[0]')) \
         AND e.number > json_extract(a.value, '$[1]') AND e.number <= json_extract(a.value, '$[1]') + {PAGE} \
         ORDER BY e.user_id, e.number"
    );
    tx.all(&sql, [format!("[{}]", pairs.join(",")).into()]).await
}

/// How far somebody's log reaches.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct Extent {
    /// The number of the first event that is still kept; `None` where none is.
    first: Option<i64>,
    /// The number of the last event there ever was; 0 before the first.
    pub(crate) last: i64,
}

impl Extent {
    /// Whether everything behind this number is still there.
    pub(crate) fn reaches(self, number: i64) -> bool {
        number == self.last || number < self.last && self.first.is_some_and(|first| first <= number + 1)
    }
}

pub(crate) async fn extent(tx: &Tx, user_id: UserId) -> Result<Extent> {
    let sql = "SELECT (SELECT min(number) FROM live_events WHERE user_id = ?) AS first, \
               coalesce((SELECT last_number FROM live_cursors WHERE user_id = ?), 0) AS last";
    let extent = tx.one(sql, [user_id.into(), user_id.into()]).await?;
    Ok(extent.unwrap_or(Extent { first: None, last: 0 }))
}

/// Of each log, everything up to the last event that is older: an event may be a bit older than the one before it, and no gap
/// may be left.
pub(crate) async fn sweep(tx: &Tx, before: Timestamp) -> Result<u64> {
    let sql = "WITH old AS (SELECT user_id, max(number) AS number FROM live_events WHERE created_at < ? GROUP BY user_id) \
               DELETE FROM live_events WHERE (user_id, number) IN (SELECT e.user_id, e.number FROM old o \
               JOIN live_events e ON e.user_id = o.user_id AND e.number <= o.number)";
    tx.change(sql, [before.into()]).await
}

/// A ticket that was taken.
#[derive(FromQueryResult)]
pub(crate) struct Taken {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    pub(crate) expires_at: Timestamp,
}

pub(crate) async fn insert_ticket(
    tx: &Tx,
    hash: Vec<u8>,
    (user_id, session_id): (UserId, SessionId),
    expires_at: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO live_tickets (token_hash, user_id, session_id, expires_at) VALUES (?, ?, ?, ?)";
    let values = [hash.into(), user_id.into(), session_id.into(), expires_at.into()];
    tx.change(sql, values).await.map(drop)
}

/// Of two at once, one gets it.
pub(crate) async fn take_ticket(tx: &Tx, hash: Vec<u8>) -> Result<Option<Taken>> {
    let sql = "DELETE FROM live_tickets WHERE token_hash = ? RETURNING user_id, session_id, expires_at";
    // To its end, as SQLite needs it.
    let mut taken = tx.all(sql, [hash.into()]).await?;
    Ok(taken.pop())
}

pub(crate) async fn sweep_tickets(tx: &Tx) -> Result<u64> {
    let sql = "DELETE FROM live_tickets WHERE expires_at < ?";
    tx.change(sql, [tx.now().into()]).await
}

#[cfg(test)]
mod tests {
    use super::Extent;

    #[test]
    fn a_log_reaches_from_behind_its_gap_to_its_end() {
        let extent = Extent {
            first: Some(5),
            last: 7,
        };
        let reached: Vec<i64> = (0..10).filter(|number| extent.reaches(*number)).collect();
        assert_eq!(reached, [4, 5, 6, 7]);
        let swept = Extent { first: None, last: 7 };
        assert!(swept.reaches(7) && !swept.reaches(6) && !swept.reaches(8));
        let empty = Extent { first: None, last: 0 };
        assert!(empty.reaches(0) && !empty.reaches(1));
    }
}
