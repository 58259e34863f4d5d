//! Statements about disputes.

use database::{MapDbErr, Tx};
use entity::{disputes, enums::DisputeStatus};
use kernel::{DisputeId, PaymentId, Result};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set};

use super::model::Dispute;
use crate::payment::Payment;

/// Writes a dispute about this payment. The row names the buyer and the seller as well: row security decides by them.
pub(crate) async fn insert(tx: &Tx, payment: &Payment, dispute: Dispute) -> Result<()> {
    let row = disputes::ActiveModel {
        user_id: Set(payment.user_id),
        author_id: Set(payment.author_id),
        ..dispute.into_active_model()
    };
    disputes::Entity::insert(row).exec_without_returning(tx).await.map_db_err().map(drop)
}

/// The disputes about a payment, oldest first.
pub(crate) async fn list(tx: &Tx, payment_id: PaymentId) -> Result<Vec<Dispute>> {
    disputes::Entity::find()
        .filter(disputes::COLUMN.payment_id.eq(payment_id))
        .order_by_asc(disputes::Column::CreatedAt)
        .order_by_asc(disputes::Column::Id)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

pub(crate) async fn set_status(tx: &Tx, id: DisputeId, status: DisputeStatus) -> Result<()> {
    disputes::Entity::update_many()
        .set(disputes::ActiveModel { status: Set(status), updated_at: Set(tx.now()), ..Default::default() })
        .filter(disputes::COLUMN.id.eq(id))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}
