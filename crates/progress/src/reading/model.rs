//! What is noted of somebody who reads.

use kernel::{CourseId, Timestamp, UserId};

use crate::watch::QUARTER;

/// Somebody reads in a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) user_id: UserId,
    pub(super) course_id: CourseId,
    pub(super) at: Timestamp,
}

impl Reading {
    /// The quarter of an hour, since 1970.
    pub(super) fn quarter(self) -> i64 {
        self.at.timestamp().div_euclid(QUARTER)
    }
}
