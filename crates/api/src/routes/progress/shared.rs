use chrono::{DateTime, SubsecRound, Utc};
use kernel::Uuid;
use progress::{Claim, Position, Subject};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// Seconds of a video that were played: `from` before `to`.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlayedRange {
    /// Where it begins.
    #[schema(minimum = 0, maximum = 86400, example = 30.0)]
    from: f64,
    /// Where it ends.
    #[schema(minimum = 0, maximum = 86400, example = 40.5)]
    to: f64,
}

/// Whole seconds of a video, the last one not included.
#[derive(Serialize, ToSchema)]
pub(super) struct WatchedRange {
    /// Where it begins.
    #[schema(minimum = 0, maximum = 86400, example = 0)]
    from: u32,
    /// Where it ends.
    #[schema(minimum = 0, maximum = 86400, example = 41)]
    to: u32,
}

/// What a player says. The server credits of it what its own clock allows.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WatchHeartbeat {
    /// Which playback it is: an id that the player makes when it begins. The progress names it beside the position, so that
    /// another device can tell.
    #[schema(nullable = false)]
    session_id: Option<Uuid>,
    /// What was played. Say what was not acknowledged yet again: repetition does not count twice.
    #[serde(default)]
    #[schema(max_items = 100)]
    ranges: Vec<PlayedRange>,
    /// For players that know no ranges: everything up to this part of the video. Without a position this is the position, too.
    #[schema(nullable = false, minimum = 0, maximum = 100, example = 12.5)]
    percent: Option<f64>,
    /// Where the player stands.
    #[schema(nullable = false, minimum = 0, maximum = 86400, example = 40.5)]
    position_seconds: Option<f64>,
    /// When this was, by the device's clock; now where it is absent. It decides which of two positions is the later one, and
    /// to which day the time is booked, since the server first heard of the video. No credit depends on it.
    #[schema(nullable = false, example = "2026-11-22T09:30:00Z")]
    played_at: Option<DateTime<Utc>>,
}

impl From<WatchHeartbeat> for Claim {
    fn from(beat: WatchHeartbeat) -> Self {
        let WatchHeartbeat {
            session_id,
            ranges,
            percent,
            position_seconds,
            played_at,
        } = beat;
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
        // What both databases keep of a time.
        played_at: played_at.map(|at| at.trunc_subsecs(6)),
        session_id,
    }
}

/// What was watched, for clients that know no ranges.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProgressUpdate {
    /// Everything up to this part of the video. It cannot be taken back. Without a position this is the position, too.
    #[schema(nullable = false, minimum = 0, maximum = 100, example = 12.5)]
    percent: Option<f64>,
    /// Where to go on.
    #[schema(nullable = false, minimum = 0, maximum = 86400, example = 40.5)]
    position_seconds: Option<f64>,
}

impl From<ProgressUpdate> for Claim {
    fn from(update: ProgressUpdate) -> Self {
        let ProgressUpdate {
            percent,
            position_seconds,
        } = update;
        Self {
            percent,
            position: position_seconds,
            ..Self::default()
        }
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
            /// Whether it is done.
            is_completed: bool,
            /// Since when.
            completed_at: Option<DateTime<Utc>>,
            /// How much of the video was watched, as far as the server's clock allows; never falls.
            #[schema(minimum = 0, maximum = 100, example = 33.4)]
            watch_time_percent: f64,
            /// The same in seconds.
            #[schema(minimum = 0, maximum = 86400, example = 201)]
            watched_seconds: u32,
            /// How long the video is: the ready video's own length, else the author's minutes. Null where nobody knows.
            #[schema(minimum = 1, maximum = 86400, example = 602)]
            duration_seconds: Option<u32>,
            /// Where to go on; null before anybody said so.
            #[schema(minimum = 0, maximum = 86400, example = 40.5)]
            position_seconds: Option<f64>,
            /// When that was said.
            positioned_at: Option<DateTime<Utc>>,
            /// By which playback.
            session_id: Option<Uuid>,
            /// What was played by the player's word, united. It may be more than what is credited. Of more than a thousand pieces
            /// the shortest gaps are closed.
            #[schema(max_items = 1_000)]
            ranges: Vec<WatchedRange>,
            /// When anything last changed; null before the first time.
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
    /// What the caller has seen of a lesson.
    LessonProgress, /// The lesson.
    lesson_id
}

progress! {
    /// What the caller has seen of a chapter's own video.
    ChapterProgress, /// The chapter.
    chapter_id
}
