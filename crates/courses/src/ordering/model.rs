//! Whose children have an order.

use kernel::{ChapterId, CourseId};

/// Whose children are ordered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Parent {
    /// The course of chapters.
    Course(CourseId),
    /// The chapter of lessons.
    Chapter(ChapterId),
}
