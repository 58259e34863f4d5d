//! `GET /me/progress`: the courses of a learner, with access and where to go on.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{App, Person, watching::complete_lesson};

async fn rows(app: &App, who: &Person, query: &str) -> Vec<Value> {
    let found = app.get_as(who, &format!("/me/progress{query}")).await.expect(200);
    found.at("/data").as_array().unwrap().clone()
}

fn titles(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["title"].as_str().unwrap()).collect()
}

#[both_databases]
async fn a_course_says_whether_one_has_access_and_where_to_go_on(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, chapter, [one, two]) = app.course(&elena, json!({ "title": "Back" })).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    complete_lesson(&app, &lena, &one).await;
    let row = rows(&app, &lena, "").await.remove(0);
    assert_eq!(row["next"], json!({ "chapterId": chapter, "lessonId": two, "title": "The hinge" }));
    assert_eq!(
        ["allowed", "reason", "expiresAt", "isPublished"].map(|member| row[member].clone()),
        [json!(true), json!("granted"), Value::Null, json!(true)]
    );
    assert_eq!(row["author"]["id"], elena.id);
    app.sql("UPDATE grants SET status = 'REFUNDED'").await;
    let row = rows(&app, &lena, "").await.remove(0);
    assert_eq!((&row["allowed"], &row["reason"]), (&json!(false), &json!("grant_refunded")));
    assert_eq!(row["next"], Value::Null, "nothing of it is free");
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
    let row = rows(&app, &lena, "").await.remove(0);
    assert_eq!(
        ["title", "allowed", "reason", "isPublished"].map(|member| row[member].clone()),
        [json!("Back"), json!(false), json!("not_published"), json!(false)]
    );
}

#[both_databases]
async fn the_list_is_filtered_by_completion_and_access(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let mut made = Vec::new();
    for title in ["Done", "Open", "Lost"] {
        let course = app.course(&elena, json!({ "title": title })).await;
        app.post_empty_as(&lena, &format!("/courses/{}/enroll", course.0)).await.expect(201);
        made.push(course);
    }
    for lesson in &made[0].2 {
        complete_lesson(&app, &lena, lesson).await;
    }
    let grants = app.get_as(&elena, &format!("/courses/{}/grants", made[2].0)).await.expect(200);
    let path = format!("/grants/{}/revoke", grants.text_at("/data/0/id"));
    app.post_as(&elena, &path, json!({ "reason": "It was a mistake." })).await.expect(200);
    for (query, expected) in [
        ("", &["Lost", "Open", "Done"][..]),
        ("?isCompleted=true", &["Done"]),
        ("?isCompleted=false", &["Lost", "Open"]),
        ("?isActive=true", &["Open", "Done"]),
        ("?isActive=false", &["Lost"]),
        ("?isActive=true&isCompleted=false", &["Open"]),
    ] {
        assert_eq!(titles(&rows(&app, &lena, query).await), expected, "{query}");
        let enrollments = app.get_as(&lena, &format!("/me/enrollments{query}")).await.expect(200);
        assert_eq!(enrollments.at("/data").as_array().unwrap().len(), expected.len(), "{query}");
    }
    let first = app.get_as(&lena, "/me/progress?isActive=true&limit=1").await.expect(200);
    let second = format!("?isActive=true&cursor={}", first.text_at("/nextCursor"));
    assert_eq!(titles(&rows(&app, &lena, &second).await), ["Done"]);
    let other = format!("/me/progress?isActive=false&cursor={}", first.text_at("/nextCursor"));
    app.get_as(&lena, &other).await.expect_problem(422, "validation_failed");
}

/// A trainer who learns in a course of theirs has access as its trainer, whatever became of a grant.
#[both_databases]
async fn whoever_teaches_a_course_has_access_to_it(app: App) {
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    app.post_empty_as(&marco, &format!("/courses/{course}/enroll")).await.expect(201);
    app.sql("UPDATE grants SET status = 'REVOKED'").await;
    let reason = async || rows(&app, &marco, "").await[0]["reason"].clone();
    assert_eq!(reason().await, "grant_revoked");
    let path = format!("/courses/{course}/trainers/{}", marco.id);
    app.send(app.request("PUT", &path).bearer_auth(&elena.token)).await;
    assert_eq!(reason().await, "staff");
}
