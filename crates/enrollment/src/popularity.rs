use database::Tx;
use kernel::{CourseId, Result};

use crate::store;

/// Counts who ever enrolled in a course, for the catalogue. The worker's, after each enrolment: counting again is right
/// however often and in whatever order it is done.
///
/// # Errors
/// What the database answers.
pub async fn count_learners(tx: &Tx, course_id: CourseId) -> Result<()> {
    let enrollments = store::learners(tx, course_id).await?;
    courses::set_popularity(tx, course_id, enrollments).await
}
