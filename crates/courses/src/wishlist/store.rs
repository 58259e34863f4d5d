//! The entries of wishlists.

use database::{MapDbErr, NewestFirst, Tx};
use entity::{courses, wishlists};
use kernel::{CourseId, Cursor, Limit, Result, UserId};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};

use super::model::WishRow;

/// The expression for whether `:user_id` wishes for the course `:course_id`.
#[must_use]
pub fn is_wished_expression() -> &'static str {
    "EXISTS (SELECT 1 FROM wishlists w WHERE w.user_id = :user_id AND w.course_id = :course_id)"
}

/// Adds a course, if it is not there.
pub(super) async fn insert(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    let row = wishlists::ActiveModel {
        id: Set(tx.new_id()),
        user_id: Set(user_id),
        course_id: Set(course_id),
        created_at: Set(tx.now()),
    };
    // Not `on_conflict_do_nothing`, which names the primary key: here the user and the course are what is unique.
    let insert = wishlists::Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

pub(super) async fn delete(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    let delete = wishlists::Entity::delete_many()
        .filter(wishlists::COLUMN.user_id.eq(user_id))
        .filter(wishlists::COLUMN.course_id.eq(course_id));
    delete.exec(tx).await.map_db_err().map(drop)
}

pub(super) async fn find(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Option<WishRow>> {
    wishlists::Entity::find()
        .filter(wishlists::COLUMN.user_id.eq(user_id))
        .filter(wishlists::COLUMN.course_id.eq(course_id))
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// Newest first, without courses that are not published: they stay on the list, and are not shown.
pub(super) async fn list(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<WishRow>> {
    wishlists::Entity::find()
        .inner_join(courses::Entity)
        .filter(wishlists::COLUMN.user_id.eq(user_id))
        .filter(courses::COLUMN.is_published.eq(true))
        .newest_first(wishlists::Column::CreatedAt, wishlists::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}
