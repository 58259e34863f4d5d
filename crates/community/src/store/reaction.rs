use database::Tx;
use kernel::{Result, UserId};

use super::counters::Counted;
use crate::Reaction;

/// Answers whether it is new; of two at once, one makes it.
pub(crate) async fn insert(tx: &Tx, to: Counted, user_id: UserId, reaction: Reaction) -> Result<bool> {
    let sql = "INSERT INTO reactions (subject_id, user_id, reaction, post_id, comment_id, created_at) \
               VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (subject_id, user_id, reaction) DO NOTHING";
    let (post_id, comment_id) = to.ids();
    let values = [
        to.id().into(),
        user_id.into(),
        reaction.as_str().into(),
        post_id.into(),
        comment_id.into(),
        tx.now().into(),
    ];
    Ok(tx.change(sql, values).await? == 1)
}

/// Answers whether it was there.
pub(crate) async fn delete(tx: &Tx, to: Counted, user_id: UserId, reaction: Reaction) -> Result<bool> {
    let sql = "DELETE FROM reactions WHERE subject_id = ? AND user_id = ? AND reaction = ?";
    let values = [to.id().into(), user_id.into(), reaction.as_str().into()];
    Ok(tx.change(sql, values).await? == 1)
}
