//! What the worker does about payments: outbox messages, and questions about payments that fell silent.

use std::time::Duration;

use database::{Db, Pool, Tx, outbox::Message};
use entity::enums::{ProviderName, RefundStatus};
use kernel::{Actor, Code, Error, Money, PaymentId, RefundId, Result};

use crate::{
    dispute::{self, Claims},
    message::{CANCEL_AT_PROVIDER, PROVIDER_UPDATE, REFUND_AT_PROVIDER},
    payment::{self, Payment},
    provider::{Fact, Provider, ProviderReference, ProviderUpdate, RefundRequest},
    refund::{self, Refund},
    review::review_checkouts,
    service::Payments,
    settlement,
};

/// After this silence the provider is asked about a payment: a webhook may be lost.
const RECONCILE_AFTER: Duration = Duration::from_secs(600);
/// How long after its expiry a payment is still waited for: the provider's report may be on its way.
const EXPIRY_GRACE: Duration = Duration::from_secs(600);
/// How many payments are asked about in one round.
const RECONCILE_BATCH: u64 = 50;

impl Payments {
    /// Does what an outbox message asks of payments, also where it is about a course, an account or access. Repeating it changes
    /// nothing.
    ///
    /// # Errors
    /// What the database and the provider answer; the worker tries again.
    pub async fn handle_message(&self, db: &Db, message: &Message) -> Result<()> {
        match message.kind.as_str() {
            PROVIDER_UPDATE => {
                let update = serde_json::from_value(message.payload.clone()).map_err(Error::internal)?;
                self.apply_update(db, update).await
            }
            CANCEL_AT_PROVIDER => match message.id_of("paymentId") {
                Some(id) => self.cancel_at_provider(db, id).await,
                None => Ok(()),
            },
            REFUND_AT_PROVIDER => match message.id_of("refundId") {
                Some(id) => self.refund_at_provider(db, id).await,
                None => Ok(()),
            },
            _ => review_checkouts(db, message).await,
        }
    }

    /// Asks the provider about payments of which nothing was reported for ten minutes, and closes those that nobody paid in time.
    /// Answers with how many were asked about.
    ///
    /// # Errors
    /// What the database answers; the next round tries again.
    pub async fn reconcile(&self, db: &Db) -> Result<usize> {
        let claim = move |tx: Tx| async move {
            payment::store::claim_silent(&tx, tx.now() - RECONCILE_AFTER, RECONCILE_BATCH).await
        };
        let silent = db.run_in(Pool::Worker, Actor::System, claim).await?;
        for payment in &silent {
            // A payment about which the provider does not answer does not delay the others.
            if let Err(error) = self.reconcile_payment(db, payment).await {
                tracing::warn!(payment = %payment.id, %error, "the state of a payment cannot be found out");
            }
        }
        Ok(silent.len())
    }

    async fn reconcile_payment(&self, db: &Db, payment: &Payment) -> Result<()> {
        let provider = self.provider_of(payment)?;
        let mut update = provider.fetch_update(&reference(payment)).await?;
        update.payment_id = Some(payment.id);
        let is_expected = |fact: &Fact| matches!(fact, Fact::Captured { .. } | Fact::Processing);
        let is_expired = payment.expires_at + EXPIRY_GRACE < db.environment().now();
        if is_expired && !update.facts.iter().any(is_expected) {
            update.facts.push(Fact::closed("expired"));
        }
        settle(db, update).await?;
        // Those that the provider could not be asked for in time.
        let id = payment.id;
        let list = move |tx| async move { refund::store::list(&tx, id).await };
        let refunds = db.read_in(Pool::Worker, Actor::System, list).await?;
        for refund in refunds.iter().filter(|refund| refund.is_unsent()) {
            self.refund_at_provider(db, refund.id).await?;
        }
        Ok(())
    }

    /// An update may name a payment by an id of the provider's that is not known here yet.
    async fn apply_update(&self, db: &Db, mut update: ProviderUpdate) -> Result<()> {
        if settle(db, update.clone()).await? || update.payment_id.is_some() {
            return Ok(());
        }
        if let Some(id) = &update.provider_payment_id {
            update.payment_id = self.provider()?.find_payment_id(id).await?;
            if update.payment_id.is_some() {
                settle(db, update).await?;
            }
        }
        Ok(())
    }

    async fn cancel_at_provider(&self, db: &Db, id: PaymentId) -> Result<()> {
        let find = move |tx| async move { payment::store::find(&tx, id).await };
        match db.read_in(Pool::Worker, Actor::System, find).await? {
            Some(payment) if payment.provider != ProviderName::None => {
                let (provider, reference) = (self.provider_of(&payment)?, reference(&payment));
                provider.cancel(&reference).await?;
                // The buyer may have paid at that moment: nobody asks about a closed payment again.
                let mut update = provider.fetch_update(&reference).await?;
                update.payment_id = Some(id);
                settle(db, update).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    async fn refund_at_provider(&self, db: &Db, id: RefundId) -> Result<()> {
        let find = move |tx| async move { find_refund(&tx, id).await };
        let Some((refund, payment, claims)) = db.read_in(Pool::Worker, Actor::System, find).await? else {
            return Ok(());
        };
        if !refund.is_unsent() {
            return Ok(());
        }
        // The money may have been disputed since: it would leave twice.
        if claims.refundable(payment.refundable_amount() + refund.amount) < refund.amount {
            let (id, failed) = (payment.id, failed(&refund, "charge_disputed"));
            let abandon = move |tx| async move { settlement::abandon_refund(&tx, id, failed).await };
            return db.run_in(Pool::Worker, Actor::System, abandon).await;
        }
        let request = RefundRequest {
            refund_id: refund.id,
            provider_payment_id: payment.provider_payment_id.clone().unwrap_or_default(),
            amount: Money { amount: refund.amount, currency: payment.currency()? },
            reason: refund.reason,
        };
        let fact = match self.provider_of(&payment)?.refund(&request).await {
            Ok(fact) => fact,
            Err(error) if error.code() == Code::PaymentRefused => {
                tracing::warn!(refund = %id, %error, "the provider refuses a refund");
                failed(&refund, error.detail_text().unwrap_or("refused"))
            }
            Err(error) => return Err(error),
        };
        settle(db, ProviderUpdate::of(payment.id, fact)).await.map(drop)
    }

    /// The provider that a payment began with: another one may be configured since.
    fn provider_of(&self, payment: &Payment) -> Result<&dyn Provider> {
        let provider = self.provider()?;
        if provider.name() == payment.provider {
            return Ok(provider);
        }
        Err(Error::new(Code::ProviderUnavailable).detail("This payment's provider is not configured."))
    }
}

async fn settle(db: &Db, update: ProviderUpdate) -> Result<bool> {
    let settle = move |tx| async move { settlement::settle(&tx, &update).await };
    db.run_in(Pool::Worker, Actor::System, settle).await
}

async fn find_refund(tx: &Tx, id: RefundId) -> Result<Option<(Refund, Payment, Claims)>> {
    let Some(refund) = refund::store::find(tx, id).await? else {
        return Ok(None);
    };
    let claims = dispute::claims(tx, refund.payment_id).await?;
    let payment = payment::store::find(tx, refund.payment_id).await?;
    Ok(payment.map(|payment| (refund, payment, claims)))
}

fn reference(payment: &Payment) -> ProviderReference {
    ProviderReference {
        payment_id: payment.id,
        session_id: payment.provider_session_id.clone(),
        provider_payment_id: payment.provider_payment_id.clone(),
    }
}

/// A refund that the provider refused.
fn failed(refund: &Refund, code: &str) -> Fact {
    Fact::Refund {
        id: refund.id.to_string(),
        refund_id: Some(refund.id),
        amount: refund.amount,
        status: RefundStatus::Failed,
        code: Some(code.to_owned()),
    }
}
