//! Comments in requests and answers.

use community::{CommentSort, CommentStatus, NewComment};
use kernel::{CommentId, CourseId, LessonId, PostId, UserId, Written};

use crate::routes::{reactions::Reactions, shared::prelude::*};

bounded! {
    /// HTML of up to 5,000 characters once it is sanitised, of which one can be seen. `@username` mentions a person; at most ten people are
    /// mentioned.
    #[schema(
        min_length = 1,
        max_length = 200000,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "<p>I will be there.</p>"
    )]
    CommentText(String);
}

/// A comment on a post or a lesson.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::Comment, ignore(number, path, is_mine, score, version), used(author, content))]
pub(super) struct Comment {
    /// The comment's id.
    id: CommentId,
    /// The post under which the comment stands; null under a lesson.
    post_id: Option<PostId>,
    /// The lesson under which the comment stands; null under a post.
    lesson_id: Option<LessonId>,
    /// The course of the post or the lesson; null under a post in the school's feed.
    course_id: Option<CourseId>,
    /// The comment that this one answers; null where it answers none.
    parent_id: Option<CommentId>,
    /// The level of the comment: 1 where it answers no other comment, at most 6.
    #[schema(minimum = 1, example = 1)]
    depth: i64,
    /// The author's id: `GET /users/{authorId}`. Null once the comment is deleted or removed.
    #[dto(with = has_text(status).then_some(author.id))]
    author_id: Option<UserId>,
    /// The author, with a name to show. Null once the comment is deleted or removed.
    #[dto(with = has_text(status).then(|| author.into()))]
    author: Option<Person>,
    /// The text as sanitised HTML. Null once the comment is deleted or removed.
    #[schema(example = "<p>I will be there.</p>")]
    #[dto(with = has_text(status).then_some(content))]
    content: Option<String>,
    /// `PUBLISHED`, `REMOVED` by a moderator, or `DELETED`; more may be added.
    #[schema(value_type = String, example = "PUBLISHED")]
    status: CommentStatus,
    /// How many direct replies are shown: `GET /comments/{id}/replies`.
    #[schema(minimum = 0, example = 2)]
    reply_count: i64,
    /// How people reacted to the comment.
    reactions: Reactions,
    /// When the text was last changed; null until then.
    edited_at: Option<DateTime<Utc>>,
    /// When the comment was written.
    created_at: DateTime<Utc>,
    /// When the comment was last changed.
    updated_at: DateTime<Utc>,
    /// What of the text is different from what was sent; missing where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    #[dto(with = Vec::new())]
    warnings: Vec<TextWarning>,
}

impl From<Written<community::Comment>> for Comment {
    fn from(written: Written<community::Comment>) -> Self {
        Self { warnings: warned(written.warnings), ..written.value.into() }
    }
}

fn has_text(status: CommentStatus) -> bool {
    status == CommentStatus::Published
}

page! {
    /// A page of comments.
    CommentPage of Comment
}

/// The order of a list of comments.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum CommentOrder {
    /// The newest first.
    New,
    /// The oldest first.
    Old,
    /// The one with the most reactions first.
    Top,
    /// Each followed by its replies, the oldest first; `depth` tells the levels.
    Tree,
}

/// The query of a list of comments.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CommentQuery {
    /// The order: `new`, `old` and `top` list one level, each comment with its `replyCount`; `tree` lists all levels. `new` where it is
    /// missing.
    #[param(inline, nullable = false)]
    sort: Option<CommentOrder>,
}

impl Filter for CommentQuery {
    fn is_implied(&self, parameter: &str) -> bool {
        parameter == "sort" && self.sort() == CommentSort::New
    }
}

impl CommentQuery {
    pub(super) fn sort(&self) -> CommentSort {
        match self.sort {
            None | Some(CommentOrder::New) => CommentSort::New,
            Some(CommentOrder::Old) => CommentSort::Old,
            Some(CommentOrder::Top) => CommentSort::Top,
            Some(CommentOrder::Tree) => CommentSort::Tree,
        }
    }
}

/// A comment to be created.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = NewComment)]
pub(super) struct CreateComment {
    /// The comment of the same thread that this one answers; null or missing where it answers none.
    parent_id: Option<CommentId>,
    /// The text.
    content: CommentText,
}

/// A change of a comment. A member that is missing keeps its value.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatchComment {
    /// The text.
    #[schema(nullable = false)]
    pub(super) content: Option<CommentText>,
}
