//! Reactions in answers.

use community::Reaction;
use serde::Serialize;
use utoipa::ToSchema;

/// How people reacted to a post or a comment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Reactions {
    /// How many reactions there are of each kind.
    counts: ReactionCounts,
    /// The kinds of the caller's own reactions: `like`, `love`, `strong`, `fire`, `clap`, `laugh`; more may be added.
    #[schema(value_type = Vec<String>, example = json!(["strong"]))]
    mine: Vec<Reaction>,
}

/// How many reactions there are of each kind. More may be added.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReactionCounts {
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
        let community::Reactions { like, love, strong, fire, clap, laugh, mine } = reactions;
        Self { counts: ReactionCounts { like, love, strong, fire, clap, laugh }, mine }
    }
}
