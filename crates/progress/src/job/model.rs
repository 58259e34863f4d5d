//! A background job on a course.

use entity::enums::{JobKind, JobStatus};
use kernel::{JobId, Timestamp, UserId};
use sea_orm::DerivePartialModel;

/// A job, as its course's editors see it.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::jobs::Entity")]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// Whether it waits, runs or has ended.
    pub status: JobStatus,
    /// Whose edit caused it; `None` where that was the system itself.
    pub requested_by: Option<UserId>,
    /// How many learners were looked at so far.
    pub done_count: i64,
    /// For how many of them something became complete.
    pub changed_count: i64,
    /// When the edit was made known.
    pub created_at: Timestamp,
    /// When it began; `None` until then.
    pub started_at: Option<Timestamp>,
    /// When it ended; `None` until then.
    pub finished_at: Option<Timestamp>,
    /// The last learner who was looked at; `None` before the first.
    pub reached_id: Option<UserId>,
}
