//! Statements about redemption slots: what a coupon counts, and the payments that hold its slots.

use database::{MapDbErr, Tx, literal};
use entity::{
    coupon_redemptions, coupons,
    enums::{PaymentStatus, RedemptionStatus},
    payments,
};
use kernel::{CouponId, CourseId, PaymentId, Result, UserId};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, IntoSimpleExpr, QueryFilter, QuerySelect, Select,
    SelectExt, Set,
};

/// Counts one slot of a coupon as taken, if one is free. The coupon stays locked until the end of the transaction.
pub(crate) async fn take_slot(tx: &Tx, coupon_id: CouponId) -> Result<bool> {
    let count = coupons::Column::RedemptionCount;
    let maximum = coupons::Column::MaxRedemptions.into_simple_expr();
    let is_free = coupons::COLUMN.max_redemptions.is_null().or(count.into_simple_expr().lt(maximum));
    let updated = coupons::Entity::update_many()
        .col_expr(count, coupons::COLUMN.redemption_count.add(1))
        .filter(coupons::COLUMN.id.eq(coupon_id))
        .filter(is_free)
        .exec(tx)
        .await
        .map_db_err()?;
    Ok(updated.rows_affected == 1)
}

/// Counts one slot of a coupon as free again.
pub(crate) async fn free_slot(tx: &Tx, coupon_id: CouponId) -> Result<()> {
    coupons::Entity::update_many()
        .col_expr(coupons::Column::RedemptionCount, coupons::COLUMN.redemption_count.sub(1))
        .filter(coupons::COLUMN.id.eq(coupon_id))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}

/// How many slots of a coupon are reserved or confirmed for this user.
pub(crate) async fn count_slots(tx: &Tx, coupon_id: CouponId, user_id: UserId) -> Result<i64> {
    let slots = coupon_redemptions::Entity::find()
        .filter(coupon_redemptions::COLUMN.coupon_id.eq(coupon_id))
        .filter(coupon_redemptions::COLUMN.user_id.eq(user_id))
        .filter(coupon_redemptions::COLUMN.status.ne(RedemptionStatus::Released));
    count(tx, slots).await
}

/// How many slots of a coupon this user's open checkout of this course holds: one or none.
pub(crate) async fn count_reserved_slots(
    tx: &Tx,
    coupon_id: CouponId,
    user_id: UserId,
    course_id: CourseId,
) -> Result<i64> {
    let is_pending = payments::Column::Status.into_simple_expr().eq(literal(PaymentStatus::Pending));
    let slots = coupon_redemptions::Entity::find()
        .inner_join(payments::Entity)
        .filter(coupon_redemptions::COLUMN.coupon_id.eq(coupon_id))
        .filter(coupon_redemptions::COLUMN.user_id.eq(user_id))
        .filter(coupon_redemptions::COLUMN.status.eq(RedemptionStatus::Reserved))
        .filter(payments::COLUMN.course_id.eq(course_id))
        .filter(is_pending);
    count(tx, slots).await
}

/// Whether this payment holds a slot, reserved or confirmed.
pub(crate) async fn has_slot(tx: &Tx, payment_id: PaymentId) -> Result<bool> {
    coupon_redemptions::Entity::find()
        .filter(coupon_redemptions::COLUMN.payment_id.eq(payment_id))
        .filter(coupon_redemptions::COLUMN.status.ne(RedemptionStatus::Released))
        .exists(tx)
        .await
        .map_db_err()
}

async fn count(tx: &Tx, slots: Select<coupon_redemptions::Entity>) -> Result<i64> {
    let count = slots
        .select_only()
        .column_as(coupon_redemptions::Column::Id.count(), "slots")
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()?;
    Ok(count.unwrap_or_default())
}

/// Writes a reserved slot for a payment.
pub(crate) async fn insert(
    tx: &Tx,
    coupon_id: CouponId,
    user_id: UserId,
    payment_id: PaymentId,
) -> Result<()> {
    let slot = coupon_redemptions::Model {
        id: tx.new_id(),
        coupon_id,
        user_id,
        payment_id,
        status: RedemptionStatus::Reserved,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    coupon_redemptions::Entity::insert(slot.into_active_model())
        .exec_without_returning(tx)
        .await
        .map_db_err()
        .map(drop)
}

/// Moves the slot of a payment. Answers whether it had the state `from`.
pub(crate) async fn move_slot(
    tx: &Tx,
    payment_id: PaymentId,
    from: RedemptionStatus,
    to: RedemptionStatus,
) -> Result<bool> {
    let updated = coupon_redemptions::Entity::update_many()
        .set(coupon_redemptions::ActiveModel {
            status: Set(to),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(coupon_redemptions::COLUMN.payment_id.eq(payment_id))
        .filter(coupon_redemptions::COLUMN.status.eq(from))
        .exec(tx)
        .await
        .map_db_err()?;
    Ok(updated.rows_affected == 1)
}
