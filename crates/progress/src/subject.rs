//! Lessons and chapters as what has a video.

use courses::Body;
use database::Tx;
use enrollment::{Access, AccessScope};
use kernel::{ChapterId, Code, CourseId, LessonId, Result, Timestamp, Uuid};

use crate::{Rules, watch::MAX_VIDEO_SECONDS};

/// Seconds.
const MINUTE: u32 = 60;

/// What has a video: a lesson, or a chapter with a video of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A lesson.
    Lesson(LessonId),
    /// A chapter.
    Chapter(ChapterId),
}

impl Subject {
    /// The id of the lesson or the chapter.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Lesson(id) => id.0,
            Self::Chapter(id) => id.0,
        }
    }

    pub(crate) fn lesson_id(self) -> Option<LessonId> {
        match self {
            Self::Lesson(id) => Some(id),
            Self::Chapter(_) => None,
        }
    }

    pub(crate) fn chapter_id(self) -> Option<ChapterId> {
        match self {
            Self::Lesson(_) => None,
            Self::Chapter(id) => Some(id),
        }
    }
}

/// A lesson or a chapter that the caller may read, with what decides about its completion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WatchTarget {
    pub(crate) subject: Subject,
    pub(crate) course_id: CourseId,
    /// Whether it has a video.
    pub(crate) has_video: bool,
    /// How long the video is, in seconds: the ready video's own length, else the minutes that the author wrote down. `None`
    /// where nobody knows, which 0 means too.
    pub(crate) length: Option<u32>,
    /// How short the video may be, in seconds: an author's minutes are whole, and some authors round up.
    pub(crate) shortest: u32,
    /// When the caller's access ends.
    pub(crate) until: Option<Timestamp>,
}

/// A lesson or a chapter, if the caller may read it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Unauthenticated`], and why it may not be read.
pub(crate) async fn watch_target(tx: &Tx, subject: Subject) -> Result<WatchTarget> {
    tx.user_id()?;
    let (course_id, has_video, minutes, access) = match subject {
        Subject::Lesson(id) => {
            let (lesson, access) = enrollment::lesson_access(tx, id).await?;
            (lesson.course_id, lesson.has_video, lesson.duration, access)
        }
        Subject::Chapter(id) => {
            let placed = courses::placed_chapter(tx, id).await?;
            let chapter = placed.chapter;
            let scope =
                AccessScope { course_id: chapter.course_id, is_free: chapter.is_free, staff: placed.staff };
            let access = enrollment::decide(tx, scope).await?;
            (chapter.course_id, chapter.has_video, chapter.duration, access)
        }
    };
    let own = if has_video { own_length(tx, subject).await? } else { None };
    let by_minutes = minutes
        .and_then(|minutes| u32::try_from(minutes).ok())
        .filter(|minutes| has_video && *minutes > 0)
        .map(|minutes| minutes.saturating_mul(60).min(MAX_VIDEO_SECONDS));
    let shortest = |minutes: u32| minutes.saturating_sub(MINUTE).max(MINUTE / 2);
    Ok(WatchTarget {
        subject,
        course_id,
        has_video,
        length: own.or(by_minutes),
        shortest: own.or(by_minutes.map(shortest)).unwrap_or_default(),
        until: match access {
            Access::Granted { until, .. } => until,
            _ => None,
        },
    })
}

/// The length of a ready video that Palestra stores or streams.
async fn own_length(tx: &Tx, subject: Subject) -> Result<Option<u32>> {
    let body: Body = match subject {
        Subject::Lesson(id) => courses::lesson_body(tx, id).await?,
        Subject::Chapter(id) => courses::chapter_body(tx, id).await?,
    };
    let own = match body.video_asset_id {
        Some(id) => media::video_seconds(tx, id).await?,
        None => None,
    };
    Ok(own.map(whole).filter(|seconds| *seconds > 0))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, and clamped to a day; NaN becomes 0"
)]
fn whole(seconds: f64) -> u32 {
    seconds.round().clamp(0.0, f64::from(MAX_VIDEO_SECONDS)) as u32
}

impl WatchTarget {
    /// Whether it is completed by watching: without a video whose length is known, the learner marks it as done.
    pub(crate) fn completed_by_watching(&self) -> bool {
        self.has_video && self.length.is_some()
    }

    /// Whether so much of it counts as seen.
    pub(crate) fn is_seen(&self, percent: f64, rules: &Rules) -> bool {
        self.completed_by_watching() && percent >= f64::from(rules.completion_percent)
    }

    /// Whether so much of it counts as seen where the learner says that the video has ended: enough of the shortest video that it may
    /// be.
    pub(crate) fn may_have_ended(&self, percent: f64, rules: &Rules) -> bool {
        let enough = f64::from(rules.completion_percent) * f64::from(self.shortest);
        self.length.is_some_and(|length| percent * f64::from(length) >= enough) && self.has_video
    }

    /// Refuses a heartbeat where there is nothing to watch.
    pub(crate) fn require_video(&self) -> Result<()> {
        if self.has_video { Ok(()) } else { Err(Code::NoVideo.into()) }
    }
}
