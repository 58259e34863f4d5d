//! `GET /courses/{course}/outline`: a course, and what each part of it is to whoever looks.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, Person,
    watching::{complete_lesson, course_with_video, played},
};

const PRICED: fn() -> Value = || json!({ "price": { "amount": 4900, "currency": "USD" } });

async fn outline(app: &App, who: &Person, course: &str) -> Value {
    app.get_as(who, &format!("/courses/{course}/outline")).await.expect(200).json()
}

#[both_databases]
async fn a_visitor_sees_what_would_give_access(app: App) {
    let elena = app.trainer().await;
    let course = app.draft(&elena, PRICED()).await;
    for is_free in [true, false] {
        let chapter = app.chapter(&elena, &course, is_free).await;
        app.lesson(&elena, &chapter).await;
        app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
    }
    app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
    let seen = app.get(&format!("/courses/{course}/outline")).await.expect(200);
    assert_eq!(
        (seen.at("/viewer/allowed"), seen.at("/viewer/reason"), seen.at("/viewer/unlock")),
        (
            json!(false),
            json!("not_granted"),
            json!({ "kind": "BUY", "price": { "amount": 4900, "currency": "USD" } })
        )
    );
    assert_eq!(seen.at("/viewer/next/chapterId"), seen.at("/chapters/0/id"), "the free preview");
    let access = |chapter: &str| {
        ["", "/lessons/0"].map(|part| {
            (seen.at(&format!("{chapter}{part}/allowed")), seen.at(&format!("{chapter}{part}/reason")))
        })
    };
    assert_eq!(access("/chapters/0"), [(); 2].map(|()| (json!(true), json!("free_preview"))));
    assert_eq!(access("/chapters/1"), [(); 2].map(|()| (json!(false), json!("not_granted"))));
    let lena = app.learner().await;
    assert_eq!(outline(&app, &lena, &course).await, seen.json(), "a member without access sees the same");
}

#[both_databases]
async fn a_learner_sees_how_far_they_are(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, chapter, [video, text]) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.post_as(&lena, &format!("/lessons/{video}/watch"), played(0.0, 20.0)).await.expect(200);
    complete_lesson(&app, &lena, &text).await;
    let seen = app.get_as(&lena, &format!("/courses/{course}/outline")).await.expect(200);
    let progress = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
    assert_eq!(
        ["allowed", "reason", "until", "unlock", "isWished", "totalLessons", "completedLessons", "percent"]
            .map(|member| seen.at(&format!("/viewer/{member}"))),
        [
            json!(true),
            json!("granted"),
            Value::Null,
            Value::Null,
            json!(false),
            json!(2),
            json!(1),
            json!(50)
        ]
    );
    assert_eq!(
        seen.at("/viewer/next"),
        json!({ "chapterId": chapter, "lessonId": video, "title": "The hinge" })
    );
    for lesson in ["/chapters/0/lessons/0", "/chapters/0/lessons/1"] {
        for member in ["completedAt", "watchTimePercent", "watchedSeconds", "positionSeconds"] {
            let pointer = format!("{lesson}/{member}");
            assert_eq!(seen.at(&pointer), progress.at(&pointer), "{pointer}");
        }
    }
    assert_eq!(seen.at("/chapters/0/lessons/0/positionSeconds"), 20.0);
}

/// Every way to have access and to lose it, beside the explanation of access, which has tests of its own.
#[both_databases]
async fn the_viewer_agrees_with_the_explanation_of_access(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, PRICED()).await;
    app.post_empty_as(&lena, &format!("/me/wishlist/{course}")).await;
    let agrees = async |who: &Person| {
        let seen = app.get_as(who, &format!("/courses/{course}/outline")).await.expect(200);
        let explained = app.get_as(who, &format!("/me/access/courses/{course}")).await.expect(200);
        for member in ["allowed", "reason", "until", "unlock"] {
            assert_eq!(
                seen.at(&format!("/viewer/{member}")),
                explained.at(&format!("/{member}")),
                "{member}"
            );
        }
        for lesson in [0, 1] {
            for member in ["allowed", "reason"] {
                let shown = seen.at(&format!("/chapters/0/lessons/{lesson}/{member}"));
                assert_eq!(shown, explained.at(&format!("/lessons/{lesson}/{member}")), "{member}");
            }
        }
        seen.text_at("/viewer/reason")
    };
    let mut reasons = vec![agrees(&elena).await, agrees(&lena).await];
    let grants = format!("/courses/{course}/grants");
    let ends = app.clock.now() + chrono::Duration::minutes(5);
    let body = json!({ "userId": lena.id, "endsAt": ends, "reason": "A trial." });
    let grant = app.post_as(&elena, &grants, body).await.expect(201).text_at("/id");
    reasons.push(agrees(&lena).await);
    for status in ["REFUNDED", "SUSPENDED", "ENDED", "REVOKED", "ACTIVE"] {
        app.sql(&format!("UPDATE grants SET status = '{status}'")).await;
        reasons.push(agrees(&lena).await);
    }
    app.clock.advance(chrono::Duration::minutes(6));
    reasons.push(agrees(&lena).await);
    assert_eq!(
        reasons,
        [
            "staff",
            "not_granted",
            "granted",
            "grant_refunded",
            "grant_suspended",
            "grant_revoked",
            "grant_revoked",
            "granted",
            "grant_expired"
        ]
    );
    drop(grant);
}

#[both_databases]
async fn the_outline_takes_two_statements_at_any_size(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, chapter, _) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let path = format!("/courses/{course}/outline");
    let read = async || drop(app.get_as(&lena, &path).await.expect(200));
    app.outbox_is_done().await;
    assert_eq!(app.count_statements(read).await, 2);
    for _ in 0..5 {
        app.lesson(&elena, &chapter).await;
    }
    app.outbox_is_done().await;
    assert_eq!(app.count_statements(read).await, 2);
}

#[both_databases]
async fn drafts_are_for_whoever_may_edit(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, chapter, _) = app.course(&elena, json!({ "title": "Hidden gem" })).await;
    let draft = json!({ "title": "A draft", "content": "<p>x</p>" });
    app.post_as(&elena, &format!("/chapters/{chapter}/lessons"), draft).await.expect(201);
    let count = |seen: &Value| seen["chapters"][0]["lessons"].as_array().unwrap().len();
    let own = outline(&app, &elena, "hidden-gem").await;
    assert_eq!((count(&own), &own["viewer"]["reason"]), (3, &json!("staff")));
    assert_eq!(count(&outline(&app, &lena, "hidden-gem").await), 2);
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
    app.get_as(&lena, "/courses/hidden-gem/outline").await.expect_problem(404, "not_found");
    app.get("/courses/hidden-gem/outline").await.expect_problem(404, "not_found");
    assert_eq!(outline(&app, &elena, "hidden-gem").await["course"]["isPublished"], false);
}
