use actix_web::web::Data;
use chrono::{DateTime, Utc};
use community::{NewReport, OwnReport, Subject};
use database::{Pool, Tx};
use kernel::{PostId, ReportId, Result, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    http::{
        extract::{Idempotency, Json, Member, Path},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, create_report, get_report);
}

/// What can be reported.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum SubjectKind {
    /// A post.
    Post,
    /// A comment, on a post or a lesson.
    Comment,
    /// A message in a conversation of the reporter's.
    Message,
}

impl SubjectKind {
    /// The kind with an id.
    fn with(self, id: Uuid) -> Subject {
        match self {
            Self::Post => Subject::Post(id.into()),
            Self::Comment => Subject::Comment(id.into()),
            Self::Message => Subject::Message(id.into()),
        }
    }

    /// The name in JSON and in the database.
    pub(super) fn as_str(self) -> &'static str {
        self.with(Uuid::nil()).kind()
    }
}

/// What is wrong.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ReportReason {
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

impl From<ReportReason> for community::Reason {
    fn from(reason: ReportReason) -> Self {
        match reason {
            ReportReason::Spam => Self::Spam,
            ReportReason::Harassment => Self::Harassment,
            ReportReason::Hate => Self::Hate,
            ReportReason::Sexual => Self::Sexual,
            ReportReason::Violence => Self::Violence,
            ReportReason::Dangerous => Self::Dangerous,
            ReportReason::Privacy => Self::Privacy,
            ReportReason::Other => Self::Other,
        }
    }
}

/// Something that somebody finds wrong.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateReport {
    /// What it is.
    subject_kind: SubjectKind,
    /// Its id.
    #[schema(example = "0198c0de-0000-7000-8000-000000000001")]
    subject_id: Uuid,
    /// What is wrong.
    reason: ReportReason,
    /// The same in words, for the moderators.
    #[schema(max_length = 1000, example = "This is the third time today.")]
    note: Option<String>,
}

/// A report, as whoever made it sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// The report's id.
    id: ReportId,
    /// `POST`, `COMMENT` or `MESSAGE`; more may be added.
    #[schema(example = "COMMENT")]
    subject_kind: String,
    /// The subject's id.
    subject_id: Uuid,
    /// What is wrong; more may be added.
    #[schema(example = "SPAM")]
    reason: String,
    /// The same in words.
    #[schema(example = "This is the third time today.")]
    note: Option<String>,
    /// `OPEN`, `DISMISSED` (nothing was done) or `ACTED`; more may be added.
    #[schema(example = "OPEN")]
    status: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was decided.
    #[schema(example = json!(null))]
    decided_at: Option<DateTime<Utc>>,
}

impl From<OwnReport> for Report {
    fn from(report: OwnReport) -> Self {
        let OwnReport {
            id,
            subject_kind,
            subject_id,
            reason,
            note,
            status,
            created_at,
            decided_at,
        } = report;
        Self {
            id,
            subject_kind,
            subject_id,
            reason,
            note,
            status,
            created_at,
            decided_at,
        }
    }
}

/// Report something
///
/// A post, a comment or a message that you can read. The moderators get it as it is now, whatever becomes of it: the editors of
/// the course in which it stands, admins elsewhere; of messages admins alone. Nobody but admins sees who reported it. One open
/// report of the same, and at most default_limit in 24 hours.
#[utoipa::path(post, path = "/reports",
    tag = "moderation", operation_id = "createReport", security(("bearer" = [])), request_body = CreateReport,
    extensions(("x-problem-codes" = json!(["not_found", "own_content", "already_reported", "too_many_reports"]))),
    responses((status = 201, description = "The report.", body = Report)))]
async fn create_report(
    state: Data<State>,
    Member(actor): Member,
    key: Idempotency,
    body: Json<CreateReport>,
) -> Result<Reply<Report>, Problem> {
    let CreateReport {
        subject_kind,
        subject_id,
        reason,
        note,
    } = body.value;
    let new = NewReport {
        subject: subject_kind.with(subject_id),
        reason: reason.into(),
        note,
    };
    let work = move |tx: Tx| async move {
        let report = community::create_report(&tx, new).await?;
        let location = format!("/reports/{}", report.id);
        Ok(Reply::created(&location, &Report::from(report))?.content())
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), "createReport", &body.raw, work)
        .await?)
}

/// A report of mine
///
/// And whether it was decided.
#[utoipa::path(get, path = "/reports/{report_id}",
    tag = "moderation", operation_id = "getReport", security(("bearer" = [])),
    params(("report_id" = Uuid, Path, description = "The report's id.")),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "The report.", body = Report)))]
async fn get_report(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<ReportId>,
) -> Result<Reply<Report>, Problem> {
    let work = move |tx| async move { community::own_report(&tx, id).await };
    let report = state.db.read(actor, work).await?;
    Ok(Reply::ok(&Report::from(report))?.content())
}
