//! `/reports`: who may report what.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::{
    moderation::decide,
    support::{App, PASSWORD, Reply},
};

#[both_databases]
async fn only_visible_content_can_be_reported(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, lessons) = app.course_with_learners(&elena, &[&lena]).await;
    let post = app.publish_post(&lena, Some(&course), "<p>Hello</p>").await;
    let comment = app.comment_on(&lena, &format!("/lessons/{}", lessons[0]), None, "<p>Hello</p>").await;
    let draft = app.post_as(&lena, "/posts", json!({ "title": "Draft" })).await.expect(201).text_at("/id");
    let (_, message) = app.send_direct_message(&lena, &elena, "Hello").await;
    let report = |who, kind: &'static str, id: &str| {
        let body = json!({ "subjectKind": kind, "subjectId": id, "reason": "SPAM" });
        app.post_as(who, "/reports", body)
    };
    let nobody = app.db.environment().new_id::<kernel::Uuid>().to_string();
    for (kind, id) in [
        ("POST", &post),
        ("COMMENT", &comment),
        ("POST", &draft),
        ("MESSAGE", &message),
        ("POST", &nobody),
        ("COMMENT", &post),
    ] {
        report(&tom, kind, id).await.expect_problem(404, "not_found");
    }
    for (kind, id) in [("POST", &post), ("COMMENT", &comment), ("POST", &draft), ("MESSAGE", &message)] {
        let refused = report(&lena, kind, id).await;
        if *id == draft {
            refused.expect_problem(404, "not_found");
        } else {
            refused.expect_problem(409, "own_content");
        }
    }
    // What was deleted is gone for everybody.
    app.delete_as(&lena, &format!("/posts/{post}")).await.expect(204);
    report(&elena, "POST", &post).await.expect_problem(404, "not_found");
    // And what somebody could read once, they cannot report any more.
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll")).await.expect(201);
    app.revoke_access(&elena, &course, &tom).await;
    report(&tom, "COMMENT", &comment).await.expect_problem(404, "not_found");
    assert_eq!(app.count("SELECT count(*) FROM reports").await, 0);
}

#[both_databases]
async fn a_reporter_has_one_open_report_per_subject(app: App) {
    let (lena, tom, admin) = (app.learner().await, app.learner().await, app.admin().await);
    let post = app.publish_post(&lena, None, "<p>Buy this</p>").await;
    let body = json!({ "subjectKind": "POST", "subjectId": post, "reason": "OTHER", "note": "  \u{202e}So rude\u{200b} " });
    let all = join_all((0..16).map(|_| app.post_as(&tom, "/reports", body.clone()))).await;
    let made: Vec<Reply> = all
        .into_iter()
        .filter_map(|reply| match reply.status {
            201 => Some(reply),
            _ => {
                reply.expect_problem(409, "already_reported");
                None
            }
        })
        .collect();
    assert_eq!(made.len(), 1);
    let report = made[0].text_at("/id");
    assert_eq!((made[0].at("/status"), made[0].at("/note")), (json!("OPEN"), json!("So rude")));
    assert_eq!(made[0].header("location"), format!("/api/v1/reports/{report}"));
    app.get_as(&tom, &format!("/reports/{report}")).await.expect(200);
    for stranger in [&lena, &admin] {
        app.get_as(stranger, &format!("/reports/{report}")).await.expect_problem(404, "not_found");
    }
    decide(&app, &admin, &report, json!({ "version": 1, "action": "DISMISS" })).await.expect(200);
    let own = app.get_as(&tom, &format!("/reports/{report}")).await.expect(200);
    assert_eq!(own.at("/status"), "DISMISSED");
    assert!(!own.text.contains(&admin.id), "who decided is not told");
    // Nobody is notified of a report that had no consequence.
    assert_eq!(app.notifications_of(&lena).await.len(), 0);
    app.report(&tom, "POST", &post).await;
}

#[both_databases]
async fn reports_are_rate_limited(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    let mut comments = Vec::new();
    for _ in 0..21 {
        comments.push(app.comment_on(&lena, &format!("/posts/{post}"), None, "<p>One</p>").await);
    }
    for comment in &comments[..20] {
        app.report(&tom, "COMMENT", comment).await;
    }
    let body = json!({ "subjectKind": "COMMENT", "subjectId": comments[20], "reason": "SPAM" });
    let refused = app.post_as(&tom, "/reports", body.clone()).await.expect_problem(429, "too_many_reports");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 80_000);
    app.clock.advance(Duration::hours(25));
    let tom = app.login(&tom.email, PASSWORD).await;
    app.post_as(&tom, "/reports", body).await.expect(201);
}
