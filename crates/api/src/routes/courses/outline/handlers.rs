//! The operation that gives a course and what it is to the caller.

use kernel::Actor;

use super::dto::CourseView;
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, get_course_outline);
}

/// Get the outline of a course
///
/// Gives everything that the page of a course shows in one answer, by its id, slug or former slug: the course, its chapters and
/// lessons, and beside each what it is to the caller: whether they may see it and why, and how far they are. `viewer` says the same of
/// the course as a whole, what would give access, and where to go on. Without a login it says what an account without access would
/// get. Whoever may edit the course also sees drafts.
#[utoipa::path(get, path = "/courses/{course}/outline",
    tag = "courses", operation_id = "getCourseOutline", security((), ("bearer" = [])),
    params(("course" = String, Path, description = "Id or slug.", max_length = 120, example = "strength-foundations")),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "The course, and what it is to the caller.", body = CourseView)))]
async fn get_course_outline(caller: Caller, Path(course): Path<String>) -> Answer<CourseView> {
    let key = format!("outline {course}");
    let read = async |actor| {
        let view =
            caller.state.db.read(actor, async move |tx| progress::course_view(&tx, &course).await).await?;
        Ok(Reply::ok(&CourseView::from(view))?.content())
    };
    if caller.actor == Actor::Anonymous {
        return Ok(caller
            .state
            .response_cache
            .get_or_insert(&caller.state.db, caller.actor, key, read)
            .await?);
    }
    Ok(read(caller.actor).await?)
}
