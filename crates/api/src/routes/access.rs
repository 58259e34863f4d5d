use actix_web::{get, post, web::Data};
use chrono::{DateTime, Utc};
use database::Pool;
use kernel::{Result, Uuid};
use serde::Serialize;
use utoipa::ToSchema;

use super::shared::{PageQuery, page};
use crate::{
    extract::{Idempotency, Member, Path, Query},
    problem::Problem,
    reply::Reply,
    service_config::ServiceConfig,
    state::State,
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(enroll).service(list_enrollments);
}

/// The learning record of one user in one course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Enrollment {
    /// The enrollment's id.
    id: Uuid,
    /// Whose it is.
    user_id: Uuid,
    /// In which course.
    course_id: Uuid,
    /// When it began.
    enrolled_at: DateTime<Utc>,
    /// The latest end among active grants; null is without end.
    expires_at: Option<DateTime<Utc>>,
    /// Whether the whole course is done.
    is_completed: bool,
    /// Since when.
    completed_at: Option<DateTime<Utc>>,
}

impl From<enrollment::Enrollment> for Enrollment {
    fn from(record: enrollment::Enrollment) -> Self {
        let enrollment::Enrollment {
            id,
            user_id,
            course_id,
            enrolled_at,
            expires_at,
            is_completed,
            completed_at,
        } = record;
        Self {
            id,
            user_id,
            course_id,
            enrolled_at,
            expires_at,
            is_completed,
            completed_at,
        }
    }
}

page! {
    /// A page of enrollments.
    EnrollmentPage of Enrollment
}

/// Enrol
///
/// In a free course. Doing it again answers with the same record.
#[utoipa::path(tag = "access", operation_id = "enrollInCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["course_not_free"]))),
    responses((status = 201, description = "The record.", body = Enrollment)))]
#[post("/courses/{course_id}/enroll")]
async fn enroll(
    state: Data<State>,
    Member(actor): Member,
    Path(course_id): Path<Uuid>,
    key: Idempotency,
) -> Result<Reply<Enrollment>, Problem> {
    let work = move |tx| async move {
        let (record, new) = enrollment::enroll(&tx, course_id).await?;
        let record = if new {
            // What was learnt in a free preview counts from now on.
            progress::derive(&tx, course_id).await?;
            enrollment::enrollment(&tx, course_id).await?
        } else {
            record
        };
        let reply = Reply::created(
            &format!("/courses/{course_id}/progress"),
            &Enrollment::from(record),
        )?;
        Ok(reply.version_and_content(1))
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), "enrollInCourse", &[], work)
        .await?)
}

/// My enrollments
///
/// Newest first.
#[utoipa::path(tag = "access", operation_id = "listMyEnrollments", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of enrollments.", body = EnrollmentPage)))]
#[get("/me/enrollments")]
async fn list_enrollments(
    state: Data<State>,
    Member(actor): Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<EnrollmentPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { enrollment::list_enrollments(&tx, after, limit).await };
    let page = state.db.read(actor, work).await?;
    Ok(Reply::ok(&EnrollmentPage::from(page))?)
}
