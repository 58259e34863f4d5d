//! The adapter for Stripe when calls fail.

use std::time::Duration;

use chrono::TimeDelta;
use kernel::{Code, Environment, Uuid};
use payments::{Charge, PaymentMethod, Provider};

use crate::{
    server::stripe_adapter::{adapter, charge, money, refused, with_key},
    support::{Fault, StripeDouble},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_on_the_way_is_tried_again_and_done_once() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    let sessions = "POST /v1/checkout/sessions";
    let buyer = charge(&stripe, PaymentMethod::CheckoutSession, money(4900, "USD")).await;
    let fresh = || Charge { payment_id: Environment::default().new_id(), ..buyer.clone() };

    double.fail(sessions, 2, Fault::Status(503));
    stripe.create_session(&fresh()).await.unwrap();
    double.fail(sessions, 1, Fault::LostAfter);
    stripe.create_session(&fresh()).await.unwrap();
    assert_eq!(double.count("checkout.session"), 2);
    double.fail(sessions, 3, Fault::Status(429));
    refused(stripe.create_session(&fresh()).await, Code::ProviderUnavailable, "does not answer");
    assert_eq!(double.count("checkout.session"), 2);

    // Stripe remembers that it broke: nobody learns the session's name, and it runs out by itself.
    let broken = fresh();
    double.fail(sessions, 1, Fault::BrokenAfter);
    let before = double.calls().len();
    refused(stripe.create_session(&broken).await, Code::ProviderUnavailable, "does not answer");
    assert_eq!(double.calls().len(), before + 1, "Stripe said not to try again");
    refused(stripe.create_session(&broken).await, Code::ProviderUnavailable, "does not answer");
    assert_eq!(double.count("checkout.session"), 3);

    for fault in [Fault::Garbage, Fault::Forbidden] {
        double.fail(sessions, 1, fault);
        refused(stripe.create_session(&fresh()).await, Code::ProviderUnavailable, "does not answer");
    }
    refused(
        with_key(&double, "sk_test_other").create_session(&fresh()).await,
        Code::ProviderUnavailable,
        "does not answer",
    );
    double.fail("", 1, Fault::Hang);
    stripe.create_session(&fresh()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_make_one() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    let charge = charge(&stripe, PaymentMethod::CheckoutSession, money(4900, "USD")).await;
    double.fail("POST /v1/checkout/sessions", 1, Fault::Slow(Duration::from_millis(100)));
    let (one, other) = tokio::join!(stripe.create_session(&charge), stripe.create_session(&charge));
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(double.count("checkout.session"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_carry_stripe_s_code_and_nothing_personal() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    let good = charge(&stripe, PaymentMethod::CheckoutSession, money(4900, "USD")).await;
    let other = |change: fn(&mut Charge)| {
        let mut charge = Charge { payment_id: Environment::default().new_id(), ..good.clone() };
        change(&mut charge);
        charge
    };
    stripe.create_session(&good).await.unwrap();
    let same = Charge { title: "Another".to_owned(), ..good.clone() };
    // The key is known with other values: something is made with it, and nothing was refused.
    refused(stripe.create_session(&same).await, Code::ProviderUnavailable, "does not answer");
    refused(
        stripe.create_session(&other(|charge| charge.amount.amount = 49)).await,
        Code::PaymentRefused,
        "amount_too_small",
    );
    refused(
        stripe.create_session(&other(|charge| charge.amount.amount = i64::MAX)).await,
        Code::PaymentRefused,
        "amount_too_large",
    );
    refused(
        stripe.create_session(&other(|charge| charge.customer_id = "cus_x".to_owned())).await,
        Code::UnknownAtProvider,
        "does not know",
    );
    refused(
        stripe.create_session(&other(|charge| charge.expires_at -= TimeDelta::hours(1))).await,
        Code::PaymentRefused,
        "invalid_request_error",
    );
    // An address that Stripe does not take is left out, whoever finds it odd.
    for odd in ["no-address", "lena@localhost"] {
        let customer = stripe.create_customer(Uuid::nil().into(), odd, None, None).await.unwrap();
        assert!(double.object(&customer)["email"].is_null(), "{odd}");
    }

    let user = Environment::default().new_id();
    let one = stripe.create_customer(user, "a@example.com", None, None).await.unwrap();
    assert_eq!(stripe.create_customer(user, "a@example.com", None, None).await.unwrap(), one);
    assert_ne!(
        stripe.create_customer(user, "b@example.com", None, None).await.unwrap(),
        one,
        "a new address is no clash of keys"
    );
}
