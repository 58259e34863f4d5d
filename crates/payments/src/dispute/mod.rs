//! Disputes, as a provider reports them.

mod model;
pub(crate) mod store;

use database::Tx;
use entity::enums::DisputeStatus;
use kernel::{PaymentId, Result};

pub use self::model::Dispute;
use crate::payment::Payment;

/// What a provider reports about a dispute.
pub(crate) struct ReportedDispute<'a> {
    pub(crate) provider_dispute_id: &'a str,
    pub(crate) amount: i64,
    pub(crate) status: DisputeStatus,
    pub(crate) reason: Option<&'a str>,
}

/// What the disputes about a payment claim of its money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Whether a bank has not decided yet. Until then it holds the money, and nothing can be given back.
    pub(crate) is_open: bool,
    /// What banks took back for good, in minor units.
    pub(crate) lost_amount: i64,
}

impl Claims {
    pub(crate) fn of(disputes: &[Dispute]) -> Self {
        let lost = disputes.iter().filter(|dispute| dispute.status == DisputeStatus::Lost);
        Self {
            is_open: disputes.iter().any(|dispute| dispute.status == DisputeStatus::Open),
            lost_amount: lost.fold(0, |sum, dispute| sum.saturating_add(dispute.amount)),
        }
    }

    /// What can be given back of an amount that would be left without disputes.
    pub(crate) fn refundable(self, left: i64) -> i64 {
        if self.is_open { 0 } else { left.saturating_sub(self.lost_amount).max(0) }
    }
}

/// The claims of the disputes about a payment.
pub(crate) async fn claims(tx: &Tx, payment_id: PaymentId) -> Result<Claims> {
    Ok(Claims::of(&store::list(tx, payment_id).await?))
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
