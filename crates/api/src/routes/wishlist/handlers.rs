//! The operations on the wishlist.

use kernel::CourseId;

use super::dto::{Wish, WishPage};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_wishlist, add_to_wishlist, remove_from_wishlist);
}

/// List my wishlist
///
/// Lists the caller's wishlist, newest first, without courses that are not published at present.
#[utoipa::path(get, path = "/me/wishlist",
    tag = "wishlist", operation_id = "listMyWishlist", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of wishes.", body = WishPage)))]
async fn list_wishlist(caller: Member, list: List) -> Answer<WishPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| courses::wishlist(&tx, after, limit).await;
    let page = caller.read(work).await?;
    Ok(Reply::ok(&WishPage::of(list_id, page))?)
}

/// Add a course to the wishlist
///
/// Adds a published course to the caller's wishlist, unless they have access to it already. Repeating it changes nothing. Enrolling in the
/// course or buying it removes it.
#[utoipa::path(put, path = "/me/wishlist/{course_id}",
    tag = "wishlist", operation_id = "addToWishlist", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["already_enrolled"]))),
    responses((status = 200, description = "The entry.", body = Wish)))]
async fn add_to_wishlist(caller: Member, Path(course_id): Path<CourseId>) -> Answer<Wish> {
    let wish = caller.run(async move |tx| enrollment::wish(&tx, course_id).await).await?;
    Ok(Reply::ok(&Wish::from(wish))?)
}

/// Remove a course from the wishlist
///
/// Removes a course from the caller's wishlist, whether it is there or not.
#[utoipa::path(delete, path = "/me/wishlist/{course_id}",
    tag = "wishlist", operation_id = "removeFromWishlist", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    responses((status = 204, description = "The course is not on the wishlist.")))]
async fn remove_from_wishlist(caller: Member, Path(course_id): Path<CourseId>) -> Answer<Nothing> {
    caller.run(async move |tx| courses::unwish(&tx, course_id).await).await?;
    Ok(Reply::no_content())
}
