//! The learners of a course, as its editors see them.

use kernel::{LessonId, UserId};

use crate::routes::shared::prelude::*;

/// A learner of a course and how far they are.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = progress::LearnerProgress, used(learner, tally))]
pub(super) struct CourseLearner {
    /// The learner.
    #[dto(with = learner.user_id)]
    pub(super) user_id: UserId,
    /// Their unique name; null where they chose none.
    #[schema(example = "lena")]
    #[dto(with = learner.username)]
    pub(super) username: Option<String>,
    /// Their name; null where they gave none.
    #[schema(example = "Lena")]
    #[dto(with = learner.name)]
    pub(super) name: Option<String>,
    /// When they enrolled.
    #[dto(with = learner.enrolled_at)]
    pub(super) enrolled_at: DateTime<Utc>,
    /// When they last watched or completed something in the course; null before the first time.
    pub(super) last_active_at: Option<DateTime<Utc>>,
    /// Whether they completed the course.
    #[dto(with = learner.completed_at.is_some())]
    is_completed: bool,
    /// When they completed the course; null until then.
    #[dto(with = learner.completed_at)]
    pub(super) completed_at: Option<DateTime<Utc>>,
    /// How many lessons are published.
    #[schema(minimum = 0, example = 8)]
    #[dto(with = tally.total_lessons)]
    pub(super) total_lessons: usize,
    /// How many of them are completed.
    #[schema(minimum = 0, example = 3)]
    #[dto(with = tally.completed_lessons)]
    pub(super) completed_lessons: usize,
    /// How many per cent of the published lessons are completed, rounded down.
    #[schema(minimum = 0, maximum = 100, example = 37)]
    #[dto(with = tally.percent())]
    pub(super) percent: usize,
    /// The credited seconds of all videos of the course.
    #[schema(minimum = 0, example = 5400)]
    pub(super) watched_seconds: i64,
}

page! {
    /// A page of learners.
    CourseLearnerPage of CourseLearner
}

/// Which learners of a course are listed.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LearnerQuery {
    /// Only those whose name or username contains this.
    #[param(min_length = 1, max_length = 100, nullable = false, example = "len")]
    pub(super) q: Option<String>,
}

impl Filter for LearnerQuery {}

/// What of a course is waived or reset.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LearnerProgressChange {
    /// One lesson; everything in the course where it is missing.
    #[schema(nullable = false)]
    pub(super) lesson_id: Option<LessonId>,
}
