//! Statements about refunds.

use database::{MapDbErr, Tx};
use entity::refunds;
use kernel::{PaymentId, RefundId, Result};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set};

use super::model::Refund;
use crate::payment::Payment;

/// Writes a refund of this payment. The row names the buyer and the seller as well: row security decides by them.
pub(crate) async fn insert(tx: &Tx, payment: &Payment, refund: &Refund) -> Result<()> {
    let row = refunds::ActiveModel {
        user_id: Set(payment.user_id),
        author_id: Set(payment.author_id),
        ..refund.clone().into_active_model()
    };
    refunds::Entity::insert(row).exec_without_returning(tx).await.map_db_err().map(drop)
}

pub(crate) async fn find(tx: &Tx, id: RefundId) -> Result<Option<Refund>> {
    refunds::Entity::find_by_id(id).into_partial_model().one(tx).await.map_db_err()
}

/// The refunds of a payment, oldest first.
pub(crate) async fn list(tx: &Tx, payment_id: PaymentId) -> Result<Vec<Refund>> {
    refunds::Entity::find()
        .filter(refunds::COLUMN.payment_id.eq(payment_id))
        .order_by_asc(refunds::Column::CreatedAt)
        .order_by_asc(refunds::Column::Id)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

/// Writes what the provider said about a refund.
pub(crate) async fn update_state(tx: &Tx, refund: &Refund) -> Result<()> {
    refunds::Entity::update_many()
        .set(refunds::ActiveModel {
            status: Set(refund.status),
            provider_refund_id: Set(refund.provider_refund_id.clone()),
            failure_code: Set(refund.failure_code.clone()),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(refunds::COLUMN.id.eq(refund.id))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}
