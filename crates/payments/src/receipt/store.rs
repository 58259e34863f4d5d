//! Statements about receipts and their numbers.

use database::{MapDbErr, Tx, values};
use entity::receipts;
use kernel::{Error, PaymentId, Result, UserId};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};

use super::model::Receipt;

/// The issuer's next number of the year. The counter stays locked until the end of the transaction, so that numbers have no gaps:
/// one that is rolled back is given again.
pub(crate) async fn next_number(tx: &Tx, issuer_id: UserId, year: i64) -> Result<i64> {
    // Text: an upsert that counts in the statement and returns the count.
    let sql = "INSERT INTO receipt_numbers (issuer_id, year, last_number) VALUES (:issuer_id, :year, 1) \
               ON CONFLICT (issuer_id, year) DO UPDATE SET last_number = receipt_numbers.last_number + 1 \
               RETURNING last_number";
    tx.fetch_scalar(sql, values! { issuer_id, year })
        .await?
        .ok_or_else(|| Error::internal("no receipt number was given"))
}

/// Writes a receipt. The row names the buyer as well: row security decides by them.
pub(crate) async fn insert(tx: &Tx, receipt: Receipt, buyer_id: UserId) -> Result<()> {
    let row = receipts::ActiveModel { user_id: Set(buyer_id), ..receipt.into_active_model() };
    receipts::Entity::insert(row).exec_without_returning(tx).await.map_db_err().map(drop)
}

pub(crate) async fn find_by_payment(tx: &Tx, payment_id: PaymentId) -> Result<Option<Receipt>> {
    receipts::Entity::find()
        .filter(receipts::COLUMN.payment_id.eq(payment_id))
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}
