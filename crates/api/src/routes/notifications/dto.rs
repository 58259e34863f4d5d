//! Notifications in requests and answers.

use community::{NotificationKind, NotificationOutcome, Which};
use kernel::{
    AnnouncementId, CommentId, ConversationId, CourseId, LessonId, MessageId, NotificationId, PostId,
};

use crate::routes::shared::prelude::*;

/// A notification of something that happened. The ids that are there name what it is about.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::Notification)]
pub(super) struct Notification {
    /// The notification's id.
    id: NotificationId,
    /// `COMMENT` (on the recipient's post or lesson), `REPLY` (to the recipient's comment), `MENTION`, `MESSAGE` (one for a conversation
    /// while it is unread), `ANNOUNCEMENT`, `MODERATION` or `ACCESS`; more may be added.
    #[schema(value_type = String, example = "REPLY")]
    kind: NotificationKind,
    /// Who caused it; null where that is not told.
    actor: Option<Person>,
    /// The course to which it belongs.
    course_id: Option<CourseId>,
    /// The post.
    post_id: Option<PostId>,
    /// The lesson.
    lesson_id: Option<LessonId>,
    /// The comment.
    comment_id: Option<CommentId>,
    /// The conversation.
    conversation_id: Option<ConversationId>,
    /// The message; for a conversation the first one that was unread.
    message_id: Option<MessageId>,
    /// The announcement.
    announcement_id: Option<AnnouncementId>,
    /// The title of the post or the announcement.
    #[schema(example = "My first pull-up")]
    title: Option<String>,
    /// The beginning of the text as plain text, at most 200 characters; always null for messages.
    #[schema(example = "Congratulations! How long did it take?")]
    excerpt: Option<String>,
    /// What a moderator did, `REMOVED`, `RESTORED`, `WARNED` or `MUTED`, or that access was `GRANTED`; null for other kinds; more may be
    /// added.
    #[schema(value_type = Option<String>, example = json!(null))]
    outcome: Option<NotificationOutcome>,
    /// When the mute ends; null where there is none or it has no end.
    #[schema(example = json!(null))]
    until_at: Option<DateTime<Utc>>,
    /// The moderator's reason.
    #[schema(example = json!(null))]
    note: Option<String>,
    /// When the notification was read; null until then.
    #[schema(example = json!(null))]
    read_at: Option<DateTime<Utc>>,
    /// When the notification was written.
    created_at: DateTime<Utc>,
}

page! {
    /// A page of notifications.
    NotificationPage of Notification
}

/// How many notifications are unread.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NotificationCount {
    /// The number of unread notifications; 100 means 100 or more.
    #[schema(minimum = 0, maximum = 100, example = 3)]
    pub(super) unread_count: i64,
}

/// The query of the list of notifications.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NotificationQuery {
    /// Only unread notifications, or only those that were read.
    #[param(nullable = false)]
    pub(super) unread: Option<bool>,
}

impl Filter for NotificationQuery {}

/// Which notifications were read: either `ids` or `upTo`.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[validate(schema(function = "has_one_selection"))]
pub(super) struct ReadNotifications {
    /// These notifications.
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    ids: Option<Vec<NotificationId>>,
    /// This notification and all older ones.
    #[schema(nullable = false, example = "0198c0de-0000-7000-8000-000000000001")]
    up_to: Option<NotificationId>,
}

fn has_one_selection(body: &ReadNotifications) -> Result<(), ValidationError> {
    if body.ids.is_some() == body.up_to.is_some() {
        Err(broken("", "one_of", "Name either `ids` or `upTo`."))
    } else {
        Ok(())
    }
}

impl From<ReadNotifications> for Which {
    fn from(body: ReadNotifications) -> Self {
        match body.up_to {
            Some(id) => Self::UpTo(id),
            None => Self::These(body.ids.unwrap_or_default()),
        }
    }
}

/// What the link in a mail says.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UnsubscribeQuery {
    /// The sealed part of the link in the mail.
    #[param(
        pattern = "^[A-Za-z0-9_-]{60}$",
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAABAAY8Qm3Vn0ABmMDeAABwAIAAAAAA"
    )]
    pub(super) link: String,
}
