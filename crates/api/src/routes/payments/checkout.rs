use crate::http::routing::{Operations, operations};
use actix_web::web::Data;
use database::Pool;
use kernel::{CourseId, Error, FieldError, Result};
use payments::ProviderName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{Money, Payment};
use crate::{
    http::{
        extract::{Json, Member, MoneyKey, Outcome},
        problem::Problem,
        reply::Reply,
    },
    startup::origin,
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, quote_checkout, create_checkout);
}

/// What somebody might buy.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateQuote {
    /// Which course.
    course_id: CourseId,
    /// A coupon's code, whatever its case.
    #[schema(pattern = "^[A-Za-z0-9_-]{3,32}$", nullable = false)]
    coupon_code: Option<String>,
}

/// What a course costs the caller now: `basePrice` less `discount` less `couponDiscount` is `amount`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Quote {
    /// Which course.
    course_id: CourseId,
    /// Its title.
    #[schema(example = "Strong back in six weeks")]
    course_title: String,
    /// The list price.
    base_price: Money,
    /// What the course's own discount takes off.
    discount: Money,
    /// What the coupon takes off: so much that what is left can be charged, which in dinars and rials of a thousand parts ends in 0.
    coupon_discount: Money,
    /// What is left to pay.
    amount: Money,
}

impl From<payments::Quote> for Quote {
    fn from(quote: payments::Quote) -> Self {
        let payments::Quote {
            course_id,
            course_title,
            author_id: _,
            currency,
            base_amount,
            discount_amount,
            coupon: _,
            coupon_amount,
            amount,
        } = quote;
        let money = |amount| Money::from(kernel::Money { amount, currency });
        Self {
            course_id,
            course_title,
            base_price: money(base_amount),
            discount: money(discount_amount),
            coupon_discount: money(coupon_amount),
            amount: money(amount),
        }
    }
}

/// How the buyer pays.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum CheckoutMethod {
    /// On the provider's page.
    CheckoutSession,
    /// Inside the client, with the provider's library.
    PaymentIntent,
}

impl From<CheckoutMethod> for payments::Method {
    fn from(method: CheckoutMethod) -> Self {
        match method {
            CheckoutMethod::CheckoutSession => Self::CheckoutSession,
            CheckoutMethod::PaymentIntent => Self::PaymentIntent,
        }
    }
}

fn checkout_session() -> CheckoutMethod {
    CheckoutMethod::CheckoutSession
}

/// What somebody buys, and how.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateCheckout {
    /// Which course.
    course_id: CourseId,
    /// A coupon's code, whatever its case.
    #[schema(pattern = "^[A-Za-z0-9_-]{3,32}$", nullable = false)]
    coupon_code: Option<String>,
    /// `CHECKOUT_SESSION` for a page of the provider's, `PAYMENT_INTENT` for its library inside the client.
    #[serde(default = "checkout_session")]
    #[schema(default = "CHECKOUT_SESSION")]
    method: CheckoutMethod,
    /// Where the provider's page sends the buyer who has paid: a page of the front end's own origin, or of one that may call this API.
    /// `{paymentId}` in it is replaced. Otherwise `/checkout/success?payment={paymentId}` of the front end. A checkout that goes on
    /// keeps the addresses that it began with.
    #[schema(
        format = "uri-template",
        pattern = "^https?://",
        max_length = 2000,
        nullable = false,
        example = "https://app.example.com/bought?payment={paymentId}"
    )]
    success_url: Option<String>,
    /// Where it sends who has not; otherwise `/checkout/cancel?payment={paymentId}` of the front end.
    #[schema(
        format = "uri-template",
        pattern = "^https?://",
        max_length = 2000,
        nullable = false,
        example = "https://app.example.com/cart"
    )]
    cancel_url: Option<String>,
}

/// A checkout that has begun; one with nothing to pay is complete already.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Checkout {
    /// The payment. Ask for it (`getPayment`) until it is `COMPLETED`: the buyer's return says nothing.
    payment: Payment,
    /// The provider's page, to which the buyer goes.
    #[schema(format = "uri", example = "https://checkout.stripe.com/c/pay/cs_test_a1b2c3")]
    url: Option<String>,
    /// What the provider's library in the client needs.
    #[schema(example = "pi_3PqKXe2eZvKYlo2C0vQxYzAB_secret_9mZ")]
    client_secret: Option<String>,
}

impl From<payments::Checkout> for Checkout {
    fn from(checkout: payments::Checkout) -> Self {
        let payments::Checkout { payment, handover } = checkout;
        let (url, client_secret) =
            handover.map_or((None, None), |started| (started.url, started.client_secret));
        Self {
            payment: payment.into(),
            url,
            client_secret,
        }
    }
}

/// What a course costs
///
/// The caller, now: with the course's own discount, and a coupon if one is named. Nothing is kept. A coupon that cannot be
/// used is refused with its reason: `coupon_unknown`, `coupon_not_started`, `coupon_expired`, `coupon_not_applicable`,
/// `coupon_exhausted` or `coupon_limit_reached`.
#[utoipa::path(post, path = "/checkout/quote",
    tag = "payments", operation_id = "quoteCheckout", security(("bearer" = [])), request_body = CreateQuote,
    extensions(("x-problem-codes" = json!(["not_found", "own_course", "course_free", "already_purchased"]))),
    responses((status = 200, description = "The price.", body = Quote)))]
async fn quote_checkout(
    state: Data<State>,
    Member(actor): Member,
    body: Json<CreateQuote>,
) -> Result<Reply<Quote>, Problem> {
    let CreateQuote {
        course_id,
        coupon_code,
    } = body.value;
    let work = move |tx| async move { payments::quote(&tx, course_id, coupon_code.as_deref()).await };
    let quote = state.db.read_in(Pool::Worker, actor, work).await?;
    Ok(Reply::ok(&Quote::from(quote))?)
}

/// Buy a course
///
/// Freezes the price, and answers with where and how the buyer pays. The course is theirs when the provider says that the money
/// came. A second checkout of the same course on the same terms goes on with the same payment and the same page, whatever addresses
/// it names; one on other terms (another coupon, another method, a price that changed) takes its place. A course is bought once:
/// money paid twice goes back by itself.
#[utoipa::path(post, path = "/checkout",
    tag = "payments", operation_id = "createCheckout", security(("bearer" = [])), request_body = CreateCheckout,
    extensions(("x-moves-money" = json!(true)), ("x-problem-codes" = json!(["not_found", "own_course", "course_free",
        "already_purchased", "checkout_superseded", "payment_refused", "provider_unavailable"]))),
    responses((status = 201, description = "The checkout.", body = Checkout)))]
async fn create_checkout(
    state: Data<State>,
    Member(actor): Member,
    MoneyKey(key): MoneyKey,
    body: Json<CreateCheckout>,
) -> Result<Reply<Checkout>, Problem> {
    const OPERATION: &str = "createCheckout";
    let whose = (Pool::Worker, actor);
    let raw = body.raw;
    let request = request(&state, body.value)?;
    let till = state.payments.clone();
    let begin = move |tx| async move {
        let payment = till.begin(&tx, &request).await?;
        if payment.provider != ProviderName::None {
            return Ok(Outcome::NeedsProvider(payment));
        }
        // Bought: whoever asks again with this key has to be told so, and not that the course is theirs already.
        let checkout = payments::Checkout {
            payment,
            handover: None,
        };
        created(checkout).map(Outcome::Done)
    };
    let payment = match key.begin(&state.db, whose, OPERATION, &raw, begin).await? {
        Outcome::NeedsProvider(payment) => payment,
        Outcome::Done(reply) => {
            state.wake_worker.notify_one();
            return Ok(reply);
        }
    };
    let reply = created(state.payments.go_on(&state.db, actor, payment).await?)?;
    state.wake_worker.notify_one();
    let work = move |_| async move { Ok(reply) };
    Ok(key.run(&state.db, whose, OPERATION, &raw, work).await?)
}

fn created(checkout: payments::Checkout) -> Result<Reply<Checkout>> {
    let location = format!("/payments/{}", checkout.payment.id);
    Ok(Reply::created(&location, &Checkout::from(checkout))?.content())
}

fn request(state: &State, body: CreateCheckout) -> Result<payments::CheckoutRequest> {
    let CreateCheckout {
        course_id,
        coupon_code,
        method,
        success_url,
        cancel_url,
    } = body;
    let app = state.config.app_url.trim_end_matches('/');
    let page = |url: Option<String>, pointer, name| {
        let url = url.unwrap_or_else(|| format!("{app}/checkout/{name}?payment={{paymentId}}"));
        let own = [origin(app)];
        let known = own.iter().chain(&state.config.cors_origins);
        if known.into_iter().any(|known| *known == origin(&url)) {
            return Ok(url);
        }
        let detail = "This is no page of the front end's (PALESTRA_APP_URL, PALESTRA_CORS_ORIGINS).";
        Err(FieldError::new(pointer, "foreign_origin", detail))
    };
    match (
        page(success_url, "/successUrl", "success"),
        page(cancel_url, "/cancelUrl", "cancel"),
    ) {
        (Ok(success_url), Ok(cancel_url)) => Ok(payments::CheckoutRequest {
            course_id,
            coupon_code,
            method: method.into(),
            success_url,
            cancel_url,
        }),
        (success, cancel) => Err(Error::invalid(
            [success.err(), cancel.err()].into_iter().flatten().collect(),
        )),
    }
}
