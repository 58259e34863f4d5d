//! Reports in the requests and answers of reporters.

use community::{ContentKind, NewReport, OwnReport, ReportReason, ReportStatus, Subject};
use kernel::{ReportId, Uuid};

use crate::routes::shared::prelude::*;

/// A report to be made.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateReport {
    /// The kind of the content: a post, a comment, or a message of a conversation of the reporter's.
    #[schema(value_type = schema::ContentKind)]
    subject_kind: ContentKind,
    /// The id of the post, the comment or the message.
    #[schema(example = "0198c0de-0000-7000-8000-000000000001")]
    subject_id: Uuid,
    /// Why the content is reported.
    #[schema(value_type = schema::ReportReason)]
    reason: ReportReason,
    /// An explanation for the moderators.
    #[schema(max_length = 1000, example = "This is the third time today.")]
    note: Option<String>,
}

impl From<CreateReport> for NewReport {
    fn from(body: CreateReport) -> Self {
        Self {
            subject: Subject::new(body.subject_kind, body.subject_id),
            reason: body.reason,
            note: body.note,
        }
    }
}

/// A report, as its reporter sees it.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = OwnReport)]
pub(super) struct Report {
    /// The report's id.
    id: ReportId,
    /// `POST`, `COMMENT` or `MESSAGE`; more may be added.
    #[schema(value_type = String, example = "COMMENT")]
    subject_kind: ContentKind,
    /// The id of the post, the comment or the message.
    subject_id: Uuid,
    /// Why the content was reported: `SPAM`, `HARASSMENT`, `HATE`, `SEXUAL`, `VIOLENCE`, `DANGEROUS`, `PRIVACY` or `OTHER`; more may be
    /// added.
    #[schema(value_type = String, example = "SPAM")]
    reason: ReportReason,
    /// The reporter's explanation.
    #[schema(example = "This is the third time today.")]
    note: Option<String>,
    /// `OPEN`, `DISMISSED` (nothing was done) or `ACTED`; more may be added.
    #[schema(value_type = String, example = "OPEN")]
    status: ReportStatus,
    /// When the report was made.
    created_at: DateTime<Utc>,
    /// When it was decided; null until then.
    #[schema(example = json!(null))]
    decided_at: Option<DateTime<Utc>>,
}
