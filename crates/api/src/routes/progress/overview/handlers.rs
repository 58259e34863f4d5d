//! The operations about the progress in whole courses.

use kernel::CourseId;

use super::dto::{CourseProgress, LearningStats, MyCourseProgressPage, ResumePoints, StatsQuery};
use crate::{http::prelude::*, routes::access::EnrollmentQuery};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, get_course_progress, list_my_progress, list_my_resume_points, get_my_stats);
}

/// Get my progress in a course
///
/// The whole outline in one answer, for a learner who is enrolled.
#[utoipa::path(get, path = "/courses/{course_id}/progress",
    tag = "progress", operation_id = "getCourseProgress", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    responses((status = 200, description = "The progress.", body = CourseProgress)))]
async fn get_course_progress(caller: Member, Path(id): Path<CourseId>) -> Answer<CourseProgress> {
    let found = caller.read(async move |tx| progress::course_progress(&tx, id).await).await?;
    Ok(Reply::ok(&CourseProgress::from(found))?)
}

/// List my courses with my progress
///
/// How far the caller is in each course that they are enrolled in, whether they have access to it and why, and where they go on; the
/// latest enrollment first.
#[utoipa::path(get, path = "/me/progress",
    tag = "progress", operation_id = "listMyProgress", security(("bearer" = [])), params(PageQuery, EnrollmentQuery),
    responses((status = 200, description = "A page of courses.", body = MyCourseProgressPage)))]
async fn list_my_progress(caller: Member, list: List<EnrollmentQuery>) -> Answer<MyCourseProgressPage> {
    let List { filter, after, limit, list_id, .. } = list;
    let work = async move |tx| progress::my_courses(&tx, filter.into(), after, limit).await;
    Ok(Reply::ok(&MyCourseProgressPage::of(list_id, caller.read(work).await?))?)
}

/// List where I can resume
///
/// The courses in which the caller watched or completed something and that are not completed, previews included. For each the lesson
/// that they watched last, if it is not completed, else the first that is not. Where their access has ended, only free chapters are
/// offered.
#[utoipa::path(get, path = "/me/continue",
    tag = "progress", operation_id = "listMyResumePoints", security(("bearer" = [])),
    responses((status = 200, description = "The courses that can be resumed.", body = ResumePoints)))]
async fn list_my_resume_points(caller: Member) -> Answer<ResumePoints> {
    let found = caller.read(async move |tx| progress::resume_points(&tx).await).await?;
    let data = found.into_iter().map(Into::into).collect();
    Ok(Reply::ok(&ResumePoints { data })?)
}

/// Get my learning statistics
///
/// How long the caller watched on each day of their own time zone, and on how many days in a row. Only credited seconds count.
#[utoipa::path(get, path = "/me/stats",
    tag = "progress", operation_id = "getMyStats", security(("bearer" = [])), params(StatsQuery),
    responses((status = 200, description = "The statistics.", body = LearningStats)))]
async fn get_my_stats(
    caller: Member,
    Query(StatsQuery { timezone, days }): Query<StatsQuery>,
) -> Answer<LearningStats> {
    caller.state.readings.settle().await;
    let zone = timezone.clone();
    let stats = caller.read(async move |tx| progress::stats(&tx, &zone, days, "?timezone").await).await?;
    Ok(Reply::ok(&LearningStats::new(timezone, stats))?)
}
