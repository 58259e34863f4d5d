//! Owners and editors of courses in answers.

use courses::{Trainer, TrainerRole};
use kernel::UserId;

use crate::routes::shared::prelude::*;

/// Somebody who teaches a course.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = Trainer, used(role))]
struct CourseTrainer {
    /// The account's id.
    id: UserId,
    /// The username, which no other account has.
    #[schema(example = "elena")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Elena Marchetti")]
    name: Option<String>,
    /// The address of a picture.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
    /// `OWNER` or `EDITOR`; more may be added.
    #[schema(value_type = String, example = "EDITOR")]
    #[dto(with = role)]
    part: TrainerRole,
    /// When they became the owner or an editor.
    since: DateTime<Utc>,
}

/// Who teaches a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CourseTrainers {
    /// The owner first, then the editors in the order in which they were added.
    trainers: Vec<CourseTrainer>,
}

impl From<Vec<Trainer>> for CourseTrainers {
    fn from(trainers: Vec<Trainer>) -> Self {
        Self { trainers: trainers.into_iter().map(Into::into).collect() }
    }
}
