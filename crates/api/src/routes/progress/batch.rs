use actix_web::web::Data;
use chrono::{DateTime, Utc};
use kernel::{Error, FieldError, Result, Uuid};
use progress::{Heartbeat, Subject};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::{ChapterProgress, LessonProgress, PlayedRange, claim};
use crate::{
    extract::{Json, Member},
    problem::Problem,
    reply::Reply,
    routing::{Operations, operations},
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, put_progress_batch);
}

/// Heartbeats that were kept while a device was offline.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProgressBatch {
    /// In any order.
    #[schema(min_items = 1, max_items = 200)]
    items: Vec<ProgressBatchItem>,
}

/// A heartbeat and what it is about: a lesson, or a chapter's own video.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProgressBatchItem {
    /// The lesson. Exactly one of `lessonId` and `chapterId` is there.
    #[schema(nullable = false)]
    lesson_id: Option<Uuid>,
    /// The chapter.
    #[schema(nullable = false)]
    chapter_id: Option<Uuid>,
    /// See `WatchHeartbeat`.
    #[schema(nullable = false)]
    session_id: Option<Uuid>,
    /// What was played.
    #[serde(default)]
    #[schema(max_items = 100)]
    ranges: Vec<PlayedRange>,
    /// Everything up to this part of the video.
    #[schema(nullable = false, minimum = 0, maximum = 100, example = 12.5)]
    percent: Option<f64>,
    /// Where the player stood.
    #[schema(nullable = false, minimum = 0, maximum = 86400, example = 40.5)]
    position_seconds: Option<f64>,
    /// When this was, by the device's clock.
    #[schema(nullable = false, example = "2026-11-22T09:30:00Z")]
    played_at: Option<DateTime<Utc>>,
}

impl ProgressBatchItem {
    fn into_beat(self) -> Option<Heartbeat> {
        let Self {
            lesson_id,
            chapter_id,
            session_id,
            ranges,
            percent,
            position_seconds,
            played_at,
        } = self;
        let subject = match (lesson_id, chapter_id) {
            (Some(id), None) => Subject::Lesson(id),
            (None, Some(id)) => Subject::Chapter(id),
            _ => return None,
        };
        let claim = claim(session_id, &ranges, percent, position_seconds, played_at);
        Some(Heartbeat { subject, claim })
    }
}

/// What became of each heartbeat.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProgressBatchResults {
    /// In the order of the items.
    results: Vec<ProgressBatchResult>,
}

/// What became of one heartbeat.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProgressBatchResult {
    /// Whether it is durable. What is not and has a code of status 503 can be sent again.
    is_accepted: bool,
    /// Why it was refused: a problem's code.
    #[schema(example = "not_granted")]
    code: Option<String>,
    /// All reasons, for `validation_failed`.
    errors: Vec<RefusedValue>,
    /// The progress, of a lesson.
    lesson_progress: Option<LessonProgress>,
    /// The progress, of a chapter.
    chapter_progress: Option<ChapterProgress>,
}

impl From<Result<progress::Progress>> for ProgressBatchResult {
    fn from(result: Result<progress::Progress>) -> Self {
        match result {
            Ok(progress) => {
                let (lesson_progress, chapter_progress) = match progress.subject {
                    Subject::Lesson(_) => (Some(progress.into()), None),
                    Subject::Chapter(_) => (None, Some(progress.into())),
                };
                Self {
                    is_accepted: true,
                    code: None,
                    errors: Vec::new(),
                    lesson_progress,
                    chapter_progress,
                }
            }
            Err(error) => Self {
                is_accepted: false,
                code: Some(error.code().as_str().to_owned()),
                errors: error.reasons().iter().map(Into::into).collect(),
                lesson_progress: None,
                chapter_progress: None,
            },
        }
    }
}

/// Send what was watched offline
///
/// Up to 200 heartbeats about any lessons and chapters, each with a result of its own, under the same bound as `watchLesson`: the
/// time since each lesson was first heard of. So who opened a lesson, went offline for an hour and watched an hour is credited an
/// hour. Sending a batch again changes nothing.
#[utoipa::path(post, path = "/me/progress/batch",
    tag = "progress", operation_id = "sendProgressBatch", security(("bearer" = [])), request_body = ProgressBatch,
    extensions(("x-problem-codes" = json!(["outcome_unknown"]))),
    responses((status = 200, description = "What became of each.", body = ProgressBatchResults)))]
async fn put_progress_batch(
    state: Data<State>,
    Member(actor): Member,
    body: Json<ProgressBatch>,
) -> Result<Reply<ProgressBatchResults>, Problem> {
    let beats: Option<Vec<Heartbeat>> = body
        .value
        .items
        .into_iter()
        .map(ProgressBatchItem::into_beat)
        .collect();
    let beats = beats.ok_or_else(one_of_two)?;
    let results = state
        .watching
        .hear_all(actor, beats, |index| format!("/items/{index}"))
        .await;
    let results = results.into_iter().map(Into::into).collect();
    Ok(Reply::ok(&ProgressBatchResults { results })?)
}

/// A reason, as in a problem's `errors`.
#[derive(Serialize, ToSchema)]
struct RefusedValue {
    /// A JSON Pointer into the request.
    #[schema(example = "/items/0/ranges/2")]
    pointer: String,
    /// A stable code.
    #[schema(example = "reversed")]
    code: String,
    /// In words.
    #[schema(example = "It ends before it begins.")]
    detail: String,
}

impl From<&FieldError> for RefusedValue {
    fn from(reason: &FieldError) -> Self {
        let FieldError {
            pointer,
            code,
            detail,
        } = reason;
        Self {
            pointer: pointer.clone(),
            code: (*code).to_owned(),
            detail: detail.clone(),
        }
    }
}

fn one_of_two() -> Error {
    let detail = "Each item names a lesson or a chapter, and not both.";
    Error::invalid(vec![FieldError::new("/items", "not_one_subject", detail)])
}
