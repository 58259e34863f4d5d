use database::{MapDbErr, Tx};
use kernel::{CourseId, Cursor, JobId, Limit, Result, UserId, Uuid};
use sea_orm::{ConnectionTrait, Value};

use crate::job::{Batch, Job};

const JOB: &str = "id, kind, status, requested_by, done_count, changed_count, created_at, started_at, finished_at, reached_id";
const KIND: &str = "RECOUNT_PROGRESS";

pub(crate) async fn has_learners(tx: &Tx, course_id: CourseId) -> Result<bool> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM lesson_progress WHERE course_id = ? UNION ALL \
               SELECT 1 FROM chapter_progress WHERE course_id = ? LIMIT 1) learnt";
    Ok(tx.count(sql, [course_id.into(), course_id.into()]).await? > 0)
}

/// Answers whether it is new: one that waits will see this edit too.
pub(crate) async fn insert(tx: &Tx, course_id: CourseId) -> Result<bool> {
    let sql = "INSERT INTO jobs (id, kind, course_id, requested_by, status, done_count, changed_count, created_at) \
               VALUES (?, ?, ?, ?, 'QUEUED', 0, 0, ?) ON CONFLICT (course_id, kind) WHERE status = 'QUEUED' DO NOTHING";
    let values = [
        tx.new_id::<Uuid>().into(),
        KIND.into(),
        course_id.into(),
        tx.actor().user_id().into(),
        tx.now().into(),
    ];
    Ok(tx.change(sql, values).await? == 1)
}

pub(crate) async fn page(
    tx: &Tx,
    course_id: CourseId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Job>> {
    let mut sql = format!("SELECT {JOB} FROM jobs WHERE course_id = ?");
    let mut values: Vec<Value> = vec![course_id.into()];
    if let Some(after) = after {
        sql.push_str(" AND (created_at < ? OR (created_at = ? AND id < ?))");
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY created_at DESC, id DESC LIMIT {}",
        limit.fetch()
    ));
    tx.all(&sql, values).await
}

/// The oldest job that is not done, which runs from now on.
pub(crate) async fn begin(tx: &Tx, course_id: CourseId) -> Result<Option<Job>> {
    let sql = format!(
        "UPDATE jobs SET status = 'RUNNING', started_at = coalesce(started_at, ?) WHERE id = (SELECT id FROM jobs \
         WHERE course_id = ? AND kind = ? AND status <> 'DONE' ORDER BY created_at, id LIMIT 1) RETURNING {JOB}"
    );
    tx.one(&sql, [tx.now().into(), course_id.into(), KIND.into()])
        .await
}

/// The next learners who have done anything in the course.
pub(crate) async fn learners(
    tx: &Tx,
    course_id: CourseId,
    after: Option<UserId>,
    limit: u64,
) -> Result<Vec<UserId>> {
    let sql = format!(
        "SELECT user_id FROM (SELECT user_id FROM lesson_progress WHERE course_id = ? UNION \
         SELECT user_id FROM chapter_progress WHERE course_id = ?) learnt WHERE user_id > ? ORDER BY user_id LIMIT {limit}"
    );
    let after = after.unwrap_or(UserId(Uuid::nil()));
    let rows = tx
        .query_all_raw(tx.statement(&sql, [course_id.into(), course_id.into(), after.into()]))
        .await
        .map_db_err()?;
    rows.iter()
        .map(|row| row.try_get("", "user_id"))
        .collect::<Result<_, _>>()
        .map_db_err()
}

/// Writes down how far a job has come; it is done where there was nobody left.
pub(crate) async fn reach(tx: &Tx, id: JobId, batch: &Batch, changed: i64) -> Result<()> {
    let looked_at = i64::try_from(batch.looked_at).unwrap_or(i64::MAX);
    let (sql, values): (_, Vec<Value>) = match batch.last {
        Some(last) => (
            "UPDATE jobs SET reached_id = ?, done_count = done_count + ?, changed_count = changed_count + ? \
             WHERE id = ? AND status = 'RUNNING'",
            vec![last.into(), looked_at.into(), changed.into(), id.into()],
        ),
        None => (
            "UPDATE jobs SET status = 'DONE', finished_at = ? WHERE id = ? AND status = 'RUNNING'",
            vec![tx.now().into(), id.into()],
        ),
    };
    tx.change(sql, values).await.map(drop)
}
