//! Comments, and what their threads hang on.

use entity::enums::{CommentStatus, PostStatus};
use identity::Person;
use kernel::{CommentId, CourseId, LessonId, PostId, ThreadId, Timestamp, UserId, Uuid};
use sea_orm::{DerivePartialModel, FromQueryResult};

use crate::counter::model::Reactions;

/// The deepest level of comments: 1 answers no other comment.
pub const MAX_DEPTH: i64 = 6;

/// A comment, as the caller reads it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Comment {
    /// The comment's id.
    pub id: CommentId,
    /// The post under which the comment stands; `None` under a lesson.
    pub post_id: Option<PostId>,
    /// The lesson under which the comment stands; `None` under a post.
    pub lesson_id: Option<LessonId>,
    /// The course of the post or the lesson; `None` in the school's feed.
    pub course_id: Option<CourseId>,
    /// The comment that this one answers; `None` where it answers none.
    pub parent_id: Option<CommentId>,
    /// The order of writing in the thread: 1, 2, 3, …
    pub number: i64,
    /// The level of the comment, from 1 to [`MAX_DEPTH`].
    pub depth: i64,
    /// The place of the comment in the tree of the thread: the numbers of what it answers, then its own.
    pub path: String,
    /// The author.
    #[sea_orm(nested(prefix = "author_"))]
    pub author: Person,
    /// Whether the caller is the author.
    #[sea_orm(skip)]
    pub is_mine: bool,
    /// The text as sanitised HTML; empty once the comment is deleted or removed.
    pub content: String,
    /// The state of the comment.
    pub status: CommentStatus,
    /// How many direct replies are shown.
    pub reply_count: i64,
    /// How many reactions there are, of all kinds.
    pub score: i64,
    /// How people reacted to the comment.
    #[sea_orm(nested)]
    pub reactions: Reactions,
    /// Grows by one with every change.
    pub version: i64,
    /// When the text was last changed; `None` until then.
    pub edited_at: Option<Timestamp>,
    /// When the comment was written.
    pub created_at: Timestamp,
    /// When the comment was last changed.
    pub updated_at: Timestamp,
}

/// The order of a list of comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentSort {
    /// The newest first.
    New,
    /// The oldest first.
    Old,
    /// The one with the most reactions first.
    Top,
    /// Each followed by its replies, the oldest first.
    Tree,
}

/// A comment to be created.
#[derive(Clone, Debug)]
pub struct NewComment {
    /// The comment of the same thread that this one answers; `None` where it answers none.
    pub parent_id: Option<CommentId>,
    /// The text as HTML, which is sanitised here.
    pub content: String,
}

/// What comments stand right under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// A post.
    Post(PostId),
    /// A lesson.
    Lesson(LessonId),
    /// Another comment.
    Comment(CommentId),
}

impl Branch {
    /// The id, as it stands in columns that name any of them.
    pub(crate) fn id(self) -> Uuid {
        match self {
            Self::Post(id) => id.into(),
            Self::Lesson(id) => id.into(),
            Self::Comment(id) => id.into(),
        }
    }
}

/// What a thread hangs on, with all that decides whether somebody may read and write there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ThreadRoot {
    /// A post.
    Post {
        post_id: PostId,
        course_id: Option<CourseId>,
        author_id: UserId,
        status: PostStatus,
        is_locked: bool,
    },
    /// A lesson. Its course is `None` until it is looked up.
    Lesson { lesson_id: LessonId, course_id: Option<CourseId> },
}

impl ThreadRoot {
    pub(crate) fn thread_id(self) -> ThreadId {
        match self {
            Self::Post { post_id, .. } => ThreadId(post_id.into()),
            Self::Lesson { lesson_id, .. } => ThreadId(lesson_id.into()),
        }
    }

    pub(crate) fn post_id(self) -> Option<PostId> {
        match self {
            Self::Post { post_id, .. } => Some(post_id),
            Self::Lesson { .. } => None,
        }
    }

    pub(crate) fn lesson_id(self) -> Option<LessonId> {
        match self {
            Self::Post { .. } => None,
            Self::Lesson { lesson_id, .. } => Some(lesson_id),
        }
    }

    pub(crate) fn course_id(self) -> Option<CourseId> {
        match self {
            Self::Post { course_id, .. } | Self::Lesson { course_id, .. } => course_id,
        }
    }

    /// The author of the post.
    pub(crate) fn author_id(self) -> Option<UserId> {
        match self {
            Self::Post { author_id, .. } => Some(author_id),
            Self::Lesson { .. } => None,
        }
    }
}

/// A thread that the caller may read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thread {
    /// What the thread hangs on.
    pub(crate) root: ThreadRoot,
    /// Whether the caller moderates there.
    pub(crate) is_moderator: bool,
}

/// What a reply has to know of the comment that it answers.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "entity::comments::Entity")]
pub(crate) struct Parent {
    pub(crate) depth: i64,
    pub(crate) path: String,
    pub(crate) status: CommentStatus,
    pub(crate) author_id: UserId,
}

/// The row of a comment to be inserted.
pub(crate) struct NewRow {
    pub(crate) id: CommentId,
    pub(crate) root: ThreadRoot,
    pub(crate) parent_id: Option<CommentId>,
    pub(crate) number: i64,
    pub(crate) depth: i64,
    /// The numbers of the comments above and the comment's own, eight digits each.
    pub(crate) path: String,
    pub(crate) author_id: UserId,
    pub(crate) content: String,
}

/// Where a comment stands, and whether it is still shown.
#[derive(FromQueryResult)]
pub(crate) struct Placement {
    pub(crate) parent_id: Option<CommentId>,
    pub(crate) status: CommentStatus,
    pub(crate) reply_count: i64,
}
