//! The operations about community settings.

use actix_web::web::Data;
use community::SettingsChange;
use database::Tx;
use kernel::{Actor, CourseId, Result};

use super::dto::{CommunitySettings, PatchCommunitySettings};
use crate::{
    http::{
        extract::{Admin, IfMatch, Json, Member, Path},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, get_settings, update_settings, get_course_settings, update_course_settings);
}

async fn read(
    state: &State,
    actor: Actor,
    course_id: Option<CourseId>,
) -> Result<Reply<CommunitySettings>, Problem> {
    let work = move |tx: Tx| async move { community::settings(&tx, course_id).await };
    let settings = state.db.read(actor, work).await?;
    let version = settings.version;
    Ok(Reply::ok(&CommunitySettings::from(settings))?.version_and_content(version))
}

async fn change(
    state: &State,
    actor: Actor,
    course_id: Option<CourseId>,
    seen: IfMatch,
    body: Json<PatchCommunitySettings>,
) -> Result<Reply<CommunitySettings>, Problem> {
    let change = SettingsChange::from(body.value);
    let matches = move |version| seen.accepts(version);
    let work = move |tx: Tx| async move { community::change_settings(&tx, course_id, matches, change).await };
    let settings = state.db.run(actor, work).await?;
    let version = settings.version;
    Ok(Reply::ok(&CommunitySettings::from(settings))?.version_and_content(version))
}

/// Get the settings of the school
///
/// The rules of its feed, and of every course without settings of its own. Admins only.
#[utoipa::path(get, path = "/community-settings",
    tag = "community", operation_id = "getCommunitySettings", security(("bearer" = [])),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The settings.", body = CommunitySettings)))]
async fn get_settings(state: Data<State>, Admin(actor): Admin) -> Result<Reply<CommunitySettings>, Problem> {
    read(&state, actor, None).await
}

/// Change the settings of the school
///
/// The rules of its feed, and of every course without settings of its own. Admins only.
#[utoipa::path(patch, path = "/community-settings",
    tag = "community", operation_id = "updateCommunitySettings", security(("bearer" = [])), request_body = PatchCommunitySettings,
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The changed settings.", body = CommunitySettings)))]
async fn update_settings(
    state: Data<State>,
    Admin(actor): Admin,
    seen: IfMatch,
    body: Json<PatchCommunitySettings>,
) -> Result<Reply<CommunitySettings>, Problem> {
    change(&state, actor, None, seen, body).await
}

/// Get the settings of a course
///
/// For its editors and admins. A course without settings of its own has those of the school.
#[utoipa::path(get, path = "/courses/{course_id}/community-settings",
    tag = "community", operation_id = "getCourseCommunitySettings", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The settings.", body = CommunitySettings)))]
async fn get_course_settings(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
) -> Result<Reply<CommunitySettings>, Problem> {
    read(&state, actor, Some(id)).await
}

/// Change the settings of a course
///
/// For its editors and admins. A course without settings gets its own, which begin as a copy of the school's.
#[utoipa::path(patch, path = "/courses/{course_id}/community-settings",
    tag = "community", operation_id = "updateCourseCommunitySettings", security(("bearer" = [])), request_body = PatchCommunitySettings,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The changed settings.", body = CommunitySettings)))]
async fn update_course_settings(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CourseId>,
    seen: IfMatch,
    body: Json<PatchCommunitySettings>,
) -> Result<Reply<CommunitySettings>, Problem> {
    change(&state, actor, Some(id), seen, body).await
}
