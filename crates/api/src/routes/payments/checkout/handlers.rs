//! The operations on quotes and checkouts.

use database::Pool;
use kernel::{Error, FieldError, Result};
use payments::{CheckoutRequest, ProviderName};

use super::dto::{Checkout, CreateCheckout, CreateQuote, Quote};
use crate::{
    http::{
        extract::{MoneyKey, Outcome},
        prelude::*,
    },
    startup::origin,
};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, quote_checkout, create_checkout);
}

/// Quote a course
///
/// Gives what the course costs the caller now, with the course's own discount, and with a coupon if one is named. Nothing is kept. A coupon
/// that cannot be used is refused with its reason: `coupon_unknown`, `coupon_not_started`, `coupon_expired`, `coupon_not_applicable`,
/// `coupon_exhausted` or `coupon_limit_reached`. An amount that no payment provider would charge is refused as well, with the limit in the
/// detail: `below_minimum`, `above_maximum`, `too_many_decimals` or `unsupported_currency`, at `/couponCode` where it follows from the
/// coupon.
#[utoipa::path(post, path = "/checkout/quote",
    tag = "payments", operation_id = "quoteCheckout", security(("bearer" = [])), request_body = CreateQuote,
    extensions(("x-problem-codes" = json!(["not_found", "own_course", "course_free", "already_purchased",
        "already_enrolled"]))),
    responses((status = 200, description = "The price.", body = Quote)))]
async fn quote_checkout(caller: Member, body: Json<CreateQuote>) -> Answer<Quote> {
    let CreateQuote { course_id, coupon_code } = body.value;
    let code = coupon_code.map(String::from);
    let work = async move |tx| payments::quote(&tx, course_id, code.as_deref()).await;
    let quote = caller.state.db.read_in(Pool::Worker, caller.actor, work).await?;
    Ok(Reply::ok(&Quote::from(quote))?)
}

/// Buy a course
///
/// Freezes the price, and answers with where and how the buyer pays. They own the course when the provider reports that the money has
/// arrived. A second checkout of the same course on the same terms continues with the same payment and the same page, whatever addresses it
/// names; one on other terms (another coupon, another method, a changed price) takes its place. A course is bought once: what is paid
/// twice is refunded automatically. When the offer changes while a checkout is open (the course is unpublished, archived, made free or
/// repriced, the coupon is withdrawn or expires, the buyer gets the course in another way), the checkout ends: its payment is `FAILED` with
/// the reason in `failureCode`, nobody can pay it any more, and money that is on its way goes back by itself.
#[utoipa::path(post, path = "/checkout",
    tag = "payments", operation_id = "createCheckout", security(("bearer" = [])), request_body = CreateCheckout,
    extensions(("x-moves-money" = json!(true)), ("x-problem-codes" = json!(["not_found", "own_course", "course_free",
        "already_purchased", "already_enrolled", "checkout_superseded", "payment_refused", "provider_unavailable"]))),
    responses((status = 201, description = "The checkout.", body = Checkout)))]
async fn create_checkout(
    caller: Member,
    MoneyKey(key): MoneyKey,
    body: Json<CreateCheckout>,
) -> Answer<Checkout> {
    const OPERATION: &str = "createCheckout";
    let whose = (Pool::Worker, caller.actor);
    let raw = body.raw;
    let request = request(&caller.state, body.value)?;
    let payments = caller.state.payments.clone();
    let begin = async move |tx| {
        let payment = payments.begin_checkout(&tx, &request).await?;
        if payment.provider != ProviderName::None {
            return Ok(Outcome::NeedsProvider(payment));
        }
        // The course is bought. The answer is kept with the purchase: the same request again must not learn that it was bought already.
        let checkout = payments::Checkout { payment, session: None };
        created(checkout).map(Outcome::Done)
    };
    let payment = match key.begin(&caller.state.db, whose, OPERATION, &raw, begin).await? {
        Outcome::NeedsProvider(payment) => payment,
        Outcome::Done(reply) => {
            caller.state.wake_worker.notify_one();
            return Ok(reply);
        }
    };
    let checkout = caller.state.payments.continue_checkout(&caller.state.db, caller.actor, payment).await?;
    let reply = created(checkout)?;
    caller.state.wake_worker.notify_one();
    Ok(key.run_in(&caller.state.db, whose, OPERATION, &raw, async move |_| Ok(reply)).await?)
}

fn created(checkout: payments::Checkout) -> Result<Reply<Checkout>> {
    let location = format!("/payments/{}", checkout.payment.id);
    Ok(Reply::created(&location, &Checkout::from(checkout))?.content())
}

/// The request with an address for each that is missing, if the provider may send the buyer to both.
fn request(state: &State, body: CreateCheckout) -> Result<CheckoutRequest> {
    let CreateCheckout { course_id, coupon_code, method, success_url, cancel_url } = body;
    let app_url = state.config.app_url.trim_end_matches('/');
    let default = |page| format!("{app_url}/checkout/{page}?payment={{paymentId}}");
    let success_url = success_url.map_or_else(|| default("success"), String::from);
    let cancel_url = cancel_url.map_or_else(|| default("cancel"), String::from);
    let is_known = |url: &str| {
        let url = origin(url);
        url == origin(app_url) || state.config.cors_origins.contains(&url)
    };
    let errors: Vec<_> = [("/successUrl", &success_url), ("/cancelUrl", &cancel_url)]
        .into_iter()
        .filter(|(_, url)| !is_known(url))
        .map(|(pointer, _)| {
            let detail = "This is no page of the front end's (PALESTRA_APP_URL, PALESTRA_CORS_ORIGINS).";
            FieldError::new(pointer, "foreign_origin", detail)
        })
        .collect();
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    Ok(CheckoutRequest {
        course_id,
        coupon_code: coupon_code.map(Into::into),
        method: method.into(),
        success_url,
        cancel_url,
    })
}
