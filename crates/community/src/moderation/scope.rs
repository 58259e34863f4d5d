//! Where the caller moderates.

use database::Tx;
use entity::{course_editors, courses};
use kernel::{Result, UserId};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{SelectStatement, UnionType},
};

/// A condition for rows whose `course` column names a course that the caller edits; no condition for admins.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`]; [`kernel::Code::Forbidden`] for anybody who is neither a trainer nor an admin.
pub(crate) fn moderated(tx: &Tx, course: impl ColumnTrait) -> Result<Condition> {
    match tx.actor() {
        actor if actor.is_admin() => Ok(Condition::all()),
        actor => Ok(Condition::all().add(course.in_subquery(edited_courses(actor.trainer_id()?)))),
    }
}

fn edited_courses(user_id: UserId) -> SelectStatement {
    let edited = course_editors::Entity::find()
        .select_only()
        .column(course_editors::Column::CourseId)
        .filter(course_editors::COLUMN.user_id.eq(user_id))
        .into_query();
    let mut own = courses::Entity::find()
        .select_only()
        .column(courses::Column::Id)
        .filter(courses::COLUMN.author_id.eq(user_id))
        .into_query();
    own.union(UnionType::All, edited).to_owned()
}
