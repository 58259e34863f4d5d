//! What a course is to whoever looks at it: whether they may see it, until when, and what would give access.

mod model;

use courses::CourseRef;
use database::{
    Tx,
    json_rows::{id_column, json_agg, parse_rows},
};
use kernel::Result;

pub use self::model::CourseViewer;
use self::model::EnrollmentRow;
use crate::{explanation, grant::model::Grant};

/// The expressions for the grants and the enrollment of `:user_id` in the course `:course_id`, named `grants` and `enrollment`: a
/// statement that asks more about the two has them beside. [`viewer`] takes their values.
#[must_use]
pub fn viewer_columns(tx: &Tx) -> String {
    let of_viewer = "WHERE user_id = :user_id AND course_id = :course_id";
    let ids = ["id", "user_id", "course_id"].map(|column| id_column(tx, column)).join(", ");
    // In the order of the fields of `Grant`.
    let rest = "source, source_id, status, starts_at, ends_at, status_reason, status_changed_at, created_at";
    let grants = json_agg(tx, &format!("{ids}, {rest}"));
    let enrollment = json_agg(tx, "enrolled_at, completed_at");
    format!(
        "(SELECT {grants} FROM grants {of_viewer}) AS grants, \
         (SELECT {enrollment} FROM enrollments {of_viewer}) AS enrollment"
    )
}

/// Decides for whoever asks, by the values of [`viewer_columns`]; without them for somebody who has not logged in.
///
/// # Errors
/// [`kernel::Code::Internal`] for values of another shape, which would be a bug.
pub fn viewer(
    tx: &Tx,
    course: &CourseRef,
    grants: Option<&str>,
    enrollment: Option<&str>,
) -> Result<CourseViewer> {
    let grants: Vec<Grant> = parse_rows(grants)?;
    let enrollment = parse_rows::<EnrollmentRow>(enrollment)?.pop();
    let (verdict, by) = explanation::decide(course, course.staff, &grants, tx.now());
    Ok(CourseViewer {
        verdict,
        until: by.and_then(|(_, until)| until),
        unlock: (!verdict.allowed).then(|| explanation::unlock(course, &grants)),
        enrolled_at: enrollment.as_ref().map(|row| row.0),
        completed_at: enrollment.and_then(|row| row.1),
    })
}
