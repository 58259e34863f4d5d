use database::Tx;
use enrollment::Access;
use kernel::{Code, CourseId, Error, Result};

/// Refuses whoever may not read what is said in a course, or in the school; answers whether the caller moderates there: the
/// editors of the course, and admins.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in; of a course, see [`enrollment::course_access`].
pub(crate) async fn enter(tx: &Tx, course_id: Option<CourseId>) -> Result<bool> {
    tx.user_id()?;
    match course_id {
        None => Ok(tx.actor().is_admin()),
        Some(id) => Ok(enrollment::course_access(tx, id).await? == Access::Staff),
    }
}

/// What somebody may not read is not there for them: the refusal does not say why.
pub(crate) fn hidden(error: Error) -> Error {
    match error.code() {
        Code::Internal | Code::Unavailable => error,
        _ => Code::NotFound.into(),
    }
}
