//! The operations of the catalogue.

use actix_web::HttpRequest;
use courses::{CourseFilter, PagePosition};

use super::{
    dto::{CatalogueFacets, CataloguePage, CourseWithOutline},
    query::{CourseQuery, FilterQuery},
};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_courses, get_facets, get_course);
}

/// List courses
///
/// Lists the published courses that are open for new learners. Filters combine. Answers are at most a second old; those for trainers are
/// always current.
#[utoipa::path(get, path = "/courses",
    tag = "courses", operation_id = "listCourses", security((), ("bearer" = [])), params(PageQuery, CourseQuery),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "A page of courses.", body = CataloguePage)))]
async fn list_courses(
    caller: Caller,
    list: List<CourseQuery>,
    request: HttpRequest,
) -> Answer<CataloguePage> {
    let List { filter, list_id, after, before, limit } = list;
    let (filter, sort) = filter.into_parts();
    let position = match (after, before) {
        (Some(cursor), _) => PagePosition::After(cursor),
        (None, Some(cursor)) => PagePosition::Before(cursor),
        (None, None) => PagePosition::Start,
    };
    let read = async |actor| {
        let work = async move |tx| courses::list_courses(&tx, &filter, sort, position, limit).await;
        let page = caller.state.db.read(actor, work).await?;
        Ok(Reply::ok(&CataloguePage::of(list_id, page))?.content())
    };
    let key = format!("courses?{}", request.query_string());
    Ok(caller.state.response_cache.get_or_insert(&caller.state.db, caller.actor, key, read).await?)
}

/// Count courses by kind
///
/// Counts the published courses of each kind, for the filters beside a list. Each kind is counted under all filters but its own.
#[utoipa::path(get, path = "/catalogue/facets",
    tag = "courses", operation_id = "getCatalogueFacets", security((), ("bearer" = [])), params(FilterQuery),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "The counts.", body = CatalogueFacets)))]
async fn get_facets(
    caller: Caller,
    Query(query): Query<FilterQuery>,
    request: HttpRequest,
) -> Answer<CatalogueFacets> {
    let filter = CourseFilter::from(query);
    let read = async |actor| {
        let facets = caller.state.db.read(actor, async move |tx| courses::facets(&tx, &filter).await).await?;
        Ok(Reply::ok(&CatalogueFacets::from(facets))?.content())
    };
    let key = format!("facets?{}", request.query_string());
    Ok(caller.state.response_cache.get_or_insert(&caller.state.db, caller.actor, key, read).await?)
}

/// Get a course
///
/// Gives a course by its id, slug or former slug, with the outline of its chapters and lessons, and without what they teach. Whoever may
/// edit it also sees drafts.
#[utoipa::path(get, path = "/courses/{course}",
    tag = "courses", operation_id = "getCourse", security((), ("bearer" = [])),
    params(("course" = String, Path, description = "Id or slug.", max_length = 120, example = "strength-foundations")),
    responses((status = 200, description = "The course.", body = CourseWithOutline)))]
async fn get_course(caller: Caller, Path(course): Path<String>) -> Answer<CourseWithOutline> {
    let key = format!("course {course}");
    let read = async |actor| {
        let detail = caller.state.db.read(actor, async move |tx| courses::course(&tx, &course).await).await?;
        let version = detail.course.version;
        Ok(Reply::ok(&CourseWithOutline::from(detail))?.version_and_content(version))
    };
    Ok(caller.state.response_cache.get_or_insert(&caller.state.db, caller.actor, key, read).await?)
}
