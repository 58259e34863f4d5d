use actix_web::web::Data;
use chrono::{DateTime, Utc};
use community::{Branch, CommentSort, NewComment, PostStatus};
use database::{Pool, Tx};
use kernel::{Actor, CommentId, CourseId, Cursor, LessonId, Limit, PostId, Result, UserId, Uuid};
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
        extract::{Caller, Idempotency, IfMatch, Json, Member, Path, Query},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_post_comments,
        create_post_comment,
        list_lesson_comments,
        create_lesson_comment,
        get_comment,
        update_comment,
        delete_comment,
        list_comment_replies
    );
}

/// A comment on a post or a lesson.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Comment {
    /// The comment's id.
    id: CommentId,
    /// The post under which it stands, where it does.
    post_id: Option<PostId>,
    /// The lesson under which it stands, where it does.
    lesson_id: Option<LessonId>,
    /// The course to which those belong; null under a post in the school's feed.
    course_id: Option<CourseId>,
    /// The comment that it answers.
    parent_id: Option<CommentId>,
    /// 1 where it answers no other comment, 6 at most.
    #[schema(minimum = 1, example = 1)]
    depth: i64,
    /// Who wrote it: `GET /users/{authorId}`. Null where it was deleted or removed.
    author_id: Option<UserId>,
    /// The same, with a name to show.
    author: Option<Author>,
    /// Sanitised HTML. Null where it was deleted or removed.
    #[schema(example = "<p>I will be there.</p>")]
    content: Option<String>,
    /// `PUBLISHED`, `REMOVED` by a moderator, or `DELETED`; more may be added.
    #[schema(value_type = String, example = "PUBLISHED")]
    status: &'static str,
    /// Direct answers that are shown: `GET /comments/{id}/replies`.
    #[schema(minimum = 0, example = 2)]
    reply_count: i64,
    /// How people reacted to it.
    reactions: Reactions,
    /// When its text was last changed.
    edited_at: Option<DateTime<Utc>>,
    /// When it was written.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<community::Comment> for Comment {
    fn from(comment: community::Comment) -> Self {
        let community::Comment {
            id,
            post_id,
            lesson_id,
            course_id,
            parent_id,
            number: _,
            depth,
            author,
            is_mine: _,
            content,
            status,
            reply_count,
            score: _,
            reactions,
            version: _,
            edited_at,
            created_at,
            updated_at,
        } = comment;
        let there = status == PostStatus::Published;
        Self {
            id,
            post_id,
            lesson_id,
            course_id,
            parent_id,
            depth,
            author_id: there.then_some(author.id),
            author: there.then(|| author.into()),
            content: there.then_some(content),
            status: status.as_str(),
            reply_count,
            reactions: reactions.into(),
            edited_at,
            created_at,
            updated_at,
        }
    }
}

page! {
    /// A page of comments.
    CommentPage of Comment
}

/// In which order comments come.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum CommentOrder {
    /// The newest first.
    New,
    /// The oldest first.
    Old,
    /// The one with the most reactions first.
    Top,
    /// Each with everything that answers it below, by `depth`, the oldest first.
    Tree,
}

/// Which comments.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CommentQuery {
    /// How many rows.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where to go on: `nextCursor` of the page before, with the same `sort`.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    cursor: Option<String>,
    /// `new`, `old` or `top`: one level, each with its `replyCount`; `tree`: every level. `new` where it is missing.
    #[param(inline, nullable = false)]
    sort: Option<CommentOrder>,
}

/// A new comment.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateComment {
    /// A comment of the same thread that it answers.
    parent_id: Option<CommentId>,
    /// HTML; sanitised. `@username` mentions somebody, ten people at most.
    #[schema(
        min_length = 1,
        max_length = 5000,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "<p>I will be there.</p>"
    )]
    content: String,
}

/// What changes in a comment.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchComment {
    /// HTML; sanitised.
    #[schema(
        min_length = 1,
        max_length = 5000,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        nullable = false,
        example = "<p>I will be there, with coffee.</p>"
    )]
    content: Option<String>,
}

async fn list(
    state: &State,
    actor: Actor,
    branch: Branch,
    query: CommentQuery,
) -> Result<Reply<CommentPage>, Problem> {
    let after = query.cursor.as_deref().and_then(Cursor::decode);
    let limit = Limit::new(query.limit);
    let sort = match query.sort {
        None | Some(CommentOrder::New) => CommentSort::New,
        Some(CommentOrder::Old) => CommentSort::Old,
        Some(CommentOrder::Top) => CommentSort::Top,
        Some(CommentOrder::Tree) => CommentSort::Tree,
    };
    let work = move |tx: Tx| async move { community::comments(&tx, branch, sort, after, limit).await };
    Ok(Reply::ok(&CommentPage::from(state.db.read(actor, work).await?))?)
}

async fn create(
    state: &State,
    actor: Actor,
    key: Idempotency,
    (operation, on): (&'static str, Branch),
    body: Json<CreateComment>,
) -> Result<Reply<Comment>, Problem> {
    let CreateComment { parent_id, content } = body.value;
    let new = NewComment { parent_id, content };
    let work = move |tx: Tx| async move {
        let comment = community::create_comment(&tx, on, new).await?;
        let (location, version) = (format!("/comments/{}", comment.id), comment.version);
        Ok(Reply::created(&location, &Comment::from(comment))?.version(version))
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), operation, &body.raw, work)
        .await?)
}

/// The comments on a post
///
/// For whoever may read the post. What was deleted is shown only where somebody has answered.
#[utoipa::path(get, path = "/posts/{post_id}/comments",
    tag = "comments", operation_id = "listPostComments", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id."), CommentQuery),
    responses((status = 200, description = "A page of comments.", body = CommentPage)))]
async fn list_post_comments(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PostId>,
    Query(query): Query<CommentQuery>,
) -> Result<Reply<CommentPage>, Problem> {
    list(&state, actor, Branch::Post(id), query).await
}

/// Comment on a post
///
/// Or answer a comment on it with `parentId`. Whoever may read the post comments, unless the settings of its place say otherwise.
/// Where a rule refuses, `Retry-After` says when it would not.
#[utoipa::path(post, path = "/posts/{post_id}/comments",
    tag = "comments", operation_id = "createPostComment", security(("bearer" = [])), request_body = CreateComment,
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["thread_locked", "content_deleted", "thread_too_deep", "muted", "posting_restricted", "account_too_new",
        "slow_mode", "links_refused", "words_refused", "too_many_mentions"]))),
    responses((status = 201, description = "The comment.", body = Comment)))]
async fn create_post_comment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PostId>,
    key: Idempotency,
    body: Json<CreateComment>,
) -> Result<Reply<Comment>, Problem> {
    let on = ("createPostComment", Branch::Post(id));
    create(&state, actor, key, on, body).await
}

/// The comments on a lesson
///
/// For whoever may read the lesson. What was deleted is shown only where somebody has answered.
#[utoipa::path(get, path = "/lessons/{lesson_id}/comments",
    tag = "comments", operation_id = "listLessonComments", security((), ("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id."), CommentQuery),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "A page of comments.", body = CommentPage)))]
async fn list_lesson_comments(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<LessonId>,
    Query(query): Query<CommentQuery>,
) -> Result<Reply<CommentPage>, Problem> {
    list(&state, actor, Branch::Lesson(id), query).await
}

/// Comment on a lesson
///
/// Or answer a comment on it with `parentId`. Whoever is logged in and may read the lesson comments, unless the settings of its
/// course say otherwise. Where a rule refuses, `Retry-After` says when it would not.
#[utoipa::path(post, path = "/lessons/{lesson_id}/comments",
    tag = "comments", operation_id = "createLessonComment", security(("bearer" = [])), request_body = CreateComment,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended",
        "content_deleted", "thread_too_deep", "muted", "posting_restricted", "account_too_new", "slow_mode", "links_refused", "words_refused",
        "too_many_mentions"]))),
    responses((status = 201, description = "The comment.", body = Comment)))]
async fn create_lesson_comment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<LessonId>,
    key: Idempotency,
    body: Json<CreateComment>,
) -> Result<Reply<Comment>, Problem> {
    let on = ("createLessonComment", Branch::Lesson(id));
    create(&state, actor, key, on, body).await
}

/// What is counted changes without a new version.
fn answer(comment: community::Comment) -> Result<Reply<Comment>, Problem> {
    let version = comment.version;
    Ok(Reply::ok(&Comment::from(comment))?.version_and_content(version))
}

/// A comment
///
/// For whoever may read what it stands under.
#[utoipa::path(get, path = "/comments/{comment_id}",
    tag = "comments", operation_id = "getComment", security((), ("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id.")),
    responses((status = 200, description = "The comment.", body = Comment)))]
async fn get_comment(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<CommentId>,
) -> Result<Reply<Comment>, Problem> {
    let work = move |tx: Tx| async move { community::comment(&tx, id).await };
    answer(state.db.read(actor, work).await?)
}

/// Change a comment
///
/// One's own; the change is seen by `editedAt`. Whom it mentions anew is not told.
#[utoipa::path(patch, path = "/comments/{comment_id}",
    tag = "comments", operation_id = "updateComment", security(("bearer" = [])), request_body = PatchComment,
    params(("comment_id" = Uuid, Path, description = "The comment's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted", "thread_locked", "muted", "account_too_new", "links_refused",
        "words_refused", "too_many_mentions"]))),
    responses((status = 200, description = "The comment as it is now.", body = Comment)))]
async fn update_comment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CommentId>,
    seen: IfMatch,
    body: Json<PatchComment>,
) -> Result<Reply<Comment>, Problem> {
    let PatchComment { content } = body.value;
    let matches = move |version| seen.accepts(version);
    let work = move |tx: Tx| async move { community::change_comment(&tx, id, matches, content).await };
    answer(state.db.run(actor, work).await?)
}

/// Delete a comment
///
/// One's own, or any that one moderates. Where somebody has answered, its place stays, and nothing of what stood in it.
#[utoipa::path(delete, path = "/comments/{comment_id}",
    tag = "comments", operation_id = "deleteComment", security(("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 204, description = "It is gone.")))]
async fn delete_comment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<CommentId>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx: Tx| async move { community::delete_comment(&tx, id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}

/// The answers to a comment
///
/// For whoever may read it. What was deleted is shown only where somebody has answered.
#[utoipa::path(get, path = "/comments/{comment_id}/replies",
    tag = "comments", operation_id = "listCommentReplies", security((), ("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id."), CommentQuery),
    responses((status = 200, description = "A page of comments.", body = CommentPage)))]
async fn list_comment_replies(
    state: Data<State>,
    Caller(actor): Caller,
    Path(id): Path<CommentId>,
    Query(query): Query<CommentQuery>,
) -> Result<Reply<CommentPage>, Problem> {
    list(&state, actor, Branch::Comment(id), query).await
}
