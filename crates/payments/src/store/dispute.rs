use database::Tx;
use kernel::{DisputeId, PaymentId, Result};
use sea_orm::{ActiveEnum, FromQueryResult, Value};

use crate::{Dispute, DisputeStatus, Payment};

const COLUMNS: &str =
    "id, payment_id, provider_dispute_id, amount, currency, status, reason, created_at, updated_at";

pub(crate) async fn of_payment(tx: &Tx, payment_id: PaymentId) -> Result<Vec<Dispute>> {
    let sql = format!("SELECT {COLUMNS} FROM disputes WHERE payment_id = ? ORDER BY created_at, id");
    tx.all(&sql, [payment_id.into()]).await
}

/// What buyers' banks took back of one payment, in its currency.
#[derive(FromQueryResult)]
pub(crate) struct Lost {
    pub(crate) payment_id: PaymentId,
    pub(crate) amount: i64,
}

/// Of these payments, those of which a dispute was lost.
pub(crate) async fn lost(tx: &Tx, payments: &[PaymentId]) -> Result<Vec<Lost>> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    let marks = vec!["?"; payments.len()].join(", ");
    // The sum of bigints is numeric on PostgreSQL.
    let sql = format!(
        "SELECT payment_id, CAST(sum(amount) AS bigint) AS amount FROM disputes \
         WHERE status = 'LOST' AND payment_id IN ({marks}) GROUP BY payment_id"
    );
    let values: Vec<Value> = payments.iter().map(|id| (*id).into()).collect();
    tx.all(&sql, values).await
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
                tx.new_id::<DisputeId>().into(),
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
