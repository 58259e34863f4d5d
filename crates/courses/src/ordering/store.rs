//! The positions of chapters in their course, and of lessons in their chapter.

use database::{MapDbErr, Tx, values};
use entity::{chapters, lessons};
use kernel::{ChapterId, CourseId, Error, LessonId, Result};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, Value,
    sea_query::{CaseStatement, SimpleExpr},
};

use super::model::Parent;

/// What a parent has.
#[derive(FromQueryResult)]
pub(super) struct Siblings {
    /// How many children.
    pub(super) count: i64,
    /// The position behind the last one.
    pub(super) next: i64,
}

/// It is text because it aggregates.
pub(super) async fn siblings(tx: &Tx, parent: Parent) -> Result<Siblings> {
    let (children, value): (_, Value) = match parent {
        Parent::Course(id) => ("chapters WHERE course_id", id.into()),
        Parent::Chapter(id) => ("lessons WHERE chapter_id", id.into()),
    };
    let sql =
        format!("SELECT count(*) AS count, coalesce(max(position), 0) + 1 AS next FROM {children} = :parent");
    tx.fetch_optional(&sql, values! { parent: value })
        .await?
        .ok_or_else(|| Error::internal("an aggregate without a row"))
}

/// Gives the chapters of a course, all of which are named, the positions 1, 2, 3, …
pub(crate) async fn set_chapter_positions(tx: &Tx, course_id: CourseId, ids: &[ChapterId]) -> Result<()> {
    let Some(positions) = positions(chapters::Column::Id, chapters::Column::Position, ids) else {
        return Ok(());
    };
    let update = chapters::Entity::update_many()
        .col_expr(chapters::Column::Position, positions)
        .filter(chapters::COLUMN.course_id.eq(course_id));
    update.exec(tx).await.map_db_err().map(drop)
}

/// Gives the lessons of a chapter, all of which are named, the positions 1, 2, 3, …
pub(crate) async fn set_lesson_positions(tx: &Tx, chapter_id: ChapterId, ids: &[LessonId]) -> Result<()> {
    let Some(positions) = positions(lessons::Column::Id, lessons::Column::Position, ids) else {
        return Ok(());
    };
    let update = lessons::Entity::update_many()
        .col_expr(lessons::Column::Position, positions)
        .filter(lessons::COLUMN.chapter_id.eq(chapter_id));
    update.exec(tx).await.map_db_err().map(drop)
}

/// `CASE WHEN id = … THEN 1 WHEN id = … THEN 2 … ELSE position END`; none where there is nothing to order.
fn positions<C: ColumnTrait, I: Copy + Into<Value>>(id: C, position: C, ids: &[I]) -> Option<SimpleExpr> {
    if ids.is_empty() {
        return None;
    }
    let case = (1_i64..)
        .zip(ids)
        .fold(CaseStatement::new(), |case, (position, child)| case.case(id.eq(*child), position));
    Some(case.finally(position.into_expr()).into())
}
