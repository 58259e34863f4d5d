use database::{Tx, constraint, from_db};
use kernel::{Code, Error, FieldError, Result, Timestamp, Uuid};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::Grant;

const GRANT: &str = "g.id, g.user_id, g.course_id, g.source, g.source_id, g.status, g.starts_at, g.ends_at, \
                     g.status_reason, g.status_changed_at, g.created_at";

/// How a grant enters the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It is new, unless its source has given one already.
    New,
    /// It is locked, and has changed.
    Changed,
}

/// The one way into the ledger: the grant as it is from `at` on, together with the event that says so. Answers whether it was
/// written; a new one is not where its source has given one already.
pub(crate) async fn write(tx: &Tx, grant: &Grant, entry: Entry, at: Timestamp) -> Result<bool> {
    let written = match entry {
        Entry::New => insert(tx, grant).await?,
        Entry::Changed => update(tx, grant).await?,
    };
    if written {
        let sql = "INSERT INTO grant_events (id, grant_id, user_id, course_id, status, starts_at, ends_at, reason, \
                   actor_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values = [
            tx.new_id().into(),
            grant.id.into(),
            grant.user_id.into(),
            grant.course_id.into(),
            grant.status.clone().into(),
            grant.starts_at.into(),
            grant.ends_at.into(),
            grant.status_reason.clone().into(),
            tx.actor().user_id().into(),
            at.into(),
        ];
        tx.change(sql, values).await?;
    }
    Ok(written)
}

async fn insert(tx: &Tx, grant: &Grant) -> Result<bool> {
    let sql = "INSERT INTO grants (id, user_id, course_id, source, source_id, status, starts_at, ends_at, status_reason, \
               status_changed_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
               ON CONFLICT (user_id, course_id, source, source_id) DO NOTHING";
    let values: [Value; 11] = [
        grant.id.into(),
        grant.user_id.into(),
        grant.course_id.into(),
        grant.source.clone().into(),
        grant.source_id.clone().into(),
        grant.status.clone().into(),
        grant.starts_at.into(),
        grant.ends_at.into(),
        grant.status_reason.clone().into(),
        grant.status_changed_at.into(),
        grant.created_at.into(),
    ];
    let done = tx.execute_raw(tx.statement(sql, values)).await;
    let done = done.map_err(|error| match constraint(&error) {
        // The course was read before.
        Some(name) if name.starts_with("fk") => {
            let reason = FieldError::new("/userId", "unknown_user", "There is no such user.");
            Error::invalid(vec![reason])
        }
        _ => from_db(error),
    })?;
    Ok(done.rows_affected() == 1)
}

async fn update(tx: &Tx, grant: &Grant) -> Result<bool> {
    let sql =
        "UPDATE grants SET status = ?, ends_at = ?, status_reason = ?, status_changed_at = ? WHERE id = ?";
    let values = [
        grant.status.clone().into(),
        grant.ends_at.into(),
        grant.status_reason.clone().into(),
        grant.status_changed_at.into(),
        grant.id.into(),
    ];
    if tx.change(sql, values).await? == 1 {
        Ok(true)
    } else {
        Err(Code::NotFound.into())
    }
}

/// When this grant last changed.
pub(crate) async fn last_change(tx: &Tx, id: Uuid) -> Result<Option<Timestamp>> {
    #[derive(FromQueryResult)]
    struct Row {
        created_at: Timestamp,
    }
    let sql = "SELECT created_at FROM grant_events WHERE grant_id = ? ORDER BY created_at DESC LIMIT 1";
    let row = tx.one::<Row>(sql, [id.into()]).await?;
    Ok(row.map(|row| row.created_at))
}

/// The grant that this source has given.
pub(crate) async fn by_source(
    tx: &Tx,
    (user_id, course_id): (Uuid, Uuid),
    source: &str,
    source_id: &str,
) -> Result<Option<Grant>> {
    let sql = format!(
        "SELECT {GRANT} FROM grants g WHERE g.user_id = ? AND g.course_id = ? AND g.source = ? AND g.source_id = ?"
    );
    let values = [user_id.into(), course_id.into(), source.into(), source_id.into()];
    tx.one(&sql, values).await
}

/// A grant, locked until the end of the transaction.
pub(crate) async fn lock(tx: &Tx, id: Uuid) -> Result<Option<Grant>> {
    let sql = format!("SELECT {GRANT} FROM grants g WHERE g.id = ?{}", tx.for_update());
    tx.one(&sql, [id.into()]).await
}

/// Every grant of this user for this course.
pub(crate) async fn of_user(tx: &Tx, user_id: Uuid, course_id: Uuid) -> Result<Vec<Grant>> {
    let sql = format!("SELECT {GRANT} FROM grants g WHERE g.user_id = ? AND g.course_id = ?");
    tx.all(&sql, [user_id.into(), course_id.into()]).await
}
