//! The facts about a payment, gathered from its rows and from what a provider reports.

use database::{Tx, audit};
use entity::enums::PaymentStatus;
use kernel::{Result, Timestamp};
use serde_json::json;

use super::state::{PaymentFacts, RefundFacts};
use crate::{
    dispute::{self, ReportedDispute},
    offer::{self, Moment},
    payment::Payment,
    provider::Fact,
    refund::{
        record::{self, ReportedRefund},
        store,
    },
};

/// What is known about the capture of a payment. Refunds and disputes are rows of their own.
pub(super) struct Capture {
    pub(super) is_captured: bool,
    pub(super) is_closed: bool,
    pub(super) provider_payment_id: Option<String>,
    pub(super) failure_code: Option<String>,
    pub(super) accepted_at: Option<Timestamp>,
}

impl Capture {
    /// What the row of the payment says.
    pub(super) fn of(payment: &Payment) -> Self {
        Self {
            is_captured: payment.completed_at.is_some(),
            is_closed: payment.status == PaymentStatus::Failed,
            provider_payment_id: payment.provider_payment_id.clone(),
            failure_code: payment.failure_code.clone(),
            accepted_at: payment.accepted_at,
        }
    }

    /// Adds a fact. One about a refund or a dispute is written into its row.
    pub(super) async fn add(&mut self, tx: &Tx, payment: &Payment, fact: &Fact) -> Result<()> {
        match fact {
            Fact::Captured { provider_payment_id, amount, currency } => {
                if (*amount, currency) != (payment.amount, &payment.currency) {
                    return record_mismatch(tx, payment, *amount, currency).await;
                }
                self.is_captured = true;
                self.provider_payment_id.get_or_insert_with(|| provider_payment_id.clone());
            }
            Fact::Declined { code } if payment.status == PaymentStatus::Pending => {
                self.failure_code = Some(code.clone());
                // What was on its way does not come: the checkout is open again, as long as its offer stands.
                self.accepted_at = None;
            }
            Fact::Closed { code } if payment.status == PaymentStatus::Pending => {
                self.is_closed = true;
                self.failure_code = Some(code.clone());
            }
            Fact::Processing if payment.status == PaymentStatus::Pending && payment.accepted_at.is_none() => {
                self.accept(tx, payment).await?;
            }
            Fact::Processing | Fact::Declined { .. } | Fact::Closed { .. } => {}
            Fact::Refund { id, refund_id, amount, status, code } => {
                let reported = ReportedRefund {
                    provider_refund_id: id,
                    refund_id: *refund_id,
                    amount: *amount,
                    status: *status,
                    failure_code: code.as_deref(),
                };
                record::report(tx, payment, reported).await?;
            }
            Fact::Dispute { id, amount, status, reason } => {
                let reported = ReportedDispute {
                    provider_dispute_id: id,
                    amount: *amount,
                    status: *status,
                    reason: reason.as_deref(),
                };
                dispute::report(tx, payment, reported).await?;
            }
        }
        Ok(())
    }

    /// The buyer has paid, and the money takes days. What they accepted stays, if the offer stood; otherwise the money will go back.
    async fn accept(&mut self, tx: &Tx, payment: &Payment) -> Result<()> {
        match offer::withdrawal(tx, payment, Moment::Paid).await? {
            None => self.accepted_at = Some(tx.now()),
            Some(withdrawal) => {
                self.is_closed = true;
                self.failure_code = Some(withdrawal.code().to_owned());
            }
        }
        Ok(())
    }

    /// Everything that is known about the payment.
    pub(super) async fn facts(&self, tx: &Tx, payment: &Payment) -> Result<PaymentFacts> {
        let refunds = store::list(tx, payment.id).await?;
        let refunds = refunds.iter().map(|refund| RefundFacts {
            status: refund.status,
            amount: refund.amount,
            ends_access: refund.ends_access,
        });
        let disputes = dispute::store::list(tx, payment.id).await?;
        Ok(PaymentFacts {
            amount: payment.amount,
            is_captured: self.is_captured,
            is_closed: self.is_closed,
            refunds: refunds.collect(),
            disputes: disputes.iter().map(|dispute| dispute.status).collect(),
        })
    }
}

/// Another amount than the frozen one was captured. It buys nothing; the audit log keeps it for a person to look at.
async fn record_mismatch(tx: &Tx, payment: &Payment, amount: i64, currency: &str) -> Result<()> {
    tracing::error!(payment = %payment.id, amount, currency, "another amount was paid than was to be paid");
    let detail = json!({ "amount": amount, "currency": currency });
    audit::record(tx, "payment.mismatch", payment.id, detail).await
}
