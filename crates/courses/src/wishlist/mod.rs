//! Wishlists: the courses that somebody would like to have.

mod model;
mod store;

use database::Tx;
use kernel::{Code, CourseId, Cursor, Limit, Page, Result, UserId};

use crate::course;

pub use model::Wish;
pub use store::is_wished_expression;

/// Adds a published course to the caller's wishlist. Repeating it changes nothing. Whoever calls this has made sure that the caller
/// has no access to the course yet.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Unauthenticated`].
pub async fn wish(tx: &Tx, course_id: CourseId) -> Result<Wish> {
    let user_id = tx.user_id()?;
    course::store::find_ref(tx, course_id)
        .await?
        .filter(|course| course.is_published && !course.is_archived)
        .ok_or(Code::NotFound)?;
    store::insert(tx, user_id, course_id).await?;
    let row = store::find(tx, user_id, course_id).await?.ok_or(Code::NotFound)?;
    let mut courses = course::store::find_all(tx, &[course_id]).await?;
    let course = courses.pop().ok_or(Code::NotFound)?;
    Ok(Wish { id: row.id, course, created_at: row.created_at })
}

/// Removes a course from the caller's wishlist, whether it is there or not.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn unwish(tx: &Tx, course_id: CourseId) -> Result<()> {
    store::delete(tx, tx.user_id()?, course_id).await
}

/// Removes a course from somebody's wishlist, because they have access to it now.
///
/// # Errors
/// What the database answers.
pub async fn unwish_for(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    store::delete(tx, user_id, course_id).await
}

/// The caller's wishlist, newest first, without courses that are not published.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn wishlist(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Wish>> {
    let rows = store::list(tx, tx.user_id()?, after, limit).await?;
    let page = Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id));
    let ids: Vec<CourseId> = page.data.iter().map(|row| row.course_id).collect();
    let courses = course::store::find_all(tx, &ids).await?;
    let data = page.data.iter().filter_map(|row| {
        let course = courses.iter().find(|course| course.id == row.course_id)?;
        Some(Wish { id: row.id, course: course.clone(), created_at: row.created_at })
    });
    Ok(Page { data: data.collect(), next: page.next })
}
