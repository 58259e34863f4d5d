//! Heartbeats and the progress in one lesson or chapter, as clients see them.

use chrono::SubsecRound;
use kernel::Uuid;
use progress::{Claim, Position, Subject};

use crate::routes::shared::prelude::*;

/// Seconds of a video that were played; `from` comes before `to`.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlayedRange {
    /// Where it begins, in seconds.
    #[schema(minimum = 0, maximum = 86400, example = 30.0)]
    from: f64,
    /// Where it ends, in seconds.
    #[schema(minimum = 0, maximum = 86400, example = 40.5)]
    to: f64,
}

/// Whole seconds of a video, from `from` up to, but not including, `to`.
#[derive(Serialize, ToSchema)]
pub(super) struct WatchedRange {
    /// The first second.
    #[schema(minimum = 0, maximum = 86400, example = 0)]
    from: u32,
    /// The second after the last.
    #[schema(minimum = 0, maximum = 86400, example = 41)]
    to: u32,
}

/// What a player reports. The server credits as much of it as its own clock allows.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WatchHeartbeat {
    /// The playback: an id that the player makes when it begins. The progress names it beside the position, so that another device
    /// knows whose position that is.
    #[schema(nullable = false)]
    session_id: Option<Uuid>,
    /// The ranges that were played. Send again what was not acknowledged yet: repetition does not count twice.
    #[serde(default)]
    #[schema(max_items = 100)]
    ranges: Vec<PlayedRange>,
    /// For players that know no ranges: everything up to this part of the video was played. Where no position is sent, it is the
    /// position, too.
    #[schema(nullable = false, minimum = 0, maximum = 100, example = 12.5)]
    percent: Option<f64>,
    /// Where the player is in the video, in seconds.
    #[schema(nullable = false, minimum = 0, maximum = 86400, example = 40.5)]
    position_seconds: Option<f64>,
    /// When this was, by the device's clock; now where it is missing. It decides which of two positions is the later one, and on
    /// which day the time is counted, from the first heartbeat of the video on. No credit depends on it.
    #[schema(nullable = false, example = "2026-11-22T09:30:00Z")]
    played_at: Option<DateTime<Utc>>,
}

impl From<WatchHeartbeat> for Claim {
    fn from(beat: WatchHeartbeat) -> Self {
        let WatchHeartbeat { session_id, ranges, percent, position_seconds, played_at } = beat;
        claim(session_id, &ranges, percent, position_seconds, played_at)
    }
}

pub(super) fn claim(
    session_id: Option<Uuid>,
    ranges: &[PlayedRange],
    percent: Option<f64>,
    position: Option<f64>,
    played_at: Option<DateTime<Utc>>,
) -> Claim {
    Claim {
        ranges: ranges.iter().map(|range| (range.from, range.to)).collect(),
        percent,
        position,
        // Both databases keep microseconds.
        played_at: played_at.map(|at| at.trunc_subsecs(6)),
        session_id,
    }
}

/// What was watched, from clients that know no ranges.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProgressUpdate {
    /// Everything up to this part of the video was played. It cannot be taken back. Where no position is sent, it is the position,
    /// too.
    #[schema(nullable = false, minimum = 0, maximum = 100, example = 12.5)]
    percent: Option<f64>,
    /// Where to resume, in seconds.
    #[schema(nullable = false, minimum = 0, maximum = 86400, example = 40.5)]
    position_seconds: Option<f64>,
}

impl From<ProgressUpdate> for Claim {
    fn from(update: ProgressUpdate) -> Self {
        let ProgressUpdate { percent, position_seconds } = update;
        Self { percent, position: position_seconds, ..Self::default() }
    }
}

/// Progress in a lesson and in a chapter have everything but the id's name in common.
macro_rules! progress {
    ($(#[$doc:meta])* $name:ident, $(#[$id_doc:meta])* $id:ident) => {
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(super) struct $name {
            $(#[$id_doc])*
            $id: Uuid,
            /// Whether it is completed.
            is_completed: bool,
            /// When it was completed; null until then.
            completed_at: Option<DateTime<Utc>>,
            /// The part of the video that is credited as watched; it never falls.
            #[schema(minimum = 0, maximum = 100, example = 33.4)]
            watch_time_percent: f64,
            /// The seconds of the video that are credited as watched; they never fall.
            #[schema(minimum = 0, maximum = 86400, example = 201)]
            watched_seconds: u32,
            /// The length of the video in seconds: the ready video's own, else the author's minutes; null where nobody knows it.
            #[schema(minimum = 1, maximum = 86400, example = 602)]
            duration_seconds: Option<u32>,
            /// Where to resume, in seconds; null before a player has reported a position.
            #[schema(minimum = 0, maximum = 86400, example = 40.5)]
            position_seconds: Option<f64>,
            /// When that position was played, by the device's clock; null where there is none.
            positioned_at: Option<DateTime<Utc>>,
            /// The playback that reported the position; null where there is none, or where it has no id.
            session_id: Option<Uuid>,
            /// The ranges that the player reported, merged. They may exceed what was credited. Of more than a thousand ranges the
            /// shortest gaps are closed.
            #[schema(max_items = 1_000)]
            ranges: Vec<WatchedRange>,
            /// When anything of this last changed; null before the first time.
            updated_at: Option<DateTime<Utc>>,
        }

        impl From<progress::Progress> for $name {
            fn from(progress: progress::Progress) -> Self {
                let progress::Progress {
                    subject,
                    completed_at,
                    watch_time_percent,
                    watched_seconds,
                    duration_seconds,
                    position,
                    ranges,
                    updated_at,
                } = progress;
                let at = position.map(|Position { at, .. }| at);
                Self {
                    $id: Subject::id(subject),
                    is_completed: completed_at.is_some(),
                    completed_at,
                    watch_time_percent,
                    watched_seconds,
                    duration_seconds,
                    position_seconds: position.map(|position| position.seconds),
                    positioned_at: at,
                    session_id: position.and_then(|position| position.session_id),
                    ranges: ranges.into_iter().map(|(from, to)| WatchedRange { from, to }).collect(),
                    updated_at,
                }
            }
        }
    };
}

progress! {
    /// What the caller has watched and completed of a lesson.
    LessonProgress, /// The lesson.
    lesson_id
}

progress! {
    /// What the caller has watched of a chapter's own video, and whether the chapter is completed.
    ChapterProgress, /// The chapter.
    chapter_id
}
