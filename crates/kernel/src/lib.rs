//! What every crate shares: time and ids, the caller, money, pages and errors.
//!
//! The kernel knows no HTTP and runs no SQL; its ids and roles are values of sea-orm's, so that entities carry them. Whatever is not deterministic (the clock, the random numbers)
//! enters through [`Environment`], so that a test can stand at any instant.

mod actor;
mod charge;
mod environment;
mod error;
mod ids;
mod keyring;
pub mod mail;
mod money;
mod network;
mod page;
mod text;
mod warning;

pub use actor::{Actor, Role};
pub use environment::{Clock, Environment, SystemClock, Timestamp, numbered_id};
pub use error::{Code, Error, FieldError, Result};
pub use ids::{
    AnnouncementId, AttachmentId, AuditEntryId, CategoryId, ChapterId, CommentId, ConversationId, CouponId,
    CourseId, CustomerId, DisputeId, EnrollmentId, FileId, GrantEventId, GrantId, JobId, LessonId, MessageId,
    ModerationEntryId, MuteId, NotificationId, PaymentId, PostId, ProgressId, PurchaseId, ReceiptId,
    RedemptionId, RefundId, ReportId, SessionId, ThreadId, UserId, VideoAssetId, WishId,
};
pub use keyring::{Keyring, from_base64url, hash_token, hex, to_base64url};
pub use money::{Currency, Money};
pub use network::network;
pub use page::{Cursor, CursorError, Limit, ListId, Page, SortKey};
pub use text::{
    Piece, comparable_name, fold, is_blank, legible, one_line, pieces, trimmed, visible_line, visible_text,
};
pub use uuid::Uuid;
pub use warning::{Warning, Written};
