//! Whether somebody may see a course, and everything that this follows from.

use kernel::{ChapterId, CourseId, GrantId, LessonId, Money, Timestamp, UserId};

use crate::grant::model::GrantHistory;

/// Whether somebody may see a course, and everything that this follows from.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The course.
    pub course_id: CourseId,
    /// The user.
    pub user_id: UserId,
    /// The instant that it is about.
    pub at: Timestamp,
    /// Whether they may see what is not free for everybody.
    pub verdict: Verdict,
    /// When their access ends; `None` is without end, or without access.
    pub until: Option<Timestamp>,
    /// The grant that gives access; `None` where none does.
    pub grant_id: Option<GrantId>,
    /// Every grant as it stood then, in the order in which they were made.
    pub grants: Vec<GrantHistory>,
    /// The published lessons in their order.
    pub lessons: Vec<LessonVerdict>,
    /// What would give access now; `None` where they have it.
    pub unlock: Option<Unlock>,
}

/// Whether something may be seen, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may be seen.
    pub allowed: bool,
    /// The reason code, as clients see it.
    pub reason: &'static str,
}

/// Whether a lesson may be read, and why.
#[derive(Clone, Debug)]
pub struct LessonVerdict {
    /// The lesson.
    pub lesson_id: LessonId,
    /// The chapter it stands in.
    pub chapter_id: ChapterId,
    /// Whether it may be read.
    pub verdict: Verdict,
}

/// What would give access to a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlock {
    /// To enrol: it is free.
    Enroll,
    /// To buy it for this price.
    Buy(Money),
    /// To ask who teaches it: nobody else can give access back.
    AskTrainer,
    /// Nothing: it is closed for new learners.
    Nothing,
}
