//! The operations below `/posts`.

use community::{NewPost, PostChange};
use database::Tx;
use kernel::PostId;

use super::dto::{CreatePost, FeedQuery, PatchPost, Post, PostPage};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
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

/// The counts change without a new version, so that the entity tag also depends on the content.
fn answer(post: community::Post) -> Answer<Post> {
    let version = post.version;
    Ok(Reply::ok(&Post::from(post))?.version_and_content(version))
}

/// List posts
///
/// The posts that the caller may read, in the school and in every course to which they have access: pinned posts first, then the
/// newest. With `status=DRAFT` the caller's own drafts.
#[utoipa::path(get, path = "/posts",
    tag = "posts", operation_id = "listPosts", security(("bearer" = [])), params(PageQuery, FeedQuery),
    extensions(("x-problem-codes" = json!(["not_found", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "A page of posts.", body = PostPage)))]
async fn list_posts(caller: Member, list: List<FeedQuery>) -> Answer<PostPage> {
    let List { filter, list_id, after, limit, .. } = list;
    let filter = filter.filter();
    let work = async move |tx| community::list_posts(&tx, filter, after, limit).await;
    Ok(Reply::ok(&PostPage::of(list_id, caller.read(work).await?))?)
}

/// Create a post
///
/// A draft that only its author reads, or with `published` a post that others read at once. In a course, everybody with access may
/// post, unless its settings say otherwise. Where a rule refuses for a time, `Retry-After` says for how long.
#[utoipa::path(post, path = "/posts",
    tag = "posts", operation_id = "createPost", security(("bearer" = [])), request_body = CreatePost,
    extensions(("x-problem-codes" = json!(["not_found", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended",
        "muted", "posting_restricted", "account_too_new", "slow_mode", "links_refused", "words_refused", "too_many_mentions", "not_publishable"]))),
    responses((status = 201, description = "The post.", body = Post)))]
async fn create_post(caller: Member, key: Idempotency, Prose(body): Prose<CreatePost>) -> Answer<Post> {
    let new = NewPost::from(body.value);
    let work = async move |tx: Tx| {
        let post = community::create_post(&tx, new).await?;
        let (location, version) = (format!("/posts/{}", post.value.id), post.value.version);
        Ok(Reply::created(&location, &Post::from(post))?.version(version))
    };
    Ok(key.run(&caller, "createPost", &body.raw, work).await?)
}

/// Get a post
///
/// A post that the caller may read. A deleted post with comments is still there, without its text.
#[utoipa::path(get, path = "/posts/{post_id}",
    tag = "posts", operation_id = "getPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    responses((status = 200, description = "The post.", body = Post)))]
async fn get_post(caller: Member, Path(id): Path<PostId>) -> Answer<Post> {
    answer(caller.read(async move |tx| community::get_post(&tx, id).await).await?)
}

/// Change a post
///
/// A post of the caller's own. After its publication, `editedAt` shows that its text was changed, and new mentions notify nobody.
#[utoipa::path(patch, path = "/posts/{post_id}",
    tag = "posts", operation_id = "updatePost", security(("bearer" = [])), request_body = PatchPost,
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted", "thread_locked", "muted", "account_too_new", "links_refused", "words_refused",
        "too_many_mentions", "not_publishable", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The changed post.", body = Post)))]
async fn update_post(
    caller: Member,
    Path(id): Path<PostId>,
    seen: IfMatch,
    Prose(body): Prose<PatchPost>,
) -> Answer<Post> {
    let change = PostChange::from(body.value);
    let matches = move |version| seen.accepts(version);
    let post = caller.run(async move |tx| community::change_post(&tx, id, matches, change).await).await?;
    let version = post.value.version;
    Ok(Reply::ok(&Post::from(post))?.version_and_content(version))
}

/// Delete a post
///
/// For its author, and for moderators of its course or the school. Where comments stand under it, the post stays without its text.
#[utoipa::path(delete, path = "/posts/{post_id}",
    tag = "posts", operation_id = "deletePost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 204, description = "The post is deleted.")))]
async fn delete_post(caller: Member, Path(id): Path<PostId>) -> Answer<Nothing> {
    caller.run(async move |tx| community::delete_post(&tx, id).await).await?;
    Ok(Reply::no_content())
}

/// Publish a post
///
/// A draft of the caller's own, which needs a text or a picture. Doing it again changes nothing; `publishedAt` is set once.
#[utoipa::path(post, path = "/posts/{post_id}/publish",
    tag = "posts", operation_id = "publishPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted", "muted", "posting_restricted", "account_too_new", "slow_mode",
        "links_refused", "words_refused", "not_publishable", "precondition_failed", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"])),
        ("x-versioned" = json!(true))),
    responses((status = 200, description = "The changed post.", body = Post)))]
async fn publish_post(caller: Member, Path(id): Path<PostId>) -> Answer<Post> {
    answer(caller.run(async move |tx| community::publish_post(&tx, id).await).await?)
}

/// Unpublish a post
///
/// Makes a post of the caller's own a draft again. Doing it again changes nothing.
#[utoipa::path(post, path = "/posts/{post_id}/unpublish",
    tag = "posts", operation_id = "unpublishPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The changed post.", body = Post)))]
async fn unpublish_post(caller: Member, Path(id): Path<PostId>) -> Answer<Post> {
    answer(caller.run(async move |tx| community::unpublish_post(&tx, id).await).await?)
}

/// What a moderator does with a post.
#[derive(Clone, Copy)]
enum Moderation {
    Pin(bool),
    Lock(bool),
}

async fn moderate(caller: &Caller, id: PostId, moderation: Moderation) -> Answer<Post> {
    let work = async move |tx: Tx| match moderation {
        Moderation::Pin(pinned) => community::pin_post(&tx, id, pinned).await,
        Moderation::Lock(locked) => community::lock_post(&tx, id, locked).await,
    };
    answer(caller.run(work).await?)
}

/// Pin a post
///
/// Puts the post above the others of its feed. For editors of its course, and admins. Doing it again changes nothing.
#[utoipa::path(post, path = "/posts/{post_id}/pin",
    tag = "posts", operation_id = "pinPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The changed post.", body = Post)))]
async fn pin_post(caller: Member, Path(id): Path<PostId>) -> Answer<Post> {
    moderate(&caller, id, Moderation::Pin(true)).await
}

/// Unpin a post
///
/// Puts the post back among the others. For editors of its course, and admins. Doing it again changes nothing.
#[utoipa::path(post, path = "/posts/{post_id}/unpin",
    tag = "posts", operation_id = "unpinPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The changed post.", body = Post)))]
async fn unpin_post(caller: Member, Path(id): Path<PostId>) -> Answer<Post> {
    moderate(&caller, id, Moderation::Pin(false)).await
}

/// Lock a post
///
/// Closes the post for comments and for changes of comments. For editors of its course, and admins. Doing it again changes nothing.
#[utoipa::path(post, path = "/posts/{post_id}/lock",
    tag = "posts", operation_id = "lockPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The changed post.", body = Post)))]
async fn lock_post(caller: Member, Path(id): Path<PostId>) -> Answer<Post> {
    moderate(&caller, id, Moderation::Lock(true)).await
}

/// Unlock a post
///
/// Opens the post for comments again. For editors of its course, and admins. Doing it again changes nothing.
#[utoipa::path(post, path = "/posts/{post_id}/unlock",
    tag = "posts", operation_id = "unlockPost", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "content_deleted"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The changed post.", body = Post)))]
async fn unlock_post(caller: Member, Path(id): Path<PostId>) -> Answer<Post> {
    moderate(&caller, id, Moderation::Lock(false)).await
}
