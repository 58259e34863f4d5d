//! Statements about the sealed handover of a payment.

use database::{MapDbErr, Tx};
use entity::payments;
use kernel::{PaymentId, Result};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoSimpleExpr, QueryFilter, QuerySelect, Set,
    sea_query::{Expr, Func},
};

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

/// Writes the session of a payment. The provider's id of the payment stays where a webhook has reported it already.
pub(super) async fn set_session(
    tx: &Tx,
    id: PaymentId,
    session: &PaymentSession,
    sealed: Vec<u8>,
) -> Result<()> {
    let column = payments::Column::ProviderPaymentId;
    let known_or_new = [column.into_simple_expr(), Expr::val(session.provider_payment_id.clone())];
    payments::Entity::update_many()
        .set(payments::ActiveModel {
            provider_session_id: Set(session.session_id.clone()),
            sealed_handover: Set(Some(sealed)),
            ..Default::default()
        })
        .col_expr(column, Func::coalesce(known_or_new).into())
        .filter(payments::COLUMN.id.eq(id))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}
