use futures_util::future::join_all;
use serde_json::{Value, json};

use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_trainer_builds_and_publishes_a_course(app: App) {
    let elena = app.trainer().await;
    let category = app.category().await;
    let body = json!({ "title": "  Strength & Mobility ", "description": "Four weeks.", "imageUrl": "https://images.example.com/a.jpg", "categoryIds": [category] });
    let made = app.post_as(&elena, "/courses", body).await.expect(201);
    let id = made.text_at("/id");
    assert_eq!(
        (made.text_at("/slug").as_str(), made.text_at("/title").as_str()),
        ("strength-mobility", "Strength & Mobility")
    );
    assert_eq!(
        (made.header("location"), made.header("etag")),
        (format!("/api/v1/courses/{id}").as_str(), "\"1\"")
    );
    let chapter = app.chapter(&elena, &id, false).await;
    app.lesson(&elena, &chapter).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish"))
        .await
        .expect(200);
    assert_eq!(app.get("/courses").await.at("/data"), json!([]));
    let published = app
        .post_empty_as(&elena, &format!("/courses/{id}/publish"))
        .await
        .expect(200);
    assert_eq!(published.at("/isPublished"), true);
    let listed = app.get("/courses").await.expect(200);
    assert_eq!(
        (listed.at("/data/0/id"), listed.at("/data/0/categories/0/id")),
        (json!(id), json!(category))
    );
    let shown = app.get("/courses/strength-mobility").await.expect(200);
    assert_eq!(shown.at("/chapters/0/lessons/0/title"), "The hinge");
    assert!(!shown.text.contains("Hips back"), "an outline shows no body");
    // Publishing again changes nothing, and publishedAt is set once.
    let again = app
        .post_empty_as(&elena, &format!("/courses/{id}/publish"))
        .await
        .expect(200);
    assert_eq!(again.at("/publishedAt"), published.at("/publishedAt"));
    app.post_empty_as(&elena, &format!("/courses/{id}/unpublish"))
        .await
        .expect(200);
    let later = app
        .post_empty_as(&elena, &format!("/courses/{id}/publish"))
        .await
        .expect(200);
    assert_eq!(later.at("/publishedAt"), published.at("/publishedAt"));
}

#[both_databases]
async fn what_is_missing_is_told_all_at_once(app: App) {
    let elena = app.trainer().await;
    let id = app
        .post_as(&elena, "/courses", json!({ "title": "Empty" }))
        .await
        .expect(201)
        .text_at("/id");
    let expected = [
        "/categoryIds category_missing",
        "/chapters chapter_missing",
        "/description description_missing",
        "/imageUrl image_missing",
    ];
    let refused = app
        .post_empty_as(&elena, &format!("/courses/{id}/publish"))
        .await
        .expect_problem(409, "not_publishable");
    assert_eq!(refused.errors(), expected);
    let check = app
        .get_as(&elena, &format!("/courses/{id}/publish-check"))
        .await
        .expect(200);
    assert_eq!(check.at("/isPublishable"), false);
    assert_eq!(check.at("/problems").as_array().unwrap().len(), 4);
    let chapter = app.chapter(&elena, &id, false).await;
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish"))
        .await
        .expect_problem(409, "not_publishable");
    let lesson = app
        .post_as(
            &elena,
            &format!("/chapters/{chapter}/lessons"),
            json!({ "title": "Empty" }),
        )
        .await
        .expect(201)
        .text_at("/id");
    let refused = app
        .post_empty_as(&elena, &format!("/lessons/{lesson}/publish"))
        .await
        .expect_problem(409, "not_publishable");
    assert_eq!(refused.errors(), ["/content body_missing"]);
}

#[both_databases]
async fn what_is_published_stays_complete(app: App) {
    let elena = app.trainer().await;
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let clear = app
        .patch_as(
            &elena,
            &format!("/courses/{course}"),
            "*",
            json!({ "imageUrl": null, "categoryIds": [] }),
        )
        .await;
    assert_eq!(
        clear.expect_problem(409, "not_publishable").errors(),
        ["/categoryIds category_missing", "/imageUrl image_missing"]
    );
    assert!(
        app.get(&format!("/courses/{course}"))
            .await
            .at("/imageUrl")
            .is_string(),
        "nothing of a refused change is done"
    );
    let empty = app
        .patch_as(
            &elena,
            &format!("/lessons/{}", lessons[0]),
            "*",
            json!({ "content": null }),
        )
        .await;
    empty.expect_problem(409, "not_publishable");
}

#[both_databases]
async fn the_last_published_child_takes_its_parents_with_it(app: App) {
    let elena = app.trainer().await;
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    app.post_empty_as(&elena, &format!("/lessons/{}/unpublish", lessons[0]))
        .await
        .expect(200);
    assert_eq!(
        app.get(&format!("/courses/{course}"))
            .await
            .expect(200)
            .at("/chapters/0/lessons")
            .as_array()
            .unwrap()
            .len(),
        1
    );
    app.post_empty_as(&elena, &format!("/lessons/{}/unpublish", lessons[1]))
        .await
        .expect(200);
    app.get(&format!("/courses/{course}"))
        .await
        .expect_problem(404, "not_found");
    assert_eq!(
        app.get_as(&elena, &format!("/chapters/{chapter}"))
            .await
            .at("/isPublished"),
        false
    );
    assert_eq!(
        app.get_as(&elena, &format!("/courses/{course}"))
            .await
            .at("/isPublished"),
        false
    );
}

#[both_databases]
async fn drafts_are_there_for_their_author_only(app: App) {
    let (elena, marco, lena, admin) = (
        app.trainer().await,
        app.trainer().await,
        app.learner().await,
        app.admin().await,
    );
    let draft = app.draft(&elena, json!({})).await;
    let chapter = app.chapter(&elena, &draft, false).await;
    let lesson = app.lesson(&elena, &chapter).await;
    for who in [&marco, &lena] {
        app.get_as(who, &format!("/courses/{draft}"))
            .await
            .expect_problem(404, "not_found");
        app.patch_as(who, &format!("/courses/{draft}"), "*", json!({ "title": "Mine" }))
            .await
            .expect_problem(404, "not_found");
        app.post_empty_as(who, &format!("/courses/{draft}/publish"))
            .await
            .expect_problem(404, "not_found");
        app.post_as(
            who,
            &format!("/courses/{draft}/chapters"),
            json!({ "title": "x" }),
        )
        .await
        .expect_problem(404, "not_found");
        app.get_as(who, &format!("/chapters/{chapter}"))
            .await
            .expect_problem(404, "not_found");
        app.post_as(
            who,
            &format!("/chapters/{chapter}/lessons"),
            json!({ "title": "x" }),
        )
        .await
        .expect_problem(404, "not_found");
        app.get_as(who, &format!("/lessons/{lesson}"))
            .await
            .expect_problem(404, "not_found");
        app.patch_as(who, &format!("/lessons/{lesson}"), "*", json!({ "title": "x" }))
            .await
            .expect_problem(404, "not_found");
    }
    app.get_as(&admin, &format!("/courses/{draft}")).await.expect(200);
    app.get_as(&admin, &format!("/lessons/{lesson}"))
        .await
        .expect(200);
    assert_eq!(app.get_as(&marco, "/me/courses").await.at("/data"), json!([]));
    assert_eq!(app.get_as(&elena, "/me/courses").await.at("/data/0/id"), draft);
}

#[both_databases]
async fn a_published_course_is_changed_by_its_author_only(app: App) {
    let (elena, marco, admin) = (app.trainer().await, app.trainer().await, app.admin().await);
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    app.patch_as(
        &marco,
        &format!("/courses/{course}"),
        "*",
        json!({ "title": "Mine" }),
    )
    .await
    .expect_problem(403, "forbidden");
    app.post_empty_as(&marco, &format!("/courses/{course}/unpublish"))
        .await
        .expect_problem(403, "forbidden");
    app.get_as(&marco, &format!("/chapters/{chapter}"))
        .await
        .expect_problem(403, "not_granted");
    app.post_empty_as(&marco, &format!("/chapters/{chapter}/unpublish"))
        .await
        .expect_problem(403, "forbidden");
    app.patch_as(
        &marco,
        &format!("/lessons/{}", lessons[0]),
        "*",
        json!({ "title": "Mine" }),
    )
    .await
    .expect_problem(403, "forbidden");
    app.patch_as(
        &admin,
        &format!("/courses/{course}"),
        "*",
        json!({ "description": "By an admin." }),
    )
    .await
    .expect(200);
    app.post_as(&elena, "/courses", json!({ "title": "x", "authorId": marco.id }))
        .await
        .expect_problem(422, "validation_failed");
}

#[both_databases]
async fn an_old_address_keeps_resolving(app: App) {
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let etag = app
        .get(&format!("/courses/{course}"))
        .await
        .header("etag")
        .to_owned();
    let renamed = app
        .patch_as(
            &elena,
            &format!("/courses/{course}"),
            &etag,
            json!({ "title": "Stronger" }),
        )
        .await
        .expect(200);
    assert_eq!(renamed.at("/slug"), "stronger");
    assert_eq!(
        app.get("/courses/strength-foundations")
            .await
            .expect(200)
            .at("/id"),
        course
    );
    // Nobody else can take it, and its owner can go back.
    let other = app
        .post_as(&marco, "/courses", json!({ "title": "Strength Foundations" }))
        .await
        .expect(201);
    assert_eq!(other.at("/slug"), "strength-foundations-2");
    let back = app
        .patch_as(
            &elena,
            &format!("/courses/{course}"),
            "*",
            json!({ "title": "Strength Foundations" }),
        )
        .await;
    assert_eq!(back.expect(200).at("/slug"), "strength-foundations");
}

#[both_databases]
async fn of_32_courses_with_one_title_each_gets_an_address(app: App) {
    let elena = app.trainer().await;
    let replies =
        join_all((0..32).map(|_| app.post_as(&elena, "/courses", json!({ "title": "Same" })))).await;
    let slugs: std::collections::HashSet<String> = replies
        .into_iter()
        .map(|reply| reply.expect(201).text_at("/slug"))
        .collect();
    assert_eq!(slugs.len(), 32);
}

#[both_databases]
async fn rich_text_is_sanitised(app: App) {
    let elena = app.trainer().await;
    let content = "<p onclick=\"x()\">Hi<script>alert(1)</script></p><svg><a href=\"javascript:x\">y</a></svg><a href=\"javascript:x\">z</a><math><mi>x</mi></math>";
    let made = app
        .post_as(&elena, "/courses", json!({ "title": "x", "content": content }))
        .await
        .expect(201);
    assert_eq!(
        made.text_at("/content"),
        "<p>Hi</p><a rel=\"noopener noreferrer nofollow\">z</a>"
    );
}

#[both_databases]
async fn money_is_minor_units_of_a_currency(app: App) {
    let elena = app.trainer().await;
    let make = |body: serde_json::Value| app.post_as(&elena, "/courses", body);
    let made = make(json!({ "title": "a", "price": { "amount": 4900.0, "currency": "USD" }, "discountPrice": { "amount": 3900, "currency": "USD" } })).await.expect(201);
    assert_eq!(
        (made.at("/price"), made.at("/isFree")),
        (json!({ "amount": 4900, "currency": "USD" }), json!(false))
    );
    for (body, reason) in [
        (
            json!({ "title": "a", "price": { "amount": -1, "currency": "USD" } }),
            "/price/amount too_small",
        ),
        (
            json!({ "title": "a", "price": { "amount": 49.5, "currency": "USD" } }),
            "/price/amount wrong_type",
        ),
        (
            json!({ "title": "a", "price": { "amount": 1e15, "currency": "USD" } }),
            "/price/amount too_large",
        ),
        (
            json!({ "title": "a", "price": { "amount": 1, "currency": "QQQ" } }),
            "/price/currency unknown_currency",
        ),
        (
            json!({ "title": "a", "price": { "amount": 1, "currency": "usd" } }),
            "/price/currency bad_format",
        ),
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
        (
            json!({ "title": "a", "imageUrl": "javascript:alert(1)" }),
            "/imageUrl bad_format",
        ),
        (
            json!({ "title": "a", "categoryIds": ["0198c0de-0000-7000-8000-000000000001"] }),
            "/categoryIds/0 unknown_category",
        ),
    ] {
        let refused = make(body.clone())
            .await
            .expect_problem(422, "validation_failed")
            .errors();
        assert!(refused.contains(&reason.to_owned()), "{body} gave {refused:?}");
    }
}

#[both_databases]
async fn the_catalogue_filters_sorts_and_pages(app: App) {
    let elena = app.trainer().await;
    let (first, ..) = app
        .course(&elena, json!({ "title": "First", "difficulty": "EXPERT" }))
        .await;
    app.clock.advance(chrono::Duration::seconds(1));
    let (second, ..) = app
        .course(
            &elena,
            json!({ "title": "Second", "price": { "amount": 100, "currency": "USD" } }),
        )
        .await;
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
    assert_eq!(
        ids(app.get("/courses?sort=publishedAt").await),
        [first.clone(), second.clone()]
    );
    assert_eq!(
        ids(app.get("/courses?difficulty=EXPERT").await),
        std::slice::from_ref(&first)
    );
    assert_eq!(
        ids(app.get("/courses?isFree=false").await),
        std::slice::from_ref(&second)
    );
    assert_eq!(
        ids(app
            .get(&format!("/courses?authorId={}&isFree=true", elena.id))
            .await),
        std::slice::from_ref(&first)
    );
    let shelf = app
        .get(&format!("/courses/{first}"))
        .await
        .text_at("/categories/0/slug");
    assert_eq!(
        ids(app.get(&format!("/courses?category={shelf}")).await),
        std::slice::from_ref(&first)
    );
    let page = app.get("/courses?limit=1").await.expect(200);
    let next = app
        .get(&format!(
            "/courses?limit=1&cursor={}",
            page.text_at("/nextCursor")
        ))
        .await;
    assert_eq!((ids(page), ids(next)), (vec![second], vec![first]));
    let refused = app
        .get("/courses?sort=price;drop&difficulty=easy&authorId=x&isFree=maybe")
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(
        refused.errors(),
        [
            "?authorId bad_format",
            "?difficulty not_allowed",
            "?isFree wrong_type",
            "?sort not_allowed"
        ]
    );
}

#[both_databases]
async fn an_outline_and_its_shelves_come_as_they_were_written(app: App) {
    let elena = app.trainer().await;
    let (course, chapter, lessons) = app.course(&elena, json!({})).await;
    let odd = "Say \"hip\", \\ back/slash, 'tick', <b>, é, \u{1d11e}, ],[null";
    app.patch_as(
        &elena,
        &format!("/chapters/{chapter}"),
        "*",
        json!({ "title": odd, "description": odd }),
    )
    .await
    .expect(200);
    app.patch_as(
        &elena,
        &format!("/lessons/{}", lessons[0]),
        "*",
        json!({ "title": odd, "duration": 7 }),
    )
    .await
    .expect(200);
    let read = app.get(&format!("/courses/{course}")).await.expect(200);
    assert_eq!(
        (read.at("/chapters/0/title"), read.at("/chapters/0/description")),
        (json!(odd), json!(odd))
    );
    assert_eq!(
        (read.at("/chapters/0/id"), read.at("/chapters/0/lessons/0/id")),
        (json!(chapter), json!(lessons[0]))
    );
    assert_eq!(
        (
            read.at("/chapters/0/lessons/0/title"),
            read.at("/chapters/0/lessons/0/duration")
        ),
        (json!(odd), json!(7))
    );
    assert_eq!(read.at("/chapters/0/lessons/1/duration"), json!(null));
    // Its author reads another way, and the same.
    assert_eq!(
        app.get_as(&elena, &format!("/courses/{course}"))
            .await
            .expect(200)
            .at("/chapters"),
        read.at("/chapters")
    );
    let shelf = read.text_at("/categories/0/id");
    let category: Value =
        serde_json::from_str(&app.get(&format!("/categories/{shelf}")).await.expect(200).text).unwrap();
    assert_eq!(read.at("/categories"), json!([category]));
}

#[both_databases]
async fn a_read_costs_few_statements(app: App) {
    let elena = app.trainer().await;
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let lena = app.learner().await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll"))
        .await
        .expect(201);
    let paths = [
        ("/courses".to_owned(), 2),
        (format!("/courses/{course}"), 2),
        (format!("/lessons/{}", lessons[0]), 3),
    ];
    for (path, most) in paths {
        // Trainers are answered from the database; of them it also asks whether they may edit.
        let (reader, most) = if path.starts_with("/lessons") {
            (&lena, most)
        } else {
            (&elena, most)
        };
        app.get_as(reader, &path).await.expect(200);
        let before = app.db.statements();
        app.get_as(reader, &path).await.expect(200);
        let spent = app.db.statements() - before;
        assert!(spent <= most, "{path} took {spent} statements");
    }
    // Everybody else is given what was read before, once what was changed above has been heard of.
    crate::support::eventually("an answer that was kept", || async {
        app.get("/courses").await.expect(200);
        let before = app.db.statements();
        app.get_as(&lena, "/courses").await.expect(200);
        (app.db.statements() == before).then_some(())
    })
    .await;
}

#[both_databases]
async fn categories_are_unique_by_name_and_address(app: App) {
    let admin = app.admin().await;
    let make = |name: &str| app.post_as(&admin, "/categories", json!({ "name": name }));
    let made = make("Strength & Power").await.expect(201);
    assert_eq!(made.at("/slug"), "strength-power");
    make("Strength & Power")
        .await
        .expect_problem(409, "category_taken");
    make("Strength: Power")
        .await
        .expect_problem(409, "category_taken");
    assert_eq!(
        app.get("/categories/strength-power").await.expect(200).at("/id"),
        made.at("/id")
    );
    assert_eq!(
        app.get(&format!("/categories/{}", made.text_at("/id")))
            .await
            .expect(200)
            .at("/name"),
        "Strength & Power"
    );
    app.get("/categories/nothing")
        .await
        .expect_problem(404, "not_found");
}
