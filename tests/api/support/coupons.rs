//! Coupons and checkouts with them.

use serde_json::{Value, json};

use crate::support::{App, Person, Reply};

pub async fn create_coupon(app: &App, owner: &Person, body: Value) -> String {
    app.post_as(owner, "/coupons", body).await.expect(201).text_at("/id")
}

pub async fn quote_with_coupon(app: &App, who: &Person, course: &str, code: &str) -> Reply {
    app.post_as(who, "/checkout/quote", json!({ "courseId": course, "couponCode": code })).await
}

pub async fn checkout_with_coupon(app: &App, who: &Person, course: &str, code: &str) -> Reply {
    app.post_with_new_key_as(who, "/checkout", json!({ "courseId": course, "couponCode": code })).await
}

pub async fn redemption_count(app: &App, owner: &Person, id: &str) -> Value {
    app.get_as(owner, &format!("/coupons/{id}")).await.expect(200).at("/redemptionCount")
}
