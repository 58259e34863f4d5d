//! What a course is to whoever looks at it.

use entity::enums::{GrantSource, GrantStatus};
use kernel::{CourseId, GrantId, Timestamp, UserId};
use serde::Deserialize;

use crate::{Unlock, Verdict, explanation, grant::model::Grant};

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

/// A grant as an array of its columns.
#[derive(Deserialize)]
pub(super) struct GrantRow(
    GrantId,
    GrantSource,
    String,
    GrantStatus,
    Timestamp,
    Option<Timestamp>,
    Option<String>,
    Timestamp,
    Timestamp,
);

impl GrantRow {
    pub(super) fn grant(self, user_id: UserId, course_id: CourseId) -> Grant {
        let Self(
            id,
            source,
            source_id,
            status,
            starts_at,
            ends_at,
            status_reason,
            status_changed_at,
            created_at,
        ) = self;
        Grant {
            id,
            user_id,
            course_id,
            source,
            source_id,
            status,
            starts_at,
            ends_at,
            status_reason,
            status_changed_at,
            created_at,
        }
    }
}

/// When somebody enrolled, and when they completed the course.
#[derive(Deserialize)]
pub(super) struct EnrollmentRow(pub(super) Timestamp, pub(super) Option<Timestamp>);
