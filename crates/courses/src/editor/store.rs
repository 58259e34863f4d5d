//! The editors of courses.

use database::{MapDbErr, Tx, values};
use entity::{course_editors, enums::UserStatus, users};
use kernel::{CourseId, Result, Role, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, TryInsertResult, entity::prelude::SelectExt,
};

use super::model::Trainer;

pub(crate) async fn is_editor(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<bool> {
    let editor = course_editors::Entity::find_by_id((course_id, user_id));
    editor.exists(tx).await.map_db_err()
}

/// The owner first, then the editors in the order in which they were added. It is text because it unites two tables.
pub(super) async fn trainers(tx: &Tx, course_id: CourseId) -> Result<Vec<Trainer>> {
    let sql = "SELECT u.id, u.username, u.name, u.avatar_url, 'OWNER' AS role, c.created_at AS since \
               FROM courses c JOIN users u ON u.id = c.author_id WHERE c.id = :course_id UNION ALL \
               SELECT u.id, u.username, u.name, u.avatar_url, 'EDITOR' AS role, e.created_at AS since \
               FROM course_editors e JOIN users u ON u.id = e.user_id WHERE e.course_id = :course_id \
               ORDER BY role DESC, since, id";
    tx.fetch_all(sql, values! { course_id }).await
}

/// Whether somebody can be an editor: an active trainer or admin.
pub(super) async fn may_become_editor(tx: &Tx, user_id: UserId) -> Result<bool> {
    let trainer = users::Entity::find_by_id(user_id)
        .filter(users::COLUMN.role.is_in([Role::Trainer, Role::Admin]))
        .filter(users::COLUMN.status.eq(UserStatus::Active));
    trainer.exists(tx).await.map_db_err()
}

/// Whether somebody owns or edits this course as a trainer, or every course as an admin. It is text because it asks three tables at
/// once.
pub(super) async fn is_staff(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<bool> {
    let sql = "SELECT count(*) FROM users u WHERE u.id = :user_id AND (u.role = 'ADMIN' OR (u.role = 'TRAINER' \
               AND (EXISTS (SELECT 1 FROM courses c WHERE c.id = :course_id AND c.author_id = u.id) \
               OR EXISTS (SELECT 1 FROM course_editors e WHERE e.course_id = :course_id AND e.user_id = u.id))))";
    let count: Option<i64> = tx.fetch_scalar(sql, values! { user_id, course_id }).await?;
    Ok(count > Some(0))
}

/// Adds an editor; `false` where they are one already.
pub(super) async fn insert(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<bool> {
    tx.invalidate_account_cache(user_id).await?;
    let row = course_editors::ActiveModel {
        course_id: Set(course_id),
        user_id: Set(user_id),
        created_at: Set(tx.now()),
    };
    let inserted = course_editors::Entity::insert(row)
        .on_conflict_do_nothing()
        .exec_without_returning(tx)
        .await
        .map_db_err()?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// Removes an editor; `false` where they were none.
pub(super) async fn delete(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<bool> {
    tx.invalidate_account_cache(user_id).await?;
    let delete = course_editors::Entity::delete_by_id((course_id, user_id));
    let done = delete.exec(tx).await.map_db_err()?;
    Ok(done.rows_affected > 0)
}
