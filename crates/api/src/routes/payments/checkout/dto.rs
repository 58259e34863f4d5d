//! Quotes and checkouts in requests and answers.

use kernel::CourseId;
use payments::PaymentMethod;

use crate::routes::{payments::dto::Payment, shared::prelude::*};

/// What a quote is asked for.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateQuote {
    /// The course to buy.
    pub(super) course_id: CourseId,
    /// The code of a coupon.
    #[schema(nullable = false)]
    pub(super) coupon_code: Option<TypedCouponCode>,
}

/// What a course costs the caller now: `basePrice` less `discount` less `couponDiscount` is `amount`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Quote {
    /// The course.
    course_id: CourseId,
    /// The course's title.
    #[schema(example = "Strong back in six weeks")]
    course_title: String,
    /// The list price.
    base_price: Money,
    /// What the course's own discount takes off.
    discount: Money,
    /// What the coupon takes off. What is left can always be charged: in currencies of a thousand parts it ends in 0.
    coupon_discount: Money,
    /// What the buyer pays.
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
pub(super) enum CheckoutMethod {
    /// On a page of the provider's.
    CheckoutSession,
    /// Inside the client, with the provider's library.
    PaymentIntent,
}

impl From<CheckoutMethod> for PaymentMethod {
    fn from(method: CheckoutMethod) -> Self {
        match method {
            CheckoutMethod::CheckoutSession => Self::CheckoutSession,
            CheckoutMethod::PaymentIntent => Self::PaymentIntent,
        }
    }
}

bounded! {
    /// A page of the front end's own origin, or of an origin that may call this API: up to 2,000 characters, in which `{paymentId}` is
    /// replaced by the payment's id.
    #[schema(format = "uri-template", pattern = "^https?://", max_length = 2000,
        example = "https://app.example.com/bought?payment={paymentId}")]
    ReturnUrl(String);

    /// The code of a coupon, as the buyer typed it: whatever its case and width, with or without blanks around it.
    #[schema(min_length = 3, max_length = 64, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$", example = "SPRING26")]
    TypedCouponCode(String);
}

/// What is bought, and how.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateCheckout {
    /// The course to buy.
    pub(super) course_id: CourseId,
    /// The code of a coupon.
    #[schema(nullable = false)]
    pub(super) coupon_code: Option<TypedCouponCode>,
    /// How the buyer pays: on a page of the provider's (`CHECKOUT_SESSION`), or inside the client (`PAYMENT_INTENT`).
    #[serde(default = "checkout_session")]
    #[schema(default = "CHECKOUT_SESSION")]
    pub(super) method: CheckoutMethod,
    /// Where the provider's page sends a buyer who has paid; `/checkout/success?payment={paymentId}` of the front end where it is missing.
    /// A checkout that continues keeps the addresses that it began with.
    #[schema(nullable = false)]
    pub(super) success_url: Option<ReturnUrl>,
    /// Where the provider's page sends a buyer who has not paid; `/checkout/cancel?payment={paymentId}` of the front end where it is
    /// missing.
    #[schema(nullable = false)]
    pub(super) cancel_url: Option<ReturnUrl>,
}

fn checkout_session() -> CheckoutMethod {
    CheckoutMethod::CheckoutSession
}

/// A checkout that has begun; one with nothing to pay is complete already.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checkout {
    /// The payment. Get it (`getPayment`) until it is `COMPLETED`: that the buyer returns from the provider's page says nothing.
    payment: Payment,
    /// The provider's page, to which the front end sends the buyer; null where there is none.
    #[schema(format = "uri", example = "https://checkout.stripe.com/c/pay/cs_test_a1b2c3")]
    url: Option<String>,
    /// What the provider's library in the client needs; null where there is none.
    #[schema(example = "pi_3PqKXe2eZvKYlo2C0vQxYzAB_secret_9mZ")]
    client_secret: Option<String>,
}

impl From<payments::Checkout> for Checkout {
    fn from(checkout: payments::Checkout) -> Self {
        let payments::Checkout { payment, session } = checkout;
        let (url, client_secret) =
            session.map_or((None, None), |session| (session.url, session.client_secret));
        Self { payment: payment.into(), url, client_secret }
    }
}
