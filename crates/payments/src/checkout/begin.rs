//! The first half of a checkout: what is to be paid is frozen into a payment.

use std::time::Duration;

use database::{Tx, audit, outbox};
use entity::enums::{PaymentMethod, PaymentStatus, ProviderName};
use kernel::{Code, Result, Timestamp, UserId};
use serde_json::json;

use super::{handover, model::CheckoutRequest};
use crate::{
    coupon,
    message::REVIEW,
    payment::{self, Payment},
    provider::{Fact, ProviderUpdate},
    quote::{self, Quote},
    redemption, settlement,
};

/// A checkout whose session would end sooner than this does not continue.
const MIN_TIME_LEFT: Duration = Duration::from_secs(10 * 60);
/// The same where there is no session yet: Stripe creates none that ends within half an hour.
const MIN_TIME_LEFT_WITHOUT_SESSION: Duration = Duration::from_secs(30 * 60 + 30);

/// Freezes what is to be paid. An open checkout on the same terms continues; one on other terms is superseded.
pub(super) async fn begin(
    tx: &Tx,
    request: &CheckoutRequest,
    provider: ProviderName,
    lifetime: Duration,
) -> Result<Payment> {
    let user_id = tx.user_id()?;
    settlement::lock_purchase(tx, user_id, request.course_id).await?;
    // First, so that the redemption slot of the buyer's open checkout is no reason to refuse them.
    if let Some(open) = payment::store::find_pending(tx, user_id, request.course_id).await?
        && let Some(payment) = continue_or_supersede(tx, open, request, provider).await?
    {
        return Ok(payment);
    }
    let quote = quote::quote(tx, request.course_id, request.coupon_code.as_deref()).await?;
    let payment = new_payment(tx, user_id, &quote, request.method, provider, tx.now() + lifetime);
    payment::store::insert(tx, &payment).await?;
    if let Some(coupon) = &quote.coupon {
        redemption::reserve(tx, coupon, payment.id).await?;
        // The checkout ends with the coupon.
        if let Some(end) = coupon.ends_at.filter(|end| *end < payment.expires_at) {
            outbox::schedule(tx, REVIEW, vec![(json!({ "paymentId": payment.id }), end)]).await?;
        }
    }
    let detail =
        json!({ "courseId": payment.course_id, "amount": payment.amount, "currency": payment.currency });
    audit::record(tx, "payment.begin", payment.id, detail).await?;
    if payment.amount > 0 {
        handover::keep_return_urls(tx, payment.id, request).await?;
        return Ok(payment);
    }
    let nothing_to_pay =
        Fact::Captured { provider_payment_id: payment.id.to_string(), amount: 0, currency: payment.currency };
    settlement::settle(tx, &ProviderUpdate::of(payment.id, nothing_to_pay)).await?;
    payment::store::find(tx, payment.id).await?.ok_or_else(|| Code::NotFound.into())
}

/// The open checkout, if it can continue; otherwise it is closed.
async fn continue_or_supersede(
    tx: &Tx,
    open: Payment,
    request: &CheckoutRequest,
    provider: ProviderName,
) -> Result<Option<Payment>> {
    if open.accepted_at.is_some() {
        // The buyer has paid, and the money is on its way: another session would take it twice.
        return Ok(Some(open));
    }
    let handover = handover::find(tx, open.id).await?;
    let has_session = handover.as_ref().is_some_and(|handover| handover.session().is_some());
    let min_time_left = if has_session { MIN_TIME_LEFT } else { MIN_TIME_LEFT_WITHOUT_SESSION };
    let has_time_left = open.expires_at >= tx.now() + min_time_left;
    if has_time_left && has_same_terms(tx, &open, request, provider).await? {
        if handover.is_none() {
            // It was begun by a version that kept no addresses.
            handover::keep_return_urls(tx, open.id, request).await?;
        }
        return Ok(Some(open));
    }
    settlement::settle(tx, &ProviderUpdate::of(open.id, Fact::closed("superseded"))).await?;
    Ok(None)
}

/// Whether a new checkout would have the same provider, method, coupon and price.
async fn has_same_terms(
    tx: &Tx,
    open: &Payment,
    request: &CheckoutRequest,
    provider: ProviderName,
) -> Result<bool> {
    if open.provider != provider || open.method != request.method {
        return Ok(false);
    }
    let coupon = match open.coupon_id {
        Some(id) => coupon::store::find(tx, id).await?,
        None => None,
    };
    let code = request.coupon_code.as_deref().map(coupon::comparable);
    if coupon.map(|coupon| coupon.code) != code {
        return Ok(false);
    }
    let quote = quote::quote(tx, request.course_id, None).await?;
    Ok(quote.base_amount == open.base_amount
        && quote.discount_amount == open.discount_amount
        && quote.currency.as_str() == open.currency)
}

fn new_payment(
    tx: &Tx,
    user_id: UserId,
    quote: &Quote,
    method: PaymentMethod,
    provider: ProviderName,
    expires_at: Timestamp,
) -> Payment {
    let is_free = quote.amount == 0;
    Payment {
        id: tx.new_id(),
        user_id,
        course_id: quote.course_id,
        author_id: quote.author_id,
        course_title: quote.course_title.clone(),
        status: PaymentStatus::Pending,
        provider: if is_free { ProviderName::None } else { provider },
        method: if is_free { PaymentMethod::None } else { method },
        currency: quote.currency.to_string(),
        base_amount: quote.base_amount,
        discount_amount: quote.discount_amount,
        coupon_id: quote.coupon.as_ref().map(|coupon| coupon.id),
        coupon_amount: quote.coupon_amount,
        amount: quote.amount,
        refunded_amount: 0,
        refunding_amount: 0,
        provider_session_id: None,
        provider_payment_id: None,
        failure_code: None,
        expires_at,
        accepted_at: None,
        completed_at: None,
        failed_at: None,
        refunded_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}
