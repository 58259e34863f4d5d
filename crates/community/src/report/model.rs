//! Reports of content, and decisions about them.

use database::literal;
use entity::{
    enums::{ContentKind, ModerationAction, ReportReason, ReportStatus},
    reports,
};
use identity::Person;
use kernel::{CourseId, ReportId, Timestamp, UserId, Uuid};
use sea_orm::{
    DerivePartialModel,
    sea_query::{Alias, Expr, ExprTrait, Query},
};

use crate::content::Subject;

/// A report to be made.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// The reported content.
    pub subject: Subject,
    /// Why it is reported.
    pub reason: ReportReason,
    /// The reporter's explanation.
    pub note: Option<String>,
}

/// A report, as its reporter sees it: without the content, and without who decides.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "reports::Entity")]
pub struct OwnReport {
    /// The report's id.
    pub id: ReportId,
    /// The kind of the content.
    pub subject_kind: ContentKind,
    /// The id of the post, the comment or the message.
    pub subject_id: Uuid,
    /// Why it was reported.
    pub reason: ReportReason,
    /// The reporter's explanation.
    pub note: Option<String>,
    /// The state of the report.
    pub status: ReportStatus,
    /// When the report was made.
    pub created_at: Timestamp,
    /// When it was decided; `None` until then.
    pub decided_at: Option<Timestamp>,
}

/// A report, as moderators see it.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "reports::Entity")]
pub struct Report {
    /// The report's id.
    pub id: ReportId,
    /// Who made the report; only admins are told.
    pub reporter_id: Option<UserId>,
    /// The kind of the content.
    pub subject_kind: ContentKind,
    /// The id of the post, the comment or the message.
    pub subject_id: Uuid,
    /// The course in which the content stands; `None` in the school's feed and for messages.
    pub course_id: Option<CourseId>,
    /// The author of the content.
    #[sea_orm(nested)]
    pub author: Person,
    /// Why it was reported.
    pub reason: ReportReason,
    /// The reporter's explanation.
    pub note: Option<String>,
    /// The title of the post when it was reported.
    pub snapshot_title: Option<String>,
    /// The text when it was reported, whatever became of it.
    pub snapshot_content: String,
    /// The version of the content when it was reported.
    pub snapshot_version: i64,
    /// When the reported text was written.
    pub snapshot_written_at: Timestamp,
    /// The state of the report.
    pub status: ReportStatus,
    /// What was decided; `None` until then.
    pub action: Option<ModerationAction>,
    /// Whether the content was removed by the decision, and has not been restored.
    pub removed: bool,
    /// When the author's mute ends; `None` where the author was not muted.
    pub muted_until: Option<Timestamp>,
    /// Who decided; `None` until then.
    pub decided_by: Option<UserId>,
    /// When it was decided; `None` until then.
    pub decided_at: Option<Timestamp>,
    /// The moderator's reason.
    pub decision_note: Option<String>,
    /// How many open reports of the same content there are, with this one.
    #[sea_orm(from_expr = "open_count()")]
    pub open_count: i64,
    /// Grows by one with every decision.
    pub version: i64,
    /// When the report was made.
    pub created_at: Timestamp,
}

/// The number of open reports of the same content, counted inside the select.
fn open_count() -> Expr {
    use reports::Column::{Status, SubjectId, SubjectKind};
    let same = Alias::new("same");
    Query::select()
        .expr(Expr::col((same.clone(), Status)).count())
        .from_as(reports::Entity, same.clone())
        .and_where(Expr::col((same.clone(), SubjectKind)).equals((reports::Entity, SubjectKind)))
        .and_where(Expr::col((same.clone(), SubjectId)).equals((reports::Entity, SubjectId)))
        .and_where(Expr::col((same, Status)).eq(literal(ReportStatus::Open)))
        .to_owned()
        .into()
}

/// Which reports a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportFilter {
    /// Only reports in this state.
    pub status: Option<ReportStatus>,
    /// Only reports of this kind of content.
    pub subject_kind: Option<ContentKind>,
    /// Only reports of this post, comment or message.
    pub subject_id: Option<Uuid>,
    /// Only reports of this course.
    pub course_id: Option<CourseId>,
}

/// What a moderator decides about a report.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The version of the report that the moderator has seen.
    pub version: i64,
    /// What is done.
    pub action: ModerationAction,
    /// Whether the content is removed too, where its author is warned or muted.
    pub remove_content: bool,
    /// When the mute ends, where the author is muted.
    pub muted_until: Option<Timestamp>,
    /// The moderator's reason, which the author reads.
    pub note: Option<String>,
}

/// What the author of the content is told about a decision.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "reports::Entity")]
pub(crate) struct DecidedReport {
    pub(crate) author_id: UserId,
    pub(crate) subject_kind: ContentKind,
    pub(crate) subject_id: Uuid,
    pub(crate) course_id: Option<CourseId>,
    pub(crate) decision_note: Option<String>,
}
