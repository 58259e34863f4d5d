//! The enrollments of a course, each with its user.

use database::{MapDbErr, NewestFirst, Tx};
use entity::{enrollments, users};
use kernel::{CourseId, Cursor, Limit, Result, UserId};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, IntoSimpleExpr, JoinType, QueryFilter, QuerySelect, QueryTrait,
    RelationTrait, Select, sea_query::LikeExpr,
};

use super::model::{EnrolledLearner, LearnerCount};

fn learners(course_id: CourseId) -> Select<enrollments::Entity> {
    enrollments::Entity::find()
        .join(JoinType::InnerJoin, enrollments::Relation::Users.def())
        .filter(enrollments::COLUMN.course_id.eq(course_id))
}

pub(super) async fn page(
    tx: &Tx,
    course_id: CourseId,
    search: Option<&str>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<EnrolledLearner>> {
    use enrollments::Column::{EnrolledAt, Id};
    learners(course_id)
        .apply_if(search, |select, search| {
            // As the catalogue compares words: without case, accents, width and the like.
            let name = users::Column::SearchName.into_simple_expr();
            select.filter(name.like(containing(&kernel::fold(search))))
        })
        .newest_first(EnrolledAt, Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

/// A pattern for whatever contains this, letter by letter.
fn containing(text: &str) -> LikeExpr {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('!')
}

pub(super) async fn one(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<Option<EnrolledLearner>> {
    learners(course_id)
        .filter(enrollments::COLUMN.user_id.eq(user_id))
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

pub(super) async fn count(tx: &Tx, course_id: CourseId) -> Result<LearnerCount> {
    let count = enrollments::Entity::find()
        .select_only()
        .column_as(enrollments::Column::Id.count(), "enrolled")
        .column_as(enrollments::Column::CompletedAt.count(), "completed")
        .filter(enrollments::COLUMN.course_id.eq(course_id))
        .into_model()
        .one(tx)
        .await
        .map_db_err()?;
    Ok(count.unwrap_or_default())
}
