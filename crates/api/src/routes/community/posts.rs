use actix_web::web::Data;
use chrono::{DateTime, Utc};
use community::{FeedFilter, NewPost, PostChange, PostStatus};
use database::{Pool, Tx};
use kernel::{Actor, CourseId, Cursor, FileId, Limit, PostId, Result, UserId, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{
    super::{
        courses::Author,
        shared::{default_limit, page},
    },
    reactions::Reactions,
};
use crate::{
    http::{
        extract::{Idempotency, IfMatch, Json, Member, Path, Query},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_posts,
        create_post,
        get_post,
        update_post,
        delete_post,
        publish_post,
        unpublish_post,
        pin_post,
        unpin_post,
        lock_post,
        unlock_post
    );
}

/// A post in the school's feed or in a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Post {
    /// The post's id.
    id: PostId,
    /// The course in which it stands; null in the school's feed.
    course_id: Option<CourseId>,
    /// Who wrote it: `GET /users/{authorId}`. Null where it was deleted or removed.
    author_id: Option<UserId>,
    /// The same, with a name to show.
    author: Option<Author>,
    /// The title. Null where it was deleted or removed.
    #[schema(example = "Who trains outdoors this week?")]
    title: Option<String>,
    /// Sanitised HTML. Null where it was deleted or removed.
    #[schema(example = "<p>Saturday, nine o'clock, by the lake. Bring a kettlebell, @lena!</p>")]
    content: Option<String>,
    /// In their order.
    images: Vec<PostImage>,
    /// `DRAFT`, `PUBLISHED`, `REMOVED` by a moderator, or `DELETED`; more may be added.
    #[schema(value_type = String, example = "PUBLISHED")]
    status: &'static str,
    /// Whether others see it.
    #[schema(example = true)]
    published: bool,
    /// Whether it stands above the others.
    is_pinned: bool,
    /// Whether nobody comments any more.
    is_locked: bool,
    /// Comments that were not deleted.
    #[schema(minimum = 0, example = 4)]
    comment_count: i64,
    /// How people reacted to it.
    reactions: Reactions,
    /// When it was first published.
    published_at: Option<DateTime<Utc>>,
    /// When its text was last changed since.
    edited_at: Option<DateTime<Utc>>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

/// A picture of a post. Its addresses hold for an hour.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PostImage {
    /// The upload, for its owner alone.
    id: Option<FileId>,
    /// 1280 wide at most.
    #[schema(format = "uri", example = "https://palestra.example/api/v1/files/AbC")]
    url: String,
    /// 320 wide at most.
    #[schema(format = "uri", example = "https://palestra.example/api/v1/files/DeF")]
    thumbnail_url: String,
}

impl From<community::Post> for Post {
    fn from(post: community::Post) -> Self {
        let community::Post {
            id,
            course_id,
            author,
            is_mine,
            title,
            content,
            images,
            status,
            is_pinned,
            is_locked,
            feed_key: _,
            comment_count,
            reactions,
            version: _,
            published_at,
            edited_at,
            created_at,
            updated_at,
        } = post;
        let there = matches!(status, PostStatus::Draft | PostStatus::Published);
        let image = |image: community::Picture| {
            let community::Picture {
                file_id,
                url,
                thumbnail_url,
            } = image;
            PostImage {
                id: is_mine.then_some(file_id),
                url,
                thumbnail_url,
            }
        };
        Self {
            id,
            course_id,
            author_id: there.then_some(author.id),
            author: there.then(|| author.into()),
            title: there.then_some(title),
            content: there.then_some(content),
            images: images.into_iter().map(image).collect(),
            status: status.as_str(),
            published: status == PostStatus::Published,
            is_pinned,
            is_locked,
            comment_count,
            reactions: reactions.into(),
            published_at,
            edited_at,
            created_at,
            updated_at,
        }
    }
}

page! {
    /// A page of posts.
    PostPage of Post
}

/// Which of them.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum FeedStatus {
    /// What others see.
    Published,
    /// The caller's own drafts.
    Draft,
}

/// Which posts.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FeedQuery {
    /// How many rows.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where to go on: `nextCursor` of the page before.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    cursor: Option<String>,
    /// Only of this course.
    #[param(nullable = false)]
    course_id: Option<CourseId>,
    /// Only of this author.
    #[param(nullable = false)]
    author_id: Option<UserId>,
    /// `PUBLISHED` where it is missing.
    #[param(inline, nullable = false)]
    status: Option<FeedStatus>,
}

/// A new post.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreatePost {
    /// A course to which the caller has access; the school's feed where it is missing.
    course_id: Option<CourseId>,
    /// The title.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "Who trains outdoors this week?"
    )]
    title: String,
    /// HTML; sanitised. `@username` mentions somebody, ten people at most.
    #[serde(default)]
    #[schema(
        max_length = 20000,
        default = "",
        example = "<p>Saturday, nine o'clock, by the lake.</p>"
    )]
    content: String,
    /// Pictures that the caller has sent (`POST /uploads`), each once.
    #[serde(default)]
    #[schema(max_items = 10, default = json!([]))]
    image_ids: Vec<FileId>,
    /// Whether it is published at once.
    #[serde(default)]
    #[schema(default = false)]
    published: bool,
}

/// What changes in a post.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchPost {
    /// The title.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        nullable = false,
        example = "Who trains outdoors this week?"
    )]
    title: Option<String>,
    /// HTML; sanitised.
    #[schema(
        max_length = 20000,
        nullable = false,
        example = "<p>Saturday, ten o'clock, by the lake.</p>"
    )]
    content: Option<String>,
    /// All of its pictures, in their order.
    #[schema(max_items = 10, nullable = false, example = json!([]))]
    image_ids: Option<Vec<FileId>>,
}

/// What is counted changes without a new version.
fn answer(post: community::Post) -> Result<Reply<Post>, Problem> {
    let version = post.version;
    Ok(Reply::ok(&Post::from(post))?.version_and_content(version))
}

/// The feed
///
/// What the caller may read: in the school, and in every course to which they have access. Pinned posts first, then the newest.
/// With `status=DRAFT` the caller's own drafts.
#[utoipa::path(get, path = "/posts",
    tag = "posts", operation_id = "listPosts", security(("bearer" = [])), params(FeedQuery),
    extensions(("x-problem-codes" = json!(["not_found", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "A page of posts.", body = PostPage)))]
async fn list_posts(
    state: Data<State>,
    Member(actor): Member,
    Query(query): Query<FeedQuery>,
) -> Result<Reply<PostPage>, Problem> {
    let after = query.cursor.as_deref().and_then(Cursor::decode);
    let limit = Limit::new(query.limit);
    let filter = FeedFilter {
        course_id: query.course_id,
        author_id: query.author_id,
        drafts: query.status == Some(FeedStatus::Draft),
    };
    let work = move |tx: Tx| async move { community::feed(&tx, filter, after, limit).await };
    Ok(Reply::ok(&PostPage::from(state.db.read(actor, work).await?))?)
}

/// Write a post
///
/// A draft, for its author alone; or with `published` one that others see at once. In a course whoever has access to it posts,
/// unless its settings say otherwise. Where a rule refuses, `Retry-After` says when it would not.
#[utoipa::path(post, path = "/posts",
    tag = "posts", operation_id = "createPost", security(("bearer" = [])), request_body = CreatePost,
    extensions(("x-problem-codes" = json!(["not_found", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended",
        "muted", "posting_restricted", "account_too_new", "slow_mode", "links_refused", "words_refused", "too_many_mentions", "not_publishable"]))),
    responses((status = 201, description = "The post.", body = Post)))]
async fn create_post(
    state: Data<State>,
    Member(actor): Member,
    key: Idempotency,
    body: Json<CreatePost>,
) -> Result<Reply<Post>, Problem> {
    let CreatePost {
        course_id,
        title,
        content,
        image_ids,
        published,
    } = body.value;
    let new = NewPost {
        course_id,
        title,
        content,
        image_ids,
        publish: published,
    };
    let work = move |tx: Tx| async move {
        let post = community::create_post(&tx, new).await?;
        let (location, version) = (format!("/posts/{}", post.id), post.version);
        Ok(Reply::created(&location, &Post::from(post))?.version(version))
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), "createPost", &body.raw, work)
        .await?)
}

/// A post
///
/// For whoever may read it. Where comments stand under a deleted one, its place is still there.
#[utoipa::path(get, path = "/posts/{post_id}",
    tag = "posts", operation_id = "getPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    responses((status = 200, description = "The post.", body = Post)))]
async fn get_post(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PostId>,
) -> Result<Reply<Post>, Problem> {
    let work = move |tx: Tx| async move { community::post(&tx, id).await };
    answer(state.db.read(actor, work).await?)
}

/// Change a post
///
/// One's own. Once it is published, a change of its text is seen by `editedAt`; whom it mentions anew is not told.
#[utoipa::path(patch, path = "/posts/{post_id}",
    tag = "posts", operation_id = "updatePost", security(("bearer" = [])), request_body = PatchPost,
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted", "thread_locked", "muted", "account_too_new", "links_refused", "words_refused",
        "too_many_mentions", "not_publishable", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The post as it is now.", body = Post)))]
async fn update_post(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PostId>,
    seen: IfMatch,
    body: Json<PatchPost>,
) -> Result<Reply<Post>, Problem> {
    let PatchPost {
        title,
        content,
        image_ids,
    } = body.value;
    let change = PostChange {
        title,
        content,
        image_ids,
    };
    let matches = move |version| seen.accepts(version);
    let work = move |tx: Tx| async move { community::change_post(&tx, id, matches, change).await };
    answer(state.db.run(actor, work).await?)
}

/// Delete a post
///
/// One's own, or any that one moderates. Where somebody has commented, its place stays, and nothing of what stood in it.
#[utoipa::path(delete, path = "/posts/{post_id}",
    tag = "posts", operation_id = "deletePost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 204, description = "It is gone.")))]
async fn delete_post(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PostId>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx: Tx| async move { community::delete_post(&tx, id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}

/// Publish a post
///
/// One's own draft, which has to say something. Doing it again changes nothing; `publishedAt` is set once.
#[utoipa::path(post, path = "/posts/{post_id}/publish",
    tag = "posts", operation_id = "publishPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted", "muted", "posting_restricted", "account_too_new", "slow_mode",
        "links_refused", "words_refused", "not_publishable", "precondition_failed", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"])),
        ("x-versioned" = json!(true))),
    responses((status = 200, description = "The post as it is now.", body = Post)))]
async fn publish_post(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PostId>,
) -> Result<Reply<Post>, Problem> {
    let work = move |tx: Tx| async move { community::publish_post(&tx, id).await };
    answer(state.db.run(actor, work).await?)
}

/// Unpublish a post
///
/// Makes one's own a draft again. Doing it again changes nothing.
#[utoipa::path(post, path = "/posts/{post_id}/unpublish",
    tag = "posts", operation_id = "unpublishPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The post as it is now.", body = Post)))]
async fn unpublish_post(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PostId>,
) -> Result<Reply<Post>, Problem> {
    let work = move |tx: Tx| async move { community::unpublish_post(&tx, id).await };
    answer(state.db.run(actor, work).await?)
}

/// What a moderator does to a post.
#[derive(Clone, Copy)]
enum Act {
    Pin(bool),
    Lock(bool),
}

async fn moderate(state: &State, actor: Actor, id: PostId, act: Act) -> Result<Reply<Post>, Problem> {
    let work = move |tx: Tx| async move {
        match act {
            Act::Pin(pinned) => community::pin_post(&tx, id, pinned).await,
            Act::Lock(locked) => community::lock_post(&tx, id, locked).await,
        }
    };
    answer(state.db.run(actor, work).await?)
}

/// Pin a post
///
/// Above the others: the editors of its course, and admins. Doing it again changes nothing.
#[utoipa::path(post, path = "/posts/{post_id}/pin",
    tag = "posts", operation_id = "pinPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The post as it is now.", body = Post)))]
async fn pin_post(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PostId>,
) -> Result<Reply<Post>, Problem> {
    moderate(&state, actor, id, Act::Pin(true)).await
}

/// Unpin a post
///
/// Puts it back among the others: the editors of its course, and admins. Doing it again changes nothing.
#[utoipa::path(post, path = "/posts/{post_id}/unpin",
    tag = "posts", operation_id = "unpinPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The post as it is now.", body = Post)))]
async fn unpin_post(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PostId>,
) -> Result<Reply<Post>, Problem> {
    moderate(&state, actor, id, Act::Pin(false)).await
}

/// Lock a post
///
/// Nobody comments on it, nor changes a comment, any more: the editors of its course, and admins. Doing it again changes nothing.
#[utoipa::path(post, path = "/posts/{post_id}/lock",
    tag = "posts", operation_id = "lockPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The post as it is now.", body = Post)))]
async fn lock_post(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PostId>,
) -> Result<Reply<Post>, Problem> {
    moderate(&state, actor, id, Act::Lock(true)).await
}

/// Unlock a post
///
/// Opens it for comments again: the editors of its course, and admins. Doing it again changes nothing.
#[utoipa::path(post, path = "/posts/{post_id}/unlock",
    tag = "posts", operation_id = "unlockPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The post as it is now.", body = Post)))]
async fn unlock_post(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PostId>,
) -> Result<Reply<Post>, Problem> {
    moderate(&state, actor, id, Act::Lock(false)).await
}
