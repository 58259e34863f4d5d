//! What is counted of a post or a comment.

use entity::enums::Reaction;
use kernel::{CommentId, PostId, Uuid};

/// A post or a comment: both are reacted to, and both mention people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostOrComment {
    /// A post.
    Post(PostId),
    /// A comment.
    Comment(CommentId),
}

impl PostOrComment {
    /// The id, as it stands in columns that name either.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Post(id) => id.into(),
            Self::Comment(id) => id.into(),
        }
    }

    /// The id of the post and the id of the comment, of which one is `None`.
    pub(crate) fn ids(self) -> (Option<PostId>, Option<CommentId>) {
        match self {
            Self::Post(id) => (Some(id), None),
            Self::Comment(id) => (None, Some(id)),
        }
    }
}

/// How people reacted to a post or a comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reactions {
    /// How many people reacted with [`Reaction::Like`].
    pub like: i64,
    /// How many people reacted with [`Reaction::Love`].
    pub love: i64,
    /// How many people reacted with [`Reaction::Strong`].
    pub strong: i64,
    /// How many people reacted with [`Reaction::Fire`].
    pub fire: i64,
    /// How many people reacted with [`Reaction::Clap`].
    pub clap: i64,
    /// How many people reacted with [`Reaction::Laugh`].
    pub laugh: i64,
    /// The caller's own reactions.
    pub mine: Vec<Reaction>,
}
