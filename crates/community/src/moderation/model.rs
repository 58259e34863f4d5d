//! Entries of the moderation log.

use entity::{
    enums::{ContentKind, ModerationAction},
    moderation_log,
};
use identity::Person;
use kernel::{CourseId, ModerationEntryId, ReportId, Timestamp, UserId, Uuid};
use sea_orm::DerivePartialModel;

/// A moderator's decision.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "moderation_log::Entity")]
pub struct ModerationEntry {
    /// The entry's id.
    pub id: ModerationEntryId,
    /// Who decided.
    #[sea_orm(nested)]
    pub moderator: Person,
    /// What was decided.
    pub action: ModerationAction,
    /// The report about which it was decided.
    pub report_id: ReportId,
    /// The course in which the content stands; `None` in the school's feed and for messages.
    pub course_id: Option<CourseId>,
    /// The kind of the content.
    pub subject_kind: ContentKind,
    /// The id of the post, the comment or the message.
    pub subject_id: Uuid,
    /// The author of the content.
    pub user_id: UserId,
    /// Whether the content was removed.
    pub removed: bool,
    /// When the author's mute ends; `None` where the author was not muted.
    pub muted_until: Option<Timestamp>,
    /// The moderator's reason.
    pub note: Option<String>,
    /// When it was decided.
    pub created_at: Timestamp,
}
