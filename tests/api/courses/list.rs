//! Finding courses: words, filters, orders, pages, counts, and answers that are kept.

use serde_json::{Value, json};

use test_macros::both_databases;

use crate::support::{App, PASSWORD, Reply, eventually};

fn ids(reply: Reply) -> Vec<String> {
    let reply = reply.expect(200);
    let rows = reply.at("/data");
    rows.as_array()
        .unwrap()
        .iter()
        .map(|course| course["id"].as_str().unwrap().to_owned())
        .collect()
}

fn titles(reply: Reply) -> Vec<String> {
    let reply = reply.expect(200);
    let rows = reply.at("/data");
    rows.as_array()
        .unwrap()
        .iter()
        .map(|course| course["title"].as_str().unwrap().to_owned())
        .collect()
}

fn usd(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// Five courses, a second apart.
async fn shelf(app: &App) {
    let elena = app.trainer().await;
    let courses = [
        json!({ "title": "Strength Foundations", "duration": 90 }),
        json!({ "title": "Übungen für Läufer", "duration": 30, "difficulty": "ADVANCED", "price": usd(4900), "discountPrice": usd(1900) }),
        json!({ "title": "mobility every day", "duration": 20, "description": "Strength is not all.", "price": usd(2900) }),
        json!({ "title": "Archery", "difficulty": "EXPERT", "price": { "amount": 500, "currency": "EUR" } }),
        json!({ "title": "Strong Back", "duration": 60, "difficulty": "EXPERT" }),
    ];
    for course in courses {
        app.course(&elena, course).await;
        app.clock.advance(chrono::Duration::seconds(1));
    }
}

#[both_databases]
async fn a_word_of_the_title_counts_more_however_many_have_it_and_however_long_the_rest_is(app: App) {
    let (elena, admin) = (app.trainer().await, app.admin().await);
    let shelf = app
        .post_as(&admin, "/categories", json!({ "name": "Kettlebells" }))
        .await
        .expect(201)
        .at("/id");
    let long = "Swings, cleans, presses and snatches, from the very first day to the hundredth repetition. "
        .repeat(5);
    app.course(
        &elena,
        json!({ "title": "All about kettlebells, slowly", "description": long }),
    )
    .await;
    for n in 0..8 {
        app.course(
            &elena,
            json!({ "title": format!("Plan {n}"), "description": "d", "categoryIds": [shelf] }),
        )
        .await;
    }
    app.course(
        &elena,
        json!({ "title": "Weights", "description": "No kettlebells." }),
    )
    .await;
    let found = titles(app.get("/courses?q=kettlebells&limit=20").await);
    assert_eq!(
        (found[0].as_str(), found[9].as_str(), found.len()),
        ("All about kettlebells, slowly", "Weights", 10)
    );
}

#[both_databases]
async fn words_find_courses_best_match_first(app: App) {
    shelf(&app).await;
    let found = |q: &'static str| {
        let app = &app;
        async move { titles(app.get(&format!("/courses?q={q}")).await) }
    };
    assert_eq!(
        found("strength").await,
        ["Strength Foundations", "mobility every day"],
        "a title counts more than a description"
    );
    assert_eq!(
        found("stren").await,
        ["Strength Foundations", "mobility every day"],
        "beginnings are enough"
    );
    assert_eq!(
        found("laufer+UBUNG").await,
        ["Übungen für Läufer"],
        "accents, case and order do not matter"
    );
    assert_eq!(
        found("foundatoins").await,
        ["Strength Foundations"],
        "a slip of the finger is forgiven"
    );
    assert_eq!(
        found("stregnth+foudations").await,
        ["Strength Foundations"],
        "in every word"
    );
    assert_eq!(
        found("mobilty+strenth").await,
        ["mobility every day"],
        "wherever it stands"
    );
    assert_eq!(found("abcchery").await, ["Archery"], "two slips in a longer word");
    assert_eq!(
        found("bakc").await,
        ["Strong Back"],
        "letters that changed places"
    );
    assert_eq!(found("bcaks").await, [""; 0], "but not everything");
    assert_eq!(
        found("archery+strength").await,
        [""; 0],
        "all words have to be there"
    );
    for nothing in [
        "%27%3B+DROP+TABLE+users",
        "!!!",
        "%22%22",
        "NEAR(a+b)",
        "title:strength*",
        "zzzzqqq",
        "a+AND+NOT+(b)",
    ] {
        let reply = app.get(&format!("/courses?q={nothing}")).await.expect(200);
        assert!(reply.at("/data").as_array().unwrap().len() <= 5, "{nothing}");
    }
    app.get("/courses?q=")
        .await
        .expect_problem(422, "validation_failed");
    app.get("/courses?sort=-relevance")
        .await
        .expect_problem(422, "validation_failed");
}

#[both_databases]
async fn a_change_is_found_at_once_and_what_is_gone_is_not(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({ "title": "Kettlebells" })).await;
    assert_eq!(
        ids(app.get("/courses?q=kettlebells").await),
        std::slice::from_ref(&course)
    );
    app.patch_as(
        &elena,
        &format!("/courses/{course}"),
        "*",
        json!({ "title": "Dumbbells" }),
    )
    .await
    .expect(200);
    assert_eq!(
        ids(app.get("/courses?q=dumbbells").await),
        std::slice::from_ref(&course)
    );
    assert_eq!(ids(app.get("/courses?q=kettlebells").await), [""; 0]);
    app.post_empty_as(&elena, &format!("/courses/{course}/archive"))
        .await
        .expect(200);
    assert_eq!(ids(app.get("/courses").await), [""; 0]);
    app.get(&format!("/courses/{course}")).await.expect(200);
    app.post_empty_as(&elena, &format!("/courses/{course}/publish"))
        .await
        .expect(200);
    assert_eq!(
        ids(app.get("/courses?q=dumbbells").await),
        std::slice::from_ref(&course)
    );
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish"))
        .await
        .expect(200);
    assert_eq!(ids(app.get("/courses?q=dumbbells").await), [""; 0]);
}

#[both_databases]
async fn a_misspelt_word_never_means_one_that_is_gone(app: App) {
    let elena = app.trainer().await;
    let (gone, ..) = app.course(&elena, json!({ "title": "Pilates" })).await;
    app.course(&elena, json!({ "title": "Palates" })).await;
    assert_eq!(titles(app.get("/courses?q=pilatse").await), ["Pilates"]);
    app.post_empty_as(&elena, &format!("/courses/{gone}/unpublish"))
        .await
        .expect(200);
    assert_eq!(titles(app.get("/courses?q=pilatse").await), ["Palates"]);
    let facets = app.get("/catalogue/facets?q=pilatse").await.expect(200);
    assert_eq!(facets.at("/count"), 1);
}

#[both_databases]
async fn a_category_is_found_by_its_new_name(app: App) {
    let (admin, elena) = (app.admin().await, app.trainer().await);
    let category = |name: &'static str| {
        let (app, admin) = (&app, &admin);
        async move {
            app.post_as(admin, "/categories", json!({ "name": name }))
                .await
                .expect(201)
                .text_at("/id")
        }
    };
    let (old, other) = (category("Endurance").await, category("Cycling").await);
    let (course, ..) = app
        .course(&elena, json!({ "title": "Long Rides", "categoryIds": [&old] }))
        .await;
    let is_found = |q: &'static str| {
        let (app, course) = (&app, course.clone());
        async move { (ids(app.get(&format!("/courses?q={q}")).await) == [course]).then_some(()) }
    };
    is_found("endurance").await.expect("by its first name");
    app.patch_as(
        &admin,
        &format!("/categories/{old}"),
        "*",
        json!({ "name": "Stamina" }),
    )
    .await
    .expect(200);
    eventually("the new name", || is_found("stamina")).await;
    assert!(is_found("endurance").await.is_none());
    app.delete_as(&admin, &format!("/categories/{old}?replacement={other}"))
        .await
        .expect(204);
    eventually("the replacement's name", || is_found("cycling")).await;
    assert!(is_found("stamina").await.is_none());
}

#[both_databases]
async fn filters_combine(app: App) {
    shelf(&app).await;
    let found = |query: &'static str| {
        let app = &app;
        async move { titles(app.get(&format!("/courses?sort=title&{query}")).await) }
    };
    assert_eq!(
        found("isFree=true").await,
        ["Strength Foundations", "Strong Back"]
    );
    assert_eq!(found("isFree=true&difficulty=EXPERT").await, ["Strong Back"]);
    assert_eq!(
        found("currency=USD&isFree=false").await,
        ["mobility every day", "Übungen für Läufer"]
    );
    assert_eq!(
        found("minPrice=1900&maxPrice=1900").await,
        ["Übungen für Läufer"],
        "what is to be paid is the discounted price"
    );
    assert_eq!(
        found("minDuration=60").await,
        ["Strength Foundations", "Strong Back"]
    );
    assert_eq!(
        found("maxDuration=30").await,
        ["mobility every day", "Übungen für Läufer"]
    );
    assert_eq!(found("q=strength&maxDuration=30").await, ["mobility every day"]);
}

#[both_databases]
async fn every_order_pages_in_both_directions(app: App) {
    shelf(&app).await;
    let orders = [
        (
            "-publishedAt",
            [
                "Strong Back",
                "Archery",
                "mobility every day",
                "Übungen für Läufer",
                "Strength Foundations",
            ],
        ),
        (
            "publishedAt",
            [
                "Strength Foundations",
                "Übungen für Läufer",
                "mobility every day",
                "Archery",
                "Strong Back",
            ],
        ),
        (
            "title",
            [
                "Archery",
                "mobility every day",
                "Strength Foundations",
                "Strong Back",
                "Übungen für Läufer",
            ],
        ),
        (
            "-title",
            [
                "Übungen für Läufer",
                "Strong Back",
                "Strength Foundations",
                "mobility every day",
                "Archery",
            ],
        ),
        (
            "price",
            [
                "Strength Foundations",
                "Strong Back",
                "Archery",
                "Übungen für Läufer",
                "mobility every day",
            ],
        ),
        (
            "-price",
            [
                "mobility every day",
                "Übungen für Läufer",
                "Archery",
                "Strong Back",
                "Strength Foundations",
            ],
        ),
        (
            "-popularity",
            [
                "Strong Back",
                "Archery",
                "mobility every day",
                "Übungen für Läufer",
                "Strength Foundations",
            ],
        ),
    ];
    for (sort, expected) in orders {
        assert_eq!(
            titles(app.get(&format!("/courses?sort={sort}")).await),
            expected,
            "{sort}"
        );
        let first = app
            .get(&format!("/courses?sort={sort}&limit=2"))
            .await
            .expect(200);
        assert_eq!(
            (first.at("/hasMore"), first.at("/previousCursor")),
            (json!(true), Value::Null)
        );
        let second = app
            .get(&format!(
                "/courses?sort={sort}&limit=2&cursor={}",
                first.text_at("/nextCursor")
            ))
            .await
            .expect(200);
        let third = app
            .get(&format!(
                "/courses?sort={sort}&limit=2&cursor={}",
                second.text_at("/nextCursor")
            ))
            .await
            .expect(200);
        assert_eq!(
            (third.at("/hasMore"), third.at("/nextCursor")),
            (json!(false), Value::Null)
        );
        let back = app
            .get(&format!(
                "/courses?sort={sort}&limit=2&before={}",
                third.text_at("/previousCursor")
            ))
            .await
            .expect(200);
        let start = app
            .get(&format!(
                "/courses?sort={sort}&limit=2&before={}",
                back.text_at("/previousCursor")
            ))
            .await
            .expect(200);
        assert_eq!(start.at("/previousCursor"), Value::Null);
        assert_eq!(titles(back), expected[2..4], "{sort} backwards");
        assert_eq!(titles(start), expected[..2], "{sort} back at the start");
        assert_eq!(
            [titles(first), titles(second), titles(third)].concat(),
            expected,
            "{sort} by pages"
        );
    }
    let found = app.get("/courses?q=s&limit=1").await.expect(200);
    let next = app
        .get(&format!(
            "/courses?q=s&limit=1&cursor={}",
            found.text_at("/nextCursor")
        ))
        .await
        .expect(200);
    assert_ne!(found.at("/data/0/id"), next.at("/data/0/id"));
    let back = app
        .get(&format!(
            "/courses?q=s&limit=1&before={}",
            next.text_at("/previousCursor")
        ))
        .await
        .expect(200);
    assert_eq!(found.at("/data/0/id"), back.at("/data/0/id"));
    // Made-up positions are odd places in the list, and no errors.
    for sort in [
        "title",
        "-title",
        "price",
        "-popularity",
        "-publishedAt",
        "publishedAt",
    ] {
        for cursor in [
            "________________________________",
            "--------------------------------",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            app.get(&format!("/courses?sort={sort}&cursor={cursor}"))
                .await
                .expect(200);
            app.get(&format!("/courses?sort={sort}&before={cursor}&q=strength"))
                .await
                .expect(200);
        }
    }
    app.get("/courses?cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&before=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        .await
        .expect_problem(422, "validation_failed");
}

#[both_databases]
async fn a_page_goes_on_from_a_course_that_has_gone(app: App) {
    shelf(&app).await;
    let page = app.get("/courses?sort=title&limit=3").await.expect(200);
    let last = page.text_at("/data/2/id");
    let admin = app.admin().await;
    app.delete_as(&admin, &format!("/courses/{last}"))
        .await
        .expect(204);
    let rest = app
        .get(&format!(
            "/courses?sort=title&cursor={}",
            page.text_at("/nextCursor")
        ))
        .await;
    assert_eq!(titles(rest), ["Strong Back", "Übungen für Läufer"]);
}

#[both_databases]
async fn facets_count_each_kind_under_the_other_filters(app: App) {
    shelf(&app).await;
    let all = app.get("/catalogue/facets").await.expect(200);
    assert_eq!((all.at("/count"), all.at("/free")), (json!(5), json!(2)));
    assert_eq!(all.at("/categories").as_array().unwrap().len(), 5);
    assert_eq!(
        all.at("/prices"),
        json!([
            { "currency": "EUR", "count": 1, "min": 500, "max": 500 }, { "currency": "USD", "count": 2, "min": 1900, "max": 2900 },
        ])
    );
    let experts = app.get("/catalogue/facets?difficulty=EXPERT").await.expect(200);
    assert_eq!((experts.at("/count"), experts.at("/free")), (json!(2), json!(1)));
    let counts = experts
        .at("/difficulties")
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["count"].as_i64().unwrap())
        .sum::<i64>();
    assert_eq!(
        counts, 5,
        "difficulties are counted without the filter of the difficulty"
    );
    let nothing = app.get("/catalogue/facets?q=zzzzqqq").await.expect(200);
    assert_eq!(
        (nothing.at("/count"), nothing.at("/categories")),
        (json!(0), json!([]))
    );
}

#[both_databases]
async fn kept_answers_are_never_old(app: App) {
    let elena = app.trainer().await;
    let lena = app.learner().await;
    let (course, chapter, lessons) = app.course(&elena, json!({ "title": "Before" })).await;
    let path = format!("/courses/{course}");
    let seen = app.get(&path).await.expect(200);
    assert_eq!(titles(app.get("/courses").await), ["Before"]);
    app.patch_as(&elena, &path, "*", json!({ "title": "After" }))
        .await
        .expect(200);
    assert_eq!(app.get_as(&elena, &path).await.expect(200).at("/title"), "After");
    assert_eq!(app.get(&path).await.expect(200).at("/title"), "After");
    assert_eq!(titles(app.get_as(&lena, "/courses").await), ["After"]);
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/unpublish"))
        .await
        .expect(200);
    app.get(&path).await.expect_problem(404, "not_found");
    app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish"))
        .await
        .expect(200);
    app.post_empty_as(&elena, &format!("{path}/publish"))
        .await
        .expect(200);
    let now = app.get(&path).await.expect(200);
    assert_ne!(seen.header("etag"), now.header("etag"));
    let list = app.get("/courses").await.expect(200);
    for (path, etag) in [
        (path.as_str(), now.header("etag")),
        ("/courses", list.header("etag")),
    ] {
        app.send(app.request("GET", path).header("if-none-match", etag))
            .await
            .expect(304);
    }
    // A draft is never kept for others.
    let draft = app.draft(&elena, json!({})).await;
    app.get_as(&elena, &format!("/courses/{draft}")).await.expect(200);
    app.get(&format!("/courses/{draft}"))
        .await
        .expect_problem(404, "not_found");
    // Nor the draft of somebody who teaches no more: they ask like anybody.
    let (marco, admin) = (app.trainer().await, app.admin().await);
    let theirs = app.draft(&marco, json!({})).await;
    let account = format!("/admin/users/{}", marco.id);
    app.patch_as(&admin, &account, "*", json!({ "role": "USER" }))
        .await
        .expect(200);
    let marco = app.login(&marco.email, PASSWORD).await;
    app.get_as(&marco, &format!("/courses/{theirs}"))
        .await
        .expect_problem(404, "not_found");
    app.get(&format!("/courses/{theirs}"))
        .await
        .expect_problem(404, "not_found");
    // Whatever of it is changed: the order, the number of its lessons, the name of who teaches it.
    let outline = || async { app.get(&path).await.expect(200).at("/chapters/0/lessons") };
    assert_eq!(outline().await.pointer("/0/id").unwrap(), &json!(lessons[0]));
    app.post_as(
        &elena,
        &format!("/lessons/{}/move", lessons[0]),
        json!({ "chapterId": chapter, "position": 2 }),
    )
    .await
    .expect(200);
    assert_eq!(outline().await.pointer("/0/id").unwrap(), &json!(lessons[1]));
    app.delete_as(&elena, &format!("/lessons/{}", lessons[0]))
        .await
        .expect(204);
    assert_eq!(outline().await.as_array().unwrap().len(), 1);
    app.patch_as(&elena, "/me", "*", json!({ "name": "Elena Okafor" }))
        .await
        .expect(200);
    assert_eq!(
        app.get(&path).await.expect(200).at("/author/name"),
        "Elena Okafor"
    );
}

#[both_databases]
async fn popularity_follows_enrolments(app: App) {
    shelf(&app).await;
    let (lena, mats) = (app.learner().await, app.learner().await);
    let free = ids(app.get("/courses?isFree=true&sort=title").await);
    app.post_empty_as(&lena, &format!("/courses/{}/enroll", free[0]))
        .await
        .expect(201);
    app.post_empty_as(&mats, &format!("/courses/{}/enroll", free[0]))
        .await
        .expect(201);
    app.post_empty_as(&mats, &format!("/courses/{}/enroll", free[1]))
        .await
        .expect(201);
    let elena = app.trainer().await;
    eventually("the counts", || async {
        let list = app
            .get_as(&elena, "/courses?sort=-popularity&limit=3")
            .await
            .expect(200);
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
async fn cards_show_who_and_how_much(app: App) {
    let elena = app.trainer().await;
    app.course(&elena, json!({})).await;
    let list = app.get("/courses").await.expect(200);
    assert_eq!(
        (list.at("/data/0/author/id"), list.at("/data/0/chapterCount")),
        (json!(elena.id), json!(1))
    );
    assert!(list.at("/data/0/lessonCount").as_i64().unwrap() >= 1);
    assert!(list.at("/data/0").get("content").is_none());
}
