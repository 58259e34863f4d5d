//! `/moderation/reports`: the queue, and what a decision does.

use crate::{
    moderation::decide,
    support::{App, PASSWORD, Person},
};
use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

/// A post of Lena in Elena's course, reported by Tom and by Mia, and removed.
struct RemovedPost {
    elena: Person,
    lena: Person,
    tom: Person,
    course: String,
    post: String,
    first: String,
    second: String,
}

impl RemovedPost {
    async fn create(app: &App) -> Self {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (tom, mia) = (app.learner().await, app.learner().await);
        let (course, _) = app.course_with_learners(&elena, &[&lena, &tom, &mia]).await;
        let post = app.publish_post(&lena, Some(&course), "<p>Buy this</p>").await;
        let first = app.report(&tom, "POST", &post).await;
        let second = app.report(&mia, "POST", &post).await;
        let decision = json!({ "version": 1, "action": "REMOVE", "note": "No advertising here." });
        decide(app, &elena, &first, decision).await.expect(200);
        Self { elena, lena, tom, course, post, first, second }
    }
}

#[both_databases]
async fn a_decision_needs_something_to_decide(app: App) {
    let (elena, lena, tom, mia) =
        (app.trainer().await, app.learner().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_with_learners(&elena, &[&lena, &tom, &mia]).await;
    let post = app.publish_post(&lena, Some(&course), "<p>Buy this</p>").await;
    let first = app.report(&tom, "POST", &post).await;
    app.report(&mia, "POST", &post).await;
    let shown = app.get_as(&elena, &format!("/moderation/reports/{first}")).await.expect(200);
    assert_eq!(shown.at("/openCount"), 2);
    decide(&app, &elena, &first, json!({ "version": 1, "action": "RESTORE" }))
        .await
        .expect_problem(409, "nothing_to_restore");
    decide(&app, &elena, &first, json!({ "version": 2, "action": "REMOVE" }))
        .await
        .expect_problem(412, "precondition_failed");
}

#[both_databases]
async fn a_decision_applies_to_all_reports_of_the_content(app: App) {
    let (elena, lena, tom, mia) =
        (app.trainer().await, app.learner().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_with_learners(&elena, &[&lena, &tom, &mia]).await;
    let post = app.publish_post(&lena, Some(&course), "<p>Buy this</p>").await;
    let (first, second) = (app.report(&tom, "POST", &post).await, app.report(&mia, "POST", &post).await);
    let decision = json!({ "version": 1, "action": "REMOVE", "note": "No advertising here." });
    let decided = decide(&app, &elena, &first, decision.clone()).await.expect(200);
    assert_eq!(
        (decided.at("/status"), decided.at("/version"), decided.at("/openCount")),
        (json!("ACTED"), json!(2), json!(0))
    );
    assert_eq!(
        (decided.at("/decision/removed"), decided.at("/decision/decidedBy")),
        (json!(true), json!(elena.id))
    );
    // One decision for every report of the same.
    decide(&app, &elena, &second, decision).await.expect_problem(409, "report_already_decided");
    assert_eq!(app.get_as(&mia, &format!("/reports/{second}")).await.expect(200).at("/status"), "ACTED");
}

#[both_databases]
async fn removed_content_is_hidden_and_its_author_notified(app: App) {
    let RemovedPost { elena, lena, tom, post, .. } = RemovedPost::create(&app).await;
    let seen = app.get_as(&tom, &format!("/posts/{post}")).await;
    assert!(!seen.text.contains("Buy this"), "{}", seen.text);
    let notifications = app.notifications_of(&lena).await;
    assert_eq!(
        (
            notifications.len(),
            &notifications[0]["kind"],
            &notifications[0]["outcome"],
            &notifications[0]["note"]
        ),
        (1, &json!("MODERATION"), &json!("REMOVED"), &json!("No advertising here."))
    );
    assert_eq!((&notifications[0]["postId"], &notifications[0]["actor"]), (&json!(post), &json!(null)));
    assert!(!notifications[0].to_string().contains(&elena.id), "who decided is not told");
}

#[both_databases]
async fn removed_content_can_be_restored_once(app: App) {
    let RemovedPost { elena, lena, tom, post, first, second, .. } = RemovedPost::create(&app).await;
    decide(&app, &elena, &second, json!({ "version": 2, "action": "RESTORE", "note": "My mistake." }))
        .await
        .expect(200);
    assert!(app.get_as(&tom, &format!("/posts/{post}")).await.expect(200).text.contains("Buy this"));
    assert_eq!(app.notification_kinds_of(&lena).await, ["MODERATION RESTORED", "MODERATION REMOVED"]);
    assert_eq!(app.get_as(&tom, &format!("/reports/{first}")).await.expect(200).at("/status"), "DISMISSED");
    decide(&app, &elena, &first, json!({ "version": 3, "action": "RESTORE" }))
        .await
        .expect_problem(409, "nothing_to_restore");
}

#[both_databases]
async fn decisions_are_logged_for_the_moderators_of_the_course(app: App) {
    let RemovedPost { elena, lena, course, second, .. } = RemovedPost::create(&app).await;
    decide(&app, &elena, &second, json!({ "version": 2, "action": "RESTORE", "note": "My mistake." }))
        .await
        .expect(200);
    let log = app.get_as(&elena, "/moderation/log").await.expect(200);
    assert_eq!(
        (log.at("/data/0/action"), log.at("/data/1/action"), log.at("/data/1/note")),
        (json!("RESTORE"), json!("REMOVE"), json!("No advertising here."))
    );
    assert_eq!(
        (log.at("/data/1/moderator/id"), log.at("/data/1/userId"), log.at("/data/1/courseId")),
        (json!(elena.id), json!(lena.id), json!(course))
    );
    let greta = app.trainer().await;
    assert_eq!(app.get_as(&greta, "/moderation/log").await.expect(200).at("/data"), json!([]));
    assert_eq!(app.count("SELECT count(*) FROM audit_log WHERE action = 'report.decided'").await, 2);
}

#[both_databases]
async fn of_concurrent_decisions_one_succeeds(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let (one, other) = (app.admin().await, app.admin().await);
    let post = app.publish_post(&lena, None, "<p>Buy this</p>").await;
    let report = app.report(&tom, "POST", &post).await;
    let all = join_all((0..16).map(|n| {
        let (who, action) = if n % 2 == 0 { (&one, "REMOVE") } else { (&other, "WARN") };
        decide(&app, who, &report, json!({ "version": 1, "action": action }))
    }))
    .await;
    let done = all
        .into_iter()
        .filter(|reply| match reply.status {
            200 => true,
            _ => {
                reply.clone().expect_problem(409, "report_already_decided");
                false
            }
        })
        .count();
    assert_eq!(done, 1);
    assert_eq!(
        app.get_as(&one, "/moderation/log").await.expect(200).at("/data").as_array().unwrap().len(),
        1
    );
    assert_eq!(app.notifications_of(&lena).await.len(), 1);
}

#[both_databases]
async fn the_members_of_a_decision_are_validated(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_with_learners(&elena, &[&lena, &tom]).await;
    let post = app.publish_post(&lena, Some(&course), "<p>Buy this</p>").await;
    let report = app.report(&tom, "POST", &post).await;
    let until = app.db.environment().now() + Duration::hours(1);
    for (wrong, reason) in [
        (json!({ "version": 1, "action": "MUTE" }), "/mutedUntil required"),
        (
            json!({ "version": 1, "action": "MUTE", "mutedUntil": "2020-01-01T00:00:00Z" }),
            "/mutedUntil not_in_future",
        ),
        (
            json!({ "version": 1, "action": "MUTE", "mutedUntil": "2190-01-01T00:00:00Z" }),
            "/mutedUntil too_late",
        ),
        (json!({ "version": 1, "action": "WARN", "mutedUntil": until }), "/mutedUntil not_together"),
        (json!({ "version": 1, "action": "DISMISS", "removeContent": true }), "/removeContent not_together"),
    ] {
        let refused = decide(&app, &elena, &report, wrong).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), [reason]);
    }
}

#[both_databases]
async fn a_warned_author_is_notified(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_with_learners(&elena, &[&lena, &tom]).await;
    let post = app.publish_post(&lena, Some(&course), "<p>Buy this</p>").await;
    let report = app.report(&tom, "POST", &post).await;
    let decision = json!({ "version": 1, "action": "WARN", "note": "Please don't." });
    decide(&app, &elena, &report, decision).await.expect(200);
    assert_eq!(app.notification_kinds_of(&lena).await, ["MODERATION WARNED"]);
    app.get_as(&tom, &format!("/posts/{post}")).await.expect(200);
}

#[both_databases]
async fn a_muted_author_cannot_write_in_the_course(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_with_learners(&elena, &[&lena, &tom]).await;
    let post = app.publish_post(&lena, Some(&course), "<p>Buy this</p>").await;
    let report = app.report(&tom, "POST", &post).await;
    let until = app.db.environment().now() + Duration::hours(1);
    let decision = json!({ "version": 1, "action": "MUTE", "mutedUntil": until, "removeContent": true });
    decide(&app, &elena, &report, decision).await.expect(200);
    let shown = app.get_as(&tom, &format!("/posts/{post}")).await;
    assert!(!shown.text.contains("Buy this"));
    let mut kinds = app.notification_kinds_of(&lena).await;
    kinds.sort();
    assert_eq!(kinds, ["MODERATION MUTED", "MODERATION REMOVED"]);
    let body = json!({ "title": "x", "content": "<p>x</p>", "courseId": course, "published": true });
    app.post_as(&lena, "/posts", body.clone()).await.expect_problem(403, "muted");
    app.publish_post(&lena, None, "<p>Elsewhere</p>").await;
    app.clock.advance(Duration::hours(2));
    let lena = app.login(&lena.email, PASSWORD).await;
    app.post_as(&lena, "/posts", body).await.expect(201);
}

#[both_databases]
async fn an_author_is_suspended_by_admins_only(app: App) {
    let admin = app.admin().await;
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = app.course_with_learners(&elena, &[&lena, &tom]).await;
    let post = app.publish_post(&lena, Some(&course), "<p>Buy this</p>").await;
    let report = app.report(&tom, "POST", &post).await;
    let decision = json!({ "version": 1, "action": "SUSPEND", "note": "Enough." });
    decide(&app, &elena, &report, decision.clone()).await.expect_problem(403, "forbidden");
    let decided = decide(&app, &admin, &report, decision).await.expect(200);
    assert_eq!(decided.at("/decision/action"), "SUSPEND");
    app.get_as(&lena, "/me/sessions").await.expect_problem(401, "session_revoked");
    app.post("/auth/login", json!({ "email": lena.email, "password": PASSWORD }))
        .await
        .expect_problem(401, "invalid_credentials");
    assert_eq!(
        app.get_as(&admin, &format!("/admin/users/{}", lena.id)).await.expect(200).at("/status"),
        "SUSPENDED"
    );
    assert_eq!(app.get_as(&admin, "/moderation/log").await.expect(200).at("/data/0/action"), "SUSPEND");
}

#[both_databases]
async fn a_refused_decision_changes_nothing(app: App) {
    // Nobody suspends themselves, and the report stays open. Another admin exists, so that this one is not the last.
    let (tom, admin) = (app.learner().await, app.admin().await);
    app.admin().await;
    let post = app.publish_post(&admin, None, "<p>Hello</p>").await;
    let report = app.report(&tom, "POST", &post).await;
    decide(&app, &admin, &report, json!({ "version": 1, "action": "SUSPEND" }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(app.get_as(&tom, &format!("/reports/{report}")).await.expect(200).at("/status"), "OPEN");
}

#[both_databases]
async fn reported_messages_are_decided_by_admins(app: App) {
    let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
    app.course_with_learners(&elena, &[&lena]).await;
    let (conversation, message) = app.send_direct_message(&elena, &lena, "Send me money").await;
    let report = app.report(&lena, "MESSAGE", &message).await;
    // The admin reads what was reported, and nothing else of the conversation.
    let shown = app.get_as(&admin, &format!("/moderation/reports/{report}")).await.expect(200);
    assert_eq!(shown.at("/snapshot/content"), "Send me money");
    app.get_as(&admin, &format!("/conversations/{conversation}/messages"))
        .await
        .expect_problem(404, "not_found");
    decide(&app, &admin, &report, json!({ "version": 1, "action": "REMOVE" })).await.expect(200);
    let seen = app.get_as(&lena, &format!("/conversations/{conversation}/messages")).await.expect(200);
    assert!(!seen.text.contains("Send me money"));
    assert_eq!(app.notification_kinds_of(&elena).await, ["MODERATION REMOVED"]);
    decide(&app, &admin, &report, json!({ "version": 2, "action": "RESTORE" })).await.expect(200);
    assert!(
        app.get_as(&lena, &format!("/conversations/{conversation}/messages"))
            .await
            .expect(200)
            .text
            .contains("Send me money")
    );
}
