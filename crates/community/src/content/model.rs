//! What somebody wrote, whatever kind of content it is.

use entity::enums::{ContentKind, PostStatus};
use kernel::{CommentId, CourseId, LessonId, MessageId, PostId, Timestamp, UserId, Uuid};

/// What a report or a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A post.
    Post(PostId),
    /// A comment.
    Comment(CommentId),
    /// A message.
    Message(MessageId),
}

impl Subject {
    /// The content of this kind with this id.
    #[must_use]
    pub fn new(kind: ContentKind, id: Uuid) -> Self {
        match kind {
            ContentKind::Post => Self::Post(id.into()),
            ContentKind::Comment => Self::Comment(id.into()),
            ContentKind::Message => Self::Message(id.into()),
        }
    }

    /// The id, as it stands in columns that name any kind of content.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Post(id) => id.into(),
            Self::Comment(id) => id.into(),
            Self::Message(id) => id.into(),
        }
    }

    /// The kind of the content.
    #[must_use]
    pub fn kind(self) -> ContentKind {
        match self {
            Self::Post(_) => ContentKind::Post,
            Self::Comment(_) => ContentKind::Comment,
            Self::Message(_) => ContentKind::Message,
        }
    }
}

/// What some content says at this moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Which content it is.
    pub subject: Subject,
    /// The author.
    pub author_id: UserId,
    /// The course in which the content stands; `None` in the school's feed and for messages.
    pub course_id: Option<CourseId>,
    /// The post itself, or the post under which the comment stands.
    pub post_id: Option<PostId>,
    /// The lesson under which the comment stands.
    pub lesson_id: Option<LessonId>,
    /// The title of a post.
    pub title: Option<String>,
    /// The text as sanitised HTML. A removed text is shown to its author and to moderators, and is empty for everybody else; a
    /// deleted one is empty.
    pub content: String,
    /// The state of the content; only one's own post may be a draft.
    pub status: PostStatus,
    /// The version of the content.
    pub version: i64,
    /// When the content was written.
    pub created_at: Timestamp,
    /// When the text was last changed; `None` until then.
    pub edited_at: Option<Timestamp>,
    /// Whether the caller moderates where the content stands.
    pub is_moderator: bool,
}
