//! The outline of a course, for its page and for whoever follows a learner through it.

mod model;
pub(crate) mod store;

use std::collections::HashMap;

use database::Tx;
use kernel::{CourseId, Result};

pub use model::{CourseOutline, OutlineChapter, OutlineLesson};

/// The published outline of a course.
///
/// # Errors
/// What the database answers.
pub async fn outline(tx: &Tx, course_id: CourseId) -> Result<CourseOutline> {
    store::find(tx, course_id, true).await
}

/// The published outlines of several courses, in one statement.
///
/// # Errors
/// What the database answers.
pub async fn outlines(tx: &Tx, course_ids: &[CourseId]) -> Result<HashMap<CourseId, CourseOutline>> {
    store::find_all(tx, course_ids, true).await
}
