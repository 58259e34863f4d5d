//! Statements about payments.

use database::{MapDbErr, NewestFirst, Tx, literal, values};
use entity::{enums::PaymentStatus, payments};
use kernel::{CourseId, Cursor, Error, Limit, PaymentId, Result, Timestamp, UserId};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, IntoActiveModel, IntoSimpleExpr, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Set, sea_query::Expr,
};

use super::model::Payment;

pub(crate) async fn insert(tx: &Tx, payment: &Payment) -> Result<()> {
    payments::Entity::insert(payment.clone().into_active_model())
        .exec_without_returning(tx)
        .await
        .map_db_err()
        .map(drop)
}

pub(crate) async fn find(tx: &Tx, id: PaymentId) -> Result<Option<Payment>> {
    payments::Entity::find_by_id(id).into_partial_model().one(tx).await.map_db_err()
}

/// The payment, locked against changes by other transactions. SQLite has one writer and needs no lock.
pub(crate) async fn find_locked(tx: &Tx, id: PaymentId) -> Result<Option<Payment>> {
    payments::Entity::find_by_id(id).lock_exclusive().into_partial_model().one(tx).await.map_db_err()
}

/// The payment of this course that waits for this buyer: a partial unique index allows one.
pub(crate) async fn find_pending(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Option<Payment>> {
    payments::Entity::find()
        .filter(payments::COLUMN.user_id.eq(user_id))
        .filter(payments::COLUMN.course_id.eq(course_id))
        .filter(is_pending())
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// The open checkouts that a change may concern, after `after` in the order of their ids.
pub(crate) async fn list_pending(
    tx: &Tx,
    concerned: Condition,
    after: Option<PaymentId>,
    limit: u64,
) -> Result<Vec<PaymentId>> {
    payments::Entity::find()
        .select_only()
        .column(payments::Column::Id)
        .filter(is_pending())
        .filter(concerned)
        .apply_if(after, |select, after| select.filter(payments::COLUMN.id.gt(after)))
        .order_by_asc(payments::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()
}

/// The condition of the partial indexes on pending payments.
fn is_pending() -> Expr {
    payments::Column::Status.into_simple_expr().eq(literal(PaymentStatus::Pending))
}

pub(crate) async fn find_id_by_session(tx: &Tx, provider_session_id: &str) -> Result<Option<PaymentId>> {
    let matches = payments::COLUMN.provider_session_id.eq(provider_session_id);
    find_id(tx, matches).await
}

pub(crate) async fn find_id_by_provider_payment(
    tx: &Tx,
    provider_payment_id: &str,
) -> Result<Option<PaymentId>> {
    let matches = payments::COLUMN.provider_payment_id.eq(provider_payment_id);
    find_id(tx, matches).await
}

async fn find_id(tx: &Tx, matches: Expr) -> Result<Option<PaymentId>> {
    payments::Entity::find()
        .select_only()
        .column(payments::Column::Id)
        .filter(matches)
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()
}

/// Writes the state of a payment that is locked and still has the state `before`.
pub(crate) async fn update_state(tx: &Tx, before: PaymentStatus, payment: &Payment) -> Result<()> {
    let updated = payments::Entity::update_many()
        .set(payments::ActiveModel {
            status: Set(payment.status),
            refunded_amount: Set(payment.refunded_amount),
            refunding_amount: Set(payment.refunding_amount),
            provider_payment_id: Set(payment.provider_payment_id.clone()),
            failure_code: Set(payment.failure_code.clone()),
            accepted_at: Set(payment.accepted_at),
            completed_at: Set(payment.completed_at),
            failed_at: Set(payment.failed_at),
            refunded_at: Set(payment.refunded_at),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(payments::COLUMN.id.eq(payment.id))
        .filter(payments::COLUMN.status.eq(before))
        .exec(tx)
        .await
        .map_db_err()?;
    if updated.rows_affected == 1 { Ok(()) } else { Err(Error::internal("a payment changed under its lock")) }
}

pub(crate) async fn set_refunding_amount(tx: &Tx, id: PaymentId, amount: i64) -> Result<()> {
    payments::Entity::update_many()
        .set(payments::ActiveModel {
            refunding_amount: Set(amount),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(payments::COLUMN.id.eq(id))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}

/// Pending payments, and payments with pending refunds, about which nothing was learnt since `before`. They are marked as asked
/// about. Those that waited longest come first, so that each has its turn however many there are.
pub(crate) async fn claim_silent(tx: &Tx, before: Timestamp, limit: u64) -> Result<Vec<Payment>> {
    // Text: an update of what a union of two index ranges selects.
    let is_silent = "updated_at < :before AND (asked_at IS NULL OR asked_at < :before)";
    let sql = format!(
        "UPDATE payments SET asked_at = :now WHERE id IN (\
         SELECT id FROM (\
         SELECT id, coalesce(asked_at, updated_at) AS since FROM payments WHERE status = 'PENDING' AND {is_silent} \
         UNION ALL \
         SELECT id, coalesce(asked_at, updated_at) AS since FROM payments WHERE refunding_amount > 0 AND {is_silent}) q \
         ORDER BY since, id LIMIT {limit}) RETURNING *"
    );
    tx.fetch_all(&sql, values! { now: tx.now(), before }).await
}

/// The payments of a buyer, newest first.
pub(crate) async fn list(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Payment>> {
    payments::Entity::find()
        .filter(payments::COLUMN.user_id.eq(user_id))
        .newest_first(payments::Column::CreatedAt, payments::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}
