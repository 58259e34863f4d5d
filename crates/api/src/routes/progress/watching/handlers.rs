//! The operations about heartbeats, and the progress in one lesson or chapter.

use kernel::{ChapterId, Code, LessonId, Result};
use progress::{Claim, Subject};
use serde::Serialize;

use super::{
    batch::{ProgressBatch, ProgressBatchResults, heartbeats, pointer_of},
    dto::{ChapterProgress, LessonProgress, ProgressUpdate, WatchHeartbeat},
};
use crate::http::{extract::Document, prelude::*};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        watch_lesson,
        get_lesson_progress,
        put_lesson_progress,
        complete_lesson,
        watch_chapter,
        get_chapter_progress,
        put_chapter_progress,
        complete_chapter,
        put_progress_batch
    );
}

async fn record<T>(caller: &Caller, subject: Subject, claim: Claim) -> Answer<T>
where
    T: From<progress::Progress> + Serialize,
{
    let progress = caller.state.heartbeats.record(caller.actor, subject, claim).await?;
    Ok(Reply::ok(&T::from(progress))?)
}

/// Record watching of a lesson
///
/// A player sends a heartbeat about every ten seconds and at each pause: what was played, and where the player is. The answer comes
/// when it is stored for good.
///
/// **Credit.** The ranges are merged, cut to the video, and bounded by the server's own clock: of a lesson, a learner is credited at
/// most the time between the first and the last heartbeat about it, times `PALESTRA_WATCH_RATE_PERCENT` (200), plus
/// `PALESTRA_WATCH_SLACK_SECONDS` (30), whatever was claimed in how many sessions. What was claimed beyond that is kept, and
/// credited by later heartbeats as the clock goes on. The first heartbeat, which may be empty, starts the clock: send one when the
/// video is opened, or downloaded to be watched offline. Device clocks are not trusted.
///
/// Order, repetition and delay of heartbeats do not matter. Of two positions the one that was played later holds.
///
/// **Completion.** The lesson is complete once `PALESTRA_COMPLETION_PERCENT` (90) of it is credited. Of a video whose length nobody
/// knows, seconds and ranges are kept, but no percentage: `percent` is refused (`duration_unknown`), and `completeLesson` completes it.
#[utoipa::path(post, path = "/lessons/{lesson_id}/watch",
    tag = "progress", operation_id = "watchLesson", security(("bearer" = [])), request_body = WatchHeartbeat,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["no_video", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "outcome_unknown"]))),
    responses((status = 200, description = "The progress.", body = LessonProgress)))]
async fn watch_lesson(
    caller: Member,
    Path(id): Path<LessonId>,
    body: Json<WatchHeartbeat>,
) -> Answer<LessonProgress> {
    record(&caller, Subject::Lesson(id), body.value.into()).await
}

/// Record watching of a chapter
///
/// Like `watchLesson`, for a chapter's own video. Watching it completes a chapter without lessons; a chapter with lessons is
/// complete when all of them are.
#[utoipa::path(post, path = "/chapters/{chapter_id}/watch",
    tag = "progress", operation_id = "watchChapter", security(("bearer" = [])), request_body = WatchHeartbeat,
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["no_video", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "outcome_unknown"]))),
    responses((status = 200, description = "The progress.", body = ChapterProgress)))]
async fn watch_chapter(
    caller: Member,
    Path(id): Path<ChapterId>,
    body: Json<WatchHeartbeat>,
) -> Answer<ChapterProgress> {
    record(&caller, Subject::Chapter(id), body.value.into()).await
}

/// Get my progress in a lesson
///
/// The caller's own progress, in a lesson that they may read.
#[utoipa::path(get, path = "/lessons/{lesson_id}/progress",
    tag = "progress", operation_id = "getLessonProgress", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The progress.", body = LessonProgress)))]
async fn get_lesson_progress(caller: Member, Path(id): Path<LessonId>) -> Answer<LessonProgress> {
    let work = async move |tx| progress::progress(&tx, Subject::Lesson(id)).await;
    Ok(Reply::ok(&LessonProgress::from(caller.read(work).await?))?)
}

/// Update my progress in a lesson
///
/// For clients that know no ranges: a percentage, a position, or both, under the same bound as `watchLesson`. It adds to what is
/// known and takes nothing back, so that no version is needed.
#[utoipa::path(put, path = "/lessons/{lesson_id}/progress",
    tag = "progress", operation_id = "updateLessonProgress", security(("bearer" = [])), request_body = ProgressUpdate,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["no_video", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "outcome_unknown"]))),
    responses((status = 200, description = "The progress.", body = LessonProgress)))]
async fn put_lesson_progress(
    caller: Member,
    Path(id): Path<LessonId>,
    body: Json<ProgressUpdate>,
) -> Answer<LessonProgress> {
    record(&caller, Subject::Lesson(id), body.value.into()).await
}

/// Get my progress in a chapter
///
/// The caller's own progress: whether the chapter is completed, and what was watched of its own video.
#[utoipa::path(get, path = "/chapters/{chapter_id}/progress",
    tag = "progress", operation_id = "getChapterProgress", security(("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The progress.", body = ChapterProgress)))]
async fn get_chapter_progress(caller: Member, Path(id): Path<ChapterId>) -> Answer<ChapterProgress> {
    let work = async move |tx| progress::progress(&tx, Subject::Chapter(id)).await;
    Ok(Reply::ok(&ChapterProgress::from(caller.read(work).await?))?)
}

/// Update my progress in a chapter
///
/// Like `updateLessonProgress`, for a chapter's own video.
#[utoipa::path(put, path = "/chapters/{chapter_id}/progress",
    tag = "progress", operation_id = "updateChapterProgress", security(("bearer" = [])), request_body = ProgressUpdate,
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["no_video", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended", "outcome_unknown"]))),
    responses((status = 200, description = "The progress.", body = ChapterProgress)))]
async fn put_chapter_progress(
    caller: Member,
    Path(id): Path<ChapterId>,
    body: Json<ProgressUpdate>,
) -> Answer<ChapterProgress> {
    record(&caller, Subject::Chapter(id), body.value.into()).await
}

/// Complete a lesson
///
/// Marks a lesson as completed that has no video, or one whose length nobody knows; others are completed by watching. Completes the
/// chapter and the course where this was the last lesson. Doing it again changes nothing.
#[utoipa::path(post, path = "/lessons/{lesson_id}/complete",
    tag = "progress", operation_id = "completeLesson", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["completed_by_watching", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The progress.", body = LessonProgress)))]
async fn complete_lesson(caller: Member, Path(id): Path<LessonId>) -> Answer<LessonProgress> {
    let rules = caller.state.heartbeats.rules();
    let work = async move |tx| progress::complete(&tx, Subject::Lesson(id), &rules).await;
    Ok(Reply::ok(&LessonProgress::from(caller.run(work).await?))?)
}

/// Complete a chapter
///
/// Marks a chapter as completed that has no lessons, and no video of a known length; a chapter with lessons is complete when all of
/// them are. Completes the course where this was the last chapter. Doing it again changes nothing.
#[utoipa::path(post, path = "/chapters/{chapter_id}/complete",
    tag = "progress", operation_id = "completeChapter", security(("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["completed_by_watching", "completed_by_lessons", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The progress.", body = ChapterProgress)))]
async fn complete_chapter(caller: Member, Path(id): Path<ChapterId>) -> Answer<ChapterProgress> {
    let rules = caller.state.heartbeats.rules();
    let work = async move |tx| progress::complete(&tx, Subject::Chapter(id), &rules).await;
    Ok(Reply::ok(&ChapterProgress::from(caller.run(work).await?))?)
}

/// Record what was watched offline
///
/// Up to 200 heartbeats about any lessons and chapters, each with a result of its own, under the same bound as `watchLesson`: the
/// time since the first heartbeat about each lesson. So whoever opened a lesson, went offline for an hour and watched an hour is
/// credited an hour. An item that is no heartbeat is refused alone, with `validation_failed` and every reason. With `playedAt` in each
/// item, sending a batch again changes nothing but `updatedAt`; without it, the positions count as of now. The body may have four
/// times the size of others: 1 MiB, unless it is configured otherwise.
#[utoipa::path(post, path = "/me/progress/batch",
    tag = "progress", operation_id = "sendProgressBatch", security(("bearer" = [])), request_body = ProgressBatch,
    extensions(("x-problem-codes" = json!(["outcome_unknown"]))),
    responses((status = 200, description = "What became of each.", body = ProgressBatchResults)))]
async fn put_progress_batch(caller: Member, body: Document<ProgressBatch>) -> Answer<ProgressBatchResults> {
    let (mut places, mut sound) = (Vec::new(), Vec::new());
    let mut results: Vec<Option<Result<progress::Progress>>> = Vec::new();
    for heartbeat in heartbeats(body.value)? {
        match heartbeat {
            Ok(heartbeat) => {
                places.push(results.len());
                sound.push(heartbeat);
                results.push(None);
            }
            Err(error) => results.push(Some(Err(error))),
        }
    }
    let pointer = |index: usize| places.get(index).copied().map(pointer_of).unwrap_or_default();
    let recorded = caller.state.heartbeats.record_all(caller.actor, sound, pointer).await;
    let mut recorded = recorded.into_iter();
    let results = results
        .into_iter()
        .map(|result| result.or_else(|| recorded.next()).unwrap_or(Err(Code::Internal.into())));
    let results = results.map(Into::into).collect();
    Ok(Reply::ok(&ProgressBatchResults { results })?)
}
