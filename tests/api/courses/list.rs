//! `GET /courses`: filters, sorting, pages.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::{
    courses::{create_catalogue, ids, titles},
    support::{App, eventually},
};

#[both_databases]
async fn the_catalogue_filters_sorts_and_pages(app: App) {
    let elena = app.trainer().await;
    let (first, ..) = app.course(&elena, json!({ "title": "First", "difficulty": "EXPERT" })).await;
    app.clock.advance(chrono::Duration::seconds(1));
    let (second, ..) =
        app.course(&elena, json!({ "title": "Second", "price": { "amount": 100, "currency": "USD" } })).await;
    let ids = |reply: crate::support::Reply| -> Vec<String> {
        reply
            .expect(200)
            .at("/data")
            .as_array()
            .unwrap()
            .iter()
            .map(|course| course["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(app.get("/courses").await), [second.clone(), first.clone()]);
    assert_eq!(ids(app.get("/courses?sort=publishedAt").await), [first.clone(), second.clone()]);
    assert_eq!(ids(app.get("/courses?difficulty=EXPERT").await), std::slice::from_ref(&first));
    assert_eq!(ids(app.get("/courses?isFree=false").await), std::slice::from_ref(&second));
    assert_eq!(
        ids(app.get(&format!("/courses?authorId={}&isFree=true", elena.id)).await),
        std::slice::from_ref(&first)
    );
    let category = app.get(&format!("/courses/{first}")).await.text_at("/categories/0/slug");
    assert_eq!(ids(app.get(&format!("/courses?category={category}")).await), std::slice::from_ref(&first));
    let page = app.get("/courses?limit=1").await.expect(200);
    let next = app.get(&format!("/courses?limit=1&cursor={}", page.text_at("/nextCursor"))).await;
    assert_eq!((ids(page), ids(next)), (vec![second], vec![first]));
    let refused = app
        .get("/courses?sort=price;drop&difficulty=easy&authorId=x&isFree=maybe")
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(
        refused.errors(),
        ["?authorId bad_format", "?difficulty not_allowed", "?isFree wrong_type", "?sort not_allowed"]
    );
}

#[both_databases]
async fn filters_combine(app: App) {
    create_catalogue(&app).await;
    let found = |query: &'static str| {
        let app = &app;
        async move { titles(app.get(&format!("/courses?sort=title&{query}")).await) }
    };
    assert_eq!(found("isFree=true").await, ["Strength Foundations", "Strong Back"]);
    assert_eq!(found("isFree=true&difficulty=EXPERT").await, ["Strong Back"]);
    assert_eq!(found("currency=USD&isFree=false").await, ["mobility every day", "Übungen für Läufer"]);
    assert_eq!(
        found("minPrice=1900&maxPrice=1900").await,
        ["Übungen für Läufer"],
        "what is to be paid is the discounted price"
    );
    assert_eq!(found("minDuration=60").await, ["Strength Foundations", "Strong Back"]);
    assert_eq!(found("maxDuration=30").await, ["mobility every day", "Übungen für Läufer"]);
    assert_eq!(found("q=strength&maxDuration=30").await, ["mobility every day"]);
}

#[both_databases]
async fn every_sort_order_pages_in_both_directions(app: App) {
    create_catalogue(&app).await;
    let orders = [
        (
            "-publishedAt",
            ["Strong Back", "Archery", "mobility every day", "Übungen für Läufer", "Strength Foundations"],
        ),
        (
            "publishedAt",
            ["Strength Foundations", "Übungen für Läufer", "mobility every day", "Archery", "Strong Back"],
        ),
        (
            "title",
            ["Archery", "mobility every day", "Strength Foundations", "Strong Back", "Übungen für Läufer"],
        ),
        (
            "-title",
            ["Übungen für Läufer", "Strong Back", "Strength Foundations", "mobility every day", "Archery"],
        ),
        (
            "price",
            ["Strength Foundations", "Strong Back", "Archery", "Übungen für Läufer", "mobility every day"],
        ),
        (
            "-price",
            ["mobility every day", "Übungen für Läufer", "Archery", "Strong Back", "Strength Foundations"],
        ),
        (
            "-popularity",
            ["Strong Back", "Archery", "mobility every day", "Übungen für Läufer", "Strength Foundations"],
        ),
    ];
    for (sort, expected) in orders {
        assert_eq!(titles(app.get(&format!("/courses?sort={sort}")).await), expected, "{sort}");
        let first = app.get(&format!("/courses?sort={sort}&limit=2")).await.expect(200);
        assert_eq!((first.at("/hasMore"), first.at("/previousCursor")), (json!(true), Value::Null));
        let second = app
            .get(&format!("/courses?sort={sort}&limit=2&cursor={}", first.text_at("/nextCursor")))
            .await
            .expect(200);
        let third = app
            .get(&format!("/courses?sort={sort}&limit=2&cursor={}", second.text_at("/nextCursor")))
            .await
            .expect(200);
        assert_eq!((third.at("/hasMore"), third.at("/nextCursor")), (json!(false), Value::Null));
        let back = app
            .get(&format!("/courses?sort={sort}&limit=2&before={}", third.text_at("/previousCursor")))
            .await
            .expect(200);
        let start = app
            .get(&format!("/courses?sort={sort}&limit=2&before={}", back.text_at("/previousCursor")))
            .await
            .expect(200);
        assert_eq!(start.at("/previousCursor"), Value::Null);
        assert_eq!(titles(back), expected[2..4], "{sort} backwards");
        assert_eq!(titles(start), expected[..2], "{sort} back at the start");
        assert_eq!([titles(first), titles(second), titles(third)].concat(), expected, "{sort} by pages");
    }
}

#[both_databases]
async fn search_results_page_in_both_directions(app: App) {
    create_catalogue(&app).await;
    let found = app.get("/courses?q=s&limit=1").await.expect(200);
    let next =
        app.get(&format!("/courses?q=s&limit=1&cursor={}", found.text_at("/nextCursor"))).await.expect(200);
    assert_ne!(found.at("/data/0/id"), next.at("/data/0/id"));
    let back = app
        .get(&format!("/courses?q=s&limit=1&before={}", next.text_at("/previousCursor")))
        .await
        .expect(200);
    assert_eq!(found.at("/data/0/id"), back.at("/data/0/id"));
}

#[both_databases]
async fn cursors_of_both_directions_exclude_each_other(app: App) {
    let elena = app.trainer().await;
    for _ in 0..2 {
        app.course(&elena, json!({})).await;
    }
    let cursor = app.get("/courses?limit=1").await.expect(200).text_at("/nextCursor");
    let refused = app.get(&format!("/courses?cursor={cursor}&before={cursor}")).await;
    assert_eq!(refused.expect_problem(422, "validation_failed").errors(), ["?before with_cursor"]);
}

#[both_databases]
async fn every_contradiction_of_a_query_is_a_reason(app: App) {
    let cursor = "A".repeat(44);
    let contradictions = "sort=-relevance&minPrice=5&maxPrice=4&minDuration=2&maxDuration=1";
    let refused = app
        .get(&format!("/courses?cursor={cursor}&before={cursor}&{contradictions}&limit=0&page=2"))
        .await
        .expect_problem(422, "validation_failed");
    let reasons = [
        "?before with_cursor",
        "?limit too_small",
        "?maxDuration below_minimum",
        "?maxPrice below_minimum",
        "?page unknown_parameter",
        "?sort needs_q",
    ];
    assert_eq!(refused.errors(), reasons);
}

#[both_databases]
async fn a_cursor_outlives_its_course(app: App) {
    create_catalogue(&app).await;
    let page = app.get("/courses?sort=title&limit=3").await.expect(200);
    assert!(page.text_at("/nextCursor").len() <= 1_200);
    let last = page.text_at("/data/2/id");
    let admin = app.admin().await;
    app.delete_as(&admin, &format!("/courses/{last}")).await.expect(204);
    let rest = app.get(&format!("/courses?sort=title&cursor={}", page.text_at("/nextCursor"))).await;
    assert_eq!(titles(rest), ["Strong Back", "Übungen für Läufer"]);
}

#[both_databases]
async fn popularity_follows_enrollments(app: App) {
    create_catalogue(&app).await;
    let (lena, mats) = (app.learner().await, app.learner().await);
    let free = ids(app.get("/courses?isFree=true&sort=title").await);
    app.post_empty_as(&lena, &format!("/courses/{}/enroll", free[0])).await.expect(201);
    app.post_empty_as(&mats, &format!("/courses/{}/enroll", free[0])).await.expect(201);
    app.post_empty_as(&mats, &format!("/courses/{}/enroll", free[1])).await.expect(201);
    let elena = app.trainer().await;
    eventually("the counts", || async {
        let list = app.get_as(&elena, "/courses?sort=-popularity&limit=3").await.expect(200);
        let counts: Vec<i64> = list
            .at("/data")
            .as_array()
            .unwrap()
            .iter()
            .map(|course| course["enrollmentCount"].as_i64().unwrap())
            .collect();
        (counts == [2, 1, 0]).then_some(())
    })
    .await;
}

#[both_databases]
async fn the_document_of_a_page(app: App) {
    let elena = app.trainer().await;
    let category = app.category_named("Strength").await;
    for _ in 0..2 {
        app.course(&elena, json!({ "categoryIds": [category] })).await;
    }
    let page = app.get("/courses?limit=1").await.expect(200);
    insta::assert_json_snapshot!("course_page", page.document());
}
