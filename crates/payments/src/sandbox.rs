use kernel::{Code, Error, PaymentId, Result, Timestamp, UserId};

use crate::{
    Fact, RefundStatus,
    provider::{Charge, Event, Provider, ProviderName, Reference, RefundOrder, Started, Told},
};

/// A provider in this process, for development and tests: whole courses are bought without an account anywhere, and no money
/// moves. Whether a buyer has paid is said by the operations under `/sandbox`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sandbox;

/// The sandbox's own name of a payment.
pub(crate) fn payment_name(id: PaymentId) -> String {
    format!("sandbox_{}", id.0.simple())
}

#[async_trait::async_trait]
impl Provider for Sandbox {
    fn name(&self) -> ProviderName {
        ProviderName::Sandbox
    }

    async fn customer(&self, user_id: UserId, _: &str, _: Option<&str>) -> Result<String> {
        Ok(format!("sandbox_customer_{}", user_id.0.simple()))
    }

    async fn start(&self, charge: &Charge) -> Result<Started> {
        let name = payment_name(charge.payment_id);
        Ok(Started {
            // There is no page to pay on: the buyer is back at once.
            url: Some(charge.success_url.clone()),
            client_secret: Some(format!("{name}_secret")),
            session_id: None,
            payment_id: Some(name),
        })
    }

    async fn stop(&self, _: &Reference) -> Result<()> {
        Ok(())
    }

    /// Everything is told at once, by the operations under `/sandbox`.
    async fn ask(&self, payment: &Reference) -> Result<Told> {
        Ok(Told {
            payment_id: Some(payment.payment_id),
            ..Told::default()
        })
    }

    async fn whose(&self, _: &str) -> Result<Option<PaymentId>> {
        Ok(None)
    }

    async fn refund(&self, order: &RefundOrder) -> Result<Fact> {
        Ok(Fact::Refund {
            id: format!("sandbox_refund_{}", order.refund_id.0.simple()),
            ours: Some(order.refund_id),
            amount: order.amount.amount,
            status: RefundStatus::Succeeded,
            code: None,
        })
    }

    fn read_hook(&self, _: &str, _: &[u8], _: Timestamp) -> Result<Event> {
        Err(Error::new(Code::HookSignatureInvalid).detail("The sandbox sends no hooks."))
    }
}
