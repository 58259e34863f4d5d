use database::Tx;
use kernel::{Result, Uuid};
use sea_orm::{ActiveEnum, Value};

use crate::{Dispute, DisputeStatus, Payment};

const COLUMNS: &str =
    "id, payment_id, provider_dispute_id, amount, currency, status, reason, created_at, updated_at";

pub(crate) async fn of_payment(tx: &Tx, payment_id: Uuid) -> Result<Vec<Dispute>> {
    let sql = format!("SELECT {COLUMNS} FROM disputes WHERE payment_id = ? ORDER BY created_at, id");
    tx.all(&sql, [payment_id.into()]).await
}

/// What a provider told of a dispute: it only ever goes forward.
pub(crate) async fn tell(
    tx: &Tx,
    payment: &Payment,
    name: &str,
    amount: i64,
    status: DisputeStatus,
    reason: Option<&str>,
) -> Result<()> {
    let known = of_payment(tx, payment.id).await?;
    let known = known.iter().find(|dispute| dispute.provider_dispute_id == name);
    match known {
        Some(known) if status <= known.status => Ok(()),
        Some(known) => {
            let sql = "UPDATE disputes SET status = ?, updated_at = ? WHERE id = ?";
            let values = [status.to_value().into(), tx.now().into(), known.id.into()];
            tx.change(sql, values).await.map(drop)
        }
        None => {
            let sql = "INSERT INTO disputes (id, payment_id, user_id, author_id, provider_dispute_id, amount, currency, status, \
                       reason, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
            let values: [Value; 11] = [
                tx.new_id().into(),
                payment.id.into(),
                payment.user_id.into(),
                payment.author_id.into(),
                name.into(),
                amount.into(),
                payment.currency.clone().into(),
                status.to_value().into(),
                reason.map(str::to_owned).into(),
                tx.now().into(),
                tx.now().into(),
            ];
            tx.change(sql, values).await.map(drop)
        }
    }
}
