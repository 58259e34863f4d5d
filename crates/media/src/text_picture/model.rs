//! Where a text stands that may name pictures.

use kernel::{ChapterId, CourseId, LessonId, UserId};

/// Where a text stands that may name pictures.
#[derive(Clone, Copy, Debug)]
pub enum TextPlace {
    /// On the page of a course.
    Course(CourseId),
    /// In a chapter of a course.
    Chapter(CourseId, ChapterId),
    /// In a lesson of a course.
    Lesson(CourseId, LessonId),
    /// In an account: the address of a person's picture.
    Account(UserId),
}
