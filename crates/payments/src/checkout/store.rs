//! Statements about the sealed handover of a payment.

use database::{MapDbErr, Tx};
use entity::payments;
use kernel::{PaymentId, Result, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use crate::provider::PaymentSession;

pub(super) async fn find_sealed_handover(tx: &Tx, id: PaymentId) -> Result<Option<Vec<u8>>> {
    payments::Entity::find_by_id(id)
        .select_only()
        .column(payments::Column::SealedHandover)
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()
        .map(Option::flatten)
}

pub(super) async fn set_sealed_handover(tx: &Tx, id: PaymentId, sealed: Vec<u8>) -> Result<()> {
    payments::Entity::update_many()
        .set(payments::ActiveModel { sealed_handover: Set(Some(sealed)), ..Default::default() })
        .filter(payments::COLUMN.id.eq(id))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}

/// Writes the session of a payment that is locked.
pub(super) async fn set_session(
    tx: &Tx,
    id: PaymentId,
    session: &PaymentSession,
    sealed: Vec<u8>,
    expires_at: Timestamp,
) -> Result<()> {
    payments::Entity::update_many()
        .set(payments::ActiveModel {
            provider_session_id: Set(session.session_id.clone()),
            provider_payment_id: Set(session.provider_payment_id.clone()),
            sealed_handover: Set(Some(sealed)),
            expires_at: Set(expires_at),
            ..Default::default()
        })
        .filter(payments::COLUMN.id.eq(id))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}
