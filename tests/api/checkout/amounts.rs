//! Amounts that no payment provider would charge: refused where they are typed.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, Person, StripeApp,
    coupons::{checkout_with_coupon, create_coupon, quote_with_coupon},
};

fn price(amount: i64, currency: &str) -> Value {
    json!({ "price": { "amount": amount, "currency": currency } })
}

async fn refused_price(app: &App, trainer: &Person, amount: i64, currency: &str) -> Vec<String> {
    let category = app.category().await;
    let mut body = json!({ "title": "T", "description": "D", "categoryIds": [category] });
    body.as_object_mut().unwrap().extend(price(amount, currency).as_object().unwrap().clone());
    app.post_as(trainer, "/courses", body).await.expect_problem(422, "validation_failed").errors()
}

#[both_databases]
async fn a_price_that_cannot_be_charged_is_refused_where_it_is_typed(app: App) {
    let elena = app.trainer().await;
    for (amount, currency, reason) in [
        (49, "USD", "/price/amount below_minimum"),
        (29, "GBP", "/price/amount below_minimum"),
        (49, "JPY", "/price/amount below_minimum"),
        (17_499, "HUF", "/price/amount below_minimum"),
        (5124, "KWD", "/price/amount too_many_decimals"),
        (5005, "BHD", "/price/amount too_many_decimals"),
        (1250, "MGA", "/price/amount too_many_decimals"),
        (1_000_000, "ISK", "/price/amount above_maximum"),
        (100_000_000, "USD", "/price/amount above_maximum"),
        (4900, "KPW", "/price/currency unsupported_currency"),
    ] {
        assert_eq!(refused_price(&app, &elena, amount, currency).await, [reason], "{amount} {currency}");
    }
    for (amount, currency) in [
        (50, "USD"),
        (30, "GBP"),
        (50, "JPY"),
        (5120, "KWD"),
        (1200, "MGA"),
        (5, "ISK"),
        (7, "UGX"),
        (20_045, "HUF"),
        (0, "USD"),
    ] {
        app.draft(&elena, price(amount, currency)).await;
    }
}

#[both_databases]
async fn the_refusal_names_the_minimum(app: App) {
    let elena = app.trainer().await;
    let course = app.draft(&elena, price(4900, "USD")).await;
    let change = json!({ "discountPrice": { "amount": 20, "currency": "USD" } });
    let path = format!("/courses/{course}");
    let refused = app.patch_as(&elena, &path, "*", change).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/discountPrice/amount below_minimum"]);
    assert_eq!(refused.text_at("/errors/0/detail"), "The least that can be charged is 0.50 USD (50).");
}

#[both_databases]
async fn a_coupon_that_leaves_too_little_is_refused_at_the_quote(app: StripeApp) {
    for (code, body) in [
        ("MOST", json!({ "code": "MOST", "percentOff": 99 })),
        ("FIXED", json!({ "code": "FIXED", "amountOff": { "amount": 4851, "currency": "USD" } })),
    ] {
        create_coupon(&app, &app.elena, body).await;
        for reply in [
            quote_with_coupon(&app, &app.lena, &app.course, code).await,
            checkout_with_coupon(&app, &app.lena, &app.course, code).await,
        ] {
            let refused = reply.expect_problem(422, "validation_failed");
            assert_eq!(refused.errors(), ["/couponCode below_minimum"]);
            assert!(refused.text_at("/errors/0/detail").contains("0.50 USD"), "{}", refused.text);
        }
    }
    assert_eq!(app.stripe.count("checkout.session"), 0);
    // To the cent, and all of it.
    for (code, off, left) in [("EDGE", 4850, 50), ("GIFT", 4900, 0)] {
        let body = json!({ "code": code, "amountOff": { "amount": off, "currency": "USD" } });
        create_coupon(&app, &app.elena, body).await;
        let quote = quote_with_coupon(&app, &app.lena, &app.course, code).await.expect(200);
        assert_eq!(quote.at("/amount/amount"), left, "{code}");
        let learner = app.learner().await;
        checkout_with_coupon(&app, &learner, &app.course, code).await.expect(201);
    }
}

#[both_databases]
async fn every_quote_in_every_special_currency_is_taken_by_stripe(app: StripeApp) {
    create_coupon(&app, &app.elena, json!({ "code": "THIRD", "percentOff": 33 })).await;
    for (amount, currency, stripe) in [
        (5120, "KWD", 3430),
        (12_300, "MGA", 82),
        (500, "ISK", 33_500),
        (700, "UGX", 46_900),
        (30_045, "HUF", 20_130),
        (999, "JPY", 669),
    ] {
        let (course, ..) = app.course(&app.elena, price(amount, currency)).await;
        let reply = checkout_with_coupon(&app, &app.lena, &course, "THIRD").await.expect(201);
        let session = app.stripe.object(reply.text_at("/url").rsplit('/').next().unwrap());
        assert_eq!(session["amount_total"], stripe, "{amount} {currency}");
    }
}

#[both_databases]
async fn a_coupon_of_an_amount_that_no_price_has_is_refused(app: App) {
    let elena = app.trainer().await;
    for (amount, currency) in [(1234, "KWD"), (5005, "TND"), (150, "MGA")] {
        let body = json!({ "code": "ODD", "amountOff": { "amount": amount, "currency": currency } });
        let refused = app.post_as(&elena, "/coupons", body).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), ["/amountOff/amount too_many_decimals"], "{amount} {currency}");
    }
}

#[both_databases]
async fn a_refund_with_too_many_decimals_is_refused(app: StripeApp) {
    let (course, ..) = app.course(&app.elena, price(5120, "KWD")).await;
    let reply = app.checkout(&app.lena, &course).await.expect(201);
    app.stripe.pay(reply.text_at("/url").rsplit('/').next().unwrap());
    app.deliver_webhooks().await;
    let path = format!("/payments/{}/refunds", reply.text_at("/payment/id"));
    let refused = app.post_with_new_key_as(&app.elena, &path, json!({ "amount": 1234 })).await;
    assert_eq!(refused.expect_problem(422, "validation_failed").errors(), ["/amount too_many_decimals"]);
    app.post_with_new_key_as(&app.elena, &path, json!({ "amount": 1230 })).await.expect(201);
}
