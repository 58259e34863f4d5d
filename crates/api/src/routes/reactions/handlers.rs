//! The operations below `/posts/{post_id}/reactions` and `/comments/{comment_id}/reactions`.

use actix_web::web::Data;
use community::{PostOrComment, Reaction};
use kernel::{Actor, CommentId, PostId, Result};

use super::dto::Reactions;
use crate::{
    http::{
        extract::{Member, Path},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        put_post_reaction,
        delete_post_reaction,
        put_comment_reaction,
        delete_comment_reaction
    );
}

async fn add(
    state: &State,
    actor: Actor,
    subject: PostOrComment,
    reaction: Reaction,
) -> Result<Reply<Reactions>, Problem> {
    let work = move |tx| async move { community::add_reaction(&tx, subject, reaction).await };
    let reactions = state.db.run(actor, work).await?;
    Ok(Reply::ok(&Reactions::from(reactions))?)
}

async fn remove(
    state: &State,
    actor: Actor,
    subject: PostOrComment,
    reaction: Reaction,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { community::remove_reaction(&tx, subject, reaction).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}

/// React to a post
///
/// With `like`, `love`, `strong`, `fire`, `clap` or `laugh`; a person may add several, each once. Doing it again changes nothing.
#[utoipa::path(put, path = "/posts/{post_id}/reactions/{reaction}",
    tag = "posts", operation_id = "addPostReaction", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id."),
        ("reaction" = String, Path, description = "The kind of the reaction.", max_length = 20, example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 200, description = "All reactions.", body = Reactions)))]
async fn put_post_reaction(
    state: Data<State>,
    Member(actor): Member,
    Path((id, reaction)): Path<(PostId, Reaction)>,
) -> Result<Reply<Reactions>, Problem> {
    add(&state, actor, PostOrComment::Post(id), reaction).await
}

/// Remove a reaction to a post
///
/// A reaction of the caller's own. Doing it again changes nothing.
#[utoipa::path(delete, path = "/posts/{post_id}/reactions/{reaction}",
    tag = "posts", operation_id = "removePostReaction", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id."),
        ("reaction" = String, Path, description = "The kind of the reaction.", max_length = 20, example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 204, description = "The reaction is removed.")))]
async fn delete_post_reaction(
    state: Data<State>,
    Member(actor): Member,
    Path((id, reaction)): Path<(PostId, Reaction)>,
) -> Result<Reply<Nothing>, Problem> {
    remove(&state, actor, PostOrComment::Post(id), reaction).await
}

/// React to a comment
///
/// As with a post: `PUT /posts/{postId}/reactions/{reaction}`.
#[utoipa::path(put, path = "/comments/{comment_id}/reactions/{reaction}",
    tag = "comments", operation_id = "addCommentReaction", security(("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id."),
        ("reaction" = String, Path, description = "The kind of the reaction.", max_length = 20, example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 200, description = "All reactions.", body = Reactions)))]
async fn put_comment_reaction(
    state: Data<State>,
    Member(actor): Member,
    Path((id, reaction)): Path<(CommentId, Reaction)>,
) -> Result<Reply<Reactions>, Problem> {
    add(&state, actor, PostOrComment::Comment(id), reaction).await
}

/// Remove a reaction to a comment
///
/// A reaction of the caller's own. Doing it again changes nothing.
#[utoipa::path(delete, path = "/comments/{comment_id}/reactions/{reaction}",
    tag = "comments", operation_id = "removeCommentReaction", security(("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id."),
        ("reaction" = String, Path, description = "The kind of the reaction.", max_length = 20, example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 204, description = "The reaction is removed.")))]
async fn delete_comment_reaction(
    state: Data<State>,
    Member(actor): Member,
    Path((id, reaction)): Path<(CommentId, Reaction)>,
) -> Result<Reply<Nothing>, Problem> {
    remove(&state, actor, PostOrComment::Comment(id), reaction).await
}
