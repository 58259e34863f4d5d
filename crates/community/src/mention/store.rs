//! The statements about mentions.

use database::{MapDbErr, Tx};
use entity::mentions;
use kernel::{Result, UserId};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::counter::model::PostOrComment;

/// Deletes the mentions of a post or a comment.
pub(crate) async fn clear(tx: &Tx, subject: PostOrComment) -> Result<()> {
    let delete = mentions::Entity::delete_many().filter(mentions::COLUMN.subject_id.eq(subject.id()));
    delete.exec(tx).await.map_db_err().map(drop)
}

pub(super) async fn insert(tx: &Tx, subject: PostOrComment, user_ids: &[UserId]) -> Result<()> {
    let (post_id, comment_id) = subject.ids();
    let rows = user_ids.iter().map(|user_id| mentions::ActiveModel {
        subject_id: Set(subject.id()),
        user_id: Set(*user_id),
        post_id: Set(post_id),
        comment_id: Set(comment_id),
    });
    let insert = mentions::Entity::insert_many(rows);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// The people whom a post or a comment mentions, in the order of their ids.
pub(crate) async fn of(tx: &Tx, subject: PostOrComment) -> Result<Vec<UserId>> {
    mentions::Entity::find()
        .select_only()
        .column(mentions::Column::UserId)
        .filter(mentions::COLUMN.subject_id.eq(subject.id()))
        .order_by_asc(mentions::Column::UserId)
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()
}
