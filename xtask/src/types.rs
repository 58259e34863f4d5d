//! What the schema does not say of a column: whose id it is, and which states it holds.

use std::collections::HashMap;

use sea_schema::postgres::def::TableDef;

/// The id type of each table that has an `id`.
const IDS: &[(&str, &str)] = &[
    ("announcements", "AnnouncementId"),
    ("attachments", "AttachmentId"),
    ("audit_log", "AuditEntryId"),
    ("categories", "CategoryId"),
    ("chapter_progress", "ProgressId"),
    ("chapters", "ChapterId"),
    ("comments", "CommentId"),
    ("conversations", "ConversationId"),
    ("coupon_redemptions", "RedemptionId"),
    ("coupons", "CouponId"),
    ("courses", "CourseId"),
    ("customers", "CustomerId"),
    ("disputes", "DisputeId"),
    ("enrollments", "EnrollmentId"),
    ("files", "FileId"),
    ("grant_events", "GrantEventId"),
    ("grants", "GrantId"),
    ("jobs", "JobId"),
    ("lesson_progress", "ProgressId"),
    ("lessons", "LessonId"),
    ("messages", "MessageId"),
    ("moderation_log", "ModerationEntryId"),
    ("mutes", "MuteId"),
    ("notifications", "NotificationId"),
    ("payments", "PaymentId"),
    ("posts", "PostId"),
    ("purchases", "PurchaseId"),
    ("receipts", "ReceiptId"),
    ("refunds", "RefundId"),
    ("reports", "ReportId"),
    ("sessions", "SessionId"),
    ("users", "UserId"),
    ("video_assets", "VideoAssetId"),
    ("wishlists", "WishId"),
];

/// Ids of other tables in columns without a foreign key: kept when the row that they name goes, or checked by a trigger. By the
/// name of the column, in whatever table.
const REFERENCES: &[(&str, &str)] = &[
    ("actor_id", "UserId"),
    ("author_id", "UserId"),
    ("comment_id", "CommentId"),
    ("conversation_id", "ConversationId"),
    ("course_id", "CourseId"),
    ("lesson_id", "LessonId"),
    ("message_id", "MessageId"),
    ("parent_id", "CommentId"),
    ("post_id", "PostId"),
    // How far a job or an announcement has got among the learners of a course.
    ("reached_id", "UserId"),
    ("requested_by", "UserId"),
    ("thread_id", "ThreadId"),
    ("user_id", "UserId"),
];

/// The columns that hold a state or a kind.
const STATES: &[(&str, &str, &str)] = &[
    ("catalogue_entries", "difficulty", "Level"),
    ("chapter_bodies", "content_format", "ContentFormat"),
    ("comments", "status", "CommentStatus"),
    ("community_settings", "commenting", "Writers"),
    ("community_settings", "links", "LinkPolicy"),
    ("community_settings", "posting", "Writers"),
    ("conversations", "kind", "ConversationKind"),
    ("coupon_redemptions", "status", "RedemptionStatus"),
    ("coupons", "scope", "CouponScope"),
    ("courses", "content_format", "ContentFormat"),
    ("courses", "difficulty", "Level"),
    ("customers", "provider", "ProviderName"),
    ("disputes", "status", "DisputeStatus"),
    ("files", "purpose", "FilePurpose"),
    ("files", "status", "FileStatus"),
    ("grant_events", "status", "GrantStatus"),
    ("grants", "source", "GrantSource"),
    ("grants", "status", "GrantStatus"),
    ("jobs", "kind", "JobKind"),
    ("jobs", "status", "JobStatus"),
    ("lesson_bodies", "content_format", "ContentFormat"),
    ("link_tokens", "purpose", "LinkPurpose"),
    ("message_preferences", "messages_from", "MessagesFrom"),
    ("moderation_log", "action", "ModerationAction"),
    ("moderation_log", "subject_kind", "ContentKind"),
    ("notification_preferences", "digest", "Digest"),
    ("notifications", "kind", "NotificationKind"),
    ("notifications", "outcome", "NotificationOutcome"),
    ("payments", "method", "PaymentMethod"),
    ("payments", "provider", "ProviderName"),
    ("payments", "status", "PaymentStatus"),
    ("posts", "status", "PostStatus"),
    ("profiles", "experience_level", "Level"),
    ("reactions", "reaction", "Reaction"),
    ("refunds", "reason", "RefundReason"),
    ("refunds", "status", "RefundStatus"),
    ("reports", "action", "ModerationAction"),
    ("reports", "reason", "ReportReason"),
    ("reports", "status", "ReportStatus"),
    ("reports", "subject_kind", "ContentKind"),
    ("users", "role", "Role"),
    ("users", "status", "UserStatus"),
    ("video_assets", "provider", "VideoProvider"),
    ("video_assets", "status", "VideoStatus"),
];

/// The path of the type of a column, by table and column, where the schema does not know it.
pub struct Types(HashMap<(String, String), String>);

impl Types {
    /// Ids follow their foreign keys, over as many tables as it takes.
    pub fn of(tables: &[TableDef]) -> Self {
        let mut types = HashMap::new();
        for (table, id) in IDS {
            types.insert(column(table, "id"), format!("kernel::{id}"));
        }
        for (table, name, state) in STATES {
            types.insert(column(table, name), format!("crate::enums::{state}"));
        }
        let names =
            |table: &TableDef| table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        let mut keys = Vec::new();
        for table in tables {
            for key in &table.reference_constraints {
                let pairs = key.columns.iter().zip(&key.foreign_columns);
                keys.extend(pairs.map(|(from, to)| (column(&table.info.name, from), column(&key.table, to))));
            }
        }
        let mut has_grown = true;
        while has_grown {
            has_grown = false;
            for (from, to) in &keys {
                if let Some(known) = types.get(to).cloned() {
                    has_grown |= types.insert(from.clone(), known).is_none();
                }
            }
        }
        for table in tables {
            for name in names(table) {
                if let Some((_, id)) = REFERENCES.iter().find(|(reference, _)| *reference == name) {
                    types.entry(column(&table.info.name, &name)).or_insert_with(|| format!("kernel::{id}"));
                }
            }
        }
        Self(types)
    }

    pub fn get(&self, table: &str, name: &str) -> Option<&str> {
        self.0.get(&column(table, name)).map(String::as_str)
    }
}

fn column(table: &str, name: &str) -> (String, String) {
    (table.to_owned(), name.to_owned())
}
