use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{App, PASSWORD, Person, Reply, on_both_databases};

async fn coupon(app: &App, owner: &Person, body: Value) -> String {
    app.post_as(owner, "/coupons", body)
        .await
        .expect(201)
        .text_at("/id")
}

async fn quote(app: &App, who: &Person, course: &str, code: &str) -> Reply {
    app.post_as(
        who,
        "/checkout/quote",
        json!({ "courseId": course, "couponCode": code }),
    )
    .await
}

async fn checkout(app: &App, who: &Person, course: &str, code: &str) -> Reply {
    app.pay_as(
        who,
        "/checkout",
        json!({ "courseId": course, "couponCode": code }),
    )
    .await
}

async fn uses(app: &App, owner: &Person, id: &str) -> Value {
    app.get_as(owner, &format!("/coupons/{id}"))
        .await
        .expect(200)
        .at("/redemptionCount")
}

on_both_databases! {
    async fn a_coupon_is_made_changed_and_deleted(app: App) {
        let (elena, greta, lena, admin) = (app.trainer().await, app.trainer().await, app.learner().await, app.admin().await);
        let (hers, _) = app.priced(&greta, 4900).await;
        let made = app.post_as(&elena, "/coupons", json!({ "code": "spring26", "percentOff": 20, "maxRedemptions": 5 })).await.expect(201);
        assert_eq!((made.at("/code"), made.at("/scope"), made.at("/percentOff")), (json!("SPRING26"), json!("OWNER"), json!(20)));
        let path = format!("/coupons/{}", made.text_at("/id"));
        assert_eq!(made.header("location"), format!("/api/v1{path}"));
        app.post_as(&greta, "/coupons", json!({ "code": "Spring26", "percentOff": 5 })).await.refused(409, "coupon_taken");
        app.post_as(&lena, "/coupons", json!({ "code": "FREE", "percentOff": 100 })).await.refused(403, "forbidden");
        app.post_as(&elena, "/coupons", json!({ "code": "ALL-OF-IT", "percentOff": 5, "scope": "ALL" })).await.refused(403, "forbidden");
        app.post_as(&admin, "/coupons", json!({ "code": "ALL-OF-IT", "percentOff": 5, "scope": "ALL" })).await.expect(201);
        for (body, reason) in [
            (json!({ "code": "NONE" }), "/percentOff required"),
            (json!({ "code": "BOTH", "percentOff": 5, "amountOff": { "amount": 5, "currency": "USD" } }), "/amountOff not_allowed"),
            (json!({ "code": "NOUGHT", "amountOff": { "amount": 0, "currency": "USD" } }), "/amountOff/amount too_small"),
            (json!({ "code": "MONEY", "amountOff": { "amount": 5, "currency": "XYZ" } }), "/amountOff/currency unknown_currency"),
            (json!({ "code": "SOME", "percentOff": 5, "scope": "COURSES" }), "/courseIds required"),
            (json!({ "code": "FOREIGN", "percentOff": 5, "scope": "COURSES", "courseIds": [hers] }), "/courseIds/0 unknown_course"),
            (json!({ "code": "MINE", "percentOff": 5, "courseIds": [hers] }), "/courseIds not_allowed"),
            (json!({ "code": "FAR", "percentOff": 5, "endsAt": "9999-12-31T23:59:59-23:59" }), "/endsAt bad_format"),
            (json!({ "code": "BACK", "percentOff": 5, "startsAt": "2026-02-01T00:00:00Z", "endsAt": "2026-01-01T00:00:00Z" }), "/endsAt not_after_start"),
        ] {
            let refused = app.post_as(&elena, "/coupons", body).await.refused(422, "validation_failed");
            assert_eq!(refused.reasons(), [reason]);
        }
        for body in [json!({ "code": "x", "percentOff": 5 }), json!({ "code": "MUCH", "percentOff": 101 }), json!({ "code": "SP ACE", "percentOff": 5 })] {
            app.post_as(&elena, "/coupons", body).await.refused(422, "validation_failed");
        }
        app.get_as(&greta, &path).await.refused(404, "not_found");
        app.patch_as(&greta, &path, "*", json!({ "isActive": false })).await.refused(404, "not_found");
        app.delete_as(&greta, &path).await.refused(404, "not_found");
        let etag = app.get_as(&elena, &path).await.expect(200).header("etag").to_owned();
        let changed = app.patch_as(&elena, &path, &etag, json!({ "isActive": false, "maxRedemptions": null })).await.expect(200);
        assert_eq!((changed.at("/isActive"), changed.at("/maxRedemptions")), (json!(false), json!(null)));
        app.patch_as(&elena, &path, &etag, json!({ "isActive": true })).await.refused(412, "precondition_failed");
        assert_eq!(app.get_as(&elena, "/coupons").await.expect(200).at("/data").as_array().unwrap().len(), 1);
        assert_eq!(app.get_as(&admin, "/coupons").await.expect(200).at("/data").as_array().unwrap().len(), 2);
        app.delete_as(&elena, &path).await.expect(204);
        app.get_as(&elena, &path).await.refused(404, "not_found");
    }

    async fn of_two_who_change_a_coupon_at_once_one_is_told(app: App) {
        let elena = app.trainer().await;
        let id = coupon(&app, &elena, json!({ "code": "RACE", "percentOff": 20, "maxPerUser": 1 })).await;
        let path = format!("/coupons/{id}");
        for round in 0..8_i64 {
            let etag = app.get_as(&elena, &path).await.expect(200).header("etag").to_owned();
            let change = |n: i64| app.patch_as(&elena, &path, &etag, json!({ "maxPerUser": 100 * (round + 1) + n }));
            let replies = join_all((0..8).map(change)).await;
            let (done, late): (Vec<Reply>, Vec<Reply>) = replies.into_iter().partition(|reply| reply.status == 200);
            assert_eq!(done.len(), 1, "who saw the same version may not write over each other");
            for reply in late {
                reply.refused(412, "precondition_failed");
            }
            assert_eq!(app.get_as(&elena, &path).await.expect(200).at("/maxPerUser"), done[0].at("/maxPerUser"));
        }
    }

    async fn a_coupon_takes_off_what_it_says(app: App) {
        let (elena, greta, lena, admin) = (app.trainer().await, app.trainer().await, app.learner().await, app.admin().await);
        let (course, _) = app.priced(&elena, 4900).await;
        let (other, _) = app.priced(&elena, 3333).await;
        let (hers, _) = app.priced(&greta, 4900).await;
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
            coupon(&app, &elena, body).await;
        }
        coupon(&app, &admin, json!({ "code": "HOUSE", "percentOff": 10, "scope": "ALL" })).await;
        app.clock.advance(Duration::seconds(2));
        for (course, code, off) in [
            (&course, "fifth", 980), (&course, "TENNER", 1000), (&course, "HUGE", 4900), (&course, "ONE", 2450),
            (&other, "FIFTH", 667), (&course, "HOUSE", 490), (&hers, "HOUSE", 490),
        ] {
            let quote = quote(&app, &lena, course, code).await.expect(200);
            assert_eq!(quote.at("/couponDiscount/amount"), off, "{code}");
            let base = quote.at("/basePrice/amount").as_i64().unwrap();
            assert_eq!(quote.at("/amount/amount"), base - off, "{code}");
        }
        for (course, code, reason) in [
            (&course, "NOBODY", "coupon_unknown"), (&course, "SLEEPS", "coupon_unknown"), (&course, "SOON", "coupon_not_started"),
            (&course, "LATE", "coupon_expired"), (&course, "EUROS", "coupon_not_applicable"), (&other, "ONE", "coupon_not_applicable"),
            (&hers, "FIFTH", "coupon_not_applicable"),
        ] {
            let refused = quote(&app, &lena, course, code).await.refused(422, "validation_failed");
            assert_eq!(refused.reasons(), [format!("/couponCode {reason}")]);
            checkout(&app, &lena, course, code).await.refused(422, "validation_failed");
        }
    }

    async fn what_is_left_after_a_coupon_can_be_charged(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        coupon(&app, &elena, json!({ "code": "THIRD", "percentOff": 33 })).await;
        // Card networks take no last digit of thousandths, and no hundredths of an ariary.
        for (currency, off, left) in [("KWD", 3310, 6700), ("MGA", 3310, 6700), ("USD", 3303, 6707)] {
            let (course, ..) = app.course(&elena, json!({ "price": { "amount": 10_010, "currency": currency } })).await;
            let quote = quote(&app, &lena, &course, "THIRD").await.expect(200);
            assert_eq!((quote.at("/couponDiscount/amount"), quote.at("/amount/amount")), (json!(off), json!(left)), "{currency}");
            let begun = checkout(&app, &lena, &course, "THIRD").await.expect(201);
            assert_eq!((begun.at("/payment/couponDiscount/amount"), begun.at("/payment/amount/amount")), (json!(off), json!(left)), "{currency}");
        }
    }

    async fn nothing_to_pay_needs_no_provider(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, lessons) = app.priced(&elena, 4900).await;
        let id = coupon(&app, &elena, json!({ "code": "GIFT", "percentOff": 100, "maxRedemptions": 1 })).await;
        let bought = checkout(&app, &lena, &course, "GIFT").await.expect(201);
        assert_eq!((bought.at("/payment/status"), bought.at("/payment/provider"), bought.at("/url")), (json!("COMPLETED"), json!("NONE"), json!(null)));
        assert_eq!(bought.at("/payment/couponDiscount/amount"), 4900);
        assert_eq!(app.why(&lena, &lessons[0]).await, "granted");
        assert_eq!(uses(&app, &elena, &id).await, 1);
        app.delete_as(&elena, &format!("/coupons/{id}")).await.refused(409, "coupon_used");
        let payment = bought.text_at("/payment/id");
        let refund = app.pay_as(&elena, &format!("/payments/{payment}/refunds"), json!({})).await.expect(201);
        assert_eq!((refund.at("/status"), refund.at("/amount/amount")), (json!("SUCCEEDED"), json!(0)));
        assert_eq!(app.why(&lena, &lessons[0]).await, "grant_refunded");
    }

    async fn with_one_key_at_once_what_costs_nothing_is_bought_once_and_told_again(app: App) {
        let elena = app.trainer().await;
        let (course, _) = app.priced(&elena, 4900).await;
        coupon(&app, &elena, json!({ "code": "GIFT", "percentOff": 100 })).await;
        let body = json!({ "courseId": course, "couponCode": "GIFT" });
        for _ in 0..8 {
            let lena = app.learner().await;
            let replies = join_all((0..4).map(|_| app.pay_again(&lena, "/checkout", body.clone(), "gift"))).await;
            let (bought, early): (Vec<Reply>, Vec<Reply>) = replies.into_iter().partition(|reply| reply.status == 201);
            for reply in early {
                reply.refused(409, "idempotency_in_flight");
            }
            let again = app.pay_again(&lena, "/checkout", body.clone(), "gift").await.expect(201);
            assert_eq!(again.header("idempotent-replayed"), "true");
            assert!(!bought.is_empty() && bought.iter().all(|reply| reply.text == again.text));
            // Another key is another try.
            checkout(&app, &lena, &course, "GIFT").await.refused(409, "already_purchased");
        }
    }

    async fn of_64_claims_on_ten_places_ten_hold(app: App) {
        let elena = app.trainer().await;
        let (course, _) = app.priced(&elena, 4900).await;
        let id = coupon(&app, &elena, json!({ "code": "TEN", "percentOff": 20, "maxRedemptions": 10 })).await;
        let buyers = join_all((0..64).map(|_| app.learner())).await;
        let claims = join_all(buyers.iter().map(|buyer| checkout(&app, buyer, &course, "TEN"))).await;
        let mut held = Vec::new();
        for (buyer, claim) in buyers.iter().zip(claims) {
            if claim.status == 201 {
                held.push((buyer, claim.text_at("/payment/id")));
            } else {
                assert_eq!(claim.refused(422, "validation_failed").reasons(), ["/couponCode coupon_exhausted"]);
            }
        }
        assert_eq!(held.len(), 10);
        assert_eq!(uses(&app, &elena, &id).await, 10);
        // One who goes makes room for one.
        let (buyer, payment) = &held[0];
        app.act_as(buyer, &format!("/sandbox/payments/{payment}/fail")).await.expect(200);
        assert_eq!(uses(&app, &elena, &id).await, 9);
        let late = app.learner().await;
        let place = checkout(&app, &late, &course, "TEN").await.expect(201).text_at("/payment/id");
        checkout(&app, &app.learner().await, &course, "TEN").await.refused(422, "validation_failed");
        // Who lost the place and pays nevertheless has paid; the quota is not passed.
        app.act_as(buyer, &format!("/sandbox/payments/{payment}/complete")).await.expect(200);
        app.act_as(&late, &format!("/sandbox/payments/{place}/complete")).await.expect(200);
        assert_eq!(uses(&app, &elena, &id).await, 10);
        let refused = app.patch_as(&elena, &format!("/coupons/{id}"), "*", json!({ "maxRedemptions": 9 })).await.refused(422, "validation_failed");
        assert_eq!(refused.reasons(), ["/maxRedemptions below_redemptions"]);
    }

    async fn a_user_uses_it_as_often_as_they_may(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (first, _) = app.priced(&elena, 4900).await;
        let (second, _) = app.priced(&elena, 4900).await;
        let id = coupon(&app, &elena, json!({ "code": "ONCE", "percentOff": 20, "maxPerUser": 1 })).await;
        let (a, b) = tokio::join!(checkout(&app, &lena, &first, "ONCE"), checkout(&app, &lena, &second, "ONCE"));
        let (held, course, other, refused) = if a.status == 201 { (a, &first, &second, b) } else { (b, &second, &first, a) };
        assert_eq!(refused.refused(422, "validation_failed").reasons(), ["/couponCode coupon_limit_reached"]);
        // The same checkout goes on with its place.
        let payment = held.expect(201).text_at("/payment/id");
        assert_eq!(checkout(&app, &lena, course, "once").await.expect(201).text_at("/payment/id"), payment);
        assert_eq!(uses(&app, &elena, &id).await, 1);
        // Without the coupon it is another checkout, and the place is free.
        app.checkout(&lena, course).await.expect(201);
        assert_eq!(uses(&app, &elena, &id).await, 0);
        checkout(&app, &lena, other, "ONCE").await.expect(201);
    }

    async fn one_s_own_open_checkout_is_no_reason_against_a_quote(app: App) {
        let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
        let (course, _) = app.priced(&elena, 4900).await;
        let (other, _) = app.priced(&elena, 4900).await;
        for (code, most, reason) in [("LAST", "maxRedemptions", "coupon_exhausted"), ("ONCE", "maxPerUser", "coupon_limit_reached")] {
            let id = coupon(&app, &elena, json!({ "code": code, "percentOff": 20, most: 1 })).await;
            checkout(&app, &lena, &course, code).await.expect(201);
            assert_eq!(quote(&app, &lena, &course, code).await.expect(200).at("/amount/amount"), 3920, "{code}");
            // On other terms the checkout takes its own place again.
            let inside = json!({ "courseId": course, "couponCode": code, "method": "PAYMENT_INTENT" });
            app.pay_as(&lena, "/checkout", inside).await.expect(201);
            assert_eq!(uses(&app, &elena, &id).await, 1, "{code}");
            // It is held against every other course.
            let refused = quote(&app, &lena, &other, code).await.refused(422, "validation_failed");
            assert_eq!(refused.reasons(), [format!("/couponCode {reason}")]);
        }
        app.checkout(&lena, &course).await.expect(201);
        checkout(&app, &tom, &course, "LAST").await.expect(201);
        // And so is another buyer's.
        let refused = quote(&app, &lena, &course, "LAST").await.refused(422, "validation_failed");
        assert_eq!(refused.reasons(), ["/couponCode coupon_exhausted"]);
    }

    async fn a_place_is_held_as_long_as_its_checkout(app: App) {
        let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
        let (course, _) = app.priced(&elena, 4900).await;
        let id = coupon(&app, &elena, json!({ "code": "LAST", "percentOff": 20, "maxRedemptions": 1 })).await;
        checkout(&app, &lena, &course, "LAST").await.expect(201);
        checkout(&app, &tom, &course, "LAST").await.refused(422, "validation_failed");
        app.clock.advance(Duration::minutes(71));
        let sandbox = std::sync::Arc::new(payments::Sandbox);
        let payments = payments::Payments::new(Some(sandbox), std::time::Duration::from_secs(3600));
        payments.reconcile(&app.db).await.unwrap();
        let (elena, tom) = (app.login(&elena.email, PASSWORD).await, app.login(&tom.email, PASSWORD).await);
        assert_eq!(uses(&app, &elena, &id).await, 0);
        checkout(&app, &tom, &course, "LAST").await.expect(201);
    }
}
