//! Reports, decisions and the moderation log in the requests and answers of moderators.

use community::{
    ContentKind, Decision, ModerationAction, ModerationEntry, ReportFilter, ReportReason, ReportStatus,
};
use kernel::{CourseId, ModerationEntryId, ReportId, UserId, Uuid};

use crate::routes::shared::prelude::*;

/// A report, as moderators see it.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(
    from = community::Report,
    used(
        snapshot_title, snapshot_content, snapshot_version, snapshot_written_at, action, removed, muted_until, decided_by,
        decided_at, decision_note
    )
)]
pub(super) struct ModeratedReport {
    /// The report's id.
    id: ReportId,
    /// Who made the report; null for everybody but admins.
    reporter_id: Option<UserId>,
    /// `POST`, `COMMENT` or `MESSAGE`; more may be added.
    #[schema(value_type = String, example = "COMMENT")]
    subject_kind: ContentKind,
    /// The id of the post, the comment or the message.
    subject_id: Uuid,
    /// The course in which the content stands; null in the school's feed and for messages.
    course_id: Option<CourseId>,
    /// The author of the content.
    author: Person,
    /// Why the content was reported: `SPAM`, `HARASSMENT`, `HATE`, `SEXUAL`, `VIOLENCE`, `DANGEROUS`, `PRIVACY` or `OTHER`; more may be
    /// added.
    #[schema(value_type = String, example = "SPAM")]
    reason: ReportReason,
    /// The reporter's explanation.
    #[schema(example = "This is the third time today.")]
    note: Option<String>,
    /// The content when it was reported, whatever became of it.
    #[dto(with = ReportSnapshot {
        title: snapshot_title,
        content: snapshot_content,
        version: snapshot_version,
        written_at: snapshot_written_at,
    })]
    snapshot: ReportSnapshot,
    /// How many open reports of the same content there are, with this one: one decision closes all.
    #[schema(minimum = 0, example = 1)]
    open_count: i64,
    /// `OPEN`, `DISMISSED` or `ACTED`; more may be added.
    #[schema(value_type = String, example = "OPEN")]
    status: ReportStatus,
    /// What was decided; null while the report is open.
    #[schema(example = json!(null))]
    #[dto(with = action.map(|action| ReportDecision {
        action,
        removed,
        muted_until,
        note: decision_note,
        decided_by,
        decided_at,
    }))]
    decision: Option<ReportDecision>,
    /// Grows by one with every decision: a decision names the version that it is about.
    #[schema(minimum = 1, example = 1)]
    version: i64,
    /// When the report was made.
    created_at: DateTime<Utc>,
}

/// Content when it was reported.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReportSnapshot {
    /// The title of a post; null for other content.
    #[schema(example = json!(null))]
    title: Option<String>,
    /// The text: HTML for posts and comments, plain text for messages.
    #[schema(example = "<p>Buy followers, cheap!</p>")]
    content: String,
    /// The version of the content.
    #[schema(minimum = 1, example = 1)]
    version: i64,
    /// When the text was written.
    written_at: DateTime<Utc>,
}

/// What was decided about a report.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReportDecision {
    /// `DISMISS`, `REMOVE`, `RESTORE`, `WARN`, `MUTE` or `SUSPEND`; more may be added.
    #[schema(value_type = String, example = "REMOVE")]
    action: ModerationAction,
    /// Whether the content was removed by the decision, and has not been restored.
    removed: bool,
    /// When the author's mute ends; null where the author was not muted.
    #[schema(example = json!(null))]
    muted_until: Option<DateTime<Utc>>,
    /// The moderator's reason.
    #[schema(example = "No advertising here.")]
    note: Option<String>,
    /// The moderator who decided.
    decided_by: Option<UserId>,
    /// When it was decided.
    decided_at: Option<DateTime<Utc>>,
}

page! {
    /// A page of reports.
    ModeratedReportPage of ModeratedReport
}

/// The query of the list of reports.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// Only reports in this state.
    #[param(inline, value_type = Option<schema::ReportStatus>, nullable = false)]
    status: Option<ReportStatus>,
    /// Only reports of this kind of content.
    #[param(inline, value_type = Option<schema::ContentKind>, nullable = false)]
    subject_kind: Option<ContentKind>,
    /// Only reports of this post, comment or message.
    #[param(nullable = false)]
    subject_id: Option<Uuid>,
    /// Only reports of this course.
    #[param(nullable = false)]
    course_id: Option<CourseId>,
}

impl Filter for ReportQuery {}

impl ReportQuery {
    pub(super) fn filter(&self) -> ReportFilter {
        ReportFilter {
            status: self.status,
            subject_kind: self.subject_kind,
            subject_id: self.subject_id,
            course_id: self.course_id,
        }
    }
}

/// A decision about a report, and about all other open reports of the same content.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "version": 1, "action": "REMOVE", "note": "No advertising here." }))]
#[dto(into = Decision)]
pub(super) struct DecideReport {
    /// The version of the report that the moderator has seen.
    #[schema(minimum = 1, maximum = 1_000_000, example = 1)]
    version: i64,
    /// What is done: `DISMISS` nothing, `REMOVE` or `RESTORE` the content, `WARN` its author, `MUTE` the author (in the course, or
    /// everywhere where there is none), or `SUSPEND` the author's account (admins only).
    #[schema(value_type = schema::ModerationAction)]
    pub(super) action: ModerationAction,
    /// Whether the content is removed too; only with `WARN` and `MUTE`.
    #[serde(default)]
    #[schema(default = false)]
    remove_content: bool,
    /// When the mute ends, at most 366 days from now; only with `MUTE`, and required there.
    muted_until: Option<DateTime<Utc>>,
    /// The reason, which the author reads.
    #[schema(max_length = 1000, example = "No advertising here.")]
    note: Option<String>,
}

/// An entry of the moderation log: who decided what about whose content, when and why.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = ModerationEntry)]
pub(super) struct ModerationLogEntry {
    /// The entry's id.
    id: ModerationEntryId,
    /// The moderator who decided.
    moderator: Person,
    /// `DISMISS`, `REMOVE`, `RESTORE`, `WARN`, `MUTE` or `SUSPEND`; more may be added.
    #[schema(value_type = String, example = "REMOVE")]
    action: ModerationAction,
    /// The report about which it was decided.
    report_id: ReportId,
    /// The course in which the content stands; null in the school's feed and for messages.
    course_id: Option<CourseId>,
    /// `POST`, `COMMENT` or `MESSAGE`; more may be added.
    #[schema(value_type = String, example = "COMMENT")]
    subject_kind: ContentKind,
    /// The id of the post, the comment or the message.
    subject_id: Uuid,
    /// The author of the content.
    user_id: UserId,
    /// Whether the content was removed.
    removed: bool,
    /// When the author's mute ends; null where the author was not muted.
    #[schema(example = json!(null))]
    muted_until: Option<DateTime<Utc>>,
    /// The moderator's reason.
    #[schema(example = "No advertising here.")]
    note: Option<String>,
    /// When it was decided.
    created_at: DateTime<Utc>,
}

page! {
    /// A page of the moderation log.
    ModerationLogPage of ModerationLogEntry
}

/// The query of the moderation log.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// Only entries of this course.
    #[param(nullable = false)]
    pub(super) course_id: Option<CourseId>,
}

impl Filter for LogQuery {}
