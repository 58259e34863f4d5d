use std::collections::HashMap;

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use kernel::{ChapterId, Code, Error, FieldError, LessonId, Result, Uuid};
use progress::{Heartbeat, Subject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use super::shared::{ChapterProgress, LessonProgress, PlayedRange, claim};
use crate::{
    config::Config,
    http::{
        extract::{Document, Judged, Large, MOST_REASONS_OF_DOCUMENT, Member},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, put_progress_batch);
}

/// Heartbeats that were kept while a device was offline.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProgressBatch {
    /// In any order.
    #[schema(min_items = 1, max_items = 200)]
    items: Vec<ProgressBatchItem>,
}

/// A heartbeat and what it is about: a lesson, or a chapter's own video.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "lessonId": "0198c0de-0000-7000-8000-000000000001", "sessionId": "0198c0de-0000-7000-8000-000000000002",
    "ranges": [{ "from": 30.0, "to": 40.5 }], "positionSeconds": 40.5, "playedAt": "2026-11-22T09:30:00Z"
}))]
struct ProgressBatchItem {
    /// The lesson. Exactly one of `lessonId` and `chapterId` is there.
    #[schema(nullable = false)]
    lesson_id: Option<LessonId>,
    /// The chapter.
    #[schema(nullable = false)]
    chapter_id: Option<ChapterId>,
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

impl Large for ProgressBatch {
    fn limit(config: &Config) -> usize {
        config.json_limit_bytes.saturating_mul(4)
    }
}

impl ProgressBatchItem {
    fn into_beat(self, pointer: &str) -> Result<Heartbeat> {
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
            _ => {
                let detail = "An item names a lesson or a chapter, and not both.";
                return Err(Error::invalid(vec![FieldError::new(
                    pointer,
                    "not_one_subject",
                    detail,
                )]));
            }
        };
        let claim = claim(session_id, &ranges, percent, position_seconds, played_at);
        Ok(Heartbeat { subject, claim })
    }
}

/// The heartbeat of each item, or why it is refused: one that its schema refuses takes no other with it. What is wrong with the
/// batch as a whole refuses it.
fn beats(batch: Judged<ProgressBatch>) -> Result<Vec<Result<Heartbeat>>> {
    let items: Vec<Result<ProgressBatchItem>> = match batch {
        Ok(batch) => batch.items.into_iter().map(Ok).collect(),
        Err((document, reasons)) => {
            let mut refused: HashMap<usize, Vec<FieldError>> = HashMap::new();
            // Where there may be more of them, nobody knows which items are sound.
            let are_all = reasons.len() < MOST_REASONS_OF_DOCUMENT;
            if !are_all || reasons.iter().any(|reason| index(&reason.pointer).is_none()) {
                return Err(Error::invalid(reasons));
            }
            for reason in reasons {
                let index = index(&reason.pointer).unwrap_or_default();
                refused.entry(index).or_default().push(reason);
            }
            let Some(Value::Array(items)) = document.get("items").cloned() else {
                return Err(Code::ValidationFailed.into());
            };
            let read = |(index, item)| match refused.remove(&index) {
                Some(reasons) => Err(Error::invalid(reasons)),
                None => serde_json::from_value(item).map_err(|error| {
                    let reason = FieldError::new(at(index), "not_allowed", error.to_string());
                    Error::invalid(vec![reason])
                }),
            };
            items.into_iter().enumerate().map(read).collect()
        }
    };
    let items = items.into_iter().enumerate();
    Ok(items.map(|(index, item)| item?.into_beat(&at(index))).collect())
}

/// Where an item stands in the request.
fn at(index: usize) -> String {
    format!("/items/{index}")
}

/// In which item a reason lies.
fn index(pointer: &str) -> Option<usize> {
    let within = pointer.strip_prefix("/items/")?;
    within.split('/').next()?.parse().ok()
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
/// hour. An item that is no heartbeat is refused alone, with `validation_failed` and every reason. With `playedAt` in each item,
/// sending a batch again changes nothing but `updatedAt`; without it, the positions count as of now. The body may have four times the
/// size of others: 1 MiB, unless it is configured otherwise.
#[utoipa::path(post, path = "/me/progress/batch",
    tag = "progress", operation_id = "sendProgressBatch", security(("bearer" = [])), request_body = ProgressBatch,
    extensions(("x-problem-codes" = json!(["outcome_unknown"]))),
    responses((status = 200, description = "What became of each.", body = ProgressBatchResults)))]
async fn put_progress_batch(
    state: Data<State>,
    Member(actor): Member,
    body: Document<ProgressBatch>,
) -> Result<Reply<ProgressBatchResults>, Problem> {
    let (mut places, mut sound) = (Vec::new(), Vec::new());
    let mut results: Vec<Option<Result<progress::Progress>>> = Vec::new();
    for beat in beats(body.value)? {
        match beat {
            Ok(beat) => {
                places.push(results.len());
                sound.push(beat);
                results.push(None);
            }
            Err(error) => results.push(Some(Err(error))),
        }
    }
    let pointer = |index: usize| places.get(index).copied().map(at).unwrap_or_default();
    let heard = state.watching.hear_all(actor, sound, pointer).await;
    let mut heard = heard.into_iter();
    let results = results.into_iter().map(|result| {
        result
            .or_else(|| heard.next())
            .unwrap_or(Err(Code::Internal.into()))
    });
    let results = results.map(Into::into).collect();
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
