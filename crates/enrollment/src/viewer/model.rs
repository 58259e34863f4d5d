//! What a course is to whoever looks at it.

use kernel::Timestamp;
use serde::Deserialize;

use crate::{Unlock, Verdict, explanation};

/// What a course is to whoever looks at it.
#[derive(Clone, Debug)]
pub struct CourseViewer {
    /// Whether they may see what is not free for everybody, and why.
    pub verdict: Verdict,
    /// When their access ends; `None` is without end, or without access.
    pub until: Option<Timestamp>,
    /// What would give access now; `None` where they have it.
    pub unlock: Option<Unlock>,
    /// When they enrolled; `None` where they never did.
    pub enrolled_at: Option<Timestamp>,
    /// When they completed the course; `None` until then.
    pub completed_at: Option<Timestamp>,
}

impl CourseViewer {
    /// Whether they may read a chapter and its lessons; everybody may where it `is_free`.
    #[must_use]
    pub fn chapter(&self, is_free: bool) -> Verdict {
        explanation::of_chapter(self.verdict, is_free)
    }
}

/// When somebody enrolled, and when they completed the course.
#[derive(Deserialize)]
pub(super) struct EnrollmentRow(pub(super) Timestamp, pub(super) Option<Timestamp>);
