//! Disputes, as a provider reports them.

mod model;
pub(crate) mod store;

use database::Tx;
use entity::enums::DisputeStatus;
use kernel::Result;

pub use self::model::Dispute;
use crate::payment::Payment;

/// What a provider reports about a dispute.
pub(crate) struct ReportedDispute<'a> {
    pub(crate) provider_dispute_id: &'a str,
    pub(crate) amount: i64,
    pub(crate) status: DisputeStatus,
    pub(crate) reason: Option<&'a str>,
}

/// Writes what a provider reports: a later report never moves a dispute back.
pub(crate) async fn report(tx: &Tx, payment: &Payment, reported: ReportedDispute<'_>) -> Result<()> {
    let known = store::list(tx, payment.id).await?;
    let known = known.iter().find(|dispute| dispute.provider_dispute_id == reported.provider_dispute_id);
    match known {
        Some(known) if reported.status <= known.status => Ok(()),
        Some(known) => store::set_status(tx, known.id, reported.status).await,
        None => {
            let dispute = Dispute {
                id: tx.new_id(),
                payment_id: payment.id,
                provider_dispute_id: reported.provider_dispute_id.to_owned(),
                amount: reported.amount,
                currency: payment.currency.clone(),
                status: reported.status,
                reason: reported.reason.map(str::to_owned),
                created_at: tx.now(),
                updated_at: tx.now(),
            };
            store::insert(tx, payment, dispute).await
        }
    }
}
