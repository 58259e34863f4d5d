//! Reactions to posts and comments.

mod store;

use database::Tx;
use entity::enums::{CommentStatus, Reaction};
use kernel::{Code, Result, UserId};

use crate::{
    comment,
    counter::{self, PostOrComment, Reactions},
    post::{self, model::has_text},
};

/// Adds a reaction of the caller's to a post or a comment, and answers with all reactions to it. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`] where the caller may not read it; [`Code::ContentDeleted`].
pub async fn add_reaction(tx: &Tx, subject: PostOrComment, reaction: Reaction) -> Result<Reactions> {
    let user_id = require_content(tx, subject).await?;
    if store::insert(tx, subject, user_id, reaction).await? {
        counter::store::add_reactions(tx, subject, reaction, 1).await?;
    }
    counter::store::reactions(tx, subject).await
}

/// Removes a reaction of the caller's, whether it is there or not.
///
/// # Errors
/// See [`add_reaction`].
pub async fn remove_reaction(tx: &Tx, subject: PostOrComment, reaction: Reaction) -> Result<()> {
    let user_id = require_content(tx, subject).await?;
    if store::delete(tx, subject, user_id, reaction).await? {
        counter::store::add_reactions(tx, subject, reaction, -1).await?;
    }
    Ok(())
}

/// Requires that the caller may read the post or the comment, and that it still has a text. Answers with the caller.
async fn require_content(tx: &Tx, subject: PostOrComment) -> Result<UserId> {
    let user_id = tx.user_id()?;
    let has_content = match subject {
        PostOrComment::Post(id) => has_text(post::readable(tx, id).await?.0.status),
        PostOrComment::Comment(id) => comment::readable(tx, id).await?.0.status == CommentStatus::Published,
    };
    if has_content { Ok(user_id) } else { Err(Code::ContentDeleted.into()) }
}
