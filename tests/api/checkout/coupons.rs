//! `POST /checkout` and `POST /checkout/quote` with a coupon.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, PASSWORD, Reply,
    coupons::{checkout_with_coupon, create_coupon, quote_with_coupon, redemption_count},
};

#[both_databases]
async fn a_coupon_takes_its_discount_off(app: App) {
    let (elena, greta, lena, admin) =
        (app.trainer().await, app.trainer().await, app.learner().await, app.admin().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let (other, _) = app.course_for_sale(&elena, 3333).await;
    let (hers, _) = app.course_for_sale(&greta, 4900).await;
    for body in [
        json!({ "code": "FIFTH", "percentOff": 20 }),
        json!({ "code": "TENNER", "amountOff": { "amount": 1000, "currency": "USD" } }),
        json!({ "code": "HUGE", "amountOff": { "amount": 100_000, "currency": "USD" } }),
        json!({ "code": "EUROS", "amountOff": { "amount": 1000, "currency": "EUR" } }),
        json!({ "code": "ONE", "percentOff": 50, "scope": "COURSES", "courseIds": [course] }),
        json!({ "code": "SOON", "percentOff": 50, "startsAt": app.db.environment().now() + Duration::hours(1) }),
        json!({ "code": "LATE", "percentOff": 50, "endsAt": app.db.environment().now() + Duration::seconds(1) }),
        json!({ "code": "SLEEPS", "percentOff": 50, "isActive": false }),
    ] {
        create_coupon(&app, &elena, body).await;
    }
    create_coupon(&app, &admin, json!({ "code": "HOUSE", "percentOff": 10, "scope": "ALL" })).await;
    app.clock.advance(Duration::seconds(2));
    for (course, code, off) in [
        (&course, "fifth", 980),
        (&course, " ＦＩＦＴＨ\u{a0}", 980),
        (&course, "fif\u{200b}th ", 980),
        (&course, "TENNER", 1000),
        (&course, "HUGE", 4900),
        (&course, "ONE", 2450),
        (&other, "FIFTH", 667),
        (&course, "HOUSE", 490),
        (&hers, "HOUSE", 490),
    ] {
        let quote = quote_with_coupon(&app, &lena, course, code).await.expect(200);
        assert_eq!(quote.at("/couponDiscount/amount"), off, "{code}");
        let base = quote.at("/basePrice/amount").as_i64().unwrap();
        assert_eq!(quote.at("/amount/amount"), base - off, "{code}");
    }
    for (course, code, reason) in [
        (&course, "NOBODY", "coupon_unknown"),
        (&course, "SLEEPS", "coupon_unknown"),
        (&course, "SOON", "coupon_not_started"),
        (&course, "LATE", "coupon_expired"),
        (&course, "EUROS", "coupon_not_applicable"),
        (&other, "ONE", "coupon_not_applicable"),
        (&hers, "FIFTH", "coupon_not_applicable"),
    ] {
        let refused =
            quote_with_coupon(&app, &lena, course, code).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), [format!("/couponCode {reason}")]);
        checkout_with_coupon(&app, &lena, course, code).await.expect_problem(422, "validation_failed");
    }
}

#[both_databases]
async fn the_discounted_amount_can_be_charged_in_the_currency(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    create_coupon(&app, &elena, json!({ "code": "THIRD", "percentOff": 33 })).await;
    // Card networks take no last digit of thousandths, and no hundredths of an ariary.
    for (currency, price, off, left) in
        [("KWD", 10_010, 3310, 6700), ("MGA", 10_100, 3400, 6700), ("USD", 10_010, 3303, 6707)]
    {
        let (course, ..) =
            app.course(&elena, json!({ "price": { "amount": price, "currency": currency } })).await;
        let quote = quote_with_coupon(&app, &lena, &course, "THIRD").await.expect(200);
        assert_eq!(
            (quote.at("/couponDiscount/amount"), quote.at("/amount/amount")),
            (json!(off), json!(left)),
            "{currency}"
        );
        let begun = checkout_with_coupon(&app, &lena, &course, "THIRD").await.expect(201);
        assert_eq!(
            (begun.at("/payment/couponDiscount/amount"), begun.at("/payment/amount/amount")),
            (json!(off), json!(left)),
            "{currency}"
        );
    }
}

#[both_databases]
async fn a_full_discount_needs_no_provider(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lessons) = app.course_for_sale(&elena, 4900).await;
    let id =
        create_coupon(&app, &elena, json!({ "code": "GIFT", "percentOff": 100, "maxRedemptions": 1 })).await;
    let bought = checkout_with_coupon(&app, &lena, &course, "GIFT").await.expect(201);
    assert_eq!(
        (bought.at("/payment/status"), bought.at("/payment/provider"), bought.at("/url")),
        (json!("COMPLETED"), json!("NONE"), json!(null))
    );
    assert_eq!(bought.at("/payment/couponDiscount/amount"), 4900);
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    assert_eq!(redemption_count(&app, &elena, &id).await, 1);
    app.delete_as(&elena, &format!("/coupons/{id}")).await.expect_problem(409, "coupon_used");
    let payment = bought.text_at("/payment/id");
    let refund = app
        .post_with_new_key_as(&elena, &format!("/payments/{payment}/refunds"), json!({}))
        .await
        .expect(201);
    assert_eq!((refund.at("/status"), refund.at("/amount/amount")), (json!("SUCCEEDED"), json!(0)));
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "grant_refunded");
}

#[both_databases]
async fn a_free_checkout_is_idempotent_under_concurrency(app: App) {
    let elena = app.trainer().await;
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    create_coupon(&app, &elena, json!({ "code": "GIFT", "percentOff": 100 })).await;
    let body = json!({ "courseId": course, "couponCode": "GIFT" });
    for _ in 0..8 {
        let lena = app.learner().await;
        let replies =
            join_all((0..4).map(|_| app.post_with_key_as(&lena, "/checkout", body.clone(), "gift"))).await;
        let (bought, early): (Vec<Reply>, Vec<Reply>) =
            replies.into_iter().partition(|reply| reply.status == 201);
        for reply in early {
            reply.expect_problem(409, "idempotency_in_flight");
        }
        let again = app.post_with_key_as(&lena, "/checkout", body.clone(), "gift").await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert!(!bought.is_empty() && bought.iter().all(|reply| reply.text == again.text));
        // Another key is another try.
        checkout_with_coupon(&app, &lena, &course, "GIFT").await.expect_problem(409, "already_purchased");
    }
}

#[both_databases]
async fn of_64_concurrent_claims_on_ten_redemptions_ten_hold(app: App) {
    let elena = app.trainer().await;
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let id =
        create_coupon(&app, &elena, json!({ "code": "TEN", "percentOff": 20, "maxRedemptions": 10 })).await;
    let buyers = join_all((0..64).map(|_| app.learner())).await;
    let claims = join_all(buyers.iter().map(|buyer| checkout_with_coupon(&app, buyer, &course, "TEN"))).await;
    let mut held = Vec::new();
    for (buyer, claim) in buyers.iter().zip(claims) {
        if claim.status == 201 {
            held.push((buyer, claim.text_at("/payment/id")));
        } else {
            assert_eq!(
                claim.expect_problem(422, "validation_failed").errors(),
                ["/couponCode coupon_exhausted"]
            );
        }
    }
    assert_eq!(held.len(), 10);
    assert_eq!(redemption_count(&app, &elena, &id).await, 10);
    // One who goes makes room for one.
    let (buyer, payment) = &held[0];
    app.post_empty_as(buyer, &format!("/sandbox/payments/{payment}/fail")).await.expect(200);
    assert_eq!(redemption_count(&app, &elena, &id).await, 9);
    let late = app.learner().await;
    let place = checkout_with_coupon(&app, &late, &course, "TEN").await.expect(201).text_at("/payment/id");
    checkout_with_coupon(&app, &app.learner().await, &course, "TEN")
        .await
        .expect_problem(422, "validation_failed");
    // Who lost the place and pays nevertheless has paid; the quota is not passed.
    app.post_empty_as(buyer, &format!("/sandbox/payments/{payment}/complete")).await.expect(200);
    app.post_empty_as(&late, &format!("/sandbox/payments/{place}/complete")).await.expect(200);
    assert_eq!(redemption_count(&app, &elena, &id).await, 10);
    let refused = app
        .patch_as(&elena, &format!("/coupons/{id}"), "*", json!({ "maxRedemptions": 9 }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/maxRedemptions below_redemptions"]);
}

#[both_databases]
async fn the_limit_per_user_holds(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (first, _) = app.course_for_sale(&elena, 4900).await;
    let (second, _) = app.course_for_sale(&elena, 4900).await;
    let id = create_coupon(&app, &elena, json!({ "code": "ONCE", "percentOff": 20, "maxPerUser": 1 })).await;
    let (a, b) = tokio::join!(
        checkout_with_coupon(&app, &lena, &first, "ONCE"),
        checkout_with_coupon(&app, &lena, &second, "ONCE")
    );
    let (held, course, other, refused) =
        if a.status == 201 { (a, &first, &second, b) } else { (b, &second, &first, a) };
    assert_eq!(
        refused.expect_problem(422, "validation_failed").errors(),
        ["/couponCode coupon_limit_reached"]
    );
    // The same checkout goes on with its place.
    let payment = held.expect(201).text_at("/payment/id");
    assert_eq!(
        checkout_with_coupon(&app, &lena, course, "once").await.expect(201).text_at("/payment/id"),
        payment
    );
    assert_eq!(redemption_count(&app, &elena, &id).await, 1);
    // Without the coupon it is another checkout, and the place is free.
    app.checkout(&lena, course).await.expect(201);
    assert_eq!(redemption_count(&app, &elena, &id).await, 0);
    checkout_with_coupon(&app, &lena, other, "ONCE").await.expect(201);
}

#[both_databases]
async fn a_quote_ignores_the_buyers_own_open_checkout(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let (other, _) = app.course_for_sale(&elena, 4900).await;
    for (code, most, reason) in
        [("LAST", "maxRedemptions", "coupon_exhausted"), ("ONCE", "maxPerUser", "coupon_limit_reached")]
    {
        let id = create_coupon(&app, &elena, json!({ "code": code, "percentOff": 20, most: 1 })).await;
        checkout_with_coupon(&app, &lena, &course, code).await.expect(201);
        assert_eq!(
            quote_with_coupon(&app, &lena, &course, code).await.expect(200).at("/amount/amount"),
            3920,
            "{code}"
        );
        // On other terms the checkout takes its own place again.
        let inside = json!({ "courseId": course, "couponCode": code, "method": "PAYMENT_INTENT" });
        app.post_with_new_key_as(&lena, "/checkout", inside).await.expect(201);
        assert_eq!(redemption_count(&app, &elena, &id).await, 1, "{code}");
        // It is held against every other course.
        let refused =
            quote_with_coupon(&app, &lena, &other, code).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), [format!("/couponCode {reason}")]);
    }
    app.checkout(&lena, &course).await.expect(201);
    checkout_with_coupon(&app, &tom, &course, "LAST").await.expect(201);
    // And so is another buyer's.
    let refused =
        quote_with_coupon(&app, &lena, &course, "LAST").await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/couponCode coupon_exhausted"]);
}

#[both_databases]
async fn an_expired_checkout_releases_its_redemption(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let id =
        create_coupon(&app, &elena, json!({ "code": "LAST", "percentOff": 20, "maxRedemptions": 1 })).await;
    checkout_with_coupon(&app, &lena, &course, "LAST").await.expect(201);
    checkout_with_coupon(&app, &tom, &course, "LAST").await.expect_problem(422, "validation_failed");
    app.clock.advance(Duration::minutes(71));
    let sandbox = std::sync::Arc::new(payments::Sandbox);
    let payments = payments::Payments::new(Some(sandbox), std::time::Duration::from_secs(3600));
    payments.reconcile(&app.db).await.unwrap();
    let (elena, tom) = (app.login(&elena.email, PASSWORD).await, app.login(&tom.email, PASSWORD).await);
    assert_eq!(redemption_count(&app, &elena, &id).await, 0);
    checkout_with_coupon(&app, &tom, &course, "LAST").await.expect(201);
}
