//! The slugs that courses have or had.

use database::{MapDbErr, Tx};
use entity::course_slugs;
use kernel::{CourseId, Result};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, TryInsertResult, entity::prelude::SelectExt,
};

/// Claims a slug for a course; `false` where another course has or had it.
pub(super) async fn claim(tx: &Tx, slug: &str, course_id: CourseId) -> Result<bool> {
    let row = course_slugs::ActiveModel { slug: Set(slug.to_owned()), course_id: Set(course_id) };
    let inserted = course_slugs::Entity::insert(row)
        .on_conflict_do_nothing()
        .exec_without_returning(tx)
        .await
        .map_db_err()?;
    if matches!(inserted, TryInsertResult::Inserted(1)) {
        return Ok(true);
    }
    // The course may return to a slug that it had before.
    course_slugs::Entity::find_by_id(slug)
        .filter(course_slugs::COLUMN.course_id.eq(course_id))
        .exists(tx)
        .await
        .map_db_err()
}
