//! A course as its page shows it to whoever looks: its outline, and beside each part what they may see and have done.

mod model;
mod store;

use courses::{CourseDetail, CourseRef, OutlineChapter};
use database::Tx;
use kernel::Result;

pub use self::model::{ChapterView, CourseView, LessonView, NextStep};
use self::store::ViewerRow;
use crate::{Tally, completion::model::Completed, my_courses::next};

/// A course by id, slug or former slug, and what it is to the caller, who need not have logged in. For a learner it takes two
/// statements, whatever its size; whoever may edit it also sees its drafts.
///
/// # Errors
/// [`kernel::Code::NotFound`], also where it is not published and the reader may not edit it.
pub async fn course_view(tx: &Tx, key: &str) -> Result<CourseView> {
    let detail = courses::course(tx, key).await?;
    let course = CourseRef::from(&detail);
    let row = match tx.actor().user_id() {
        Some(user_id) => store::find(tx, user_id, course.id).await?,
        None => ViewerRow::default(),
    };
    let viewer = enrollment::viewer(tx, &course, row.grants.as_deref(), row.enrollment.as_deref())?;
    let done = row.done()?;
    let completed = Completed {
        lessons: done.lessons.keys().copied().collect(),
        chapters: done.chapters.keys().copied().collect(),
    };
    let CourseDetail { course, outline, .. } = detail;
    let tally = Tally::of(&outline, &completed);
    let next = next(&outline, viewer.verdict.allowed, &completed, done.last).map(Into::into);
    let view = |mut chapter: OutlineChapter| {
        let verdict = viewer.chapter(chapter.is_free);
        let lessons = std::mem::take(&mut chapter.lessons).into_iter().map(|lesson| LessonView {
            completed_at: done.lessons.get(&lesson.id).copied(),
            watch: done.watched.get(&lesson.id.0).copied().unwrap_or_default(),
            lesson,
            verdict,
        });
        ChapterView {
            verdict,
            completed_at: done.chapters.get(&chapter.id).copied(),
            watch: done.watched.get(&chapter.id.0).copied().unwrap_or_default(),
            lessons: lessons.collect(),
            chapter,
        }
    };
    let chapters = outline.chapters.into_iter().map(view).collect();
    Ok(CourseView { course, is_wished: row.is_wished, tally, next, chapters, viewer })
}
