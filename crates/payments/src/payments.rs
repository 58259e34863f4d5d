use std::{sync::Arc, time::Duration};

use database::{
    Db, Pool, Tx, inbox,
    outbox::{self, Message},
};
use kernel::{Actor, Code, Error, Money, PaymentId, RefundId, Result, Timestamp};

use crate::{
    Event, Fact, Payment, Provider, ProviderName, RefundOrder, RefundStatus, Told, coupon,
    outbox::{REFUND, STOP, TOLD},
    settle, store,
};

/// After this silence a provider is asked how a payment stands: a hook may be lost.
const SILENCE: Duration = Duration::from_secs(600);
/// How long after its end a payment is still waited for: the provider's word may be on its way.
const GRACE: Duration = Duration::from_secs(600);
/// How many are asked about at once.
const ASKED: u64 = 50;

/// Taking money and giving it back. Cheap to clone.
#[derive(Clone)]
pub struct Payments {
    pub(crate) provider: Option<Arc<dyn Provider>>,
    pub(crate) lifetime: Duration,
}

impl Payments {
    /// Through this provider, if there is one; a checkout waits for its buyer for `lifetime`.
    #[must_use]
    pub fn new(provider: Option<Arc<dyn Provider>>, lifetime: Duration) -> Self {
        Self { provider, lifetime }
    }

    pub(crate) fn provider(&self) -> Result<&dyn Provider> {
        self.provider
            .as_deref()
            .ok_or_else(|| Error::new(Code::ProviderUnavailable).detail("No payment provider is configured."))
    }

    /// The provider of a payment: another one may be configured since.
    fn provider_of(&self, payment: &Payment) -> Result<&dyn Provider> {
        let provider = self.provider()?;
        if provider.name() == payment.provider {
            return Ok(provider);
        }
        Err(Error::new(Code::ProviderUnavailable).detail("This payment's provider is not configured."))
    }

    /// Whether this provider takes the money.
    #[must_use]
    pub fn is(&self, name: ProviderName) -> bool {
        self.provider
            .as_ref()
            .is_some_and(|provider| provider.name() == name)
    }

    /// Reads a hook of the provider's, if its signature is good.
    ///
    /// # Errors
    /// See [`Provider::read_hook`].
    pub fn read_hook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<Event> {
        self.provider()?.read_hook(signature, body, now)
    }

    /// Does what an outbox message about money asks for. Bears a repetition.
    ///
    /// # Errors
    /// What the database and the provider answer; the worker tries again.
    pub async fn act(&self, db: &Db, message: &Message) -> Result<()> {
        match message.kind.as_str() {
            TOLD => {
                let told = serde_json::from_value(message.payload.clone()).map_err(Error::internal)?;
                self.hear(db, told).await
            }
            STOP => match message.id_of("paymentId") {
                Some(id) => self.stop(db, id).await,
                None => Ok(()),
            },
            REFUND => match message.id_of("refundId") {
                Some(id) => self.refund(db, id).await,
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Facts may name a payment by a name of the provider's that we have not heard yet.
    async fn hear(&self, db: &Db, mut told: Told) -> Result<()> {
        if self.settle(db, told.clone()).await? || told.payment_id.is_some() {
            return Ok(());
        }
        if let Some(name) = &told.provider_payment_id {
            told.payment_id = self.provider()?.whose(name).await?;
            if told.payment_id.is_some() {
                self.settle(db, told).await?;
            }
        }
        Ok(())
    }

    async fn stop(&self, db: &Db, id: PaymentId) -> Result<()> {
        match payment(db, id).await? {
            Some(payment) if payment.provider != ProviderName::None => {
                self.provider_of(&payment)?.stop(&payment.reference()).await
            }
            _ => Ok(()),
        }
    }

    async fn refund(&self, db: &Db, id: RefundId) -> Result<()> {
        let find = move |tx: Tx| async move {
            let Some(refund) = store::refund::find(&tx, id).await? else {
                return Ok(None);
            };
            let payment = store::payment::find(&tx, refund.payment_id).await?;
            Ok(payment.map(|payment| (refund, payment)))
        };
        let Some((refund, payment)) = db.read_in(Pool::Worker, Actor::System, find).await? else {
            return Ok(());
        };
        if refund.status != RefundStatus::Pending || refund.provider_refund_id.is_some() {
            return Ok(());
        }
        let provider = self.provider_of(&payment)?;
        let order = RefundOrder {
            refund_id: refund.id,
            provider_payment_id: payment.provider_payment_id.clone().unwrap_or_default(),
            amount: Money {
                amount: refund.amount,
                currency: coupon::currency(&refund.currency)?,
            },
            reason: refund.reason.clone(),
        };
        let fact = match provider.refund(&order).await {
            Ok(fact) => fact,
            Err(error) if error.code() == Code::PaymentRefused => {
                tracing::warn!(refund = %id, %error, "the provider will not give the money back");
                settle::refund_failed(&refund, error.detail_text().unwrap_or("refused"))
            }
            Err(error) => return Err(error),
        };
        self.settle(db, settle::of(payment.id, vec![fact]))
            .await
            .map(drop)
    }

    /// Asks about payments of which nothing was heard for ten minutes, and ends those that nobody paid in time; answers with how
    /// many were asked about.
    ///
    /// # Errors
    /// What the database answers; the next round tries again.
    pub async fn reconcile(&self, db: &Db) -> Result<usize> {
        let silent =
            move |tx: Tx| async move { store::payment::silent(&tx, tx.now() - SILENCE, ASKED).await };
        let silent = db.run_in(Pool::Worker, Actor::System, silent).await?;
        let asked = silent.len();
        for payment in silent {
            // One about which the provider does not answer does not stand in the way of the others.
            if let Err(error) = self.ask(db, &payment).await {
                tracing::warn!(payment = %payment.id, %error, "how a payment stands cannot be found out");
            }
        }
        Ok(asked)
    }

    async fn ask(&self, db: &Db, payment: &Payment) -> Result<()> {
        let mut told = self.provider_of(payment)?.ask(&payment.reference()).await?;
        told.payment_id = Some(payment.id);
        let now = db.environment().now();
        let waited_for = |fact: &Fact| matches!(fact, Fact::Captured { .. } | Fact::OnItsWay);
        let waited_for = told.facts.iter().any(waited_for);
        if !waited_for && payment.expires_at + GRACE < now {
            told.facts.push(Fact::Over {
                code: "expired".to_owned(),
            });
        }
        self.settle(db, told).await.map(drop)
    }
}

async fn payment(db: &Db, id: PaymentId) -> Result<Option<Payment>> {
    db.read_in(Pool::Worker, Actor::System, move |tx| async move {
        store::payment::find(&tx, id).await
    })
    .await
}

/// Notes an event, once, for the worker to act on. Doing it again, or an event about nothing of ours, changes nothing. Runs as
/// the worker's role.
///
/// # Errors
/// What the database answers.
pub async fn note_event(tx: &Tx, provider: &str, event: &Event) -> Result<()> {
    let Some(told) = &event.told else { return Ok(()) };
    if inbox::note(tx, provider, &event.id, &event.kind).await? {
        let payload = serde_json::to_value(told).map_err(Error::internal)?;
        outbox::send(tx, TOLD, payload).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_told_survives_the_outbox() {
        let told = Told {
            payment_id: Some(PaymentId(kernel::Uuid::nil())),
            facts: vec![Fact::Over {
                code: "expired".to_owned(),
            }],
            ..Told::default()
        };
        let payload = serde_json::to_value(&told).unwrap();
        assert_eq!(payload["facts"], json!([{ "fact": "over", "code": "expired" }]));
        assert_eq!(serde_json::from_value::<Told>(payload).unwrap(), told);
    }
}
