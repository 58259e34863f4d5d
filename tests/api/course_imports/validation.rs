//! `POST /course-imports`: dry runs, errors, limits, idempotency.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::{
    course_imports::{document, dry_run, export, import, lessons, problems, round_trip::import_defaults},
    support::{App, DatabaseKind, Person},
};

/// Asserts the problems of a document, which a dry run and an import report alike, and that nothing is stored.
async fn assert_problems(app: &App, person: &Person, document: &Value) -> Vec<String> {
    let report = dry_run(app, person, document).await;
    let refused = import(app, person, document).await.expect_problem(422, "validation_failed");
    assert_eq!(problems(&report), refused.errors());
    assert_eq!(report.at("/isImportable"), false);
    assert_eq!(app.get_as(person, "/me/courses").await.expect(200).at("/data"), json!([]));
    refused.errors()
}

#[both_databases]
async fn a_dry_run_reports_and_writes_nothing(app: App) {
    let elena = app.trainer().await;
    let category = app.category().await;
    let slug = app.get(&format!("/categories/{category}")).await.expect(200).text_at("/slug");
    let good = document(
        json!({ "categories": [slug], "chapters": [{ "title": "A", "lessons": lessons(3) }, { "title": "B" }] }),
    );
    let report = dry_run(&app, &elena, &good).await;
    assert_eq!(
        report.json(),
        json!({ "isImportable": true, "problems": [], "chapters": 2, "lessons": 3, "unknownCategories": [] })
    );
    let bad = document(json!({ "categories": [slug, "no-such-category"], "chapters": [{ "title": "A" }] }));
    let report = dry_run(&app, &elena, &bad).await;
    assert_eq!(
        (report.at("/isImportable"), report.at("/unknownCategories")),
        (json!(false), json!(["no-such-category"]))
    );
    assert_eq!(problems(&report), ["/course/categories/1 unknown_category"]);
    assert_eq!(app.get_as(&elena, "/me/courses").await.expect(200).at("/data"), json!([]));
    app.post_as(&elena, "/course-imports?dryRun=false", good).await.expect(201);
    app.post_as(&elena, "/course-imports?dryRun=perhaps", bad.clone())
        .await
        .expect_problem(422, "validation_failed");
    app.post_as(&elena, "/course-imports?dry=true", bad).await.expect_problem(422, "validation_failed");
}

#[both_databases]
async fn all_problems_are_reported_at_once(app: App) {
    let elena = app.trainer().await;
    let sent = json!({
        "format": "scorm", "version": 2, "id": "0198c0de-0000-7000-8000-000000000001",
        "course": {
            "title": "  ", "description": 5, "imageUrl": "ftp://x", "previewVideoUrl": "http://example.com/a.mp4",
            "duration": -1, "difficulty": "GODLIKE", "authorId": "x", "isPublished": true,
            "price": { "amount": 4900, "currency": "USD" }, "discountPrice": { "amount": 4900, "currency": "USD" },
            "categories": ["no-such-category", 5, "not there\u{0}"],
            "chapters": [
                { "lessons": [
                    { "title": "x".repeat(201), "isPublished": true },
                    { "title": "B", "isPublished": true, "content": "<script>alert(1)</script>", "parent": "/course" },
                    "C",
                ] },
                { "title": "Empty", "isPublished": true },
                { "title": "Odd", "isPublished": "yes", "lessons": {} },
            ],
        },
    });
    let expected = [
        "/course/authorId unknown_member",
        "/course/categories/0 unknown_category",
        "/course/categories/1 wrong_type",
        "/course/categories/2 bad_character",
        "/course/chapters/0/lessons/0/content body_missing",
        "/course/chapters/0/lessons/0/title too_long",
        "/course/chapters/0/lessons/1/content body_missing",
        "/course/chapters/0/lessons/1/parent unknown_member",
        "/course/chapters/0/lessons/2 wrong_type",
        "/course/chapters/0/title required",
        "/course/chapters/1/content body_missing",
        "/course/chapters/2/isPublished wrong_type",
        "/course/chapters/2/lessons wrong_type",
        "/course/description wrong_type",
        "/course/difficulty not_allowed",
        "/course/discountPrice not_below_price",
        "/course/duration too_small",
        "/course/imageUrl bad_format",
        "/course/isPublished unknown_member",
        "/course/previewVideoUrl bad_format",
        "/course/title bad_format",
        "/format not_allowed",
        "/id unknown_member",
        "/version too_large",
    ];
    assert_eq!(assert_problems(&app, &elena, &sent).await, expected);
}

#[both_databases]
async fn prices_are_validated(app: App) {
    let elena = app.trainer().await;
    let money = |amount: i64, currency: &str| json!({ "amount": amount, "currency": currency });
    let cases = [
        (json!({ "price": money(100, "XXQ") }), "/course/price/currency unknown_currency"),
        (
            json!({ "price": money(100, "XXQ"), "discountPrice": money(200, "USD") }),
            "/course/price/currency unknown_currency",
        ),
        (
            json!({ "price": money(100, "USD"), "discountPrice": money(50, "XXQ") }),
            "/course/discountPrice/currency unknown_currency",
        ),
        (
            json!({ "price": money(100, "USD"), "discountPrice": money(50, "EUR") }),
            "/course/discountPrice other_currency",
        ),
        (json!({ "discountPrice": money(50, "EUR") }), "/course/discountPrice not_below_price"),
        (
            json!({ "price": money(-1, "USD"), "discountPrice": money(50, "USD") }),
            "/course/discountPrice not_below_price;/course/price/amount too_small",
        ),
        (json!({ "price": 5, "discountPrice": money(50, "USD") }), "/course/price wrong_type"),
    ];
    for (more, expected) in cases {
        assert_eq!(assert_problems(&app, &elena, &document(more)).await.join(";"), expected);
    }
    let whole = document(
        json!({ "price": { "amount": 4900.0, "currency": "USD" }, "discountPrice": money(4899, "USD") }),
    );
    import(&app, &elena, &whole).await.expect(201);
}

#[both_databases]
async fn a_published_lesson_needs_content(app: App) {
    let elena = app.trainer().await;
    let sent = document(json!({ "chapters": [
        { "title": "By a lesson", "isPublished": true, "lessons": [{ "title": "A", "isPublished": true, "videoUrl": "https://example.com/a.mp4" }] },
        { "title": "By itself", "isPublished": true, "content": "<p>Text</p>" },
        { "title": "By a draft", "isPublished": true, "lessons": [{ "title": "A", "content": "<p>Text</p>" }] },
        { "title": "A draft", "lessons": [{ "title": "A", "isPublished": true, "content": "<style>p{}</style>" }] },
    ] }));
    let expected =
        ["/course/chapters/2/content body_missing", "/course/chapters/3/lessons/0/content body_missing"];
    assert_eq!(assert_problems(&app, &elena, &sent).await, expected);
}

#[both_databases]
async fn texts_are_sanitised(app: App) {
    let elena = app.trainer().await;
    let sent =
        document(json!({ "content": "<p onclick=\"x()\">Hi<script>alert(1)</script></p>", "chapters": [
        { "title": "A", "content": "<svg></svg>", "lessons": [{ "title": " B ", "content": "<b>open" }] },
    ] }));
    let made = import(&app, &elena, &sent).await.expect(201);
    let taken = export(&app, &elena, &made.text_at("/id")).await;
    assert_eq!(taken["course"]["content"], "<p>Hi</p>");
    assert_eq!(taken["course"]["chapters"][0]["content"], Value::Null);
    assert_eq!(
        taken["course"]["chapters"][0]["lessons"][0],
        json!({
            "title": "B", "description": null, "content": "<b>open</b>", "videoUrl": null, "duration": null, "isPublished": false,
        })
    );
    // A text that would become millions of elements is shown as it was typed.
    let tangled: String = (0..1_000).map(|number| format!("<b a={number}><p>")).collect();
    let made = import(&app, &elena, &document(json!({ "content": tangled }))).await.expect(201);
    let taken = export(&app, &elena, &made.text_at("/id")).await;
    assert!(taken["course"]["content"].as_str().unwrap().starts_with("&lt;b a=0&gt;&lt;p&gt;&lt;b a=1&gt;"));
    let copy = import(&app, &elena, &taken).await.expect(201).text_at("/id");
    assert_eq!(export(&app, &elena, &copy).await, taken);
    // Cleaning makes this one longer.
    let marco = app.trainer().await;
    let growing = document(
        json!({ "chapters": [{ "title": "A", "lessons": [{ "title": "B", "content": "&".repeat(12_001) }] }] }),
    );
    assert_eq!(
        assert_problems(&app, &marco, &growing).await,
        ["/course/chapters/0/lessons/0/content too_long"]
    );
}

#[both_databases]
async fn a_picture_url_needs_https_or_an_own_upload(app: App) {
    let elena = app.trainer().await;
    let ours = "http://127.0.0.1:8080/api/v1/images/0198c0de-0000-7000-8000-000000000001/1280";
    import(&app, &elena, &document(json!({ "imageUrl": ours }))).await.expect(201);
    let marco = app.trainer().await;
    for url in
        ["http://images.example.com/a.jpg", "http://127.0.0.1:8080/a.jpg", "ftp://images.example.com/a.jpg"]
    {
        assert_eq!(
            assert_problems(&app, &marco, &document(json!({ "imageUrl": url }))).await,
            ["/course/imageUrl bad_format"]
        );
    }
}

#[both_databases]
async fn a_document_is_limited_in_size(app: App) {
    let elena = app.trainer().await;
    let chapters = |count: usize, each: usize| -> Value {
        (0..count)
            .map(|number| json!({ "title": format!("Chapter {number}"), "lessons": lessons(each) }))
            .collect()
    };
    let of = |chapters: Value| document(json!({ "chapters": chapters }));
    assert_eq!(assert_problems(&app, &elena, &of(chapters(501, 0))).await, ["/course/chapters too_many"]);
    assert_eq!(
        assert_problems(&app, &elena, &of(chapters(1, 501))).await,
        ["/course/chapters/0/lessons too_many"]
    );
    assert_eq!(
        assert_problems(&app, &elena, &of(chapters(5, 401))).await,
        ["/course/chapters too_many_lessons"]
    );
    assert_eq!(
        assert_problems(&app, &elena, &of(chapters(20, 500))).await,
        ["/course/chapters too_many_lessons"]
    );
    let all = ["/course/chapters too_many_lessons", "/course/chapters/0/lessons too_many"];
    assert_eq!(assert_problems(&app, &elena, &of(chapters(1, 10_000))).await, all);
    let made = import(&app, &elena, &of(chapters(4, 500))).await.expect(201);
    let taken = export(&app, &elena, &made.text_at("/id")).await;
    assert_eq!(taken["course"]["chapters"][3]["lessons"][499]["title"], "Lesson 499");
    let report = dry_run(&app, &elena, &taken).await;
    assert_eq!(
        (report.at("/chapters"), report.at("/lessons"), report.at("/isImportable")),
        (json!(4), json!(2_000), json!(true))
    );
    let made = import(&app, &elena, &of(chapters(500, 0))).await.expect(201);
    assert_eq!(
        export(&app, &elena, &made.text_at("/id")).await["course"]["chapters"][499]["title"],
        "Chapter 499"
    );
}

#[both_databases]
async fn the_report_is_limited_in_size(app: App) {
    let elena = app.trainer().await;
    let empty: Value = (0..1_500).map(|_| json!({})).collect();
    let sent = document(json!({ "chapters": [{ "title": "A", "lessons": empty }] }));
    assert_eq!(assert_problems(&app, &elena, &sent).await.len(), 1_000);
    let mut sent = document(json!({}));
    let more = (0..5_000).map(|number| (format!("x{number}"), Value::Null));
    sent["course"].as_object_mut().unwrap().extend(more);
    assert_eq!(assert_problems(&app, &elena, &sent).await.len(), 1_000);
    let sent = document(
        json!({ "categories": (0..40_000).map(|number| format!("category-{number}")).collect::<Vec<_>>() }),
    );
    let report = dry_run(&app, &elena, &sent).await;
    assert_eq!(report.at("/unknownCategories").as_array().unwrap().len(), 20);
}

#[both_databases]
async fn the_body_is_limited_in_size(app: App) {
    let elena = app.trainer().await;
    let text = "<p>Hips back, spine long.</p>".repeat(1_700);
    let lessons: Value = (0..70)
        .map(|number| json!({ "title": format!("{number}"), "content": text, "isPublished": true }))
        .collect();
    let large = document(json!({ "chapters": [{ "title": "A", "lessons": lessons, "isPublished": true }] }));
    assert!((3_000_000..4_000_000).contains(&large.to_string().len()));
    let made = import(&app, &elena, &large).await.expect(201);
    let taken = export(&app, &elena, &made.text_at("/id")).await;
    assert_eq!(taken["course"]["chapters"], import_defaults(&large["course"]["chapters"]));
    let raw = |body: String| {
        app.request("POST", "/course-imports")
            .bearer_auth(&elena.token)
            .header("content-type", "application/json")
            .body(body)
    };
    app.send(raw(format!("\"{}\"", "x".repeat(4_194_304)))).await.expect_problem(413, "payload_too_large");
    app.send(raw(format!("[{}0]", "0,".repeat(150_000)))).await.expect_problem(413, "payload_too_large");
    app.send(raw(format!("[{}0]", "0,".repeat(50_000)))).await.expect_problem(422, "validation_failed");
    for deep in [
        "[".repeat(3_000_000),
        "{\"course\":".repeat(300_000),
        format!("{}{}", "[".repeat(200), "]".repeat(200)),
    ] {
        app.send(raw(deep)).await.expect_problem(400, "malformed_request");
    }
    app.send(raw("{\"format\": ".to_owned())).await.expect_problem(400, "malformed_request");
    app.send(raw(String::new())).await.expect_problem(400, "malformed_request");
    app.send(app.request("POST", "/course-imports").bearer_auth(&elena.token).body("{}"))
        .await
        .expect_problem(415, "unsupported_media_type");
    // Elsewhere the limit is what it was.
    app.post_as(&elena, "/courses", json!({ "title": "A", "content": "x".repeat(800_000) }))
        .await
        .expect_problem(413, "payload_too_large");
}

#[both_databases]
async fn an_import_is_idempotent(app: App) {
    let elena = app.trainer().await;
    let send = |body: Value| {
        app.request("POST", "/course-imports")
            .bearer_auth(&elena.token)
            .header("idempotency-key", "import-1")
            .json(&body)
    };
    let bad = document(json!({ "categories": ["no-such-category"] }));
    app.send(send(bad.clone())).await.expect_problem(422, "validation_failed");
    let good = document(json!({ "chapters": [{ "title": "A" }] }));
    let first = app.send(send(good.clone())).await.expect(201);
    let again = app.send(send(good.clone())).await.expect(201);
    assert_eq!((first.at("/id"), again.header("idempotent-replayed")), (again.at("/id"), "true"));
    app.send(send(document(json!({})))).await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(app.get_as(&elena, "/me/courses").await.expect(200).at("/data").as_array().unwrap().len(), 1);
    let (one, other) =
        futures_util::future::join(import(&app, &elena, &good), import(&app, &elena, &good)).await;
    let ids: BTreeSet<String> = [one, other].map(|reply| reply.expect(201).text_at("/id")).into();
    assert_eq!(ids.len(), 2);
}

#[both_databases]
async fn learners_may_not_import(app: App) {
    let lena = app.learner().await;
    let sent = document(json!({}));
    import(&app, &lena, &sent).await.expect_problem(403, "forbidden");
    app.post_as(&lena, "/course-imports?dryRun=true", sent.clone()).await.expect_problem(403, "forbidden");
    app.post("/course-imports", sent.clone()).await.expect_problem(401, "unauthenticated");
    // Nor does it matter what else is wrong.
    app.post_as(&lena, "/course-imports", json!({ "x": "x".repeat(5_000_000) }))
        .await
        .expect_problem(403, "forbidden");
    let admin = app.admin().await;
    assert_eq!(import(&app, &admin, &sent).await.expect(201).at("/authorId"), json!(admin.id));
}

#[both_databases]
async fn five_hundred_lessons_take_few_statements(app: App) {
    let elena = app.trainer().await;
    let sent = document(
        json!({ "chapters": [{ "title": "A", "lessons": lessons(250) }, { "title": "B", "lessons": lessons(250) }] }),
    );
    let before = app.db.statements();
    let made = import(&app, &elena, &sent).await.expect(201);
    let spent = app.db.statements() - before;
    assert!(spent < 40, "{spent} statements");
    let before = app.db.statements();
    export(&app, &elena, &made.text_at("/id")).await;
    let spent = app.db.statements() - before;
    assert!(spent < 10, "{spent} statements");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_size_limit_is_a_setting() {
    let app = App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_IMPORT_LIMIT_BYTES", "2000")]).await;
    let elena = app.trainer().await;
    import(&app, &elena, &document(json!({ "description": "x".repeat(2_000) })))
        .await
        .expect_problem(413, "payload_too_large");
    import(&app, &elena, &document(json!({ "description": "x".repeat(1_000) }))).await.expect(201);
}

#[both_databases]
async fn a_dry_run_tells_what_would_be_left_out(app: App) {
    let elena = app.trainer().await;
    let category = app.category().await;
    let slug = app.get(&format!("/categories/{category}")).await.expect(200).text_at("/slug");
    let sent = document(json!({
        "categories": [slug], "content": "<p>a</p><script>x</script>",
        "chapters": [{ "title": "A", "content": "<div>a</div><div>b</div>", "lessons": [
            { "title": "B", "content": "<p>b<img src=\"data:,x\"></p>" },
            { "title": "C", "content": "{\"type\": \"doc\", \"text\": \"a & b\"}", "contentFormat": "JSON" },
        ] }],
    }));
    let report = dry_run(&app, &elena, &sent).await;
    assert_eq!(report.at("/isImportable"), true);
    let told: Vec<String> = report
        .at("/warnings")
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| {
            format!("{} {}", warning["pointer"].as_str().unwrap(), warning["code"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        told,
        ["/course/content element_removed", "/course/chapters/0/lessons/0/content image_removed"]
    );
    let made = import(&app, &elena, &sent).await.expect(201);
    assert_eq!(made.at("/warnings"), report.at("/warnings"));
    let tree = app.get_as(&elena, &format!("/courses/{}/tree", made.text_at("/id"))).await.expect(200);
    assert_eq!(tree.at("/chapters/0/content"), "<p>a</p><p>b</p>");
    assert_eq!(tree.at("/chapters/0/lessons/1/content"), "{\"type\": \"doc\", \"text\": \"a & b\"}");
    let blank = document(
        json!({ "title": "\u{3164}", "categories": [slug], "chapters": [{ "title": "\u{200b}", "isPublished": true, "content": "<p></p>" }] }),
    );
    assert_eq!(
        problems(&dry_run(&app, &elena, &blank).await),
        ["/course/chapters/0/content body_missing", "/course/chapters/0/title blank", "/course/title blank"]
    );
}
