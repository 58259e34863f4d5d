use database::{MapDbErr, Tx};
use kernel::{Error, PaymentId, Result, UserId};
use sea_orm::ConnectionTrait;

use crate::Receipt;

/// The row of the counter is ours until the end of this transaction: numbers are given one after another, and a number that
/// is not used is not gone.
pub(crate) async fn next_number(tx: &Tx, issuer_id: UserId, year: i64) -> Result<i64> {
    let sql = "INSERT INTO receipt_numbers (issuer_id, year, last_number) VALUES (?, ?, 1) \
               ON CONFLICT (issuer_id, year) DO UPDATE SET last_number = receipt_numbers.last_number + 1 RETURNING last_number";
    let row = tx
        .query_one_raw(tx.statement(sql, [issuer_id.into(), year.into()]))
        .await
        .map_db_err()?
        .ok_or_else(|| Error::internal("no receipt number was given"))?;
    row.try_get("", "last_number").map_db_err()
}

pub(crate) async fn insert(tx: &Tx, receipt: &Receipt, user_id: UserId) -> Result<()> {
    let sql = "INSERT INTO receipts (id, payment_id, user_id, issuer_id, year, number, issuer_name, buyer_name, created_at) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = [
        receipt.id.into(),
        receipt.payment_id.into(),
        user_id.into(),
        receipt.issuer_id.into(),
        receipt.year.into(),
        receipt.number.into(),
        receipt.issuer_name.clone().into(),
        receipt.buyer_name.clone().into(),
        receipt.created_at.into(),
    ];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn of_payment(tx: &Tx, payment_id: PaymentId) -> Result<Option<Receipt>> {
    let sql = "SELECT id, payment_id, issuer_id, year, number, issuer_name, buyer_name, created_at FROM receipts \
               WHERE payment_id = ?";
    tx.one(sql, [payment_id.into()]).await
}
