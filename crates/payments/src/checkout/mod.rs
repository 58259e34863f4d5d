//! Checkouts: the price is frozen into a payment, then the provider is asked for a session in which the buyer pays.

mod begin;
mod handover;
mod model;
mod store;

use std::time::Duration;

use database::{Db, Pool, Tx};
use entity::enums::{PaymentStatus, ProviderName};
use kernel::{Actor, Code, Error, Money, PaymentId, Result};

pub use self::model::{Checkout, CheckoutRequest};
use self::model::{Handover, ReturnUrls};
use crate::{
    customer,
    offer::Withdrawal,
    payment::{self, Payment},
    provider::{Charge, PaymentSession, ProviderReference},
    service::Payments,
};

/// How long a session lasts at least that is made in place of another one: Stripe makes none that ends within half an hour.
const MIN_SESSION_LIFETIME: Duration = Duration::from_secs(31 * 60);

impl Payments {
    /// Begins to buy a course. The price is frozen into a payment first; then the provider is asked, outside any transaction and
    /// with the payment's id as the idempotency key. Whatever breaks in between, asking again continues with the same payment.
    ///
    /// # Errors
    /// See [`crate::quote()`]; [`Code::ProviderUnavailable`], [`Code::PaymentRefused`], [`Code::CheckoutSuperseded`] where another
    /// checkout of the same course took the place of this one meanwhile.
    pub async fn checkout(&self, db: &Db, actor: Actor, request: CheckoutRequest) -> Result<Checkout> {
        let payments = self.clone();
        let begin = move |tx| async move { payments.begin_checkout(&tx, &request).await };
        let payment = db.run_in(Pool::Worker, actor, begin).await?;
        self.continue_checkout(db, actor, payment).await
    }

    /// The first half of [`Payments::checkout`]: freezes what is to be paid. Where that is nothing, the course is bought at once. Runs
    /// in the worker's role.
    ///
    /// # Errors
    /// See [`crate::quote()`].
    pub async fn begin_checkout(&self, tx: &Tx, request: &CheckoutRequest) -> Result<Payment> {
        begin::begin(tx, request, self.provider()?.name(), self.checkout_lifetime).await
    }

    /// The second half of [`Payments::checkout`]: has the provider create a session, unless there is nothing to pay.
    ///
    /// # Errors
    /// See [`Payments::checkout`].
    pub async fn continue_checkout(&self, db: &Db, actor: Actor, payment: Payment) -> Result<Checkout> {
        if payment.provider == ProviderName::None {
            return Ok(Checkout { payment, session: None });
        }
        let id = payment.id;
        let find = move |tx| async move { handover::find(&tx, id).await };
        let handover = db.read_in(Pool::Worker, actor, find).await?;
        let handover = handover.ok_or_else(|| Error::internal("a checkout has lost its addresses"))?;
        let known = match handover.session() {
            Some(session) if self.is_known(&payment, session).await? => Some(session.clone()),
            _ => None,
        };
        let session = match known {
            Some(session) => session,
            None => self.create_session(db, actor, &payment, &handover).await?,
        };
        let find = move |tx| async move { payment::store::find(&tx, id).await };
        let payment = db.read_in(Pool::Worker, actor, find).await?;
        Ok(Checkout { payment: payment.ok_or(Code::NotFound)?, session: Some(session) })
    }

    /// Whether the buyer can still pay in this session, as far as its provider can be asked. It may have been deleted there, or be of
    /// another account or mode, where the keys were replaced.
    async fn is_known(&self, payment: &Payment, session: &PaymentSession) -> Result<bool> {
        match self.provider()?.knows(&reference(payment.id, session)).await {
            Err(error) if error.code() == Code::ProviderUnavailable => Ok(true),
            known => known,
        }
    }

    /// Has the provider create a session, in place of one that it does not know any more, and keeps it. A customer whom it does not
    /// know is created anew, once.
    async fn create_session(
        &self,
        db: &Db,
        actor: Actor,
        payment: &Payment,
        handover: &Handover,
    ) -> Result<PaymentSession> {
        let (provider, id) = (self.provider()?, payment.id);
        let urls = handover.urls().ok_or(Code::CheckoutSuperseded)?;
        let customer_id = customer::provider_customer_id(db, actor, provider, None).await?;
        let mut charge = charge(payment, customer_id, urls)?;
        if let Some(gone) = handover.session() {
            charge.replaced_session_id = gone.session_id.clone().or_else(|| gone.provider_payment_id.clone());
            // The same for every try: the provider repeats its answer to the same request alone.
            if charge.expires_at < db.environment().now() + MIN_SESSION_LIFETIME {
                charge.expires_at += MIN_SESSION_LIFETIME;
            }
        }
        let mut created = provider.create_session(&charge).await;
        if matches!(&created, Err(error) if error.code() == Code::UnknownAtProvider) {
            let gone = Some(charge.customer_id.as_str());
            charge.customer_id = customer::provider_customer_id(db, actor, provider, gone).await?;
            created = provider.create_session(&charge).await;
        }
        let session = match created {
            Ok(session) => session,
            Err(error) => {
                let is_refused = matches!(error.code(), Code::PaymentRefused | Code::UnknownAtProvider);
                let gone = handover.session().cloned();
                let find = move |tx| async move {
                    handover::session_of_another_request(&tx, id, gone.as_ref(), is_refused).await
                };
                let session = db.run_in(Pool::Worker, Actor::System, find).await?;
                return session.ok_or_else(|| refusal(error));
            }
        };
        let (kept, before, expires_at) = (session.clone(), handover.clone(), charge.expires_at);
        let keep = move |tx| async move { handover::keep_session(&tx, id, kept, before, expires_at).await };
        let payment = db.run_in(Pool::Worker, actor, keep).await?;
        if payment.status != PaymentStatus::Failed {
            return Ok(session);
        }
        // The payment was closed while the provider was asked: nobody may pay there any more.
        provider.cancel(&reference(id, &session)).await?;
        let withdrawal = payment.failure_code.as_deref().and_then(Withdrawal::from_code);
        Err(withdrawal.map_or_else(|| Code::CheckoutSuperseded.into(), Withdrawal::refusal))
    }
}

/// What a client is told where the provider knows not even a customer that was created this moment.
fn refusal(error: Error) -> Error {
    match error.code() {
        Code::UnknownAtProvider => Error::new(Code::PaymentRefused).caused_by(error),
        _ => error,
    }
}

fn reference(payment_id: PaymentId, session: &PaymentSession) -> ProviderReference {
    ProviderReference {
        payment_id,
        session_id: session.session_id.clone(),
        provider_payment_id: session.provider_payment_id.clone(),
    }
}

fn charge(payment: &Payment, customer_id: String, urls: &ReturnUrls) -> Result<Charge> {
    let url = |url: &str| url.replace("{paymentId}", &payment.id.to_string());
    Ok(Charge {
        payment_id: payment.id,
        method: payment.method,
        amount: Money { amount: payment.amount, currency: payment.currency()? },
        title: payment.course_title.clone(),
        customer_id,
        replaced_session_id: None,
        success_url: url(&urls.success_url),
        cancel_url: url(&urls.cancel_url),
        expires_at: payment.expires_at,
    })
}
