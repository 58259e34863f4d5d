//! The operations about community settings.

use community::SettingsChange;
use kernel::CourseId;

use super::dto::{CommunitySettings, PatchCommunitySettings};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, get_settings, update_settings, get_course_settings, update_course_settings);
}

async fn read(caller: &Caller, course_id: Option<CourseId>) -> Answer<CommunitySettings> {
    let settings = caller.read(async move |tx| community::settings(&tx, course_id).await).await?;
    let version = settings.version;
    Ok(Reply::ok(&CommunitySettings::from(settings))?.version_and_content(version))
}

async fn change(
    caller: &Caller,
    course_id: Option<CourseId>,
    seen: IfMatch,
    body: Json<PatchCommunitySettings>,
) -> Answer<CommunitySettings> {
    let change = SettingsChange::from(body.value);
    let matches = move |version| seen.accepts(version);
    let work = async move |tx| community::change_settings(&tx, course_id, matches, change).await;
    let settings = caller.run(work).await?;
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
async fn get_settings(caller: Admin) -> Answer<CommunitySettings> {
    read(&caller, None).await
}

/// Change the settings of the school
///
/// The rules of its feed, and of every course without settings of its own. Admins only.
#[utoipa::path(patch, path = "/community-settings",
    tag = "community", operation_id = "updateCommunitySettings", security(("bearer" = [])), request_body = PatchCommunitySettings,
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The changed settings.", body = CommunitySettings)))]
async fn update_settings(
    caller: Admin,
    seen: IfMatch,
    body: Json<PatchCommunitySettings>,
) -> Answer<CommunitySettings> {
    change(&caller, None, seen, body).await
}

/// Get the settings of a course
///
/// For its editors and admins. A course without settings of its own has those of the school.
#[utoipa::path(get, path = "/courses/{course_id}/community-settings",
    tag = "community", operation_id = "getCourseCommunitySettings", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The settings.", body = CommunitySettings)))]
async fn get_course_settings(caller: Member, Path(id): Path<CourseId>) -> Answer<CommunitySettings> {
    read(&caller, Some(id)).await
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
    caller: Member,
    Path(id): Path<CourseId>,
    seen: IfMatch,
    body: Json<PatchCommunitySettings>,
) -> Answer<CommunitySettings> {
    change(&caller, Some(id), seen, body).await
}
