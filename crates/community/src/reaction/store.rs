//! The statements about reactions.

use database::{MapDbErr, Tx};
use entity::{enums::Reaction, reactions};
use kernel::{Result, UserId};
use sea_orm::{ActiveValue::Set, EntityTrait, TryInsertResult};

use crate::counter::model::PostOrComment;

/// Answers whether the reaction is new. Of two requests at once, one inserts it.
pub(super) async fn insert(
    tx: &Tx,
    subject: PostOrComment,
    user_id: UserId,
    reaction: Reaction,
) -> Result<bool> {
    let (post_id, comment_id) = subject.ids();
    let row = reactions::ActiveModel {
        subject_id: Set(subject.id()),
        user_id: Set(user_id),
        reaction: Set(reaction),
        post_id: Set(post_id),
        comment_id: Set(comment_id),
        created_at: Set(tx.now()),
    };
    let insert = reactions::Entity::insert(row).on_conflict_do_nothing();
    let done = insert.exec_without_returning(tx).await.map_db_err()?;
    Ok(matches!(done, TryInsertResult::Inserted(1)))
}

/// Answers whether the reaction was there.
pub(super) async fn delete(
    tx: &Tx,
    subject: PostOrComment,
    user_id: UserId,
    reaction: Reaction,
) -> Result<bool> {
    let delete = reactions::Entity::delete_by_id((subject.id(), user_id, reaction));
    Ok(delete.exec(tx).await.map_db_err()?.rows_affected == 1)
}
