//! Posts in the school's feed and in courses.

use enrollment::ReadableCourses;
use entity::enums::PostStatus;
use identity::Person;
use kernel::{CourseId, FileId, PostId, Timestamp, UserId};
use sea_orm::FromQueryResult;

use crate::counter::model::Reactions;

/// A picture of a post, at addresses that are valid for an hour and do not name the file.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file, which only its owner is told.
    pub file_id: FileId,
    /// The address of the picture, at most 1280 pixels wide.
    pub url: String,
    /// The address of the thumbnail, at most 320 pixels wide.
    pub thumbnail_url: String,
}

/// A post, as the caller reads it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Post {
    /// The post's id.
    pub id: PostId,
    /// The course in which the post stands; `None` in the school's feed.
    pub course_id: Option<CourseId>,
    /// The author.
    #[sea_orm(nested(prefix = "author_"))]
    pub author: Person,
    /// Whether the caller is the author.
    #[sea_orm(skip)]
    pub is_mine: bool,
    /// The title; empty once the post is deleted or removed.
    pub title: String,
    /// The text as sanitised HTML; empty once the post is deleted or removed.
    pub content: String,
    /// The pictures, in their order.
    #[sea_orm(skip)]
    pub images: Vec<Picture>,
    /// The state of the post.
    pub status: PostStatus,
    /// Whether the post stands above the others of its feed.
    pub is_pinned: bool,
    /// Whether the post is closed for comments.
    pub is_locked: bool,
    /// The position in a feed: microseconds since 1970, and more than a century more where the post is pinned.
    pub feed_key: i64,
    /// How many comments stand under the post, without those that were deleted.
    pub comment_count: i64,
    /// How people reacted to the post.
    #[sea_orm(nested)]
    pub reactions: Reactions,
    /// Grows by one with every change.
    pub version: i64,
    /// When the post was first published; `None` until then.
    pub published_at: Option<Timestamp>,
    /// When the text was last changed after the publication; `None` until then.
    pub edited_at: Option<Timestamp>,
    /// When the post was created.
    pub created_at: Timestamp,
    /// When the post was last changed.
    pub updated_at: Timestamp,
}

/// A post to be created.
#[derive(Clone, Debug)]
pub struct NewPost {
    /// The course in which the post will stand; `None` in the school's feed.
    pub course_id: Option<CourseId>,
    /// The title.
    pub title: String,
    /// The text as HTML, which is sanitised here.
    pub content: String,
    /// Pictures that the caller has uploaded, at most ten.
    pub image_ids: Vec<FileId>,
    /// Whether the post is published at once.
    pub publish: bool,
}

/// What changes in a post: `None` keeps what is there.
#[derive(Clone, Debug, Default)]
pub struct PostChange {
    /// The new title.
    pub title: Option<String>,
    /// The new text as HTML, which is sanitised here.
    pub content: Option<String>,
    /// All pictures from now on, in their order.
    pub image_ids: Option<Vec<FileId>>,
}

/// Which posts a list shows.
#[derive(Clone, Debug, Default)]
pub struct PostFilter {
    /// Only posts of this course.
    pub course_id: Option<CourseId>,
    /// Only posts of this author.
    pub author_id: Option<UserId>,
    /// The caller's drafts instead of what is published.
    pub drafts: bool,
}

/// Which posts a feed has.
pub(crate) enum Feed {
    /// The caller's own drafts, of one course or of all.
    OwnDrafts(Option<CourseId>),
    /// What is published in a course.
    Course(CourseId),
    /// What is published in the school and in these courses.
    Everywhere(ReadableCourses),
}

/// The text of a post, checked and sanitised.
#[derive(Clone, Debug)]
pub(crate) struct PostText {
    pub(crate) title: String,
    pub(crate) content: String,
}

/// Whether a post in this state has a text: a deleted or a removed one has none.
pub(crate) fn has_text(status: PostStatus) -> bool {
    matches!(status, PostStatus::Draft | PostStatus::Published)
}
