//! What somebody has completed.

use std::collections::HashSet;

use kernel::{ChapterId, LessonId, Timestamp, UserId};
use sea_orm::FromQueryResult;

/// A mark of completion of one lesson or chapter.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct Mark {
    /// When it was completed; `None` after a trainer has taken the mark back.
    pub(crate) completed_at: Option<Timestamp>,
    /// When the mark last changed.
    pub(crate) updated_at: Timestamp,
}

/// One lesson or one chapter that somebody has completed.
#[derive(FromQueryResult)]
pub(crate) struct CompletedUnit {
    pub(crate) user_id: UserId,
    pub(crate) lesson_id: Option<LessonId>,
    pub(crate) chapter_id: Option<ChapterId>,
}

/// The lessons and the chapters that one user has completed.
#[derive(Debug, Default)]
pub(crate) struct Completed {
    pub(crate) lessons: HashSet<LessonId>,
    pub(crate) chapters: HashSet<ChapterId>,
}

impl Completed {
    pub(crate) fn add(&mut self, unit: &CompletedUnit) {
        self.lessons.extend(unit.lesson_id);
        self.chapters.extend(unit.chapter_id);
    }
}

impl<'a> FromIterator<&'a CompletedUnit> for Completed {
    fn from_iter<I: IntoIterator<Item = &'a CompletedUnit>>(units: I) -> Self {
        let mut completed = Self::default();
        for unit in units {
            completed.add(unit);
        }
        completed
    }
}
