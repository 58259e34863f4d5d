//! Wishes of courses that the caller does not have yet.

use courses::Wish;
use database::Tx;
use kernel::{Code, CourseId, Result};

use crate::access;

/// Puts a course on the caller's wishlist, unless they have it already. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::AlreadyEnrolled`], [`Code::Unauthenticated`].
pub async fn wish(tx: &Tx, course_id: CourseId) -> Result<Wish> {
    if access::has_access(tx, course_id).await? {
        return Err(Code::AlreadyEnrolled.into());
    }
    courses::wish(tx, course_id).await
}
