use database::Tx;
use kernel::{Code, CourseId, Cursor, Limit, Page, Result, Timestamp, UserId, WishId};

use crate::{Course, store};

/// A course that somebody wants to have one day.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The wish's id.
    pub id: WishId,
    /// What is wished for.
    pub course: Course,
    /// Since when.
    pub created_at: Timestamp,
}

/// Puts a published course on the caller's wishlist. Doing it again changes nothing. Whether they have it already the
/// caller of this function has looked at.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Unauthenticated`].
pub async fn wish(tx: &Tx, course_id: CourseId) -> Result<Wish> {
    let user_id = tx.user_id()?;
    store::course::reference(tx, course_id)
        .await?
        .filter(|course| course.is_published && !course.is_archived)
        .ok_or(Code::NotFound)?;
    store::wishlist::insert(tx, user_id, course_id).await?;
    let row = store::wishlist::find(tx, user_id, course_id)
        .await?
        .ok_or(Code::NotFound)?;
    let mut courses = store::course::by_ids(tx, &[course_id]).await?;
    let course = courses.pop().ok_or(Code::NotFound)?;
    Ok(Wish {
        id: row.id,
        course,
        created_at: row.created_at,
    })
}

/// Takes a course off the caller's wishlist, whether it stood there or not.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn unwish(tx: &Tx, course_id: CourseId) -> Result<()> {
    store::wishlist::delete(tx, tx.user_id()?, course_id).await
}

/// Takes a course off somebody's wishlist, because they have it now.
///
/// # Errors
/// What the database answers.
pub async fn unwish_for(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    store::wishlist::delete(tx, user_id, course_id).await
}

/// The caller's wishes, newest first, without courses that are not published.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn wishlist(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Wish>> {
    let rows = store::wishlist::list(tx, tx.user_id()?, after, limit).await?;
    let page = Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id));
    let ids: Vec<CourseId> = page.data.iter().map(|row| row.course_id).collect();
    let courses = store::course::by_ids(tx, &ids).await?;
    let data = page.data.iter().filter_map(|row| {
        let course = courses.iter().find(|course| course.id == row.course_id)?;
        Some(Wish {
            id: row.id,
            course: course.clone(),
            created_at: row.created_at,
        })
    });
    Ok(Page {
        data: data.collect(),
        next: page.next,
    })
}
