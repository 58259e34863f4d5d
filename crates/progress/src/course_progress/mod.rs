//! How far somebody is in a course.

mod model;

use std::collections::HashMap;

use courses::OutlineChapter;
use database::Tx;
use kernel::{CourseId, Result, Uuid};

pub use self::model::{ChapterState, CourseProgress, LessonState, Tally, WatchState};
use crate::{
    completion::{model::Completed, store as marks},
    watch::store as watches,
};

/// The caller's progress through a course that they are enrolled in: the whole outline at once, in the same number of statements
/// whatever its size.
///
/// # Errors
/// [`kernel::Code::NotFound`] where the caller is not enrolled.
pub async fn course_progress(tx: &Tx, course_id: CourseId) -> Result<CourseProgress> {
    let user_id = tx.user_id()?;
    let enrollment = enrollment::enrollment(tx, course_id).await?;
    let outline = courses::outline(tx, course_id).await?;
    let chapters = marks::chapters(tx, user_id, course_id).await?;
    let lessons = marks::lessons(tx, user_id, course_id).await?;
    let watched = watches::of_course(tx, user_id, course_id).await?;
    let watched: HashMap<Uuid, WatchState> =
        watched.iter().map(|record| (record.subject.id(), (&record.watch).into())).collect();
    let completed = Completed {
        lessons: lessons.keys().copied().collect(),
        chapters: chapters.keys().copied().collect(),
    };
    let tally = Tally::of(&outline, &completed);
    let state = |chapter: OutlineChapter| ChapterState {
        completed_at: chapters.get(&chapter.id).copied(),
        watch: watched.get(&chapter.id.0).copied().unwrap_or_default(),
        chapter_id: chapter.id,
        title: chapter.title,
        lessons: chapter
            .lessons
            .into_iter()
            .map(|lesson| LessonState {
                completed_at: lessons.get(&lesson.id).copied(),
                watch: watched.get(&lesson.id.0).copied().unwrap_or_default(),
                lesson_id: lesson.id,
                title: lesson.title,
            })
            .collect(),
    };
    Ok(CourseProgress {
        course_id,
        is_completed: enrollment.is_completed,
        completed_at: enrollment.completed_at,
        tally,
        chapters: outline.chapters.into_iter().map(state).collect(),
    })
}
