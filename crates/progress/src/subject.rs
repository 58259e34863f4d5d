use courses::Body;
use database::Tx;
use enrollment::{Access, Place};
use kernel::{Code, Result, Timestamp, Uuid};

use crate::watch::LONGEST;

/// What has a video: a lesson, or a chapter with a video of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A lesson.
    Lesson(Uuid),
    /// A chapter.
    Chapter(Uuid),
}

impl Subject {
    /// The id of the lesson or the chapter.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Lesson(id) | Self::Chapter(id) => id,
        }
    }

    pub(crate) fn lesson_id(self) -> Option<Uuid> {
        match self {
            Self::Lesson(id) => Some(id),
            Self::Chapter(_) => None,
        }
    }

    pub(crate) fn chapter_id(self) -> Option<Uuid> {
        match self {
            Self::Lesson(_) => None,
            Self::Chapter(id) => Some(id),
        }
    }
}

/// What there is to know about a subject that the caller may read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) subject: Subject,
    pub(crate) course_id: Uuid,
    /// Whether it has a video.
    pub(crate) has_video: bool,
    /// How long the video is, in seconds: the ready video's own length, else the minutes that the author wrote down. `None`
    /// where nobody knows, which 0 means too.
    pub(crate) length: Option<u32>,
    /// When the caller's access ends.
    pub(crate) until: Option<Timestamp>,
}

/// A subject, if the caller may see it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Unauthenticated`], and why it may not be read.
pub(crate) async fn facts(tx: &Tx, subject: Subject) -> Result<Facts> {
    tx.user_id()?;
    let (course_id, has_video, minutes, access) = match subject {
        Subject::Lesson(id) => {
            let (lesson, access) = enrollment::lesson_access(tx, id).await?;
            (lesson.course_id, lesson.has_video, lesson.duration, access)
        }
        Subject::Chapter(id) => {
            let placed = courses::placed_chapter(tx, id).await?;
            let chapter = placed.chapter;
            let place = Place {
                course_id: chapter.course_id,
                is_free: chapter.is_free,
                staff: placed.staff,
            };
            let access = enrollment::decide(tx, place).await?;
            (chapter.course_id, chapter.has_video, chapter.duration, access)
        }
    };
    let length = if has_video {
        length(tx, subject, minutes).await?
    } else {
        None
    };
    Ok(Facts {
        subject,
        course_id,
        has_video,
        length,
        until: match access {
            Access::Granted { until, .. } => until,
            _ => None,
        },
    })
}

async fn length(tx: &Tx, subject: Subject, minutes: Option<i64>) -> Result<Option<u32>> {
    let body: Body = match subject {
        Subject::Lesson(id) => courses::lesson_body(tx, id).await?,
        Subject::Chapter(id) => courses::chapter_body(tx, id).await?,
    };
    let own = match body.video_asset_id {
        Some(id) => media::video_seconds(tx, id).await?,
        None => None,
    };
    let minutes = minutes.and_then(|minutes| u32::try_from(minutes).ok());
    let seconds = own
        .map(whole)
        .or_else(|| minutes.map(|minutes| minutes.saturating_mul(60)));
    Ok(seconds
        .filter(|seconds| *seconds > 0)
        .map(|seconds| seconds.min(LONGEST)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, and held within a day; what is no number becomes 0"
)]
fn whole(seconds: f64) -> u32 {
    seconds.round().clamp(0.0, f64::from(LONGEST)) as u32
}

impl Facts {
    /// Whether watching is what completes it: a mark does where there is no video, or none that can be measured.
    pub(crate) fn completed_by_watching(&self) -> bool {
        self.has_video && self.length.is_some()
    }

    /// Refuses a heartbeat where there is nothing to watch.
    pub(crate) fn require_video(&self) -> Result<()> {
        if self.has_video {
            Ok(())
        } else {
            Err(Code::NoVideo.into())
        }
    }
}
