//! Grants, as clients see them.

use enrollment::{GrantHistory, GrantSource, GrantStatus, NewManualGrant};
use kernel::{CourseId, GrantEventId, GrantId, Timestamp, UserId, Uuid};

use crate::routes::shared::prelude::*;

/// Why, from when and until when somebody may see a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Grant {
    /// The grant's id.
    id: GrantId,
    /// Who may see the course.
    user_id: UserId,
    /// The course.
    course_id: CourseId,
    /// `FREE`, `PURCHASE` or `MANUAL`; more may be added.
    #[schema(value_type = String, example = "MANUAL")]
    source: GrantSource,
    /// The payment's id for `PURCHASE`; null for any other source.
    source_id: Option<Uuid>,
    /// `ACTIVE`, `SUSPENDED`, `REFUNDED`, `REVOKED` or `ENDED`; more may be added. It does not follow the time: see `isActive`.
    #[schema(value_type = String, example = "ACTIVE")]
    status: GrantStatus,
    /// Whether it gives access: its status is `ACTIVE`, it has begun and has not ended.
    is_active: bool,
    /// When its access begins.
    starts_at: DateTime<Utc>,
    /// When its access ends; null where it has no end.
    ends_at: Option<DateTime<Utc>>,
    /// Why it has this status, in words; null where nobody said so.
    #[schema(example = "Won the autumn challenge")]
    status_reason: Option<String>,
    /// When it got this status.
    status_changed_at: DateTime<Utc>,
    /// When it was made.
    created_at: DateTime<Utc>,
}

impl Grant {
    pub(super) fn at(grant: enrollment::Grant, at: Timestamp) -> Self {
        let is_active = grant.is_active(at);
        let enrollment::Grant {
            id,
            user_id,
            course_id,
            source,
            source_id,
            status,
            starts_at,
            ends_at,
            status_reason,
            status_changed_at,
            created_at,
        } = grant;
        // One that was given by hand is its own source.
        let source_id = source_id.parse().ok().filter(|source_id| *source_id != id.0);
        Self {
            id,
            user_id,
            course_id,
            source,
            source_id,
            status,
            is_active,
            starts_at,
            ends_at,
            status_reason,
            status_changed_at,
            created_at,
        }
    }
}

/// A change of a grant: what it has been since then.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = enrollment::GrantEvent)]
pub(super) struct GrantEvent {
    /// The event's id.
    id: GrantEventId,
    /// The grant's status from then on.
    #[schema(value_type = String, example = "ACTIVE")]
    status: GrantStatus,
    /// When its access begins.
    starts_at: DateTime<Utc>,
    /// When its access ends; null where it has no end.
    ends_at: Option<DateTime<Utc>>,
    /// Why it has this status, in words; null where nobody said so.
    #[schema(example = "Won the autumn challenge")]
    reason: Option<String>,
    /// Who changed it; null where that was Palestra itself, such as after a notice of a payment provider.
    actor_id: Option<UserId>,
    /// When it was changed.
    created_at: DateTime<Utc>,
}

/// A grant and all its changes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct GrantDetail {
    /// The grant.
    #[serde(flatten)]
    grant: Grant,
    /// Its changes, oldest first; the last of them is what it is.
    events: Vec<GrantEvent>,
}

impl GrantDetail {
    /// The grant as it is at this instant.
    pub(in crate::routes) fn at(history: GrantHistory, at: Timestamp) -> Self {
        let GrantHistory { grant, events } = history;
        Self { grant: Grant::at(grant, at), events: events.into_iter().map(Into::into).collect() }
    }
}

/// Who holds a grant.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = enrollment::Learner)]
pub(super) struct Learner {
    /// The user's id.
    id: UserId,
    /// Their unique name; null where they chose none.
    #[schema(example = "lena")]
    username: Option<String>,
    /// The name to show; null where they gave none.
    #[schema(example = "Lena Novak")]
    name: Option<String>,
    /// The address of their picture; null where they have none.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
}

/// A grant of a course, with its learner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CourseGrant {
    /// The grant.
    #[serde(flatten)]
    pub(super) grant: Grant,
    /// Who holds it.
    pub(super) learner: Learner,
}

page! {
    /// A page of a course's grants.
    CourseGrantPage of CourseGrant
}

/// Which grants of a course are listed.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct GrantQuery {
    /// Only grants with this status.
    #[param(value_type = Option<schema::GrantStatus>, inline, nullable = false)]
    pub(super) status: Option<GrantStatus>,
    /// Only this learner's grants.
    #[param(nullable = false)]
    pub(super) user_id: Option<UserId>,
    /// Only grants that give access now, or only the others.
    #[param(nullable = false)]
    pub(super) is_active: Option<bool>,
}

impl Filter for GrantQuery {}

/// Access to be given by hand.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[validate(schema(function = "ends_after_start"))]
#[dto(into = NewManualGrant)]
pub(super) struct CreateGrant {
    /// Who gets it.
    user_id: UserId,
    /// When it begins; now where it is missing or past.
    starts_at: Option<DateTime<Utc>>,
    /// When it ends, after now and after the start; it has no end where this is missing.
    ends_at: Option<DateTime<Utc>>,
    /// Why; the learner reads it.
    #[schema(max_length = 500, example = "Won the autumn challenge")]
    reason: Option<String>,
}

fn ends_after_start(grant: &CreateGrant) -> Result<(), ValidationError> {
    match (grant.starts_at, grant.ends_at) {
        (Some(start), Some(end)) if end <= start => {
            Err(broken("/endsAt", "not_later", "The end has to come after now and after the start."))
        }
        _ => Ok(()),
    }
}

/// Why access is revoked.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RevokeGrant {
    /// Why; the learner reads it.
    #[schema(max_length = 500, example = "Given by mistake")]
    pub(super) reason: Option<String>,
}

/// Until when access is extended.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ExtendGrant {
    /// The new end, after now and later than before; null for no end.
    #[schema(required = true)]
    pub(super) ends_at: Option<DateTime<Utc>>,
}
