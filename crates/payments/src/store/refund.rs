use database::Tx;
use kernel::{PaymentId, RefundId, Result, UserId};
use sea_orm::{ActiveEnum, Value};

use crate::{Payment, Refund, RefundStatus};

const COLUMNS: &str = "id, payment_id, amount, currency, status, reason, note, ends_access, requested_by, \
    provider_refund_id, failure_code, created_at, updated_at";

pub(crate) async fn insert(
    tx: &Tx,
    payment: &Payment,
    id: RefundId,
    amount: i64,
    reason: &str,
    note: Option<&str>,
    ends_access: bool,
) -> Result<()> {
    let by = tx.actor().user_id();
    let row = (RefundStatus::Pending, note, ends_access, by);
    write(tx, payment, id, amount, reason, row, None).await
}

async fn write(
    tx: &Tx,
    payment: &Payment,
    id: RefundId,
    amount: i64,
    reason: &str,
    (status, note, ends_access, by): (RefundStatus, Option<&str>, bool, Option<UserId>),
    name: Option<&str>,
) -> Result<()> {
    let sql = "INSERT INTO refunds (id, payment_id, user_id, author_id, amount, currency, status, reason, note, ends_access, \
               requested_by, provider_refund_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values: [Value; 14] = [
        id.into(),
        payment.id.into(),
        payment.user_id.into(),
        payment.author_id.into(),
        amount.into(),
        payment.currency.clone().into(),
        status.to_value().into(),
        reason.into(),
        note.map(str::to_owned).into(),
        ends_access.into(),
        by.into(),
        name.map(str::to_owned).into(),
        tx.now().into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn find(tx: &Tx, id: RefundId) -> Result<Option<Refund>> {
    let sql = format!("SELECT {COLUMNS} FROM refunds WHERE id = ?");
    tx.one(&sql, [id.into()]).await
}

pub(crate) async fn of_payment(tx: &Tx, payment_id: PaymentId) -> Result<Vec<Refund>> {
    let sql = format!("SELECT {COLUMNS} FROM refunds WHERE payment_id = ? ORDER BY created_at, id");
    tx.all(&sql, [payment_id.into()]).await
}

/// What a provider told of a refund: it only ever goes forward. One that we did not ask for was made at the provider.
pub(crate) async fn tell(
    tx: &Tx,
    payment: &Payment,
    (name, ours): (&str, Option<RefundId>),
    amount: i64,
    status: RefundStatus,
    code: Option<&str>,
) -> Result<()> {
    let known = of_payment(tx, payment.id)
        .await?
        .into_iter()
        .find(|refund| Some(refund.id) == ours || refund.provider_refund_id.as_deref() == Some(name));
    let Some(known) = known else {
        let row = (status, None, false, None);
        return write(tx, payment, tx.new_id(), amount, "OTHER", row, Some(name)).await;
    };
    if status <= known.status && known.provider_refund_id.is_some() {
        return Ok(());
    }
    let sql = "UPDATE refunds SET status = ?, provider_refund_id = ?, failure_code = ?, updated_at = ? WHERE id = ?";
    let values = [
        status.max(known.status).to_value().into(),
        name.into(),
        code.map(str::to_owned).or(known.failure_code).into(),
        tx.now().into(),
        known.id.into(),
    ];
    tx.change(sql, values).await.map(drop)
}
