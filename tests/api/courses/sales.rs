//! `/me/sales`, `/me/takings` and those of a course.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{App, Person};

/// Two courses of Elena: one in dollars, sold to Lena and to Tom, who got a part back, and one in euros, sold to Tom.
struct Sales {
    elena: Person,
    lena: Person,
    tom: Person,
    dollars: String,
}

impl Sales {
    async fn create(app: &App) -> Self {
        let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
        let (dollars, _) = app.course_for_sale(&elena, 4900).await;
        let (euros, ..) = app.course(&elena, json!({ "price": { "amount": 1500, "currency": "EUR" } })).await;
        app.buy(&lena, &dollars).await;
        let refunded = app.buy(&tom, &dollars).await;
        app.buy(&tom, &euros).await;
        app.checkout(&lena, &euros).await.expect(201);
        app.post_with_new_key_as(&elena, &format!("/payments/{refunded}/refunds"), json!({ "amount": 900 }))
            .await
            .expect(201);
        app.wait_for_payment(&tom, &refunded, "/refunded/amount", json!(900)).await;
        Self { elena, lena, tom, dollars }
    }
}

#[both_databases]
async fn takings_are_summed_per_currency(app: App) {
    let Sales { elena, dollars, .. } = Sales::create(&app).await;
    let takings = app.get_as(&elena, "/me/takings").await.expect(200);
    assert_eq!(
        takings.at("/currencies"),
        json!([
            { "currency": "EUR", "sales": 1, "gross": 1500, "refunded": 0, "lost": 0, "net": 1500 },
            { "currency": "USD", "sales": 2, "gross": 9800, "refunded": 900, "lost": 0, "net": 8900 },
        ])
    );
    let none = app.get_as(&elena, "/me/takings?to=2020-01-01T00:00:00Z").await.expect(200);
    assert_eq!(none.at("/currencies"), json!([]));
    let one = app.get_as(&elena, &format!("/courses/{dollars}/takings")).await.expect(200);
    assert_eq!(one.at("/currencies/0/net"), 8900);
}

#[both_databases]
async fn sales_are_listed_in_pages(app: App) {
    let Sales { elena, lena, tom, dollars } = Sales::create(&app).await;
    let sales = app.get_as(&elena, &format!("/courses/{dollars}/sales?limit=1")).await.expect(200);
    assert_eq!((sales.at("/data/0/buyer/id"), sales.at("/hasMore")), (json!(tom.id), json!(true)));
    let next = app
        .get_as(&elena, &format!("/courses/{dollars}/sales?limit=1&cursor={}", sales.text_at("/nextCursor")))
        .await
        .expect(200);
    assert_eq!((next.at("/data/0/buyer/id"), next.at("/hasMore")), (json!(lena.id), json!(false)));
    assert_eq!(app.get_as(&elena, "/me/sales").await.expect(200).at("/data").as_array().unwrap().len(), 3);
}

#[both_databases]
async fn another_trainer_sees_no_sales(app: App) {
    let greta = app.trainer().await;
    let Sales { dollars, .. } = Sales::create(&app).await;
    assert_eq!(app.get_as(&greta, "/me/sales").await.expect(200).at("/data"), json!([]));
    app.get_as(&greta, &format!("/courses/{dollars}/sales")).await.expect_problem(404, "not_found");
    app.get_as(&greta, &format!("/courses/{dollars}/takings")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn lost_disputes_reduce_the_takings(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_for_sale(&elena, 4900).await;
    let path = format!("/courses/{course}/takings");
    app.buy(&lena, &course).await;
    let payment = app.buy(&tom, &course).await;
    // What had gone back before cannot be taken back again.
    app.post_with_new_key_as(&elena, &format!("/payments/{payment}/refunds"), json!({ "amount": 900 }))
        .await
        .expect(201);
    app.wait_for_payment(&tom, &payment, "/refunded/amount", json!(900)).await;
    for (status, lost, net) in [("OPEN", 0, 8900), ("WON", 0, 8900), ("LOST", 4000, 4900)] {
        app.post_as(&tom, &format!("/sandbox/payments/{payment}/dispute"), json!({ "status": status }))
            .await
            .expect(200);
        let takings = app.get_as(&elena, &path).await.expect(200);
        let expected = json!([{ "currency": "USD", "sales": 2, "gross": 9800, "refunded": 900, "lost": lost, "net": net }]);
        assert_eq!(takings.at("/currencies"), expected, "{status}");
        assert_eq!(
            app.get_as(&elena, "/me/takings").await.expect(200).at("/currencies"),
            expected,
            "{status}"
        );
        let sales = app.get_as(&elena, "/me/sales").await.expect(200);
        assert_eq!(
            (sales.at("/data/0/lost/amount"), sales.at("/data/1/lost/amount")),
            (json!(lost), json!(0)),
            "{status}"
        );
    }
}
