//! The operations below `/posts/{post_id}/reactions` and `/comments/{comment_id}/reactions`.

use community::{PostOrComment, Reaction};
use kernel::{CommentId, PostId};

use super::dto::Reactions;
use crate::{http::prelude::*, routes::shared::schema};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        put_post_reaction,
        delete_post_reaction,
        put_comment_reaction,
        delete_comment_reaction
    );
}

async fn add(caller: &Caller, subject: PostOrComment, reaction: Reaction) -> Answer<Reactions> {
    let work = async move |tx| community::add_reaction(&tx, subject, reaction).await;
    let reactions = caller.run(work).await?;
    Ok(Reply::ok(&Reactions::from(reactions))?)
}

async fn remove(caller: &Caller, subject: PostOrComment, reaction: Reaction) -> Answer<Nothing> {
    caller.run(async move |tx| community::remove_reaction(&tx, subject, reaction).await).await?;
    Ok(Reply::no_content())
}

/// React to a post
///
/// With `like`, `love`, `strong`, `fire`, `clap` or `laugh`; a person may add several, each once. Doing it again changes nothing.
#[utoipa::path(put, path = "/posts/{post_id}/reactions/{reaction}",
    tag = "posts", operation_id = "addPostReaction", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id."),
        ("reaction" = inline(schema::Reaction), Path, description = "The kind of the reaction.", example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 200, description = "All reactions.", body = Reactions)))]
async fn put_post_reaction(
    caller: Member,
    Path((id, reaction)): Path<(PostId, Reaction)>,
) -> Answer<Reactions> {
    add(&caller, PostOrComment::Post(id), reaction).await
}

/// Remove a reaction to a post
///
/// A reaction of the caller's own. Doing it again changes nothing.
#[utoipa::path(delete, path = "/posts/{post_id}/reactions/{reaction}",
    tag = "posts", operation_id = "removePostReaction", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id."),
        ("reaction" = inline(schema::Reaction), Path, description = "The kind of the reaction.", example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 204, description = "The reaction is removed.")))]
async fn delete_post_reaction(
    caller: Member,
    Path((id, reaction)): Path<(PostId, Reaction)>,
) -> Answer<Nothing> {
    remove(&caller, PostOrComment::Post(id), reaction).await
}

/// React to a comment
///
/// As with a post: `PUT /posts/{postId}/reactions/{reaction}`.
#[utoipa::path(put, path = "/comments/{comment_id}/reactions/{reaction}",
    tag = "comments", operation_id = "addCommentReaction", security(("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id."),
        ("reaction" = inline(schema::Reaction), Path, description = "The kind of the reaction.", example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 200, description = "All reactions.", body = Reactions)))]
async fn put_comment_reaction(
    caller: Member,
    Path((id, reaction)): Path<(CommentId, Reaction)>,
) -> Answer<Reactions> {
    add(&caller, PostOrComment::Comment(id), reaction).await
}

/// Remove a reaction to a comment
///
/// A reaction of the caller's own. Doing it again changes nothing.
#[utoipa::path(delete, path = "/comments/{comment_id}/reactions/{reaction}",
    tag = "comments", operation_id = "removeCommentReaction", security(("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id."),
        ("reaction" = inline(schema::Reaction), Path, description = "The kind of the reaction.", example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 204, description = "The reaction is removed.")))]
async fn delete_comment_reaction(
    caller: Member,
    Path((id, reaction)): Path<(CommentId, Reaction)>,
) -> Answer<Nothing> {
    remove(&caller, PostOrComment::Comment(id), reaction).await
}
