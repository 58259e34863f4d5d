use database::Tx;
use kernel::{Code, Result, UserId};

use crate::{
    comment, post,
    store::{self, counters::Counted},
};

/// What one can say without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// I like it.
    Like,
    /// I love it.
    Love,
    /// Strong.
    Strong,
    /// On fire.
    Fire,
    /// Applause.
    Clap,
    /// It makes me laugh.
    Laugh,
}

impl Reaction {
    /// Every one, in the order in which they are counted.
    pub const ALL: [Self; 6] = [
        Self::Like,
        Self::Love,
        Self::Strong,
        Self::Fire,
        Self::Clap,
        Self::Laugh,
    ];

    /// The name in JSON and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Like => "like",
            Self::Love => "love",
            Self::Strong => "strong",
            Self::Fire => "fire",
            Self::Clap => "clap",
            Self::Laugh => "laugh",
        }
    }

    /// The reaction of this name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reaction| reaction.as_str() == name)
    }
}

/// How people reacted to something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reactions {
    /// How many of each kind, in the order of [`Reaction::ALL`].
    pub counts: [i64; 6],
    /// The caller's own.
    pub mine: Vec<Reaction>,
}

/// Reacts to a post or to a comment, and answers how people reacted to it. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`] for an unknown reaction, and where the caller may not read it; [`Code::ContentDeleted`].
pub async fn react(tx: &Tx, to: Counted, reaction: &str) -> Result<Reactions> {
    let reaction = Reaction::named(reaction).ok_or(Code::NotFound)?;
    let user_id = readable(tx, to).await?;
    if store::reaction::insert(tx, to, user_id, reaction).await? {
        store::counters::add_reaction(tx, to, reaction, 1).await?;
    }
    store::counters::reactions(tx, to).await
}

/// Takes a reaction back, whether it was there or not.
///
/// # Errors
/// See [`react`].
pub async fn unreact(tx: &Tx, to: Counted, reaction: &str) -> Result<()> {
    let reaction = Reaction::named(reaction).ok_or(Code::NotFound)?;
    let user_id = readable(tx, to).await?;
    if store::reaction::delete(tx, to, user_id, reaction).await? {
        store::counters::add_reaction(tx, to, reaction, -1).await?;
    }
    Ok(())
}

/// What is deleted is reacted to no more.
async fn readable(tx: &Tx, to: Counted) -> Result<UserId> {
    let user_id = tx.user_id()?;
    let there = match to {
        Counted::Post(id) => post::readable(tx, id).await?.0.is_there(),
        Counted::Comment(id) => comment::readable(tx, id).await?.0.is_there(),
    };
    if there {
        Ok(user_id)
    } else {
        Err(Code::ContentDeleted.into())
    }
}
