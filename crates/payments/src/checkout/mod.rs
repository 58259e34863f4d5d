//! Checkouts: the price is frozen into a payment, then the provider is asked for a session in which the buyer pays.

mod begin;
mod handover;
mod model;
mod store;

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
        let session = match db.read_in(Pool::Worker, actor, find).await? {
            Some(Handover::Ready(session)) => session,
            Some(Handover::Requested(urls)) => self.create_session(db, actor, &payment, &urls).await?,
            None => return Err(Error::internal("a checkout has lost its addresses")),
        };
        let find = move |tx| async move { payment::store::find(&tx, id).await };
        let payment = db.read_in(Pool::Worker, actor, find).await?;
        Ok(Checkout { payment: payment.ok_or(Code::NotFound)?, session: Some(session) })
    }

    /// Has the provider create a session, and keeps it.
    async fn create_session(
        &self,
        db: &Db,
        actor: Actor,
        payment: &Payment,
        urls: &ReturnUrls,
    ) -> Result<PaymentSession> {
        let provider = self.provider()?;
        let customer_id = customer::provider_customer_id(db, actor, provider).await?;
        let charge = charge(payment, customer_id, urls)?;
        let id = payment.id;
        let session = match provider.create_session(&charge).await {
            Ok(session) => session,
            Err(error) => {
                let is_refused = error.code() == Code::PaymentRefused;
                let find =
                    move |tx| async move { handover::session_of_another_request(&tx, id, is_refused).await };
                let session = db.run_in(Pool::Worker, Actor::System, find).await?;
                return session.ok_or(error);
            }
        };
        let payment = keep_session(db, actor, id, session.clone()).await?;
        if payment.status != PaymentStatus::Failed {
            return Ok(session);
        }
        // The payment was closed while the provider was asked: nobody may pay there any more.
        provider
            .cancel(&ProviderReference {
                payment_id: id,
                session_id: session.session_id,
                provider_payment_id: session.provider_payment_id,
            })
            .await?;
        let withdrawal = payment.failure_code.as_deref().and_then(Withdrawal::from_code);
        Err(withdrawal.map_or_else(|| Code::CheckoutSuperseded.into(), Withdrawal::refusal))
    }
}

async fn keep_session(db: &Db, actor: Actor, id: PaymentId, session: PaymentSession) -> Result<Payment> {
    let keep = move |tx| async move { handover::keep_session(&tx, id, session).await };
    db.run_in(Pool::Worker, actor, keep).await
}

fn charge(payment: &Payment, customer_id: String, urls: &ReturnUrls) -> Result<Charge> {
    let url = |url: &str| url.replace("{paymentId}", &payment.id.to_string());
    Ok(Charge {
        payment_id: payment.id,
        method: payment.method,
        amount: Money { amount: payment.amount, currency: payment.currency()? },
        title: payment.course_title.clone(),
        customer_id,
        success_url: url(&urls.success_url),
        cancel_url: url(&urls.cancel_url),
        expires_at: payment.expires_at,
    })
}
