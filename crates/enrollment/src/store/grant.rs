use database::{MapDbErr, Tx, constraint, from_db};
use kernel::{Code, CourseId, Cursor, Error, FieldError, GrantId, Limit, Result, Timestamp, UserId, Uuid};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QueryResult, Value};

use crate::{Grant, GrantEvent, GrantFilter, GrantHistory, Learner};

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
            tx.new_id::<Uuid>().into(),
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
        tx.invalidate_account_cache(grant.user_id).await?;
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
pub(crate) async fn last_change(tx: &Tx, id: GrantId) -> Result<Option<Timestamp>> {
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
    (user_id, course_id): (UserId, CourseId),
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
pub(crate) async fn lock(tx: &Tx, id: GrantId) -> Result<Option<Grant>> {
    let sql = format!("SELECT {GRANT} FROM grants g WHERE g.id = ?{}", tx.for_update());
    tx.one(&sql, [id.into()]).await
}

/// Every grant of this user for this course.
pub(crate) async fn of_user(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Vec<Grant>> {
    let sql = format!("SELECT {GRANT} FROM grants g WHERE g.user_id = ? AND g.course_id = ?");
    tx.all(&sql, [user_id.into(), course_id.into()]).await
}

/// The courses for which somebody holds an active grant.
pub(crate) async fn active_courses(tx: &Tx, user_id: UserId) -> Result<Vec<CourseId>> {
    #[derive(FromQueryResult)]
    struct Row {
        course_id: CourseId,
    }
    let sql = "SELECT DISTINCT g.course_id FROM grants g WHERE g.user_id = ? AND g.status = 'ACTIVE' \
               AND g.starts_at <= ? AND (g.ends_at IS NULL OR g.ends_at > ?)";
    let rows: Vec<Row> = tx
        .all(sql, [user_id.into(), tx.now().into(), tx.now().into()])
        .await?;
    Ok(rows.into_iter().map(|row| row.course_id).collect())
}

/// Who has an active grant for a course, each once.
pub(crate) async fn holders(
    tx: &Tx,
    course_id: CourseId,
    after: Option<UserId>,
    limit: u64,
) -> Result<Vec<UserId>> {
    let behind = if after.is_some() { " AND user_id > ?" } else { "" };
    let sql = format!(
        "SELECT DISTINCT user_id FROM grants WHERE course_id = ? AND status = 'ACTIVE' AND starts_at <= ? \
         AND (ends_at IS NULL OR ends_at > ?){behind} ORDER BY user_id LIMIT {limit}"
    );
    let mut values: Vec<Value> = vec![course_id.into(), tx.now().into(), tx.now().into()];
    values.extend(after.map(Value::from));
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    let ids: Result<Vec<UserId>, DbErr> = rows.iter().map(|row| row.try_get("", "user_id")).collect();
    ids.map_db_err()
}

/// A grant that the caller may look at by the policies; the use cases decide again.
pub(crate) async fn find(tx: &Tx, id: GrantId) -> Result<Option<Grant>> {
    let sql = format!("SELECT {GRANT} FROM grants g WHERE g.id = ?");
    tx.one(&sql, [id.into()]).await
}

/// The grants of a course, newest first, each with its learner.
pub(crate) async fn of_course(
    tx: &Tx,
    course_id: CourseId,
    filter: &GrantFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<(Grant, Learner)>> {
    let mut sql = format!(
        "SELECT {GRANT}, u.username, u.name, u.avatar_url FROM grants g JOIN users u ON u.id = g.user_id \
         WHERE g.course_id = ?"
    );
    let mut values: Vec<Value> = vec![course_id.into()];
    if let Some(status) = filter.status {
        sql.push_str(" AND g.status = ?");
        values.push(status.as_str().into());
    }
    if let Some(user_id) = filter.user_id {
        sql.push_str(" AND g.user_id = ?");
        values.push(user_id.into());
    }
    if let Some(active) = filter.is_active {
        let not = if active { "" } else { "NOT " };
        sql.push_str(&format!(
            " AND {not}(g.status = 'ACTIVE' AND g.starts_at <= ? AND (g.ends_at IS NULL OR g.ends_at > ?))"
        ));
        values.extend([tx.now().into(), tx.now().into()]);
    }
    if let Some(after) = after {
        sql.push_str(" AND (g.created_at, g.id) < (?, ?)");
        values.extend([after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY g.created_at DESC, g.id DESC LIMIT {}",
        limit.fetch()
    ));
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    let pair = |row: &QueryResult| {
        Ok((
            Grant::from_query_result(row, "")?,
            Learner::from_query_result(row, "")?,
        ))
    };
    let pairs: Result<Vec<_>, DbErr> = rows.iter().map(pair).collect();
    pairs.map_db_err()
}

/// An event, with what never changes of its grant.
#[derive(FromQueryResult)]
struct EventRow {
    grant_id: GrantId,
    user_id: UserId,
    course_id: CourseId,
    source: String,
    source_id: String,
    granted_at: Timestamp,
    id: GrantId,
    status: String,
    starts_at: Timestamp,
    ends_at: Option<Timestamp>,
    reason: Option<String>,
    actor_id: Option<UserId>,
    created_at: Timestamp,
}

const EVENT: &str = "SELECT e.grant_id, e.user_id, e.course_id, g.source, g.source_id, g.created_at AS granted_at, e.id, \
                     e.status, e.starts_at, e.ends_at, e.reason, e.actor_id, e.created_at \
                     FROM grant_events e JOIN grants g ON g.id = e.grant_id";

/// What became of a grant, oldest first.
pub(crate) async fn history(tx: &Tx, id: GrantId) -> Result<Option<GrantHistory>> {
    let sql = format!("{EVENT} WHERE e.grant_id = ? ORDER BY e.created_at, e.id");
    Ok(replay(tx.all(&sql, [id.into()]).await?).pop())
}

/// Every grant of this user for this course as it stood at an instant, or stands now, in the order in which they were made.
pub(crate) async fn histories(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    until: Option<Timestamp>,
) -> Result<Vec<GrantHistory>> {
    let mut sql = format!("{EVENT} WHERE e.user_id = ? AND e.course_id = ?");
    let mut values: Vec<Value> = vec![user_id.into(), course_id.into()];
    if let Some(until) = until {
        sql.push_str(" AND e.created_at <= ?");
        values.push(until.into());
    }
    sql.push_str(" ORDER BY e.created_at, e.id");
    Ok(replay(tx.all(&sql, values).await?))
}

/// The grants that these events, in their order, have made.
fn replay(rows: Vec<EventRow>) -> Vec<GrantHistory> {
    let mut found: Vec<GrantHistory> = Vec::new();
    for row in rows {
        let event = GrantEvent {
            id: row.id,
            status: row.status,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            reason: row.reason,
            actor_id: row.actor_id,
            created_at: row.created_at,
        };
        let known = found.iter_mut().find(|history| history.grant.id == row.grant_id);
        if let Some(history) = known {
            history.add(event);
        } else {
            let grant = Grant {
                id: row.grant_id,
                user_id: row.user_id,
                course_id: row.course_id,
                source: row.source,
                source_id: row.source_id,
                status: event.status.clone(),
                starts_at: event.starts_at,
                ends_at: event.ends_at,
                status_reason: event.reason.clone(),
                status_changed_at: event.created_at,
                created_at: row.granted_at,
            };
            let events = vec![event];
            found.push(GrantHistory { grant, events });
        }
    }
    found
}
