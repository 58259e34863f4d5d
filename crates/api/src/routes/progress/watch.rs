use actix_web::web::Data;
use kernel::{ChapterId, LessonId, Uuid};
use progress::Subject;

use super::shared::{ChapterProgress, LessonProgress, ProgressUpdate, WatchHeartbeat};
use crate::{
    http::{
        extract::{Json, Member, Path},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        watch_lesson,
        get_lesson_progress,
        put_lesson_progress,
        complete_lesson,
        watch_chapter,
        get_chapter_progress,
        put_chapter_progress,
        complete_chapter
    );
}

/// Watch a lesson
///
/// A player's heartbeat, every ten seconds or so and at each pause: what was played, and where it stands. Answered when it is
/// durable.
///
/// **Credit.** What was played is united, cut to the video, and bounded by the server's own clock: of a lesson, a learner is
/// credited at most the time between the first and the last heartbeat about it, times `PALESTRA_WATCH_RATE_PERCENT` (200), plus
/// `PALESTRA_WATCH_SLACK_SECONDS` (30), whatever was claimed in how many sessions. What was claimed beyond that is kept, and
/// credited by later heartbeats as the clock goes on. The first heartbeat, which may be empty, starts the clock: send one when the
/// video is opened, or downloaded to be watched offline. Device clocks are not believed.
///
/// Order, repetition and delay of heartbeats do not matter. Of two positions the one played later holds.
///
/// **Completion.** The lesson is complete once `PALESTRA_COMPLETION_PERCENT` (90) of it is credited. Of a video whose length nobody
/// knows, seconds and ranges are kept, but no percentage: `percent` is refused (`duration_unknown`), and `completeLesson` completes it.
#[utoipa::path(post, path = "/lessons/{lesson_id}/watch",
    tag = "progress", operation_id = "watchLesson", security(("bearer" = [])), request_body = WatchHeartbeat,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["no_video", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "outcome_unknown"]))),
    responses((status = 200, description = "The progress.", body = LessonProgress)))]
async fn watch_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
    body: Json<WatchHeartbeat>,
) -> Result<Reply<LessonProgress>, Problem> {
    let heard = state
        .watching
        .hear(actor, Subject::Lesson(id), body.value.into())
        .await?;
    Ok(Reply::ok(&LessonProgress::from(heard))?)
}

/// Watch a chapter
///
/// Like `watchLesson`, for a chapter's own video. Watching it completes a chapter without lessons; one with lessons is complete
/// when they are.
#[utoipa::path(post, path = "/chapters/{chapter_id}/watch",
    tag = "progress", operation_id = "watchChapter", security(("bearer" = [])), request_body = WatchHeartbeat,
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["no_video", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "outcome_unknown"]))),
    responses((status = 200, description = "The progress.", body = ChapterProgress)))]
async fn watch_chapter(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ChapterId>,
    body: Json<WatchHeartbeat>,
) -> Result<Reply<ChapterProgress>, Problem> {
    let heard = state
        .watching
        .hear(actor, Subject::Chapter(id), body.value.into())
        .await?;
    Ok(Reply::ok(&ChapterProgress::from(heard))?)
}

/// Progress in a lesson
///
/// The caller's own, in a lesson that they may read.
#[utoipa::path(get, path = "/lessons/{lesson_id}/progress",
    tag = "progress", operation_id = "getLessonProgress", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The progress.", body = LessonProgress)))]
async fn get_lesson_progress(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
) -> Result<Reply<LessonProgress>, Problem> {
    let work = move |tx| async move { progress::progress(&tx, Subject::Lesson(id)).await };
    Ok(Reply::ok(&LessonProgress::from(
        state.db.read(actor, work).await?,
    ))?)
}

/// Say how far one is in a lesson
///
/// For clients that know no ranges: a percentage, a position, or both, under the same bound as `watchLesson`. It adds to what is
/// known and takes nothing back, so that no version has to be named.
#[utoipa::path(put, path = "/lessons/{lesson_id}/progress",
    tag = "progress", operation_id = "updateLessonProgress", security(("bearer" = [])), request_body = ProgressUpdate,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["no_video", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "outcome_unknown"]))),
    responses((status = 200, description = "The progress.", body = LessonProgress)))]
async fn put_lesson_progress(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
    body: Json<ProgressUpdate>,
) -> Result<Reply<LessonProgress>, Problem> {
    let heard = state
        .watching
        .hear(actor, Subject::Lesson(id), body.value.into())
        .await?;
    Ok(Reply::ok(&LessonProgress::from(heard))?)
}

/// Progress in a chapter
///
/// The caller's own: whether the chapter is done, and what was watched of its own video.
#[utoipa::path(get, path = "/chapters/{chapter_id}/progress",
    tag = "progress", operation_id = "getChapterProgress", security(("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The progress.", body = ChapterProgress)))]
async fn get_chapter_progress(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ChapterId>,
) -> Result<Reply<ChapterProgress>, Problem> {
    let work = move |tx| async move { progress::progress(&tx, Subject::Chapter(id)).await };
    Ok(Reply::ok(&ChapterProgress::from(
        state.db.read(actor, work).await?,
    ))?)
}

/// Say how far one is in a chapter
///
/// Like `updateLessonProgress`, for a chapter's own video.
#[utoipa::path(put, path = "/chapters/{chapter_id}/progress",
    tag = "progress", operation_id = "updateChapterProgress", security(("bearer" = [])), request_body = ProgressUpdate,
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["no_video", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "outcome_unknown"]))),
    responses((status = 200, description = "The progress.", body = ChapterProgress)))]
async fn put_chapter_progress(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ChapterId>,
    body: Json<ProgressUpdate>,
) -> Result<Reply<ChapterProgress>, Problem> {
    let heard = state
        .watching
        .hear(actor, Subject::Chapter(id), body.value.into())
        .await?;
    Ok(Reply::ok(&ChapterProgress::from(heard))?)
}

/// Mark a lesson as done
///
/// For a lesson without a video, or with one whose length nobody knows; others are completed by watching. Completes the chapter
/// and the course where it was the last one. Doing it again changes nothing.
#[utoipa::path(post, path = "/lessons/{lesson_id}/complete",
    tag = "progress", operation_id = "completeLesson", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["completed_by_watching", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The progress.", body = LessonProgress)))]
async fn complete_lesson(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
) -> Result<Reply<LessonProgress>, Problem> {
    let work = move |tx| async move { progress::complete(&tx, Subject::Lesson(id)).await };
    Ok(Reply::ok(&LessonProgress::from(
        state.db.run(actor, work).await?,
    ))?)
}

/// Mark a chapter as done
///
/// For a chapter without lessons whose own content is not a video that can be measured. One with lessons is complete when they
/// are. Completes the course where it was the last one. Doing it again changes nothing.
#[utoipa::path(post, path = "/chapters/{chapter_id}/complete",
    tag = "progress", operation_id = "completeChapter", security(("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["completed_by_watching", "completed_by_lessons", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The progress.", body = ChapterProgress)))]
async fn complete_chapter(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ChapterId>,
) -> Result<Reply<ChapterProgress>, Problem> {
    let work = move |tx| async move { progress::complete(&tx, Subject::Chapter(id)).await };
    Ok(Reply::ok(&ChapterProgress::from(
        state.db.run(actor, work).await?,
    ))?)
}
