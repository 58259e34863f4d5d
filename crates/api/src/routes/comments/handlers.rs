//! The operations about comments.

use community::{Branch, NewComment};
use database::Tx;
use kernel::{CommentId, LessonId, PostId};

use super::dto::{Comment, CommentPage, CommentQuery, CreateComment, PatchComment};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
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

async fn list(caller: &Caller, branch: Branch, list: List<CommentQuery>) -> Answer<CommentPage> {
    let List { filter, list_id, after, limit, .. } = list;
    let sort = filter.sort();
    let work = async move |tx| community::list_comments(&tx, branch, sort, after, limit).await;
    Ok(Reply::ok(&CommentPage::of(list_id, caller.read(work).await?))?)
}

async fn create(
    caller: &Caller,
    key: Idempotency,
    operation: &'static str,
    branch: Branch,
    body: Json<CreateComment>,
) -> Answer<Comment> {
    let new = NewComment::from(body.value);
    let work = async move |tx: Tx| {
        let comment = community::create_comment(&tx, branch, new).await?;
        let (location, version) = (format!("/comments/{}", comment.value.id), comment.value.version);
        Ok(Reply::created(&location, &Comment::from(comment))?.version(version))
    };
    Ok(key.run(caller, operation, &body.raw, work).await?)
}

/// List the comments on a post
///
/// For everybody who may read the post. A deleted comment is shown only where it has replies.
#[utoipa::path(get, path = "/posts/{post_id}/comments",
    tag = "comments", operation_id = "listPostComments", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id."), PageQuery, CommentQuery),
    responses((status = 200, description = "A page of comments.", body = CommentPage)))]
async fn list_post_comments(
    caller: Member,
    Path(id): Path<PostId>,
    query: List<CommentQuery>,
) -> Answer<CommentPage> {
    list(&caller, Branch::Post(id), query).await
}

/// Comment on a post
///
/// Or answer a comment on it with `parentId`. Everybody who may read the post may comment, unless the settings of its course or the
/// school say otherwise. Where a rule refuses for a time, `Retry-After` says for how long.
#[utoipa::path(post, path = "/posts/{post_id}/comments",
    tag = "comments", operation_id = "createPostComment", security(("bearer" = [])), request_body = CreateComment,
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["thread_locked", "content_deleted", "thread_too_deep", "muted", "posting_restricted", "account_too_new",
        "slow_mode", "links_refused", "words_refused", "too_many_mentions"]))),
    responses((status = 201, description = "The comment.", body = Comment)))]
async fn create_post_comment(
    caller: Member,
    Path(id): Path<PostId>,
    key: Idempotency,
    Prose(body): Prose<CreateComment>,
) -> Answer<Comment> {
    create(&caller, key, "createPostComment", Branch::Post(id), body).await
}

/// List the comments on a lesson
///
/// For everybody who may read the lesson. A deleted comment is shown only where it has replies.
#[utoipa::path(get, path = "/lessons/{lesson_id}/comments",
    tag = "comments", operation_id = "listLessonComments", security((), ("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id."), PageQuery, CommentQuery),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "A page of comments.", body = CommentPage)))]
async fn list_lesson_comments(
    caller: Caller,
    Path(id): Path<LessonId>,
    query: List<CommentQuery>,
) -> Answer<CommentPage> {
    list(&caller, Branch::Lesson(id), query).await
}

/// Comment on a lesson
///
/// Or answer a comment on it with `parentId`. Everybody who is logged in and may read the lesson may comment, unless the settings of its
/// course say otherwise. Where a rule refuses for a time, `Retry-After` says for how long.
#[utoipa::path(post, path = "/lessons/{lesson_id}/comments",
    tag = "comments", operation_id = "createLessonComment", security(("bearer" = [])), request_body = CreateComment,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended",
        "content_deleted", "thread_too_deep", "muted", "posting_restricted", "account_too_new", "slow_mode", "links_refused", "words_refused",
        "too_many_mentions"]))),
    responses((status = 201, description = "The comment.", body = Comment)))]
async fn create_lesson_comment(
    caller: Member,
    Path(id): Path<LessonId>,
    key: Idempotency,
    Prose(body): Prose<CreateComment>,
) -> Answer<Comment> {
    create(&caller, key, "createLessonComment", Branch::Lesson(id), body).await
}

/// The counts change without a new version, so that the entity tag also depends on the content.
fn answer(comment: community::Comment) -> Answer<Comment> {
    let version = comment.version;
    Ok(Reply::ok(&Comment::from(comment))?.version_and_content(version))
}

/// Get a comment
///
/// A comment on a post or a lesson that the caller may read.
#[utoipa::path(get, path = "/comments/{comment_id}",
    tag = "comments", operation_id = "getComment", security((), ("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id.")),
    responses((status = 200, description = "The comment.", body = Comment)))]
async fn get_comment(caller: Caller, Path(id): Path<CommentId>) -> Answer<Comment> {
    answer(caller.read(async move |tx| community::get_comment(&tx, id).await).await?)
}

/// Change a comment
///
/// A comment of the caller's own. `editedAt` shows that it was changed, and new mentions notify nobody.
#[utoipa::path(patch, path = "/comments/{comment_id}",
    tag = "comments", operation_id = "updateComment", security(("bearer" = [])), request_body = PatchComment,
    params(("comment_id" = Uuid, Path, description = "The comment's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted", "thread_locked", "muted", "account_too_new", "links_refused",
        "words_refused", "too_many_mentions"]))),
    responses((status = 200, description = "The changed comment.", body = Comment)))]
async fn update_comment(
    caller: Member,
    Path(id): Path<CommentId>,
    seen: IfMatch,
    Prose(body): Prose<PatchComment>,
) -> Answer<Comment> {
    let content = body.value.content.map(Into::into);
    let matches = move |version| seen.accepts(version);
    let comment =
        caller.run(async move |tx| community::change_comment(&tx, id, matches, content).await).await?;
    let version = comment.value.version;
    Ok(Reply::ok(&Comment::from(comment))?.version_and_content(version))
}

/// Delete a comment
///
/// For its author, and for moderators of its course or the school. Where it has replies, the comment is still shown without its text.
#[utoipa::path(delete, path = "/comments/{comment_id}",
    tag = "comments", operation_id = "deleteComment", security(("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 204, description = "The comment is deleted.")))]
async fn delete_comment(caller: Member, Path(id): Path<CommentId>) -> Answer<Nothing> {
    caller.run(async move |tx| community::delete_comment(&tx, id).await).await?;
    Ok(Reply::no_content())
}

/// List the replies to a comment
///
/// For everybody who may read the comment. A deleted reply is shown only where it has replies itself.
#[utoipa::path(get, path = "/comments/{comment_id}/replies",
    tag = "comments", operation_id = "listCommentReplies", security((), ("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id."), PageQuery, CommentQuery),
    responses((status = 200, description = "A page of comments.", body = CommentPage)))]
async fn list_comment_replies(
    caller: Caller,
    Path(id): Path<CommentId>,
    query: List<CommentQuery>,
) -> Answer<CommentPage> {
    list(&caller, Branch::Comment(id), query).await
}
