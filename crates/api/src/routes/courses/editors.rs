use actix_web::web::Data;
use chrono::{DateTime, Utc};
use kernel::{CourseId, Result, UserId, Uuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{Caller, Member, Path},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, list_trainers, add_trainer, remove_trainer);
}

/// Somebody who teaches a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseTrainer {
    /// The user's id.
    id: UserId,
    /// Unique.
    #[schema(example = "elena")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Elena Marchetti")]
    name: Option<String>,
    /// A picture.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
    /// `OWNER` or `EDITOR`; more may be added.
    #[schema(example = "EDITOR")]
    part: String,
    /// Since when.
    since: DateTime<Utc>,
}

/// Who teaches a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseTrainers {
    /// The owner first, then the editors in the order in which they came.
    trainers: Vec<CourseTrainer>,
}

impl From<Vec<courses::Trainer>> for CourseTrainers {
    fn from(trainers: Vec<courses::Trainer>) -> Self {
        let trainers = trainers.into_iter().map(|trainer| {
            let courses::Trainer {
                id,
                username,
                name,
                avatar_url,
                part,
                since,
            } = trainer;
            CourseTrainer {
                id,
                username,
                name,
                avatar_url,
                part,
                since,
            }
        });
        Self {
            trainers: trainers.collect(),
        }
    }
}

/// Who teaches it
///
/// The owner and the editors of a course.
#[utoipa::path(get, path = "/courses/{course_id}/trainers",
    tag = "courses", operation_id = "getCourseTrainers", security((), ("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    responses((status = 200, description = "The trainers.", body = CourseTrainers)))]
async fn list_trainers(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<CourseId>,
) -> Result<Reply<CourseTrainers>, Problem> {
    let work = move |tx| async move { courses::trainers(&tx, id).await };
    Ok(Reply::ok(&CourseTrainers::from(
        state.db.read(actor, work).await?,
    ))?)
}

/// Add an editor
///
/// Lets another trainer change and publish a course, by its owner or an admin. Deleting and archiving it, and who its
/// editors are, stays the owner's. Doing it again changes nothing.
#[utoipa::path(put, path = "/courses/{course_id}/trainers/{user_id}",
    tag = "courses", operation_id = "addCourseTrainer", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), ("user_id" = Uuid, Path, description = "The trainer's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "validation_failed"]))),
    responses((status = 200, description = "The trainers as they are now.", body = CourseTrainers)))]
async fn add_trainer(
    state: Data<State>,
    Member(actor): Member,
    Path((id, user_id)): Path<(CourseId, UserId)>,
) -> Result<Reply<CourseTrainers>, Problem> {
    let work = move |tx| async move { courses::add_editor(&tx, id, user_id).await };
    Ok(Reply::ok(&CourseTrainers::from(
        state.db.run(actor, work).await?,
    ))?)
}

/// Remove an editor
///
/// By the owner or an admin; editors may leave by themselves. Doing it again changes nothing.
#[utoipa::path(delete, path = "/courses/{course_id}/trainers/{user_id}",
    tag = "courses", operation_id = "removeCourseTrainer", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), ("user_id" = Uuid, Path, description = "The trainer's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 204, description = "They may edit it no more.")))]
async fn remove_trainer(
    state: Data<State>,
    Member(actor): Member,
    Path((id, user_id)): Path<(CourseId, UserId)>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { courses::remove_editor(&tx, id, user_id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}
