//! An open checkout ends with its offer, and money that comes all the same goes back: in the sandbox.

use chrono::Duration;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, PASSWORD, Person, Reply,
    coupons::{checkout_with_coupon, create_coupon, redemption_count},
    grants::{grant, json_time},
};

/// A checkout that waits for its buyer.
struct Open {
    elena: Person,
    lena: Person,
    course: String,
    lesson: String,
    payment: String,
}

impl Open {
    async fn begin(app: &App) -> Self {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, lessons) = app.course_for_sale(&elena, 4900).await;
        let payment = app.checkout(&lena, &course).await.expect(201).text_at("/payment/id");
        Self { elena, lena, course, lesson: lessons[0].clone(), payment }
    }

    async fn post(&self, app: &App, act: &str) {
        app.post_empty_as(&self.elena, &format!("/courses/{}/{act}", self.course)).await.expect(200);
    }

    async fn patch(&self, app: &App, change: Value) {
        app.patch_as(&self.elena, &format!("/courses/{}", self.course), "*", change).await.expect(200);
    }

    /// The checkout ends for this reason; then the buyer pays all the same, and their money goes back.
    async fn ends(&self, app: &App, reason: &str) -> Reply {
        ends(app, &self.lena, &self.payment, reason).await
    }
}

async fn ends(app: &App, buyer: &Person, payment: &str, reason: &str) -> Reply {
    let ended = app.wait_for_payment(buyer, payment, "/status", json!("FAILED")).await;
    assert_eq!(ended.at("/failureCode"), reason);
    goes_back(app, buyer, payment, reason).await
}

/// The buyer pays, and their money goes back for this reason.
async fn goes_back(app: &App, buyer: &Person, payment: &str, reason: &str) -> Reply {
    app.post_empty_as(buyer, &format!("/sandbox/payments/{payment}/complete")).await.expect(200);
    let back = app.wait_for_payment(buyer, payment, "/status", json!("REFUNDED")).await;
    assert_eq!(
        (back.at("/failureCode"), back.at("/refunded/amount")),
        (json!(reason), back.at("/amount/amount"))
    );
    assert!(back.text_at("/refunds/0/note").ends_with('.'), "{}", back.text);
    assert_eq!(app.get_as(buyer, "/me/purchases").await.expect(200).at("/data"), json!([]));
    back
}

#[both_databases]
async fn a_course_that_is_unpublished_ends_its_checkouts(app: App) {
    let open = Open::begin(&app).await;
    open.post(&app, "unpublish").await;
    let back = open.ends(&app, "course_unavailable").await;
    assert_eq!(back.at("/refunds/0/reason"), "OTHER");
    app.checkout(&open.lena, &open.course).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn the_buyer_is_told_by_mail_why_their_money_goes_back(app: App) {
    let open = Open::begin(&app).await;
    open.post(&app, "unpublish").await;
    open.ends(&app, "course_unavailable").await;
    let (mail, _) = app.mail_to(&open.lena.email, "Your payment goes back to you").await;
    for part in ["49.00 USD", "Strength Foundations", "taken off sale", &open.payment] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
}

#[both_databases]
async fn money_that_arrives_before_the_checkout_is_ended_goes_back_too(app: App) {
    let open = Open::begin(&app).await;
    open.post(&app, "unpublish").await;
    goes_back(&app, &open.lena, &open.payment, "course_unavailable").await;
}

#[both_databases]
async fn a_course_that_is_archived_ends_its_checkouts(app: App) {
    let open = Open::begin(&app).await;
    open.post(&app, "archive").await;
    open.ends(&app, "course_unavailable").await;
}

#[both_databases]
async fn the_last_chapter_takes_the_course_and_its_checkouts_with_it(app: App) {
    let open = Open::begin(&app).await;
    let chapters = app.get_as(&open.elena, &format!("/courses/{}", open.course)).await.expect(200);
    let chapter = chapters.text_at("/chapters/0/id");
    app.post_empty_as(&open.elena, &format!("/chapters/{chapter}/unpublish")).await.expect(200);
    open.ends(&app, "course_unavailable").await;
}

#[both_databases]
async fn a_course_that_becomes_free_ends_its_checkouts(app: App) {
    let open = Open::begin(&app).await;
    open.patch(&app, json!({ "price": null })).await;
    open.ends(&app, "course_free").await;
}

#[both_databases]
async fn another_price_ends_a_checkout(app: App) {
    for change in [
        json!({ "price": { "amount": 5900, "currency": "USD" } }),
        json!({ "price": { "amount": 3900, "currency": "USD" } }),
        json!({ "price": { "amount": 4900, "currency": "EUR" } }),
        json!({ "discountPrice": { "amount": 2900, "currency": "USD" } }),
    ] {
        let open = Open::begin(&app).await;
        open.patch(&app, change).await;
        open.ends(&app, "price_changed").await;
    }
}

#[both_databases]
async fn a_change_of_anything_else_leaves_a_checkout_open(app: App) {
    let open = Open::begin(&app).await;
    open.patch(&app, json!({ "title": "Stronger Foundations", "duration": 90 })).await;
    let same = json!({ "price": { "amount": 4900, "currency": "USD" } });
    open.patch(&app, same).await;
    let path = format!("/sandbox/payments/{}/complete", open.payment);
    app.post_empty_as(&open.lena, &path).await.expect(200);
    app.wait_for_payment(&open.lena, &open.payment, "/status", json!("COMPLETED")).await;
    assert_eq!(app.access_reason(&open.lena, &open.lesson).await, "granted");
}

#[both_databases]
async fn a_price_put_back_before_the_money_comes_sells_the_course(app: App) {
    let open = Open::begin(&app).await;
    open.patch(&app, json!({ "price": { "amount": 5900, "currency": "USD" } })).await;
    app.wait_for_payment(&open.lena, &open.payment, "/status", json!("FAILED")).await;
    open.patch(&app, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    let path = format!("/sandbox/payments/{}/complete", open.payment);
    let paid = app.post_empty_as(&open.lena, &path).await.expect(200);
    assert_eq!((paid.at("/status"), paid.at("/failureCode")), (json!("COMPLETED"), json!(null)));
    assert_eq!(app.access_reason(&open.lena, &open.lesson).await, "granted");
}

#[both_databases]
async fn a_buyer_who_was_given_the_course_does_not_pay_for_it(app: App) {
    let open = Open::begin(&app).await;
    grant(&app, &open.elena, &open.course, &open.lena, json!({})).await.expect(201);
    open.ends(&app, "already_enrolled").await;
    assert_eq!(app.access_reason(&open.lena, &open.lesson).await, "granted");
    app.checkout(&open.lena, &open.course).await.expect_problem(409, "already_enrolled");
}

#[both_databases]
async fn access_that_ends_is_no_reason_not_to_buy(app: App) {
    let open = Open::begin(&app).await;
    let end = json_time(app.db.environment().now() + Duration::days(7));
    let given =
        grant(&app, &open.elena, &open.course, &open.lena, json!({ "endsAt": end })).await.expect(201);
    let payment = app.checkout(&open.lena, &open.course).await.expect(201).text_at("/payment/id");
    assert_eq!(payment, open.payment);
    // Extended for good, it is.
    let path = format!("/grants/{}/extend", given.text_at("/id"));
    app.post_as(&open.elena, &path, json!({ "endsAt": null })).await.expect(200);
    open.ends(&app, "already_enrolled").await;
}

#[both_databases]
async fn a_buyer_who_enrolled_while_the_course_was_free_does_not_pay_for_it(app: App) {
    let open = Open::begin(&app).await;
    open.patch(&app, json!({ "price": null })).await;
    app.post_empty_as(&open.lena, &format!("/courses/{}/enroll", open.course)).await.expect(201);
    open.patch(&app, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    app.wait_for_payment(&open.lena, &open.payment, "/status", json!("FAILED")).await;
    goes_back(&app, &open.lena, &open.payment, "already_enrolled").await;
}

#[both_databases]
async fn a_suspended_author_sells_nothing(app: App) {
    let (open, admin) = (Open::begin(&app).await, app.admin().await);
    let path = format!("/admin/users/{}", open.elena.id);
    app.patch_as(&admin, &path, "*", json!({ "status": "SUSPENDED" })).await.expect(200);
    open.ends(&app, "course_unavailable").await;
    app.checkout(&open.lena, &open.course).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn the_checkouts_of_a_suspended_buyer_end(app: App) {
    let (open, admin) = (Open::begin(&app).await, app.admin().await);
    let path = format!("/admin/users/{}", open.lena.id);
    app.patch_as(&admin, &path, "*", json!({ "status": "SUSPENDED" })).await.expect(200);
    let ended = app.wait_for_payment(&open.elena, &open.payment, "/status", json!("FAILED")).await;
    assert_eq!(ended.at("/failureCode"), "account_suspended");
    app.patch_as(&admin, &path, "*", json!({ "status": "ACTIVE" })).await.expect(200);
    let lena = app.login(&open.lena.email, PASSWORD).await;
    let paid =
        app.post_empty_as(&lena, &format!("/sandbox/payments/{}/complete", open.payment)).await.expect(200);
    assert_eq!(paid.at("/status"), "COMPLETED", "the offer stands again");
}

/// A checkout with a coupon: the buyer, the coupon and the payment.
async fn open_with_coupon(app: &App, elena: &Person, course: &str, more: Value) -> (Person, String, String) {
    let lena = app.learner().await;
    let mut body = json!({ "code": format!("C{}", &lena.id[24..]), "percentOff": 20 });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let code = body["code"].as_str().unwrap().to_owned();
    let coupon = create_coupon(app, elena, body).await;
    let reply = checkout_with_coupon(app, &lena, course, &code).await.expect(201);
    (lena, coupon, reply.text_at("/payment/id"))
}

#[both_databases]
async fn a_coupon_that_is_withdrawn_ends_the_checkouts_with_it(app: App) {
    let elena = app.trainer().await;
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let (other, _) = app.course_for_sale(&elena, 4900).await;
    let named = json!({ "scope": "COURSES", "courseIds": [course] });
    let later = json_time(app.db.environment().now() + Duration::days(1));
    for (more, change, reason) in [
        (json!({}), json!({ "isActive": false }), "coupon_withdrawn"),
        (json!({}), json!({ "startsAt": later }), "coupon_withdrawn"),
        (named, json!({ "courseIds": [other] }), "coupon_withdrawn"),
        (json!({}), json!({ "endsAt": "2020-01-01T00:00:00Z" }), "coupon_expired"),
    ] {
        let (lena, coupon, payment) = open_with_coupon(&app, &elena, &course, more).await;
        app.patch_as(&elena, &format!("/coupons/{coupon}"), "*", change).await.expect(200);
        ends(&app, &lena, &payment, reason).await;
        assert_eq!(redemption_count(&app, &elena, &coupon).await, 0);
    }
}

#[both_databases]
async fn a_coupon_that_stays_good_leaves_its_checkouts_open(app: App) {
    let elena = app.trainer().await;
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let (lena, coupon, payment) = open_with_coupon(&app, &elena, &course, json!({})).await;
    // One slot, which the checkout holds.
    app.patch_as(&elena, &format!("/coupons/{coupon}"), "*", json!({ "maxRedemptions": 1 }))
        .await
        .expect(200);
    app.post_empty_as(&lena, &format!("/sandbox/payments/{payment}/complete")).await.expect(200);
    app.wait_for_payment(&lena, &payment, "/status", json!("COMPLETED")).await;
    assert_eq!(redemption_count(&app, &elena, &coupon).await, 1);
}

#[both_databases]
async fn a_checkout_ends_when_its_coupon_expires(app: App) {
    let elena = app.trainer().await;
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let end = json_time(app.db.environment().now() + Duration::minutes(5));
    let (lena, _, payment) = open_with_coupon(&app, &elena, &course, json!({ "endsAt": end })).await;
    app.clock.advance(Duration::minutes(6));
    ends(&app, &lena, &payment, "coupon_expired").await;
}

#[both_databases]
async fn a_coupon_that_is_cut_short_ends_its_checkouts_then(app: App) {
    let elena = app.trainer().await;
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let (lena, coupon, payment) = open_with_coupon(&app, &elena, &course, json!({})).await;
    let end = json_time(app.db.environment().now() + Duration::minutes(5));
    app.patch_as(&elena, &format!("/coupons/{coupon}"), "*", json!({ "endsAt": end })).await.expect(200);
    app.clock.advance(Duration::minutes(6));
    ends(&app, &lena, &payment, "coupon_expired").await;
}

#[both_databases]
async fn a_slot_that_went_to_somebody_else_is_not_used_twice(app: App) {
    let (elena, tom) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let (lena, coupon, payment) =
        open_with_coupon(&app, &elena, &course, json!({ "maxRedemptions": 1 })).await;
    let code = app.get_as(&elena, &format!("/coupons/{coupon}")).await.text_at("/code");
    // Without the coupon: her first checkout, and its slot, are given up.
    app.checkout(&lena, &course).await.expect(201);
    checkout_with_coupon(&app, &tom, &course, &code).await.expect(201);
    goes_back(&app, &lena, &payment, "coupon_exhausted").await;
    assert_eq!(redemption_count(&app, &elena, &coupon).await, 1);
}
