use database::Tx;
use kernel::{Result, Timestamp};
use sea_orm::FromQueryResult;

use crate::{
    Subject, completion, store,
    subject::{self, Facts},
    watch::{Position, Watch},
};

/// What somebody has seen of a lesson, or of a chapter's own video.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Of what.
    pub subject: Subject,
    /// Since when it is done.
    pub completed_at: Option<Timestamp>,
    /// How much of the video was watched, as far as the clock allows: 0 to 100; never falls.
    pub watch_time_percent: f64,
    /// The same in seconds.
    pub watched_seconds: u32,
    /// How long the video is; `None` where nobody knows.
    pub duration_seconds: Option<u32>,
    /// Where to go on.
    pub position: Option<Position>,
    /// The seconds that were played, by the player's word, `[from, to)`.
    pub ranges: Vec<(u32, u32)>,
    /// When anything last changed.
    pub updated_at: Option<Timestamp>,
}

/// A mark of completion, as it stands in the database.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct Mark {
    pub(crate) completed_at: Option<Timestamp>,
    pub(crate) updated_at: Timestamp,
}

/// What the caller has seen of a subject that they may read.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Unauthenticated`], and why it may not be read.
pub async fn progress(tx: &Tx, subject: Subject) -> Result<Progress> {
    let facts = subject::facts(tx, subject).await?;
    of(tx, &facts).await
}

pub(crate) async fn of(tx: &Tx, facts: &Facts) -> Result<Progress> {
    let user_id = tx.user_id()?;
    let mark = completion::mark(tx, facts.subject).await?;
    let row = store::watch::find(tx, user_id, facts.subject.id()).await?;
    let watch = row.as_ref().map(|row| &row.watch);
    let (completed_at, marked_at) = (
        mark.and_then(|mark| mark.completed_at),
        mark.map(|mark| mark.updated_at),
    );
    Ok(combine(facts, completed_at, marked_at, watch))
}

/// One answer from the mark and what was watched.
pub(crate) fn combine(
    facts: &Facts,
    completed_at: Option<Timestamp>,
    marked_at: Option<Timestamp>,
    watch: Option<&Watch>,
) -> Progress {
    Progress {
        subject: facts.subject,
        completed_at,
        watch_time_percent: watch.map_or(0.0, |watch| watch.percent),
        watched_seconds: watch.map_or(0, |watch| watch.watched_seconds),
        duration_seconds: facts.length,
        position: watch.and_then(|watch| watch.position),
        ranges: watch.map_or_else(Vec::new, |watch| watch.claimed.runs().to_vec()),
        updated_at: watch.and_then(Watch::heard_at).max(marked_at).max(completed_at),
    }
}
