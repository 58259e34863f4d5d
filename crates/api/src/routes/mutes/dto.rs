//! Mutes in requests and answers.

use community::mute::{MuteFilter, MutedPerson};
use kernel::{CourseId, MuteId, UserId};

use crate::routes::shared::prelude::*;

/// A mute of a person, who may not write.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = MutedPerson)]
pub(super) struct Mute {
    /// The mute's id.
    id: MuteId,
    /// Who is muted.
    user: Person,
    /// The course; null for everywhere.
    course_id: Option<CourseId>,
    /// The moderator's reason.
    #[schema(example = "Third time this week.")]
    reason: Option<String>,
    /// When the mute ends; null for a mute without end.
    ends_at: Option<DateTime<Utc>>,
    /// The moderator who imposed the mute.
    imposed_by: Option<UserId>,
    /// When the mute was imposed.
    created_at: DateTime<Utc>,
}

page! {
    /// A page of mutes.
    MutePage of Mute
}

/// The query of the list of mutes.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MuteQuery {
    /// Only mutes of this course.
    #[param(nullable = false)]
    course_id: Option<CourseId>,
    /// Only mutes of this account.
    #[param(nullable = false)]
    user_id: Option<UserId>,
}

impl Filter for MuteQuery {}

impl MuteQuery {
    pub(super) fn filter(&self) -> MuteFilter {
        MuteFilter { course_id: self.course_id, user_id: self.user_id }
    }
}
