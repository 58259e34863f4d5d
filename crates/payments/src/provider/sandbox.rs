//! The sandbox: a provider in this process, for development and tests.

use entity::enums::{ProviderName, RefundStatus};
use kernel::{Code, Error, PaymentId, Result, Timestamp, UserId};

use super::{
    Provider,
    model::{Charge, Fact, PaymentSession, ProviderReference, ProviderUpdate, RefundRequest, WebhookEvent},
};

/// A provider in this process: courses are bought without an account anywhere, and no money moves. The operations under `/sandbox`
/// play the buyer and their bank.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sandbox;

/// The sandbox's id of a payment.
pub(crate) fn provider_payment_id(id: PaymentId) -> String {
    format!("sandbox_{}", id.0.simple())
}

#[async_trait::async_trait]
impl Provider for Sandbox {
    fn name(&self) -> ProviderName {
        ProviderName::Sandbox
    }

    async fn create_customer(
        &self,
        user_id: UserId,
        _: &str,
        _: Option<&str>,
        _: Option<&str>,
    ) -> Result<String> {
        Ok(format!("sandbox_customer_{}", user_id.0.simple()))
    }

    async fn create_session(&self, charge: &Charge) -> Result<PaymentSession> {
        let id = provider_payment_id(charge.payment_id);
        Ok(PaymentSession {
            // There is no page to pay on: the buyer returns at once.
            url: Some(charge.success_url.clone()),
            client_secret: Some(format!("{id}_secret")),
            session_id: None,
            provider_payment_id: Some(id),
        })
    }

    async fn cancel(&self, _: &ProviderReference) -> Result<()> {
        Ok(())
    }

    /// There is nothing to ask about: the operations under `/sandbox` settle at once.
    async fn fetch_update(&self, payment: &ProviderReference) -> Result<ProviderUpdate> {
        Ok(ProviderUpdate { payment_id: Some(payment.payment_id), ..ProviderUpdate::default() })
    }

    async fn find_payment_id(&self, _: &str) -> Result<Option<PaymentId>> {
        Ok(None)
    }

    async fn refund(&self, request: &RefundRequest) -> Result<Fact> {
        Ok(Fact::Refund {
            id: format!("sandbox_refund_{}", request.refund_id.0.simple()),
            refund_id: Some(request.refund_id),
            amount: request.amount.amount,
            status: RefundStatus::Succeeded,
            code: None,
        })
    }

    fn read_webhook(&self, _: &str, _: &[u8], _: Timestamp) -> Result<WebhookEvent> {
        Err(Error::new(Code::HookSignatureInvalid).detail("The sandbox sends no hooks."))
    }
}
