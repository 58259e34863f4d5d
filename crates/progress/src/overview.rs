use std::collections::HashMap;

use database::Tx;
use kernel::{Result, Timestamp, Uuid};

use crate::{LessonProgress, store};

/// A whole course through the eyes of one learner.
#[derive(Clone, Debug)]
pub struct CourseProgress {
    /// The course.
    pub course_id: Uuid,
    /// Whether it is done.
    pub is_completed: bool,
    /// Since when.
    pub completed_at: Option<Timestamp>,
    /// Published lessons.
    pub total_lessons: usize,
    /// How many of them are done.
    pub completed_lessons: usize,
    /// Its published chapters in their order.
    pub chapters: Vec<ChapterState>,
}

impl CourseProgress {
    /// Completed of published lessons, 0 to 100; nothing published is 0.
    #[must_use]
    pub fn percent(&self) -> usize {
        (self.completed_lessons * 100)
            .checked_div(self.total_lessons)
            .unwrap_or(0)
    }
}

/// A chapter through the eyes of one learner.
#[derive(Clone, Debug)]
pub struct ChapterState {
    /// The chapter.
    pub chapter_id: Uuid,
    /// Its title.
    pub title: String,
    /// Whether it is done.
    pub is_completed: bool,
    /// Since when.
    pub completed_at: Option<Timestamp>,
    /// Its published lessons in their order.
    pub lessons: Vec<LessonState>,
}

/// A lesson through the eyes of one learner.
#[derive(Clone, Debug)]
pub struct LessonState {
    /// The lesson.
    pub lesson_id: Uuid,
    /// Its title.
    pub title: String,
    /// Whether it is done.
    pub is_completed: bool,
    /// Since when.
    pub completed_at: Option<Timestamp>,
    /// 0 to 100.
    pub watch_time_percent: f64,
}

/// The caller's progress through a course that they are enrolled in, the whole outline at once.
///
/// # Errors
/// [`kernel::Code::NotFound`] where the caller is not enrolled.
pub async fn course_progress(tx: &Tx, course_id: Uuid) -> Result<CourseProgress> {
    let user_id = tx.user_id()?;
    let enrollment = enrollment::enrollment(tx, course_id).await?;
    let outline = courses::outline(tx, course_id).await?;
    let chapters_done: HashMap<Uuid, Timestamp> = store::chapters(tx, user_id, course_id).await?;
    let seen = store::lessons(tx, user_id, course_id).await?;
    let mut seen: HashMap<Uuid, LessonProgress> = seen
        .into_iter()
        .map(|lesson| (lesson.lesson_id, lesson))
        .collect();
    let chapters = outline.chapters.into_iter().map(|chapter| {
        let lessons = chapter.lessons.into_iter().map(|lesson| {
            let progress = seen.remove(&lesson.id);
            LessonState {
                lesson_id: lesson.id,
                title: lesson.title,
                is_completed: progress.as_ref().is_some_and(|progress| progress.is_completed),
                completed_at: progress.as_ref().and_then(|progress| progress.completed_at),
                watch_time_percent: progress.map_or(0.0, |progress| progress.watch_time_percent),
            }
        });
        let lessons: Vec<LessonState> = lessons.collect();
        let completed_at = chapters_done.get(&chapter.id).copied();
        let (chapter_id, title) = (chapter.id, chapter.title);
        ChapterState {
            chapter_id,
            title,
            is_completed: completed_at.is_some(),
            completed_at,
            lessons,
        }
    });
    let chapters: Vec<ChapterState> = chapters.collect();
    let lessons = || chapters.iter().flat_map(|chapter| &chapter.lessons);
    Ok(CourseProgress {
        course_id,
        is_completed: enrollment.is_completed,
        completed_at: enrollment.completed_at,
        total_lessons: lessons().count(),
        completed_lessons: lessons().filter(|lesson| lesson.is_completed).count(),
        chapters,
    })
}
