use actix_web::web::Data;
use chrono::{DateTime, Utc};
use kernel::{CourseId, Result, Uuid, WishId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    courses::CourseCard,
    shared::{PageQuery, page},
};
use crate::{
    http::{
        extract::{Member, Path, Query},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, list_wishlist, put_wish, delete_wish);
}

/// A course that somebody wants to have one day.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Wish {
    /// The wish's id.
    id: WishId,
    /// What is wished for.
    course_id: CourseId,
    /// The course.
    course: CourseCard,
    /// Since when.
    created_at: DateTime<Utc>,
}

impl From<courses::Wish> for Wish {
    fn from(wish: courses::Wish) -> Self {
        let courses::Wish {
            id,
            course,
            created_at,
        } = wish;
        Self {
            id,
            course_id: course.id,
            course: course.into(),
            created_at,
        }
    }
}

page! {
    /// A page of wishes.
    WishPage of Wish
}

/// My wishlist
///
/// Newest first, without courses that are not published at the moment.
#[utoipa::path(get, path = "/me/wishlist",
    tag = "wishlist", operation_id = "listMyWishlist", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of wishes.", body = WishPage)))]
async fn list_wishlist(
    state: Data<State>,
    Member(actor): Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<WishPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { courses::wishlist(&tx, after, limit).await };
    Ok(Reply::ok(&WishPage::from(state.db.read(actor, work).await?))?)
}

/// Wish for a course
///
/// Puts a published course on the caller's wishlist, unless they have it already. Doing it again changes nothing; enrolling
/// or buying takes it off.
#[utoipa::path(put, path = "/me/wishlist/{course_id}",
    tag = "wishlist", operation_id = "addToWishlist", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["already_enrolled"]))),
    responses((status = 200, description = "The wish.", body = Wish)))]
async fn put_wish(
    state: Data<State>,
    Member(actor): Member,
    Path(course_id): Path<CourseId>,
) -> Result<Reply<Wish>, Problem> {
    let work = move |tx| async move { enrollment::wish(&tx, course_id).await };
    Ok(Reply::ok(&Wish::from(state.db.run(actor, work).await?))?)
}

/// Wish no more
///
/// Takes a course off the caller's wishlist, whether it stood there or not.
#[utoipa::path(delete, path = "/me/wishlist/{course_id}",
    tag = "wishlist", operation_id = "removeFromWishlist", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    responses((status = 204, description = "It is not on the list.")))]
async fn delete_wish(
    state: Data<State>,
    Member(actor): Member,
    Path(course_id): Path<CourseId>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { courses::unwish(&tx, course_id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}
