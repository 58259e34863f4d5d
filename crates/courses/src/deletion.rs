//! What learners depend on is not deleted.

use database::{constraint, from_db};
use kernel::{Code, Error};
use sea_orm::DbErr;

/// Why a course, a chapter or a lesson could not be deleted: grants, enrollments, purchases and learning records refer to it, and no
/// foreign key deletes them along.
pub(crate) fn deletion_refusal(error: DbErr) -> Error {
    match constraint(&error) {
        Some(name) if name.starts_with("fk") => Code::CourseHasLearners.into(),
        _ => from_db(error),
    }
}
