//! Posts in requests and answers.

use community::{NewPost, Picture, PostChange, PostFilter, PostStatus};
use kernel::{CourseId, FileId, PostId, UserId, Written};

use crate::routes::{reactions::Reactions, shared::prelude::*};

/// A post in the school's feed or in a course.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::Post, ignore(feed_key, version), used(is_mine, author, title, content, images))]
pub(super) struct Post {
    /// The post's id.
    id: PostId,
    /// The course in which the post stands; null in the school's feed.
    course_id: Option<CourseId>,
    /// The author's id: `GET /users/{authorId}`. Null once the post is deleted or removed.
    #[dto(with = has_text(status).then_some(author.id))]
    author_id: Option<UserId>,
    /// The author, with a name to show. Null once the post is deleted or removed.
    #[dto(with = has_text(status).then(|| author.into()))]
    author: Option<Person>,
    /// The title. Null once the post is deleted or removed.
    #[schema(example = "Who trains outdoors this week?")]
    #[dto(with = has_text(status).then_some(title))]
    title: Option<String>,
    /// The text as sanitised HTML. Null once the post is deleted or removed.
    #[schema(example = "<p>Saturday, nine o'clock, by the lake. Bring a kettlebell, @lena!</p>")]
    #[dto(with = has_text(status).then_some(content))]
    content: Option<String>,
    /// The pictures, in their order.
    #[dto(with = post_images(images, is_mine))]
    images: Vec<PostImage>,
    /// `DRAFT`, `PUBLISHED`, `REMOVED` by a moderator, or `DELETED`; more may be added.
    #[schema(value_type = String, example = "PUBLISHED")]
    status: PostStatus,
    /// Whether others can read the post.
    #[schema(example = true)]
    #[dto(with = status == PostStatus::Published)]
    published: bool,
    /// Whether the post stands above the others of its feed.
    is_pinned: bool,
    /// Whether the post is closed for comments.
    is_locked: bool,
    /// How many comments stand under the post, without those that were deleted.
    #[schema(minimum = 0, example = 4)]
    comment_count: i64,
    /// How people reacted to the post.
    reactions: Reactions,
    /// When the post was first published; null until then.
    published_at: Option<DateTime<Utc>>,
    /// When the text was last changed after the publication; null until then.
    edited_at: Option<DateTime<Utc>>,
    /// When the post was created.
    created_at: DateTime<Utc>,
    /// When the post was last changed.
    updated_at: DateTime<Utc>,
    /// What of the text is different from what was sent; missing where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    #[dto(with = Vec::new())]
    warnings: Vec<TextWarning>,
}

impl From<Written<community::Post>> for Post {
    fn from(written: Written<community::Post>) -> Self {
        Self { warnings: warned(written.warnings), ..written.value.into() }
    }
}

/// A picture of a post. Its addresses are valid for an hour.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PostImage {
    /// The id of the upload; null for everybody but its owner.
    id: Option<FileId>,
    /// The address of the picture, at most 1280 pixels wide.
    #[schema(format = "uri", example = "https://palestra.example/api/v1/files/AbC")]
    url: String,
    /// The address of the thumbnail, at most 320 pixels wide.
    #[schema(format = "uri", example = "https://palestra.example/api/v1/files/DeF")]
    thumbnail_url: String,
}

fn has_text(status: PostStatus) -> bool {
    matches!(status, PostStatus::Draft | PostStatus::Published)
}

fn post_images(images: Vec<Picture>, is_mine: bool) -> Vec<PostImage> {
    let image = |image: Picture| PostImage {
        id: is_mine.then_some(image.file_id),
        url: image.url,
        thumbnail_url: image.thumbnail_url,
    };
    images.into_iter().map(image).collect()
}

page! {
    /// A page of posts.
    PostPage of Post
}

/// Which posts a feed shows.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum FeedStatus {
    /// Posts that others can read.
    Published,
    /// The caller's own drafts.
    Draft,
}

/// The query of the list of posts.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FeedQuery {
    /// Only posts of this course.
    #[param(nullable = false)]
    course_id: Option<CourseId>,
    /// Only posts of this author.
    #[param(nullable = false)]
    author_id: Option<UserId>,
    /// Which posts: `PUBLISHED` where it is missing.
    #[param(inline, nullable = false)]
    status: Option<FeedStatus>,
}

impl Filter for FeedQuery {
    fn is_implied(&self, parameter: &str) -> bool {
        parameter == "status" && self.status == Some(FeedStatus::Published)
    }
}

impl FeedQuery {
    pub(super) fn filter(&self) -> PostFilter {
        PostFilter {
            course_id: self.course_id,
            author_id: self.author_id,
            drafts: self.status == Some(FeedStatus::Draft),
        }
    }
}

/// A post to be created.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = NewPost, used(published), make(publish = published))]
pub(super) struct CreatePost {
    /// A course to which the caller has access; the school's feed where it is missing.
    course_id: Option<CourseId>,
    /// The title.
    title: Title,
    /// The text as HTML, up to 20,000 characters once it is sanitised. `@username` mentions a person; at most ten people are mentioned.
    #[serde(default)]
    #[schema(max_length = 200000, default = "", example = "<p>Saturday, nine o'clock, by the lake.</p>")]
    content: String,
    /// Pictures that the caller has uploaded (`POST /uploads`), each once, in their order.
    #[serde(default)]
    #[schema(max_items = 10, default = json!([]))]
    image_ids: Vec<FileId>,
    /// Whether the post is published at once.
    #[serde(default)]
    #[schema(default = false)]
    published: bool,
}

/// A change of a post. A member that is missing keeps its value.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = PostChange)]
pub(super) struct PatchPost {
    /// The title.
    #[schema(nullable = false)]
    title: Option<Title>,
    /// The text as HTML, up to 20,000 characters once it is sanitised.
    #[schema(max_length = 200000, nullable = false, example = "<p>Saturday, ten o'clock, by the lake.</p>")]
    content: Option<String>,
    /// All pictures from now on, in their order.
    #[schema(max_items = 10, nullable = false, example = json!([]))]
    image_ids: Option<Vec<FileId>>,
}
