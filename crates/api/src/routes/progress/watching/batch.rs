//! The heartbeats that a device sends after it was offline, and what became of each.

use std::collections::HashMap;

use kernel::{ChapterId, Code, Error, FieldError, LessonId, Result, Uuid};
use progress::{Heartbeat, Subject};
use serde_json::Value;

use super::dto::{ChapterProgress, LessonProgress, PlayedRange, claim};
use crate::{
    config::Config,
    http::extract::{Judged, Large, MAX_REASONS_OF_DOCUMENT},
    routes::shared::prelude::*,
};

/// Heartbeats that a device kept while it was offline.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProgressBatch {
    /// The heartbeats, in any order.
    #[schema(min_items = 1, max_items = 200)]
    items: Vec<ProgressBatchItem>,
}

/// A heartbeat and what it is about: a lesson, or a chapter's own video. The other members are those of `WatchHeartbeat`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "lessonId": "0198c0de-0000-7000-8000-000000000001", "sessionId": "0198c0de-0000-7000-8000-000000000002",
    "ranges": [{ "from": 30.0, "to": 40.5 }], "positionSeconds": 40.5, "playedAt": "2026-11-22T09:30:00Z"
}))]
struct ProgressBatchItem {
    /// The lesson. An item has exactly one of `lessonId` and `chapterId`.
    #[schema(nullable = false)]
    lesson_id: Option<LessonId>,
    /// The chapter.
    #[schema(nullable = false)]
    chapter_id: Option<ChapterId>,
    /// The playback: an id that the player made.
    #[schema(nullable = false)]
    session_id: Option<Uuid>,
    /// The ranges that were played.
    #[serde(default)]
    #[schema(max_items = 100)]
    ranges: Vec<PlayedRange>,
    /// For players that know no ranges: everything up to this part of the video was played.
    #[schema(nullable = false, minimum = 0, maximum = 100, example = 12.5)]
    percent: Option<f64>,
    /// Where the player was in the video, in seconds.
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
    fn into_heartbeat(self, pointer: &str) -> Result<Heartbeat> {
        let Self { lesson_id, chapter_id, session_id, ranges, percent, position_seconds, played_at } = self;
        let subject = match (lesson_id, chapter_id) {
            (Some(id), None) => Subject::Lesson(id),
            (None, Some(id)) => Subject::Chapter(id),
            _ => {
                let detail = "An item names a lesson or a chapter, and not both.";
                return Err(Error::invalid(vec![FieldError::new(pointer, "not_one_subject", detail)]));
            }
        };
        let claim = claim(session_id, &ranges, percent, position_seconds, played_at);
        Ok(Heartbeat { subject, claim })
    }
}

/// The heartbeat of each item, or why it is refused: one that its schema refuses takes no other with it. What is wrong with the
/// batch as a whole refuses it.
pub(super) fn heartbeats(batch: Judged<ProgressBatch>) -> Result<Vec<Result<Heartbeat>>> {
    let items: Vec<Result<ProgressBatchItem>> = match batch {
        Ok(batch) => batch.items.into_iter().map(Ok).collect(),
        Err((document, reasons)) => {
            let mut refused: HashMap<usize, Vec<FieldError>> = HashMap::new();
            // Where there may be more reasons, it is unknown which items are sound.
            let are_all = reasons.len() < MAX_REASONS_OF_DOCUMENT;
            if !are_all || reasons.iter().any(|reason| index_of(&reason.pointer).is_none()) {
                return Err(Error::invalid(reasons));
            }
            for reason in reasons {
                let index = index_of(&reason.pointer).unwrap_or_default();
                refused.entry(index).or_default().push(reason);
            }
            let Some(Value::Array(items)) = document.get("items").cloned() else {
                return Err(Code::ValidationFailed.into());
            };
            let read = |(index, item)| match refused.remove(&index) {
                Some(reasons) => Err(Error::invalid(reasons)),
                None => serde_json::from_value(item).map_err(|error| {
                    let reason = FieldError::new(pointer_of(index), "not_allowed", error.to_string());
                    Error::invalid(vec![reason])
                }),
            };
            items.into_iter().enumerate().map(read).collect()
        }
    };
    let items = items.into_iter().enumerate();
    Ok(items.map(|(index, item)| item?.into_heartbeat(&pointer_of(index))).collect())
}

/// The JSON Pointer of an item of the request.
pub(super) fn pointer_of(index: usize) -> String {
    format!("/items/{index}")
}

/// The index of the item that a reason is about.
fn index_of(pointer: &str) -> Option<usize> {
    let rest = pointer.strip_prefix("/items/")?;
    rest.split('/').next()?.parse().ok()
}

/// What became of each heartbeat.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProgressBatchResults {
    /// The results, in the order of the items.
    pub(super) results: Vec<ProgressBatchResult>,
}

/// What became of one heartbeat.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProgressBatchResult {
    /// Whether it is stored for good. One that is not, and whose code has the status 503, can be sent again.
    is_accepted: bool,
    /// Why it was refused: the code of a problem; null where it was accepted.
    #[schema(example = "not_granted")]
    code: Option<String>,
    /// All reasons for `validation_failed`; empty for anything else.
    errors: Vec<RefusedValue>,
    /// The progress in the lesson; null for a chapter, and where it was refused.
    lesson_progress: Option<LessonProgress>,
    /// The progress in the chapter; null for a lesson, and where it was refused.
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
                Self { is_accepted: true, code: None, errors: Vec::new(), lesson_progress, chapter_progress }
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

/// A reason, as in a problem's `errors`.
#[derive(Serialize, ToSchema)]
struct RefusedValue {
    /// The refused value, as a JSON Pointer into the request.
    #[schema(example = "/items/0/ranges/2")]
    pointer: String,
    /// A stable code of the reason.
    #[schema(example = "reversed")]
    code: String,
    /// The reason in words.
    #[schema(example = "It ends before it begins.")]
    detail: String,
}

impl From<&FieldError> for RefusedValue {
    fn from(reason: &FieldError) -> Self {
        let FieldError { pointer, code, detail } = reason;
        Self { pointer: pointer.clone(), code: (*code).to_owned(), detail: detail.clone() }
    }
}
