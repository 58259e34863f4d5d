//! Reports for the editors of a course: where learners begin, and where they stop.

mod model;
mod store;

use std::collections::HashMap;

use database::Tx;
use kernel::{Code, CourseId, LessonId, Result};

use self::model::LessonCount;
pub use self::model::{Funnel, FunnelLesson, Retention};
use crate::{Subject, subject::watch_target, watch::Ranges};

/// How many watchers a retention curve is drawn from at most.
const MAX_WATCHERS: u64 = 10_000;
/// How many points a retention curve has at most.
const MAX_POINTS: u32 = 100;

/// How a course's learners get on, for its editors: where they begin, and where they stop. Four statements, whatever the course.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn funnel(tx: &Tx, course_id: CourseId) -> Result<Funnel> {
    let count = enrollment::learner_count(tx, course_id).await?;
    let outline = courses::outline(tx, course_id).await?;
    let started = store::started(tx, course_id).await?;
    let by_lesson = store::by_lesson(tx, course_id).await?;
    let mut by_lesson: HashMap<LessonId, LessonCount> =
        by_lesson.into_iter().map(|row| (row.lesson_id, row)).collect();
    let lessons = outline.chapters.into_iter().flat_map(|chapter| {
        let id = chapter.id;
        chapter.lessons.into_iter().map(move |lesson| (id, lesson))
    });
    let lessons = lessons.map(|(chapter_id, lesson)| {
        let row = by_lesson.remove(&lesson.id);
        FunnelLesson {
            chapter_id,
            lesson_id: lesson.id,
            title: lesson.title,
            started: row.as_ref().map_or(0, |row| row.started),
            completed: row.as_ref().map_or(0, |row| row.completed),
            average_percent: row.and_then(|row| row.average_percent),
        }
    });
    Ok(Funnel { enrolled: count.enrolled, started, completed: count.completed, lessons: lessons.collect() })
}

/// The retention curve of a lesson's video, for its editors.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::NoVideo`].
pub async fn retention(tx: &Tx, lesson_id: LessonId) -> Result<Retention> {
    if !courses::placed_lesson(tx, lesson_id).await?.staff {
        return Err(Code::Forbidden.into());
    }
    let target = watch_target(tx, Subject::Lesson(lesson_id)).await?;
    target.require_video()?;
    let watched = store::credited_ranges(tx, target.course_id, lesson_id, MAX_WATCHERS).await?;
    Ok(Retention {
        lesson_id,
        duration_seconds: target.length,
        watchers: watched.len(),
        points: target.length.map_or_else(Vec::new, |length| curve(&watched, length)),
    })
}

fn curve(watched: &[Ranges], length: u32) -> Vec<(u32, f64)> {
    let points = length.min(MAX_POINTS);
    let edge = |point: u32| u64::from(point) * u64::from(length) / u64::from(points.max(1));
    let edge = |point: u32| u32::try_from(edge(point)).unwrap_or(length);
    let point = |point: u32| {
        let (from, to) = (edge(point), edge(point + 1));
        let played =
            watched.iter().map(|ranges| u64::from(ranges.seconds_before(to) - ranges.seconds_before(from)));
        let whole = u64::from(to - from) * watched.len() as u64;
        #[expect(clippy::cast_precision_loss, reason = "seconds of ten thousand days at most")]
        let percent = if whole == 0 { 0.0 } else { played.sum::<u64>() as f64 * 100.0 / whole as f64 };
        (from, percent)
    };
    (0..points).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(from: u32, to: u32) -> Ranges {
        let mut ranges = Ranges::default();
        ranges.add(from, to);
        ranges
    }

    #[test]
    fn a_curve_falls_where_people_leave() {
        let points = curve(&[of(0, 600), of(0, 300), of(0, 3), of(0, 900)], 600);
        assert_eq!(points.len(), 100);
        assert_eq!(
            (points[0], points[1], points[49], points[50]),
            ((0, 87.5), (6, 75.0), (294, 75.0), (300, 50.0))
        );
        assert_eq!(curve(&[], 7), (0..7).map(|second| (second, 0.0)).collect::<Vec<_>>());
        assert_eq!(curve(&[of(0, 2)], 3)[2], (2, 0.0));
    }
}
