use actix_web::web::Data;
use community::Counted;
use kernel::{CommentId, PostId, Result, Uuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{Member, Path},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        put_post_reaction,
        delete_post_reaction,
        put_comment_reaction,
        delete_comment_reaction
    );
}

/// How people reacted to something.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reactions {
    /// How many, of each kind.
    counts: ReactionCounts,
    /// The caller's own: names of kinds. More may be added.
    #[schema(value_type = Vec<String>, example = json!(["strong"]))]
    mine: Vec<&'static str>,
}

/// How many reactions there are of each kind. More may be added.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReactionCounts {
    /// I like it.
    #[schema(minimum = 0, example = 3)]
    like: i64,
    /// I love it.
    #[schema(minimum = 0, example = 0)]
    love: i64,
    /// Strong.
    #[schema(minimum = 0, example = 12)]
    strong: i64,
    /// On fire.
    #[schema(minimum = 0, example = 1)]
    fire: i64,
    /// Applause.
    #[schema(minimum = 0, example = 0)]
    clap: i64,
    /// It makes me laugh.
    #[schema(minimum = 0, example = 0)]
    laugh: i64,
}

impl From<community::Reactions> for Reactions {
    fn from(reactions: community::Reactions) -> Self {
        let community::Reactions { counts, mine } = reactions;
        let [like, love, strong, fire, clap, laugh] = counts;
        Self {
            counts: ReactionCounts {
                like,
                love,
                strong,
                fire,
                clap,
                laugh,
            },
            mine: mine.into_iter().map(community::Reaction::as_str).collect(),
        }
    }
}

async fn react(
    state: &State,
    actor: kernel::Actor,
    to: Counted,
    reaction: String,
) -> Result<Reply<Reactions>, Problem> {
    let work = move |tx| async move { community::react(&tx, to, &reaction).await };
    let reactions = state.db.run(actor, work).await?;
    Ok(Reply::ok(&Reactions::from(reactions))?)
}

async fn unreact(
    state: &State,
    actor: kernel::Actor,
    to: Counted,
    reaction: String,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { community::unreact(&tx, to, &reaction).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}

/// React to a post
///
/// With one of `like`, `love`, `strong`, `fire`, `clap`, `laugh`: each once, and several if one likes. Doing it again changes
/// nothing.
#[utoipa::path(put, path = "/posts/{post_id}/reactions/{reaction}",
    tag = "posts", operation_id = "addPostReaction", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id."),
        ("reaction" = String, Path, description = "The kind.", max_length = 20, example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 200, description = "How people reacted to it.", body = Reactions)))]
async fn put_post_reaction(
    state: Data<State>,
    Member(actor): Member,
    Path((id, reaction)): Path<(PostId, String)>,
) -> Result<Reply<Reactions>, Problem> {
    react(&state, actor, Counted::Post(id), reaction).await
}

/// Take a reaction to a post back
///
/// One's own. Doing it again changes nothing.
#[utoipa::path(delete, path = "/posts/{post_id}/reactions/{reaction}",
    tag = "posts", operation_id = "removePostReaction", security(("bearer" = [])),
    params(("post_id" = Uuid, Path, description = "The post's id."),
        ("reaction" = String, Path, description = "The kind.", max_length = 20, example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 204, description = "It is gone.")))]
async fn delete_post_reaction(
    state: Data<State>,
    Member(actor): Member,
    Path((id, reaction)): Path<(PostId, String)>,
) -> Result<Reply<Nothing>, Problem> {
    unreact(&state, actor, Counted::Post(id), reaction).await
}

/// React to a comment
///
/// See `PUT /posts/{postId}/reactions/{reaction}`.
#[utoipa::path(put, path = "/comments/{comment_id}/reactions/{reaction}",
    tag = "comments", operation_id = "addCommentReaction", security(("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id."),
        ("reaction" = String, Path, description = "The kind.", max_length = 20, example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 200, description = "How people reacted to it.", body = Reactions)))]
async fn put_comment_reaction(
    state: Data<State>,
    Member(actor): Member,
    Path((id, reaction)): Path<(CommentId, String)>,
) -> Result<Reply<Reactions>, Problem> {
    react(&state, actor, Counted::Comment(id), reaction).await
}

/// Take a reaction to a comment back
///
/// One's own. Doing it again changes nothing.
#[utoipa::path(delete, path = "/comments/{comment_id}/reactions/{reaction}",
    tag = "comments", operation_id = "removeCommentReaction", security(("bearer" = [])),
    params(("comment_id" = Uuid, Path, description = "The comment's id."),
        ("reaction" = String, Path, description = "The kind.", max_length = 20, example = "strong")),
    extensions(("x-problem-codes" = json!(["content_deleted"]))),
    responses((status = 204, description = "It is gone.")))]
async fn delete_comment_reaction(
    state: Data<State>,
    Member(actor): Member,
    Path((id, reaction)): Path<(CommentId, String)>,
) -> Result<Reply<Nothing>, Problem> {
    unreact(&state, actor, Counted::Comment(id), reaction).await
}
