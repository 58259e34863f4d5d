use crate::http::routing::{Operations, operations};
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use database::{Pool, Tx};
use enrollment::{GrantFilter, GrantHistory, NewManualGrant};
use kernel::{CourseId, GrantId, Result, Timestamp, UserId, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::shared::{PageQuery, default_limit, page};
use crate::{
    http::{
        extract::{Confirmed, Idempotency, Json, Member, Path, Query},
        problem::Problem,
        reply::Reply,
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_grants,
        create_grant,
        get_grant,
        revoke_grant,
        extend_grant
    );
}

/// By what, from when and until when somebody may see a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Grant {
    /// The grant's id.
    id: GrantId,
    /// Who may see it.
    user_id: UserId,
    /// The course.
    course_id: CourseId,
    /// `FREE`, `PURCHASE` or `MANUAL`; more may be added.
    #[schema(example = "MANUAL")]
    source: String,
    /// What it follows from: the payment's id for `PURCHASE`, otherwise null.
    source_id: Option<Uuid>,
    /// `ACTIVE`, `SUSPENDED`, `REFUNDED`, `REVOKED` or `ENDED`; more may be added. The time is not in it: see `isActive`.
    #[schema(example = "ACTIVE")]
    status: String,
    /// Whether it gives access: its status is `ACTIVE`, it has begun and has not run out.
    is_active: bool,
    /// From when.
    starts_at: DateTime<Utc>,
    /// Until when; null is without end.
    ends_at: Option<DateTime<Utc>>,
    /// Why it has this status, in words.
    #[schema(example = "Won the autumn challenge")]
    status_reason: Option<String>,
    /// Since when it has this status.
    status_changed_at: DateTime<Utc>,
    /// When it was made.
    created_at: DateTime<Utc>,
}

impl Grant {
    fn at(grant: enrollment::Grant, at: Timestamp) -> Self {
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

/// A change of a grant: what it has been since.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct GrantEvent {
    /// The event's id.
    id: GrantId,
    /// Its status from then on.
    #[schema(example = "ACTIVE")]
    status: String,
    /// From when it gives access.
    starts_at: DateTime<Utc>,
    /// Until when; null is without end.
    ends_at: Option<DateTime<Utc>>,
    /// Why it has this status, in words.
    #[schema(example = "Won the autumn challenge")]
    reason: Option<String>,
    /// Who did it; null is Palestra itself, such as on a payment provider's word.
    actor_id: Option<UserId>,
    /// When.
    created_at: DateTime<Utc>,
}

impl From<enrollment::GrantEvent> for GrantEvent {
    fn from(event: enrollment::GrantEvent) -> Self {
        let enrollment::GrantEvent {
            id,
            status,
            starts_at,
            ends_at,
            reason,
            actor_id,
            created_at,
        } = event;
        Self {
            id,
            status,
            starts_at,
            ends_at,
            reason,
            actor_id,
            created_at,
        }
    }
}

/// A grant and everything that became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantDetail {
    /// The grant.
    #[serde(flatten)]
    grant: Grant,
    /// Every change, oldest first; the last is what it is.
    events: Vec<GrantEvent>,
}

impl GrantDetail {
    /// As it was decided at this instant.
    pub(super) fn at(history: GrantHistory, at: Timestamp) -> Self {
        let GrantHistory { grant, events } = history;
        Self {
            grant: Grant::at(grant, at),
            events: events.into_iter().map(Into::into).collect(),
        }
    }
}

/// Who holds a grant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Learner {
    /// The user's id.
    id: GrantId,
    /// Unique.
    #[schema(example = "lena")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Lena Novak")]
    name: Option<String>,
    /// A picture.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
}

impl From<enrollment::Learner> for Learner {
    fn from(learner: enrollment::Learner) -> Self {
        let enrollment::Learner {
            id,
            username,
            name,
            avatar_url,
        } = learner;
        Self {
            id,
            username,
            name,
            avatar_url,
        }
    }
}

/// A grant of a course, with its learner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseGrant {
    /// The grant.
    #[serde(flatten)]
    grant: Grant,
    /// Who holds it.
    learner: Learner,
}

page! {
    /// A page of a course's grants.
    CourseGrantPage of CourseGrant
}

/// How it stands with a grant, apart from the time.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum GrantStatus {
    /// It gives access from its start until its end.
    Active,
    /// Not for now: the payment is disputed.
    Suspended,
    /// The money went back.
    Refunded,
    /// Withdrawn by hand.
    Revoked,
    /// For good: the dispute was lost.
    Ended,
}

impl From<GrantStatus> for enrollment::GrantStatus {
    fn from(status: GrantStatus) -> Self {
        match status {
            GrantStatus::Active => Self::Active,
            GrantStatus::Suspended => Self::Suspended,
            GrantStatus::Refunded => Self::Refunded,
            GrantStatus::Revoked => Self::Revoked,
            GrantStatus::Ended => Self::Ended,
        }
    }
}

/// Which grants.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GrantQuery {
    /// How many rows.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where to go on: `nextCursor` of the page before.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    cursor: Option<String>,
    /// Only this status.
    #[param(inline, nullable = false)]
    status: Option<GrantStatus>,
    /// Only this learner's.
    #[param(nullable = false)]
    user_id: Option<UserId>,
    /// Only those that give access now, or only the others.
    #[param(nullable = false)]
    is_active: Option<bool>,
}

/// Access to be given by hand.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateGrant {
    /// To whom.
    user_id: UserId,
    /// From when; now where it is missing or has been.
    starts_at: Option<DateTime<Utc>>,
    /// Until when, after now and after the start; without end where it is missing.
    ends_at: Option<DateTime<Utc>>,
    /// Why; the learner reads it.
    #[schema(max_length = 500, example = "Won the autumn challenge")]
    reason: Option<String>,
}

/// Why access is taken away.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RevokeGrant {
    /// Why; the learner reads it.
    #[schema(max_length = 500, example = "Given by mistake")]
    reason: Option<String>,
}

/// How long access goes on.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExtendGrant {
    /// The new end, after now and later than before; null is without end.
    #[schema(required = true)]
    ends_at: Option<DateTime<Utc>>,
}

/// The grants of a course
///
/// Newest first, each with its learner. The course's owner and admins; for others there is nothing here.
#[utoipa::path(get, path = "/courses/{course_id}/grants",
    tag = "access", operation_id = "listCourseGrants", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), GrantQuery),
    responses((status = 200, description = "A page of grants.", body = CourseGrantPage)))]
async fn list_grants(
    state: Data<State>,
    Member(actor): Member,
    Path(course_id): Path<CourseId>,
    Query(query): Query<GrantQuery>,
) -> Result<Reply<CourseGrantPage>, Problem> {
    let GrantQuery {
        limit,
        cursor,
        status,
        user_id,
        is_active,
    } = query;
    let (after, limit) = PageQuery { limit, cursor }.position();
    let filter = GrantFilter {
        status: status.map(Into::into),
        user_id,
        is_active,
    };
    let work = move |tx: Tx| async move {
        let page = enrollment::list_grants(&tx, course_id, &filter, after, limit).await?;
        Ok(page.map(|(grant, learner)| CourseGrant {
            grant: Grant::at(grant, tx.now()),
            learner: learner.into(),
        }))
    };
    let page = state.db.read(actor, work).await?;
    Ok(Reply::ok(&CourseGrantPage::from(page))?)
}

/// Give access by hand
///
/// To a course of one's own, published or not, for ever or for a time; also by an admin. Nobody gives it to themselves, nor to
/// who teaches the course. One that has not ended is extended instead. Written to the audit trail.
#[utoipa::path(post, path = "/courses/{course_id}/grants",
    tag = "access", operation_id = "createGrant", security(("bearer" = [])), request_body = CreateGrant,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["already_granted", "own_course"]))),
    responses((status = 201, description = "The grant.", body = GrantDetail)))]
async fn create_grant(
    state: Data<State>,
    Confirmed(actor): Confirmed,
    Path(course_id): Path<CourseId>,
    key: Idempotency,
    body: Json<CreateGrant>,
) -> Result<Reply<GrantDetail>, Problem> {
    let CreateGrant {
        user_id,
        starts_at,
        ends_at,
        reason,
    } = body.value;
    let new = NewManualGrant {
        user_id,
        starts_at,
        ends_at,
        reason,
    };
    let work = move |tx: Tx| async move {
        let history = enrollment::grant_access(&tx, course_id, new).await?;
        let location = format!("/grants/{}", history.grant.id);
        Ok(Reply::created(&location, &GrantDetail::at(history, tx.now()))?.content())
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), "createGrant", &body.raw, work)
        .await?)
}

/// A grant
///
/// With everything that became of it, for its holder, the course's owner and admins.
#[utoipa::path(get, path = "/grants/{grant_id}",
    tag = "access", operation_id = "getGrant", security(("bearer" = [])),
    params(("grant_id" = Uuid, Path, description = "The grant's id.")),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "The grant.", body = GrantDetail)))]
async fn get_grant(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<GrantId>,
) -> Result<Reply<GrantDetail>, Problem> {
    let work = move |tx: Tx| async move {
        let history = enrollment::grant(&tx, id).await?;
        Ok(GrantDetail::at(history, tx.now()))
    };
    Ok(Reply::ok(&state.db.read(actor, work).await?)?.content())
}

/// Take access away
///
/// That was given by hand or for free; what was bought goes with its payment. The course's owner or an admin. What the learner
/// has by other grants stays. Doing it again changes nothing. Written to the audit trail.
#[utoipa::path(post, path = "/grants/{grant_id}/revoke",
    tag = "access", operation_id = "revokeGrant", security(("bearer" = [])), request_body = RevokeGrant,
    params(("grant_id" = Uuid, Path, description = "The grant's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "grant_not_changeable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The grant as it is now.", body = GrantDetail)))]
async fn revoke_grant(
    state: Data<State>,
    Confirmed(actor): Confirmed,
    Path(id): Path<GrantId>,
    body: Json<RevokeGrant>,
) -> Result<Reply<GrantDetail>, Problem> {
    let RevokeGrant { reason } = body.value;
    let work = move |tx: Tx| async move {
        let history = enrollment::revoke_grant(&tx, id, reason.as_deref()).await?;
        Ok(GrantDetail::at(history, tx.now()))
    };
    Ok(Reply::ok(&state.db.run(actor, work).await?)?.content())
}

/// Extend access
///
/// That was given by hand or for free, to a later end or for ever; what has run out goes on. The course's owner or an admin. The
/// same end again changes nothing. Written to the audit trail.
#[utoipa::path(post, path = "/grants/{grant_id}/extend",
    tag = "access", operation_id = "extendGrant", security(("bearer" = [])), request_body = ExtendGrant,
    params(("grant_id" = Uuid, Path, description = "The grant's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "grant_not_changeable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The grant as it is now.", body = GrantDetail)))]
async fn extend_grant(
    state: Data<State>,
    Confirmed(actor): Confirmed,
    Path(id): Path<GrantId>,
    body: Json<ExtendGrant>,
) -> Result<Reply<GrantDetail>, Problem> {
    let ExtendGrant { ends_at } = body.value;
    let work = move |tx: Tx| async move {
        let history = enrollment::extend_grant(&tx, id, ends_at).await?;
        Ok(GrantDetail::at(history, tx.now()))
    };
    Ok(Reply::ok(&state.db.run(actor, work).await?)?.content())
}
