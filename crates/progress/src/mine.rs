use std::collections::{HashMap, HashSet};

use courses::{Course, CourseOutline};
use database::Tx;
use kernel::{ChapterId, CourseId, Cursor, EnrollmentId, LessonId, Limit, Page, Result, Timestamp, Uuid};

use crate::{
    Tally,
    overview::WatchState,
    store::{self, report::Done},
};

/// How many courses to go on with are offered.
const OFFERED: usize = 20;

/// A course that the caller is enrolled in, and how far they are.
#[derive(Clone, Debug)]
pub struct MyCourse {
    /// The enrollment's id.
    pub enrollment_id: EnrollmentId,
    /// The course.
    pub course_id: CourseId,
    /// Its title.
    pub title: String,
    /// Its slug.
    pub slug: String,
    /// Its picture.
    pub picture_url: Option<String>,
    /// When they enrolled.
    pub enrolled_at: Timestamp,
    /// Since when it is done.
    pub completed_at: Option<Timestamp>,
    /// How far.
    pub tally: Tally,
    /// When they last did something in it.
    pub last_active_at: Option<Timestamp>,
}

/// Where to go on in a course.
#[derive(Clone, Debug)]
pub struct Continuation {
    /// The course.
    pub course_id: CourseId,
    /// Its title.
    pub title: String,
    /// Its slug.
    pub slug: String,
    /// Its picture.
    pub picture_url: Option<String>,
    /// How far.
    pub tally: Tally,
    /// When the caller last did something in it.
    pub last_active_at: Timestamp,
    /// The chapter.
    pub chapter_id: ChapterId,
    /// The chapter's title.
    pub chapter_title: String,
    /// The lesson in it; `None` for a chapter that has none.
    pub lesson_id: Option<LessonId>,
    /// The lesson's title.
    pub lesson_title: Option<String>,
    /// How much of its video was watched.
    pub watch: WatchState,
}

/// What somebody has done of several courses.
pub(crate) struct Doings {
    lessons: HashSet<LessonId>,
    chapters: HashSet<ChapterId>,
}

impl Doings {
    pub(crate) fn of(done: &[Done]) -> Self {
        Self {
            lessons: done.iter().filter_map(|done| done.lesson_id).collect(),
            chapters: done.iter().filter_map(|done| done.chapter_id).collect(),
        }
    }

    pub(crate) fn tally(&self, outline: &CourseOutline) -> Tally {
        Tally::of(outline, &self.lessons, &self.chapters)
    }
}

/// How far the caller is in the courses that they are enrolled in, the latest enrollment first. As many statements however long the
/// page is.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn my_courses(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<MyCourse>> {
    let user_id = tx.user_id()?;
    let page = enrollment::list_enrollments(tx, after, limit).await?;
    let ids: Vec<CourseId> = page.data.iter().map(|record| record.course_id).collect();
    let mut courses = by_id(courses::courses_by_ids(tx, &ids).await?);
    let outlines = courses::outlines(tx, &ids).await?;
    let doings = Doings::of(&store::report::done(tx, &[user_id], &ids).await?);
    let active = store::report::active(tx, user_id, &ids).await?;
    Ok(page.map(|record| {
        let course = courses.remove(&record.course_id);
        let outline = outlines.get(&record.course_id);
        MyCourse {
            enrollment_id: record.id,
            course_id: record.course_id,
            title: course
                .as_ref()
                .map(|course| course.title.clone())
                .unwrap_or_default(),
            slug: course
                .as_ref()
                .map(|course| course.slug.clone())
                .unwrap_or_default(),
            picture_url: course.and_then(|course| course.picture_url),
            enrolled_at: record.enrolled_at,
            completed_at: record.completed_at,
            tally: outline.map(|outline| doings.tally(outline)).unwrap_or_default(),
            last_active_at: active.get(&record.course_id).copied(),
        }
    }))
}

/// Where the caller can go on: the courses that they did something in and that are not done, the latest first, twenty at most.
/// In each the lesson that they watched last, if it is not done, else the first that is not. Where their access has ended, only
/// what everybody may read is left to go on with.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn continuations(tx: &Tx) -> Result<Vec<Continuation>> {
    let user_id = tx.user_id()?;
    let latest = store::report::latest(tx, user_id).await?;
    let ids: Vec<CourseId> = latest.iter().map(|(id, _)| *id).collect();
    let mut courses = by_id(courses::courses_by_ids(tx, &ids).await?);
    let outlines = courses::outlines(tx, &ids).await?;
    let done = Doings::of(&store::report::done(tx, &[user_id], &ids).await?);
    let watched = store::report::watched(tx, user_id, &ids).await?;
    let readable = enrollment::readable_courses(tx).await?;
    let mut offered = Vec::new();
    for (course_id, last_active_at) in latest {
        let (Some(course), Some(outline)) = (courses.remove(&course_id), outlines.get(&course_id)) else {
            continue;
        };
        let last = watched.iter().filter(|row| row.course_id == course_id);
        let last = last.filter_map(|row| Some((row.heard_at?, row.subject_id)));
        let last = last.max().map(|(_, subject_id)| subject_id);
        let readable = readable.contains(course_id);
        let Some(step) = next(outline, readable, &done, last).filter(|_| course.is_published) else {
            continue;
        };
        let seen = watched.iter().find(|row| row.subject_id == step.id());
        offered.push(Continuation {
            course_id,
            title: course.title,
            slug: course.slug,
            picture_url: course.picture_url,
            tally: done.tally(outline),
            last_active_at,
            chapter_id: step.chapter,
            chapter_title: step.title.to_owned(),
            lesson_id: step.lesson.map(|(id, _)| id),
            lesson_title: step.lesson.map(|(_, title)| title.to_owned()),
            watch: seen.map(store::report::Watched::state).unwrap_or_default(),
        });
        if offered.len() == OFFERED {
            break;
        }
    }
    Ok(offered)
}

/// A step of a course that is not done.
struct Step<'a> {
    chapter: ChapterId,
    title: &'a str,
    lesson: Option<(LessonId, &'a str)>,
}

impl Step<'_> {
    /// The id of what has the video.
    fn id(&self) -> Uuid {
        self.lesson.map_or(self.chapter.0, |(id, _)| id.0)
    }
}

fn next<'a>(
    outline: &'a CourseOutline,
    readable: bool,
    done: &Doings,
    last: Option<Uuid>,
) -> Option<Step<'a>> {
    let chapters = outline
        .chapters
        .iter()
        .filter(|chapter| readable || chapter.is_free);
    let lessons = chapters.flat_map(|chapter| {
        let (id, title) = (chapter.id, chapter.title.as_str());
        let own = chapter.lessons.is_empty() && !done.chapters.contains(&id);
        let own = own.then_some(Step {
            chapter: id,
            title,
            lesson: None,
        });
        let lessons = chapter
            .lessons
            .iter()
            .filter(|lesson| !done.lessons.contains(&lesson.id));
        let lessons = lessons.map(move |lesson| Step {
            chapter: id,
            title,
            lesson: Some((lesson.id, lesson.title.as_str())),
        });
        own.into_iter().chain(lessons)
    });
    let mut steps: Vec<Step<'a>> = lessons.collect();
    let at = last.and_then(|last| steps.iter().position(|step| step.id() == last));
    if steps.is_empty() {
        None
    } else {
        Some(steps.swap_remove(at.unwrap_or(0)))
    }
}

fn by_id(courses: Vec<Course>) -> HashMap<CourseId, Course> {
    courses.into_iter().map(|course| (course.id, course)).collect()
}
