//! `POST /courses`: titles, slugs, prices, rich text.

use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn of_32_concurrent_courses_with_one_title_each_gets_a_slug(app: App) {
    let elena = app.trainer().await;
    let replies =
        join_all((0..32).map(|_| app.post_as(&elena, "/courses", json!({ "title": "Same" })))).await;
    let slugs: std::collections::HashSet<String> =
        replies.into_iter().map(|reply| reply.expect(201).text_at("/slug")).collect();
    assert_eq!(slugs.len(), 32);
}

#[both_databases]
async fn rich_text_is_sanitised(app: App) {
    let elena = app.trainer().await;
    let content = "<p onclick=\"x()\">Hi<script>alert(1)</script></p><svg><a href=\"javascript:x\">y</a></svg><a href=\"javascript:x\">z</a><math><mi>x</mi></math>";
    let made = app.post_as(&elena, "/courses", json!({ "title": "x", "content": content })).await.expect(201);
    assert_eq!(made.text_at("/content"), "<p>Hi</p>z");
}

#[both_databases]
async fn prices_are_minor_units_of_a_known_currency(app: App) {
    let elena = app.trainer().await;
    let make = |body: serde_json::Value| app.post_as(&elena, "/courses", body);
    let made = make(json!({ "title": "a", "price": { "amount": 4900.0, "currency": "USD" }, "discountPrice": { "amount": 3900, "currency": "USD" } })).await.expect(201);
    assert_eq!(
        (made.at("/price"), made.at("/isFree")),
        (json!({ "amount": 4900, "currency": "USD" }), json!(false))
    );
    for (body, reason) in [
        (json!({ "title": "a", "price": { "amount": -1, "currency": "USD" } }), "/price/amount too_small"),
        (json!({ "title": "a", "price": { "amount": 49.5, "currency": "USD" } }), "/price/amount wrong_type"),
        (json!({ "title": "a", "price": { "amount": 1e15, "currency": "USD" } }), "/price/amount too_large"),
        (
            json!({ "title": "a", "price": { "amount": 1, "currency": "QQQ" } }),
            "/price/currency unknown_currency",
        ),
        (json!({ "title": "a", "price": { "amount": 1, "currency": "usd" } }), "/price/currency bad_format"),
        (
            json!({ "title": "a", "price": { "amount": 100, "currency": "USD" }, "discountPrice": { "amount": 100, "currency": "USD" } }),
            "/discountPrice not_below_price",
        ),
        (
            json!({ "title": "a", "price": { "amount": 100, "currency": "USD" }, "discountPrice": { "amount": 50, "currency": "EUR" } }),
            "/discountPrice other_currency",
        ),
        (
            json!({ "title": "a", "discountPrice": { "amount": 50, "currency": "EUR" } }),
            "/discountPrice not_below_price",
        ),
        (json!({ "title": " " }), "/title bad_format"),
        (json!({ "title": "a", "imageUrl": "javascript:alert(1)" }), "/imageUrl bad_format"),
        (
            json!({ "title": "a", "categoryIds": ["0198c0de-0000-7000-8000-000000000001"] }),
            "/categoryIds/0 unknown_category",
        ),
    ] {
        let refused = make(body.clone()).await.expect_problem(422, "validation_failed").errors();
        assert!(refused.contains(&reason.to_owned()), "{body} gave {refused:?}");
    }
}

#[both_databases]
async fn of_32_concurrent_drafts_each_gets_a_slug(app: App) {
    let elena = app.trainer().await;
    let making = (0..32).map(|_| app.post_as(&elena, "/courses", json!({ "title": "Same Title" })));
    let slugs: std::collections::HashSet<String> = futures_util::future::join_all(making)
        .await
        .into_iter()
        .map(|reply| reply.expect(201).text_at("/slug"))
        .collect();
    assert_eq!(slugs.len(), 32);
}
