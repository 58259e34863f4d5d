//! Who may read in a course or in the school.

use database::Tx;
use enrollment::Access;
use kernel::{Code, CourseId, Error, Result};

/// Refuses a caller who may not read what is said in a course, or in the school where `course_id` is `None`. Answers whether the
/// caller moderates there: the editors of the course do, and admins.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in; for a course, see [`enrollment::course_access`].
pub(crate) async fn require_readable(tx: &Tx, course_id: Option<CourseId>) -> Result<bool> {
    tx.user_id()?;
    match course_id {
        None => Ok(tx.actor().is_admin()),
        Some(id) => Ok(enrollment::course_access(tx, id).await? == Access::Staff),
    }
}

/// Turns a refusal into [`Code::NotFound`]: content that the caller may not read does not exist for them, and the answer does not
/// say why. Failures of the server stay what they are.
pub(crate) fn as_not_found(error: Error) -> Error {
    match error.code() {
        Code::Internal | Code::Unavailable => error,
        _ => Code::NotFound.into(),
    }
}
