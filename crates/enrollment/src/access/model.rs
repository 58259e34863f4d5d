//! What may be read, and why.

use courses::{Body, Chapter, Lesson};
use kernel::{CourseId, GrantId, Timestamp};

/// Why somebody may see a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// The author of the course, or an admin.
    Staff,
    /// The chapter is free for everybody.
    FreePreview,
    /// A grant gives access.
    Granted {
        /// The grant that lasts longest.
        grant_id: GrantId,
        /// When its access ends; `None` is without end.
        until: Option<Timestamp>,
    },
}

impl Access {
    /// The reason code, as clients see it.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::FreePreview => "free_preview",
            Self::Granted { .. } => "granted",
        }
    }
}

/// A lesson that may be read, with what it teaches and why.
#[derive(Clone, Debug)]
pub struct ReadableLesson {
    /// The lesson.
    pub lesson: Lesson,
    /// What it teaches.
    pub body: Body,
    /// Why it may be read.
    pub access: Access,
}

/// A chapter that may be read, with what it teaches of its own and why.
#[derive(Clone, Debug)]
pub struct ReadableChapter {
    /// The chapter.
    pub chapter: Chapter,
    /// What it teaches.
    pub body: Body,
    /// Why it may be read.
    pub access: Access,
}

/// What the decision is about. Whether it is published, and whether the caller is staff, was decided before: what is not
/// published does not exist for others.
#[derive(Clone, Copy, Debug)]
pub struct AccessScope {
    /// The course it belongs to.
    pub course_id: CourseId,
    /// Whether it stands in a chapter that everybody may read.
    pub is_free: bool,
    /// Whether the caller may edit it.
    pub staff: bool,
}

/// The courses of which somebody may read what is said in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadableCourses {
    /// An admin may read every course.
    All,
    /// These courses.
    These(Vec<CourseId>),
}

impl ReadableCourses {
    /// Whether this course is among them.
    #[must_use]
    pub fn contains(&self, course_id: CourseId) -> bool {
        match self {
            Self::All => true,
            Self::These(ids) => ids.contains(&course_id),
        }
    }
}
