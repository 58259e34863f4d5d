//! The rows of `readings`.

use std::collections::BTreeSet;

use database::{MapDbErr, Tx};
use entity::readings;
use kernel::{CourseId, Result, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set, sea_query::OnConflict};

use super::model::Reading;

/// Writes readings; one that is there already stays.
pub(super) async fn put(tx: &Tx, readings: &[Reading]) -> Result<()> {
    let rows = readings.iter().map(|reading| readings::ActiveModel {
        user_id: Set(reading.user_id),
        course_id: Set(reading.course_id),
        quarter: Set(reading.quarter()),
        read_at: Set(reading.at),
    });
    let insert = readings::Entity::insert_many(rows).on_conflict(OnConflict::new().do_nothing().to_owned());
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// Takes back that somebody read in a course.
pub(super) async fn delete(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    let delete = readings::Entity::delete_many()
        .filter(readings::COLUMN.user_id.eq(user_id))
        .filter(readings::COLUMN.course_id.eq(course_id));
    delete.exec(tx).await.map_db_err().map(drop)
}

/// The quarters of an hour in which somebody read, over all courses.
pub(crate) async fn quarters_of(tx: &Tx, user_id: UserId) -> Result<BTreeSet<u32>> {
    let quarters: Vec<i64> = readings::Entity::find()
        .select_only()
        .column(readings::Column::Quarter)
        .filter(readings::COLUMN.user_id.eq(user_id))
        .distinct()
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()?;
    Ok(quarters.into_iter().filter_map(|quarter| u32::try_from(quarter).ok()).collect())
}
