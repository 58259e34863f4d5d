//! The rows of `jobs`, and the learners whom a job looks at.

use database::{MapDbErr, NewestFirst, Tx, values};
use entity::{
    enums::{JobKind, JobStatus},
    jobs,
};
use kernel::{CourseId, Cursor, JobId, Limit, Result, UserId, Uuid};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, Set};

use super::model::Job;

/// Whether anybody has completed anything in a course.
pub(super) async fn has_learners(tx: &Tx, course_id: CourseId) -> Result<bool> {
    // Text: a union of two tables.
    let sql = "SELECT count(*) FROM (SELECT 1 FROM lesson_progress WHERE course_id = :course_id UNION ALL \
               SELECT 1 FROM chapter_progress WHERE course_id = :course_id LIMIT 1) learnt";
    let count: Option<i64> = tx.fetch_scalar(sql, values! { course_id }).await?;
    Ok(count.is_some_and(|count| count > 0))
}

/// Writes a job that waits. Answers whether it is new: a job that waits already will see this edit, too.
pub(super) async fn insert(tx: &Tx, course_id: CourseId, requested_by: Option<UserId>) -> Result<bool> {
    let (id, kind): (JobId, _) = (tx.new_id(), JobKind::RecountProgress);
    // Text: the conflict is one with a partial index.
    let sql = "INSERT INTO jobs (id, kind, course_id, requested_by, status, done_count, changed_count, created_at) \
               VALUES (:id, :kind, :course_id, :requested_by, 'QUEUED', 0, 0, :now) \
               ON CONFLICT (course_id, kind) WHERE status = 'QUEUED' DO NOTHING";
    let values = values! { id, kind, course_id, requested_by, now: tx.now() };
    Ok(tx.execute(sql, values).await? == 1)
}

pub(super) async fn page(
    tx: &Tx,
    course_id: CourseId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Job>> {
    jobs::Entity::find()
        .filter(jobs::COLUMN.course_id.eq(course_id))
        .newest_first(jobs::Column::CreatedAt, jobs::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

/// The oldest job of a course that has not ended; it runs from now on.
pub(super) async fn begin(tx: &Tx, course_id: CourseId) -> Result<Option<Job>> {
    // Text: the update finds its row by a select, and answers with it.
    let sql = "UPDATE jobs SET status = 'RUNNING', started_at = coalesce(started_at, :now) WHERE id = (SELECT id FROM jobs \
               WHERE course_id = :course_id AND kind = :kind AND status <> 'DONE' ORDER BY created_at, id LIMIT 1) \
               RETURNING id, kind, status, requested_by, done_count, changed_count, created_at, started_at, finished_at, \
               reached_id";
    let values = values! { now: tx.now(), course_id, kind: JobKind::RecountProgress };
    tx.fetch_optional(sql, values).await
}

/// The next learners who have completed anything in a course, in the order of their ids.
pub(super) async fn learners(
    tx: &Tx,
    course_id: CourseId,
    after: Option<UserId>,
    limit: u64,
) -> Result<Vec<UserId>> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: UserId,
    }
    let after = after.unwrap_or(UserId(Uuid::nil()));
    // Text: a union of two tables.
    let sql = format!(
        "SELECT user_id FROM (SELECT user_id FROM lesson_progress WHERE course_id = :course_id UNION \
         SELECT user_id FROM chapter_progress WHERE course_id = :course_id) learnt WHERE user_id > :after \
         ORDER BY user_id LIMIT {limit}"
    );
    let rows: Vec<Row> = tx.fetch_all(&sql, values! { course_id, after }).await?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}

/// Writes how far a running job has come: up to the learner `reached`.
pub(super) async fn advance(tx: &Tx, id: JobId, reached: UserId, looked_at: i64, changed: i64) -> Result<()> {
    use jobs::{ActiveModel, COLUMN, Column, Entity};
    let update = Entity::update_many()
        .set(ActiveModel { reached_id: Set(Some(reached)), ..Default::default() })
        .col_expr(Column::DoneCount, COLUMN.done_count.add(looked_at))
        .col_expr(Column::ChangedCount, COLUMN.changed_count.add(changed))
        .filter(COLUMN.id.eq(id))
        .filter(COLUMN.status.eq(JobStatus::Running));
    update.exec(tx).await.map_db_err().map(drop)
}

/// Ends a running job.
pub(super) async fn finish(tx: &Tx, id: JobId) -> Result<()> {
    let update = jobs::Entity::update_many()
        .set(jobs::ActiveModel {
            status: Set(JobStatus::Done),
            finished_at: Set(Some(tx.now())),
            ..Default::default()
        })
        .filter(jobs::COLUMN.id.eq(id))
        .filter(jobs::COLUMN.status.eq(JobStatus::Running));
    update.exec(tx).await.map_db_err().map(drop)
}
