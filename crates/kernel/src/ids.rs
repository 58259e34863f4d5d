//! The ids of the domain, a type for each kind of row: a course's id is no lesson's id, and the compiler knows.

use std::{fmt, str::FromStr};

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
        // sea-orm asks this of every primary key; a UUID is never made from the number of a row.
        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )*};
}

ids! {
    /// The id of an account.
    UserId;
    /// The id of a login session.
    SessionId;
    /// The id of a file that was uploaded.
    FileId;
    /// The id of a video.
    VideoAssetId;
    /// The id of a category of the catalogue.
    CategoryId;
    /// The id of a course.
    CourseId;
    /// The id of a chapter.
    ChapterId;
    /// The id of a lesson.
    LessonId;
    /// The id of an attachment of a course or a lesson.
    AttachmentId;
    /// The id of an entry of somebody's wishlist.
    WishId;
    /// The id of a grant of access to a course.
    GrantId;
    /// The id of an entry in the history of a grant.
    GrantEventId;
    /// The id of the learning record of one user in one course.
    EnrollmentId;
    /// The id of a lesson's or a chapter's progress.
    ProgressId;
    /// The id of a background job.
    JobId;
    /// The id of a payment.
    PaymentId;
    /// The id of a refund.
    RefundId;
    /// The id of a dispute.
    DisputeId;
    /// The id of a purchase.
    PurchaseId;
    /// The id of a receipt.
    ReceiptId;
    /// The id of a payment customer.
    CustomerId;
    /// The id of a coupon.
    CouponId;
    /// The id of the redemption of a coupon by a payment.
    RedemptionId;
    /// The id of a post.
    PostId;
    /// The id of a comment.
    CommentId;
    /// The id of a comment thread: that of the post or the lesson which it hangs on.
    ThreadId;
    /// The id of an announcement.
    AnnouncementId;
    /// The id of a conversation.
    ConversationId;
    /// The id of a message.
    MessageId;
    /// The id of a notification.
    NotificationId;
    /// The id of a report of content.
    ReportId;
    /// The id of a mute.
    MuteId;
    /// The id of an entry in the moderation log.
    ModerationEntryId;
    /// The id of an entry in the audit log.
    AuditEntryId;
}
