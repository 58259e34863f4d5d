//! Notifications.

use entity::enums::{NotificationKind, NotificationOutcome};
use identity::Person;
use kernel::{
    AnnouncementId, CommentId, ConversationId, CourseId, LessonId, MessageId, NotificationId, PostId,
    Timestamp, UserId,
};
use sea_orm::FromQueryResult;

/// Up to how many unread notifications are counted.
pub const MAX_UNREAD_COUNT: u64 = 100;

/// A notification, as its recipient may see it now.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Notification {
    /// The notification's id.
    pub id: NotificationId,
    /// What the notification is about.
    pub kind: NotificationKind,
    /// Who caused the event; `None` where that is not told.
    #[sea_orm(nested(prefix = "actor_"))]
    pub actor: Option<Person>,
    /// The course to which the event belongs.
    pub course_id: Option<CourseId>,
    /// The post.
    pub post_id: Option<PostId>,
    /// The lesson.
    pub lesson_id: Option<LessonId>,
    /// The comment.
    pub comment_id: Option<CommentId>,
    /// The conversation.
    pub conversation_id: Option<ConversationId>,
    /// The first message that was unread.
    pub message_id: Option<MessageId>,
    /// The announcement.
    pub announcement_id: Option<AnnouncementId>,
    /// What came of it, for [`NotificationKind::Moderation`] and [`NotificationKind::Access`].
    pub outcome: Option<NotificationOutcome>,
    /// When the mute ends.
    pub until_at: Option<Timestamp>,
    /// The moderator's reason.
    pub note: Option<String>,
    /// The title of the post or the announcement.
    pub title: Option<String>,
    /// The beginning of the text; always `None` for messages.
    pub excerpt: Option<String>,
    /// When the notification was read; `None` until then.
    pub read_at: Option<Timestamp>,
    /// When the notification was written.
    pub created_at: Timestamp,
}

/// Which of the caller's notifications are marked as read.
#[derive(Clone, Debug)]
pub enum Which {
    /// These.
    These(Vec<NotificationId>),
    /// This one and all older ones.
    UpTo(NotificationId),
}

/// A notification to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewNotification {
    pub(crate) user_id: UserId,
    pub(crate) kind: NotificationKind,
    /// What the notification follows from: a recipient is notified of it once.
    pub(crate) source: String,
    /// Who caused the event. Recipients from whom a block separates them are not notified.
    pub(crate) actor_id: Option<UserId>,
    pub(crate) course_id: Option<CourseId>,
    pub(crate) post_id: Option<PostId>,
    pub(crate) lesson_id: Option<LessonId>,
    pub(crate) comment_id: Option<CommentId>,
    pub(crate) conversation_id: Option<ConversationId>,
    pub(crate) message_id: Option<MessageId>,
    pub(crate) announcement_id: Option<AnnouncementId>,
    pub(crate) outcome: Option<NotificationOutcome>,
    pub(crate) until_at: Option<Timestamp>,
    pub(crate) note: Option<String>,
}

impl NewNotification {
    /// A notification that refers to nothing yet.
    pub(crate) fn new(user_id: UserId, kind: NotificationKind, source: String) -> Self {
        Self {
            user_id,
            kind,
            source,
            actor_id: None,
            course_id: None,
            post_id: None,
            lesson_id: None,
            comment_id: None,
            conversation_id: None,
            message_id: None,
            announcement_id: None,
            outcome: None,
            until_at: None,
            note: None,
        }
    }
}

/// A post or a comment, and the people whom it may concern, in the order in which they are notified.
pub(crate) struct WrittenContent {
    pub(crate) author_id: UserId,
    pub(crate) course_id: Option<CourseId>,
    pub(crate) post_id: Option<PostId>,
    pub(crate) lesson_id: Option<LessonId>,
    pub(crate) comment_id: Option<CommentId>,
    pub(crate) concerned: Vec<(NotificationKind, UserId)>,
}

/// A message, and the other members of its conversation who have not read up to it.
pub(crate) struct SentMessage {
    pub(crate) conversation_id: ConversationId,
    pub(crate) sender_id: UserId,
    pub(crate) unread_by: Vec<UserId>,
}

/// Where a message stands, and who reads it.
pub(crate) struct MessageReaders {
    pub(crate) conversation_id: ConversationId,
    pub(crate) number: i64,
    pub(crate) members: Vec<UserId>,
}
