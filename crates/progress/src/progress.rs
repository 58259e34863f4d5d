//! What somebody has seen of one lesson or chapter.

use database::Tx;
use kernel::{Result, Timestamp};

use crate::{
    Subject,
    completion::store as marks,
    subject::{WatchTarget, watch_target},
    watch::{Position, Watch, store as watches},
};

/// What somebody has seen of a lesson, or of a chapter's own video.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The lesson or the chapter.
    pub subject: Subject,
    /// When it was completed; `None` until then.
    pub completed_at: Option<Timestamp>,
    /// The credited part of the video, 0 to 100; it never falls.
    pub watch_time_percent: f64,
    /// The credited seconds of the video; they never fall.
    pub watched_seconds: u32,
    /// The length of the video in seconds; `None` where nobody knows it.
    pub duration_seconds: Option<u32>,
    /// Where to resume; `None` before a player has reported a position.
    pub position: Option<Position>,
    /// The ranges that the player reported, merged, in seconds as `[from, to)`. They may exceed what was credited.
    pub ranges: Vec<(u32, u32)>,
    /// When anything of this last changed; `None` before the first time.
    pub updated_at: Option<Timestamp>,
}

/// What the caller has seen of a lesson or a chapter that they may read.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Unauthenticated`], and why it may not be read.
pub async fn progress(tx: &Tx, subject: Subject) -> Result<Progress> {
    let target = watch_target(tx, subject).await?;
    progress_of(tx, &target).await
}

/// What the caller has seen of a lesson or a chapter, once it is known that they may read it.
pub(crate) async fn progress_of(tx: &Tx, target: &WatchTarget) -> Result<Progress> {
    let user_id = tx.user_id()?;
    let mark = marks::mark(tx, user_id, target.subject).await?;
    let record = watches::find(tx, user_id, target.subject).await?;
    let completed_at = mark.and_then(|mark| mark.completed_at);
    let marked_at = mark.map(|mark| mark.updated_at);
    Ok(combine(target, completed_at, marked_at, record.as_ref().map(|record| &record.watch)))
}

/// One answer from the mark of completion and what was watched.
pub(crate) fn combine(
    target: &WatchTarget,
    completed_at: Option<Timestamp>,
    marked_at: Option<Timestamp>,
    watch: Option<&Watch>,
) -> Progress {
    Progress {
        subject: target.subject,
        completed_at,
        watch_time_percent: watch.map_or(0.0, |watch| watch.percent),
        watched_seconds: watch.map_or(0, |watch| watch.watched_seconds),
        duration_seconds: target.length,
        position: watch.and_then(|watch| watch.position),
        ranges: watch.map_or_else(Vec::new, |watch| watch.claimed.runs().to_vec()),
        updated_at: watch.and_then(Watch::heard_at).max(marked_at).max(completed_at),
    }
}
