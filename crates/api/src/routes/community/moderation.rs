use actix_web::web::Data;
use chrono::{DateTime, Utc};
use community::{Action, Decision, LogEntry, ReportFilter, ReportStatus};
use database::Pool;
use kernel::{CourseId, ModerationEntryId, ReportId, Result, UserId, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{
    super::shared::{PageQuery, default_limit, page},
    Person, person,
    reports::SubjectKind,
};
use crate::{
    http::{
        extract::{Confirmed, Json, Path, Query, Trainer},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, list_reports, get_report, decide, list_log);
}

/// A report, as those see it who decide.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ModeratedReport {
    /// The report's id.
    id: ReportId,
    /// Who made it; null for everybody but admins.
    reporter_id: Option<UserId>,
    /// `POST`, `COMMENT` or `MESSAGE`; more may be added.
    #[schema(example = "COMMENT")]
    subject_kind: String,
    /// The subject's id.
    subject_id: Uuid,
    /// The course in which it stands.
    course_id: Option<CourseId>,
    /// Who wrote it.
    author: Person,
    /// What is wrong; more may be added.
    #[schema(example = "SPAM")]
    reason: String,
    /// The same in the reporter's words.
    #[schema(example = "This is the third time today.")]
    note: Option<String>,
    /// The content as it was when it was reported, whatever became of it.
    snapshot: ReportSnapshot,
    /// How many open reports of the same there are, this one included: one decision closes all.
    #[schema(minimum = 0, example = 1)]
    open_count: i64,
    /// `OPEN`, `DISMISSED` or `ACTED`; more may be added.
    #[schema(example = "OPEN")]
    status: String,
    /// What was decided; null while it is open.
    #[schema(example = json!(null))]
    decision: Option<ReportDecision>,
    /// Grows with every decision: a decision names the version that it is about.
    #[schema(minimum = 1, example = 1)]
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
}

/// Content as it was at a moment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReportSnapshot {
    /// The title of a post.
    #[schema(example = json!(null))]
    title: Option<String>,
    /// What stood there; HTML of posts and comments, plain text of messages.
    #[schema(example = "<p>Buy followers, cheap!</p>")]
    content: String,
    /// Which edit that was.
    #[schema(minimum = 1, example = 1)]
    version: i64,
    /// When the content was written.
    written_at: DateTime<Utc>,
}

/// What was decided about a report.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReportDecision {
    /// `DISMISS`, `REMOVE`, `RESTORE`, `WARN`, `MUTE` or `SUSPEND`; more may be added.
    #[schema(example = "REMOVE")]
    action: String,
    /// Whether the content is away by it.
    removed: bool,
    /// Until when its author was muted.
    #[schema(example = json!(null))]
    muted_until: Option<DateTime<Utc>>,
    /// Why.
    #[schema(example = "No advertising here.")]
    note: Option<String>,
    /// Who decided.
    decided_by: Option<UserId>,
    /// When.
    decided_at: Option<DateTime<Utc>>,
}

impl From<community::Report> for ModeratedReport {
    fn from(report: community::Report) -> Self {
        let community::Report {
            id,
            reporter_id,
            subject_kind,
            subject_id,
            course_id,
            author_id,
            author_username,
            author_name,
            author_avatar_url,
            reason,
            note,
            snapshot_title,
            snapshot_content,
            snapshot_version,
            snapshot_written_at,
            status,
            action,
            removed,
            muted_until,
            decided_by,
            decided_at,
            decision_note,
            open_count,
            version,
            created_at,
        } = report;
        Self {
            id,
            reporter_id,
            subject_kind,
            subject_id,
            course_id,
            author: person(author_id, author_username, author_name, author_avatar_url),
            reason,
            note,
            snapshot: ReportSnapshot {
                title: snapshot_title,
                content: snapshot_content,
                version: snapshot_version,
                written_at: snapshot_written_at,
            },
            open_count,
            status,
            decision: action.map(|action| ReportDecision {
                action,
                removed,
                muted_until,
                note: decision_note,
                decided_by,
                decided_at,
            }),
            version,
            created_at,
        }
    }
}

page! {
    /// A page of reports.
    ModeratedReportPage of ModeratedReport
}

/// How it stands with a report.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ReportState {
    /// It waits for a moderator.
    Open,
    /// Nothing was wrong, or it was undone.
    Dismissed,
    /// Something was done about it.
    Acted,
}

impl From<ReportState> for ReportStatus {
    fn from(status: ReportState) -> Self {
        match status {
            ReportState::Open => Self::Open,
            ReportState::Dismissed => Self::Dismissed,
            ReportState::Acted => Self::Acted,
        }
    }
}

/// Which reports.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReportQuery {
    /// How many rows.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where to go on: `nextCursor` of the page before.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    cursor: Option<String>,
    /// Only this status.
    #[param(inline, nullable = false)]
    status: Option<ReportState>,
    /// Only of this kind.
    #[param(inline, nullable = false)]
    subject_kind: Option<SubjectKind>,
    /// Only of this subject.
    #[param(nullable = false)]
    subject_id: Option<Uuid>,
    /// Only of this course.
    #[param(nullable = false)]
    course_id: Option<CourseId>,
}

/// What a moderator does about a report.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum DecisionAction {
    /// Nothing is wrong.
    Dismiss,
    /// Takes the content away.
    Remove,
    /// Gives it back.
    Restore,
    /// Tells its author.
    Warn,
    /// Keeps its author from writing: in the course, or everywhere where there is none.
    Mute,
    /// Closes its author's account. Admins only.
    Suspend,
}

impl From<DecisionAction> for Action {
    fn from(action: DecisionAction) -> Self {
        match action {
            DecisionAction::Dismiss => Self::Dismiss,
            DecisionAction::Remove => Self::Remove,
            DecisionAction::Restore => Self::Restore,
            DecisionAction::Warn => Self::Warn,
            DecisionAction::Mute => Self::Mute,
            DecisionAction::Suspend => Self::Suspend,
        }
    }
}

/// What is decided about a report, and every other open one of the same.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "version": 1, "action": "REMOVE", "note": "No advertising here." }))]
struct DecideReport {
    /// The version of the report that was looked at.
    #[schema(minimum = 1, maximum = 1_000_000, example = 1)]
    version: i64,
    /// What is done.
    action: DecisionAction,
    /// With `WARN` and `MUTE`: whether the content goes too.
    #[serde(default)]
    #[schema(default = false)]
    remove_content: bool,
    /// With `MUTE`, and only then: until when, at most a year.
    muted_until: Option<DateTime<Utc>>,
    /// Why; its author reads it.
    #[schema(max_length = 1000, example = "No advertising here.")]
    note: Option<String>,
}

/// Who did what, to whom, when and why.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ModerationLogEntry {
    /// The entry's id.
    id: ModerationEntryId,
    /// Who did it.
    moderator: Person,
    /// `DISMISS`, `REMOVE`, `RESTORE`, `WARN`, `MUTE` or `SUSPEND`; more may be added.
    #[schema(example = "REMOVE")]
    action: String,
    /// The report that was decided.
    report_id: ReportId,
    /// The course in which it happened.
    course_id: Option<CourseId>,
    /// `POST`, `COMMENT` or `MESSAGE`; more may be added.
    #[schema(example = "COMMENT")]
    subject_kind: String,
    /// The subject's id.
    subject_id: Uuid,
    /// Whose content it was about.
    user_id: UserId,
    /// Whether the content was taken away.
    removed: bool,
    /// Until when its author was muted.
    #[schema(example = json!(null))]
    muted_until: Option<DateTime<Utc>>,
    /// Why.
    #[schema(example = "No advertising here.")]
    note: Option<String>,
    /// When.
    created_at: DateTime<Utc>,
}

impl From<LogEntry> for ModerationLogEntry {
    fn from(entry: LogEntry) -> Self {
        let LogEntry {
            id,
            moderator_id,
            moderator_username,
            moderator_name,
            moderator_avatar_url,
            action,
            report_id,
            course_id,
            subject_kind,
            subject_id,
            user_id,
            removed,
            muted_until,
            note,
            created_at,
        } = entry;
        Self {
            id,
            moderator: person(
                moderator_id,
                moderator_username,
                moderator_name,
                moderator_avatar_url,
            ),
            action,
            report_id,
            course_id,
            subject_kind,
            subject_id,
            user_id,
            removed,
            muted_until,
            note,
            created_at,
        }
    }
}

page! {
    /// A page of the moderation log.
    ModerationLogPage of ModerationLogEntry
}

/// Which entries.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    /// How many rows.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where to go on: `nextCursor` of the page before.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    cursor: Option<String>,
    /// Only of this course.
    #[param(nullable = false)]
    course_id: Option<CourseId>,
}

/// Reports to decide
///
/// Newest first. Admins see all; trainers those of what others wrote in the courses that they teach, without messages, and
/// without who reported it.
#[utoipa::path(get, path = "/moderation/reports",
    tag = "moderation", operation_id = "listReports", security(("bearer" = [])), params(ReportQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of reports.", body = ModeratedReportPage)))]
async fn list_reports(
    state: Data<State>,
    Trainer(actor): Trainer,
    Query(query): Query<ReportQuery>,
) -> Result<Reply<ModeratedReportPage>, Problem> {
    let ReportQuery {
        limit,
        cursor,
        status,
        subject_kind,
        subject_id,
        course_id,
    } = query;
    let (after, limit) = PageQuery { limit, cursor }.position();
    let filter = ReportFilter {
        status: status.map(Into::into),
        subject_kind: subject_kind.map(SubjectKind::as_str),
        subject_id,
        course_id,
    };
    let work = move |tx| async move { community::list_reports(&tx, &filter, after, limit).await };
    let page = state.db.read(actor, work).await?;
    Ok(Reply::ok(&ModeratedReportPage::from(page))?)
}

/// A report to decide
///
/// With the content as it was when it was reported.
#[utoipa::path(get, path = "/moderation/reports/{report_id}",
    tag = "moderation", operation_id = "getModeratedReport", security(("bearer" = [])),
    params(("report_id" = Uuid, Path, description = "The report's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The report.", body = ModeratedReport)))]
async fn get_report(
    state: Data<State>,
    Trainer(actor): Trainer,
    Path(id): Path<ReportId>,
) -> Result<Reply<ModeratedReport>, Problem> {
    let work = move |tx| async move { community::moderated_report(&tx, id).await };
    let report = state.db.read(actor, work).await?;
    let version = report.version;
    Ok(Reply::ok(&ModeratedReport::from(report))?.version_and_content(version))
}

/// Decide about a report
///
/// And about every other open one of the same, with all that follows, at once: the content, its author's mute or account, the log
/// and the audit trail. Its author is told what was done, and why. `version` is that of the report as it was looked at: where
/// somebody else was faster, the answer is 409. What was taken away is given back with `RESTORE`.
#[utoipa::path(post, path = "/moderation/reports/{report_id}/decision",
    tag = "moderation", operation_id = "decideReport", security(("bearer" = [])), request_body = DecideReport,
    params(("report_id" = Uuid, Path, description = "The report's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "report_already_decided", "nothing_to_restore", "precondition_failed",
        "last_admin"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The report as it is now.", body = ModeratedReport)))]
async fn decide(
    state: Data<State>,
    Confirmed(actor): Confirmed,
    Path(id): Path<ReportId>,
    body: Json<DecideReport>,
) -> Result<Reply<ModeratedReport>, Problem> {
    let DecideReport {
        version,
        action,
        remove_content,
        muted_until,
        note,
    } = body.value;
    // An account's standing is written by no other role.
    let pool = match action {
        DecisionAction::Suspend => Pool::Auth,
        _ => Pool::App,
    };
    let decision = Decision {
        version,
        action: action.into(),
        remove_content,
        muted_until,
        note,
    };
    let work = move |tx| async move { community::decide_report(&tx, id, decision).await };
    let report = state.db.run_in(pool, actor, work).await?;
    state.wake_worker.notify_one();
    let version = report.version;
    Ok(Reply::ok(&ModeratedReport::from(report))?.version_and_content(version))
}

/// What moderators did
///
/// Newest first: all for admins, for trainers what happened in the courses that they teach.
#[utoipa::path(get, path = "/moderation/log",
    tag = "moderation", operation_id = "listModerationLog", security(("bearer" = [])), params(LogQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of the log.", body = ModerationLogPage)))]
async fn list_log(
    state: Data<State>,
    Trainer(actor): Trainer,
    Query(query): Query<LogQuery>,
) -> Result<Reply<ModerationLogPage>, Problem> {
    let LogQuery {
        limit,
        cursor,
        course_id,
    } = query;
    let (after, limit) = PageQuery { limit, cursor }.position();
    let work = move |tx| async move { community::moderation_log(&tx, course_id, after, limit).await };
    let page = state.db.read(actor, work).await?;
    Ok(Reply::ok(&ModerationLogPage::from(page))?)
}
