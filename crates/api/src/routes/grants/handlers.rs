//! The operations about grants.

use database::Tx;
use enrollment::GrantFilter;
use kernel::{CourseId, GrantId};

use super::dto::{
    CourseGrant, CourseGrantPage, CreateGrant, ExtendGrant, Grant, GrantDetail, GrantQuery, RevokeGrant,
};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_grants, create_grant, get_grant, revoke_grant, extend_grant);
}

/// List the grants of a course
///
/// Newest first, each with its learner. For the course's owner and admins; everybody else gets `not_found`.
#[utoipa::path(get, path = "/courses/{course_id}/grants",
    tag = "access", operation_id = "listCourseGrants", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), PageQuery, GrantQuery),
    responses((status = 200, description = "A page of grants.", body = CourseGrantPage)))]
async fn list_grants(
    caller: Member,
    Path(course_id): Path<CourseId>,
    list: List<GrantQuery>,
) -> Answer<CourseGrantPage> {
    let List { filter, list_id, after, limit, .. } = list;
    let GrantQuery { status, user_id, is_active } = filter;
    let filter = GrantFilter { status, user_id, is_active };
    let work = async move |tx: Tx| {
        let page = enrollment::list_grants(&tx, course_id, &filter, after, limit).await?;
        Ok(page.map(|(grant, learner)| CourseGrant {
            grant: Grant::at(grant, tx.now()),
            learner: learner.into(),
        }))
    };
    let page = caller.read(work).await?;
    Ok(Reply::ok(&CourseGrantPage::of(list_id, page))?)
}

/// Give access to a course
///
/// To a course of the caller, published or not, with or without an end; an admin may do it for every course. Nobody gives access to
/// themselves, nor to who teaches the course. A grant by hand that has not ended is extended instead. It is written to the audit
/// trail.
#[utoipa::path(post, path = "/courses/{course_id}/grants",
    tag = "access", operation_id = "createGrant", security(("bearer" = [])), request_body = CreateGrant,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["already_granted", "own_course"]))),
    responses((status = 201, description = "The grant.", body = GrantDetail)))]
async fn create_grant(
    caller: Member,
    Path(course_id): Path<CourseId>,
    key: Idempotency,
    body: Json<CreateGrant>,
) -> Answer<GrantDetail> {
    let new = body.value.into();
    let work = async move |tx: Tx| {
        let history = enrollment::grant_access(&tx, course_id, new).await?;
        let location = format!("/grants/{}", history.grant.id);
        Ok(Reply::created(&location, &GrantDetail::at(history, tx.now()))?.content())
    };
    Ok(key.run(&caller, "createGrant", &body.raw, work).await?)
}

/// Get a grant
///
/// With all its changes. For its holder, the course's owner and admins.
#[utoipa::path(get, path = "/grants/{grant_id}",
    tag = "access", operation_id = "getGrant", security(("bearer" = [])),
    params(("grant_id" = Uuid, Path, description = "The grant's id.")),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "The grant.", body = GrantDetail)))]
async fn get_grant(caller: Member, Path(id): Path<GrantId>) -> Answer<GrantDetail> {
    let work = async move |tx: Tx| {
        let history = enrollment::grant(&tx, id).await?;
        Ok(GrantDetail::at(history, tx.now()))
    };
    Ok(Reply::ok(&caller.read(work).await?)?.content())
}

/// Revoke a grant
///
/// A grant that was given by hand or for free; one that was bought follows its payment. For the course's owner and admins. The access
/// that the learner has by other grants stays. Doing it again changes nothing. It is written to the audit trail.
#[utoipa::path(post, path = "/grants/{grant_id}/revoke",
    tag = "access", operation_id = "revokeGrant", security(("bearer" = [])), request_body = RevokeGrant,
    params(("grant_id" = Uuid, Path, description = "The grant's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "grant_not_changeable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The grant as it is now.", body = GrantDetail)))]
async fn revoke_grant(
    caller: Member,
    Path(id): Path<GrantId>,
    body: Json<RevokeGrant>,
) -> Answer<GrantDetail> {
    let RevokeGrant { reason } = body.value;
    let work = async move |tx: Tx| {
        let history = enrollment::revoke_grant(&tx, id, reason.as_deref()).await?;
        Ok(GrantDetail::at(history, tx.now()))
    };
    Ok(Reply::ok(&caller.run(work).await?)?.content())
}

/// Extend a grant
///
/// A grant that was given by hand or for free, to a later end or without end; one that has run out gives access again. For the
/// course's owner and admins. The same end again changes nothing. It is written to the audit trail.
#[utoipa::path(post, path = "/grants/{grant_id}/extend",
    tag = "access", operation_id = "extendGrant", security(("bearer" = [])), request_body = ExtendGrant,
    params(("grant_id" = Uuid, Path, description = "The grant's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "grant_not_changeable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The grant as it is now.", body = GrantDetail)))]
async fn extend_grant(
    caller: Member,
    Path(id): Path<GrantId>,
    body: Json<ExtendGrant>,
) -> Answer<GrantDetail> {
    let ExtendGrant { ends_at } = body.value;
    let work = async move |tx: Tx| {
        let history = enrollment::extend_grant(&tx, id, ends_at).await?;
        Ok(GrantDetail::at(history, tx.now()))
    };
    Ok(Reply::ok(&caller.run(work).await?)?.content())
}
