//! The courses of a learner: how far they are, and where to resume.

mod model;
mod store;

use std::collections::HashMap;

use courses::{Course, CourseOutline};
use database::Tx;
use enrollment::EnrollmentFilter;
use kernel::{ChapterId, CourseId, Cursor, LessonId, Limit, Page, Result, Uuid};

pub use self::model::{MyCourse, ResumePoint};
use crate::{
    Tally,
    completion::{model::Completed, store as marks},
    course_view::NextStep,
};

/// How many courses to resume are offered at most.
const MAX_RESUME_POINTS: usize = 20;

/// How far the caller is in the courses that they are enrolled in, the latest enrollment first. The number of statements does not
/// depend on the length of the page.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn my_courses(
    tx: &Tx,
    filter: EnrollmentFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<MyCourse>> {
    let user_id = tx.user_id()?;
    let page = enrollment::list_enrollments(tx, filter, after, limit).await?;
    let ids: Vec<CourseId> = page.data.iter().map(|enrollment| enrollment.course_id).collect();
    let mut courses = by_id(courses::courses_by_ids(tx, &ids).await?);
    let outlines = courses::outlines(tx, &ids).await?;
    let completed: Completed = marks::completed_units(tx, &[user_id], &ids).await?.iter().collect();
    let watched = store::watched(tx, user_id, &ids).await?;
    let activity = store::last_activity(tx, user_id, &ids).await?;
    let verdicts = enrollment::verdicts(tx, &ids).await?;
    let mut mine = Vec::with_capacity(page.data.len());
    for enrollment in page.data {
        let id = enrollment.course_id;
        // The foreign key keeps the course while somebody is enrolled in it.
        let (Some(course), Some(outline), Some(verdict)) =
            (courses.remove(&id), outlines.get(&id), verdicts.get(&id).copied())
        else {
            continue;
        };
        let step = next(outline, verdict.allowed, &completed, last_watched(&watched, id));
        let step = step.filter(|_| course.is_published);
        mine.push(MyCourse {
            next: step.map(Into::into),
            tally: Tally::of(outline, &completed),
            last_active_at: activity.get(&id).copied(),
            verdict,
            enrollment,
            course,
        });
    }
    Ok(Page { data: mine, next: page.next })
}

/// The lesson or chapter of a course that somebody watched last.
fn last_watched(watched: &[store::Watched], course_id: CourseId) -> Option<Uuid> {
    let of_course = watched.iter().filter(|row| row.course_id == course_id);
    of_course.filter_map(|row| Some((row.heard_at?, row.subject_id))).max().map(|(_, subject_id)| subject_id)
}

/// Where the caller can resume: the courses that they watched or completed something in and that are not completed, the latest
/// first, twenty at most. In each the lesson that they watched last, if it is not completed, else the first that is not. Where
/// their access has ended, only free chapters are offered.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn resume_points(tx: &Tx) -> Result<Vec<ResumePoint>> {
    let user_id = tx.user_id()?;
    let latest = store::latest_courses(tx, user_id).await?;
    let ids: Vec<CourseId> = latest.iter().map(|(id, _)| *id).collect();
    let mut courses = by_id(courses::courses_by_ids(tx, &ids).await?);
    let outlines = courses::outlines(tx, &ids).await?;
    let completed: Completed = marks::completed_units(tx, &[user_id], &ids).await?.iter().collect();
    let watched = store::watched(tx, user_id, &ids).await?;
    let readable = enrollment::readable_courses(tx).await?;
    let mut offered = Vec::new();
    for (course_id, last_active_at) in latest {
        let (Some(course), Some(outline)) = (courses.remove(&course_id), outlines.get(&course_id)) else {
            continue;
        };
        let last = last_watched(&watched, course_id);
        let readable = readable.contains(course_id);
        let Some(step) = next(outline, readable, &completed, last).filter(|_| course.is_published) else {
            continue;
        };
        let seen = watched.iter().find(|row| row.subject_id == step.id());
        offered.push(ResumePoint {
            course_id,
            title: course.title,
            slug: course.slug,
            picture_url: course.picture_url,
            tally: Tally::of(outline, &completed),
            last_active_at,
            chapter_id: step.chapter,
            chapter_title: step.title.to_owned(),
            lesson_id: step.lesson.map(|(id, _)| id),
            lesson_title: step.lesson.map(|(_, title)| title.to_owned()),
            watch: seen.map(store::Watched::state).unwrap_or_default(),
        });
        if offered.len() == MAX_RESUME_POINTS {
            break;
        }
    }
    Ok(offered)
}

/// A lesson that is not completed, or a chapter without lessons.
pub(crate) struct Step<'a> {
    pub(crate) chapter: ChapterId,
    pub(crate) title: &'a str,
    pub(crate) lesson: Option<(LessonId, &'a str)>,
}

impl Step<'_> {
    /// The id of what has the video.
    fn id(&self) -> Uuid {
        self.lesson.map_or(self.chapter.0, |(id, _)| id.0)
    }
}

/// Where to go on: at `last`, if it is not completed, else at the first that is not; among the free chapters where the course is not
/// `readable`.
pub(crate) fn next<'a>(
    outline: &'a CourseOutline,
    readable: bool,
    completed: &Completed,
    last: Option<Uuid>,
) -> Option<Step<'a>> {
    let chapters = outline.chapters.iter().filter(|chapter| readable || chapter.is_free);
    let lessons = chapters.flat_map(|chapter| {
        let (id, title) = (chapter.id, chapter.title.as_str());
        let own = chapter.lessons.is_empty() && !completed.chapters.contains(&id);
        let own = own.then_some(Step { chapter: id, title, lesson: None });
        let lessons = chapter.lessons.iter().filter(|lesson| !completed.lessons.contains(&lesson.id));
        let lessons = lessons.map(move |lesson| Step {
            chapter: id,
            title,
            lesson: Some((lesson.id, lesson.title.as_str())),
        });
        own.into_iter().chain(lessons)
    });
    let mut steps: Vec<Step<'a>> = lessons.collect();
    let at = last.and_then(|last| steps.iter().position(|step| step.id() == last));
    if steps.is_empty() { None } else { Some(steps.swap_remove(at.unwrap_or(0))) }
}

impl From<Step<'_>> for NextStep {
    fn from(step: Step<'_>) -> Self {
        Self {
            chapter_id: step.chapter,
            lesson_id: step.lesson.map(|(id, _)| id),
            title: step.lesson.map_or(step.title, |(_, title)| title).to_owned(),
        }
    }
}

fn by_id(courses: Vec<Course>) -> HashMap<CourseId, Course> {
    courses.into_iter().map(|course| (course.id, course)).collect()
}
