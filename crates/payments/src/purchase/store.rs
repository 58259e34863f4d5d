//! Statements about purchases.

use database::{MapDbErr, NewestFirst, Tx};
use entity::purchases;
use kernel::{CourseId, Cursor, Limit, PaymentId, PurchaseId, Result, Timestamp, UserId};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, SelectExt, Set, sea_query::OnConflict,
};

use super::model::Purchase;
use crate::payment::Payment;

/// Writes the purchase of a payment. Answers whether it was written: of two payments for one course, the first buys it.
pub(crate) async fn insert(tx: &Tx, payment: &Payment) -> Result<bool> {
    let purchase = Purchase {
        id: tx.new_id(),
        user_id: payment.user_id,
        course_id: payment.course_id,
        payment_id: payment.id,
        created_at: tx.now(),
        updated_at: tx.now(),
        ended_at: None,
    };
    let row = purchases::ActiveModel { author_id: Set(payment.author_id), ..purchase.into_active_model() };
    // Any constraint: a partial unique index allows one live purchase of a course.
    let inserted = purchases::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await
        .map_db_err()?;
    Ok(inserted == 1)
}

/// Whether this user owns the course by a live purchase.
pub(crate) async fn is_owned(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<bool> {
    purchases::Entity::find()
        .filter(purchases::COLUMN.user_id.eq(user_id))
        .filter(purchases::COLUMN.course_id.eq(course_id))
        .filter(purchases::COLUMN.ended_at.is_null())
        .exists(tx)
        .await
        .map_db_err()
}

pub(crate) async fn find_by_payment(tx: &Tx, payment_id: PaymentId) -> Result<Option<Purchase>> {
    purchases::Entity::find()
        .filter(purchases::COLUMN.payment_id.eq(payment_id))
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// The purchases of this course that ended for this user, newest first.
pub(crate) async fn list_ended(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Vec<Purchase>> {
    purchases::Entity::find()
        .filter(purchases::COLUMN.user_id.eq(user_id))
        .filter(purchases::COLUMN.course_id.eq(course_id))
        .filter(purchases::COLUMN.ended_at.is_not_null())
        .order_by_desc(purchases::Column::CreatedAt)
        .order_by_asc(purchases::Column::Id)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

pub(crate) async fn set_ended_at(tx: &Tx, id: PurchaseId, ended_at: Option<Timestamp>) -> Result<()> {
    purchases::Entity::update_many()
        .set(purchases::ActiveModel {
            ended_at: Set(ended_at),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(purchases::COLUMN.id.eq(id))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}

/// The purchases of a user, newest first.
pub(crate) async fn list(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Purchase>> {
    purchases::Entity::find()
        .filter(purchases::COLUMN.user_id.eq(user_id))
        .newest_first(purchases::Column::CreatedAt, purchases::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}
