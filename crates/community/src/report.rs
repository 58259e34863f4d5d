mod decide;

use database::{Tx, audit};
use kernel::{Code, CourseId, Cursor, Error, Limit, Page, ReportId, Result, Timestamp, UserId, Uuid};
use sea_orm::FromQueryResult;
use serde_json::json;

pub use decide::{Decision, decide_report};

use crate::{
    PostStatus,
    content::{self, Subject},
    place, store,
};

/// How many reports somebody may make in [`WINDOW`].
const MOST: u64 = 20;
/// The time in which they are counted.
const WINDOW: chrono::Duration = chrono::Duration::hours(24);

/// What is wrong with something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Advertising, or the same again and again.
    Spam,
    /// Against a person.
    Harassment,
    /// Against people for what they are.
    Hate,
    /// Not for everybody's eyes.
    Sexual,
    /// Threats, or worse.
    Violence,
    /// Advice by which somebody could be hurt.
    Dangerous,
    /// What is nobody else's business.
    Privacy,
    /// See the note.
    Other,
}

impl Reason {
    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spam => "SPAM",
            Self::Harassment => "HARASSMENT",
            Self::Hate => "HATE",
            Self::Sexual => "SEXUAL",
            Self::Violence => "VIOLENCE",
            Self::Dangerous => "DANGEROUS",
            Self::Privacy => "PRIVACY",
            Self::Other => "OTHER",
        }
    }
}

/// How it stands with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportStatus {
    /// It waits for a moderator.
    Open,
    /// Nothing was wrong, or it was undone.
    Dismissed,
    /// Something was done about it.
    Acted,
}

impl ReportStatus {
    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Dismissed => "DISMISSED",
            Self::Acted => "ACTED",
        }
    }
}

/// Something that somebody finds wrong.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// What.
    pub subject: Subject,
    /// Why.
    pub reason: Reason,
    /// In words.
    pub note: Option<String>,
}

/// A report, as whoever made it sees it: nothing of the content, and nothing of who decides.
#[derive(Clone, Debug, FromQueryResult)]
pub struct OwnReport {
    /// The report's id.
    pub id: ReportId,
    /// `POST`, `COMMENT` or `MESSAGE`.
    pub subject_kind: String,
    /// The subject's id.
    pub subject_id: Uuid,
    /// See [`Reason`].
    pub reason: String,
    /// In the reporter's words.
    pub note: Option<String>,
    /// See [`ReportStatus`].
    pub status: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
}

/// A report, as those see it who decide.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Report {
    /// The report's id.
    pub id: ReportId,
    /// Who made it; for admins alone.
    pub reporter_id: Option<UserId>,
    /// `POST`, `COMMENT` or `MESSAGE`.
    pub subject_kind: String,
    /// The subject's id.
    pub subject_id: Uuid,
    /// The course in which it stands.
    pub course_id: Option<CourseId>,
    /// Who wrote it.
    pub author_id: UserId,
    /// The username of who wrote it.
    pub author_username: Option<String>,
    /// The name of who wrote it.
    pub author_name: Option<String>,
    /// A picture of who wrote it.
    pub author_avatar_url: Option<String>,
    /// See [`Reason`].
    pub reason: String,
    /// In the reporter's words.
    pub note: Option<String>,
    /// The title of the post then.
    pub snapshot_title: Option<String>,
    /// The content as it was when it was reported, whatever became of it.
    pub snapshot_content: String,
    /// Which edit of the content that was.
    pub snapshot_version: i64,
    /// When the content was written.
    pub snapshot_written_at: Timestamp,
    /// See [`ReportStatus`].
    pub status: String,
    /// What was decided.
    pub action: Option<String>,
    /// Whether the content was taken away by it, and not given back.
    pub removed: bool,
    /// Until when its author was muted by it.
    pub muted_until: Option<Timestamp>,
    /// Who decided.
    pub decided_by: Option<UserId>,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Why it was decided so.
    pub decision_note: Option<String>,
    /// How many open reports of the same there are, this one included.
    pub open_count: i64,
    /// Grows with every decision.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Which reports.
#[derive(Clone, Debug, Default)]
pub struct ReportFilter {
    /// Only these.
    pub status: Option<ReportStatus>,
    /// Only of this kind: `POST`, `COMMENT` or `MESSAGE`.
    pub subject_kind: Option<&'static str>,
    /// Only of this subject.
    pub subject_id: Option<Uuid>,
    /// Only of this course.
    pub course_id: Option<CourseId>,
}

/// Tells the moderators of something, and keeps it for them as it is now.
///
/// # Errors
/// [`Code::NotFound`] for what the caller cannot see, [`Code::OwnContent`], [`Code::AlreadyReported`] while they have an open
/// report of it, [`Code::TooManyReports`] where they had their share of a day.
pub async fn create_report(tx: &Tx, new: NewReport) -> Result<OwnReport> {
    let reporter_id = tx.user_id()?;
    let NewReport {
        subject,
        reason,
        note,
    } = new;
    let found = content::snapshot(tx, subject).await.map_err(place::hidden)?;
    if found.status != PostStatus::Published.as_str() {
        return Err(Code::NotFound.into());
    }
    if found.author_id == reporter_id {
        return Err(Code::OwnContent.into());
    }
    tx.advisory_lock(&format!("reports {reporter_id}")).await?;
    let since = tx.now() - WINDOW;
    if let Some(first) = store::report::nth_since(tx, reporter_id, MOST, since).await? {
        let wait = (first + WINDOW - tx.now()).to_std().unwrap_or_default();
        return Err(Error::new(Code::TooManyReports)
            .detail(format!("At most {MOST} reports in 24 hours."))
            .retry_after(wait));
    }
    let note = note.map(|note| kernel::legible(&note).trim().to_owned());
    let note = note.filter(|note| !note.is_empty());
    let id = tx.new_id();
    store::report::insert(tx, id, subject, &found, reason, note.as_deref()).await?;
    let detail = json!({ "subject": subject.kind(), "subjectId": subject.id() });
    audit::record(tx, "report.created", id, detail).await?;
    own_report(tx, id).await
}

/// A report of the caller's own.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn own_report(tx: &Tx, id: ReportId) -> Result<OwnReport> {
    let found = store::report::own(tx, id, tx.user_id()?).await?;
    found.ok_or_else(|| Code::NotFound.into())
}

/// The reports about which the caller decides, newest first: all for admins; for trainers those of what others wrote in the
/// courses that they edit, without who reported it.
///
/// # Errors
/// [`Code::Forbidden`] for whoever decides about nothing.
pub async fn list_reports(
    tx: &Tx,
    filter: &ReportFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Report>> {
    let rows = store::report::page(tx, filter, after, limit).await?;
    let page = Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id));
    Ok(page.map(|row| shown(tx, row)))
}

/// One of them.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::NotFound`].
pub async fn moderated_report(tx: &Tx, id: ReportId) -> Result<Report> {
    let found = store::report::one(tx, id, false).await?;
    Ok(shown(tx, found.ok_or(Code::NotFound)?))
}

fn shown(tx: &Tx, report: Report) -> Report {
    let admin = tx.actor().is_admin();
    Report {
        reporter_id: report.reporter_id.filter(|_| admin),
        ..report
    }
}
