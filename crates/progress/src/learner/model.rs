//! A learner, as the editors of a course see them.

use enrollment::EnrolledLearner;
use kernel::{Timestamp, UserId};
use sea_orm::FromQueryResult;

use crate::Tally;

/// A learner of a course and how far they are.
#[derive(Clone, Debug)]
pub struct LearnerProgress {
    /// The learner.
    pub learner: EnrolledLearner,
    /// How much of the course is completed.
    pub tally: Tally,
    /// The credited seconds of all its videos.
    pub watched_seconds: i64,
    /// When they last watched or completed something in it; `None` before the first time.
    pub last_active_at: Option<Timestamp>,
}

/// What somebody did in a course, in short.
#[derive(FromQueryResult)]
pub(super) struct Activity {
    pub(super) user_id: UserId,
    pub(super) watched_seconds: i64,
    pub(super) last_active_at: Option<Timestamp>,
}
