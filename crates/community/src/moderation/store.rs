//! The statements about the moderation log.

use database::{MapDbErr, Tx};
use entity::moderation_log;
use kernel::{CourseId, Cursor, Limit, Result};
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, QueryTrait, RelationTrait,
};

use super::{model::ModerationEntry, scope::moderated};

pub(crate) async fn insert(tx: &Tx, entry: moderation_log::ActiveModel) -> Result<()> {
    let insert = moderation_log::Entity::insert(entry);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// The entries of the courses that the caller moderates, newest first: the ids are in the order of their creation.
pub(super) async fn list(
    tx: &Tx,
    course_id: Option<CourseId>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<ModerationEntry>> {
    moderation_log::Entity::find()
        .join(JoinType::InnerJoin, moderation_log::Relation::Moderator.def())
        .filter(moderated(tx, moderation_log::Column::CourseId)?)
        .apply_if(course_id, |select, course_id| {
            select.filter(moderation_log::COLUMN.course_id.eq(course_id))
        })
        .apply_if(after, |select, after| select.filter(moderation_log::COLUMN.id.lt(after.id)))
        .order_by_desc(moderation_log::Column::Id)
        .limit(limit.fetch())
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}
