use database::Tx;
use kernel::{CourseId, Cursor, Limit, ModerationEntryId, Page, ReportId, Result, Timestamp, UserId, Uuid};
use sea_orm::FromQueryResult;

use crate::{Decision, Report, store};

/// What a moderator does about a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing is wrong.
    Dismiss,
    /// Takes the content away.
    Remove,
    /// Gives it back.
    Restore,
    /// Tells its author.
    Warn,
    /// Keeps its author from writing for a while: in the course, or everywhere where there is none.
    Mute,
    /// Closes its author's account.
    Suspend,
}

impl Action {
    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dismiss => "DISMISS",
            Self::Remove => "REMOVE",
            Self::Restore => "RESTORE",
            Self::Warn => "WARN",
            Self::Mute => "MUTE",
            Self::Suspend => "SUSPEND",
        }
    }
}

/// Who did what, to whom, when and why.
#[derive(Clone, Debug, FromQueryResult)]
pub struct LogEntry {
    /// The entry's id.
    pub id: ModerationEntryId,
    /// Who did it.
    pub moderator_id: UserId,
    /// Their username.
    pub moderator_username: Option<String>,
    /// Their name.
    pub moderator_name: Option<String>,
    /// A picture of them.
    pub moderator_avatar_url: Option<String>,
    /// See [`Action`].
    pub action: String,
    /// The report that was decided.
    pub report_id: ReportId,
    /// The course in which it happened.
    pub course_id: Option<CourseId>,
    /// `POST`, `COMMENT` or `MESSAGE`.
    pub subject_kind: String,
    /// The subject's id.
    pub subject_id: Uuid,
    /// Whose content it was about.
    pub user_id: UserId,
    /// Whether the content was taken away.
    pub removed: bool,
    /// Until when its author was muted.
    pub muted_until: Option<Timestamp>,
    /// Why.
    pub note: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// What was done, newest first: all for admins, for trainers what happened in the courses that they edit.
///
/// # Errors
/// [`kernel::Code::Forbidden`] for whoever decides about nothing.
pub async fn moderation_log(
    tx: &Tx,
    course_id: Option<CourseId>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<LogEntry>> {
    let rows = store::moderation::page(tx, course_id, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}

/// Writes down what was decided, and answers with the entry's id.
pub(crate) async fn record(
    tx: &Tx,
    report: &Report,
    decision: &Decision,
    removed: bool,
) -> Result<ModerationEntryId> {
    let id = tx.new_id();
    store::moderation::insert(tx, id, report, decision, removed).await?;
    Ok(id)
}
