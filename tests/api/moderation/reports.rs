//! `/moderation/reports`: the queue, and what a decision does.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::{
    moderation::{decide, report_queue},
    support::{App, PASSWORD},
};

#[both_databases]
async fn moderators_see_the_reports_they_may_decide(app: App) {
    let (elena, greta, editor) = (app.trainer().await, app.trainer().await, app.trainer().await);
    let (lena, tom, admin) = (app.learner().await, app.learner().await, app.admin().await);
    let (course, lessons) = app.course_with_learners(&elena, &[&lena, &tom]).await;
    app.put_as(
        &elena,
        &format!("/courses/{course}/trainers/{}", editor.id),
        json!(null),
    )
    .await
    .expect(200);
    let in_course = app
        .comment_on(&lena, &format!("/lessons/{}", lessons[0]), None, "<p>Hello</p>")
        .await;
    let in_school = app.publish_post(&lena, None, "<p>Hello</p>").await;
    let (_, message) = app.send_direct_message(&lena, &tom, "Hello").await;
    let by_elena = app.publish_post(&elena, Some(&course), "<p>Hello</p>").await;
    let mut reports = Vec::new();
    for (kind, id) in [
        ("COMMENT", &in_course),
        ("POST", &in_school),
        ("MESSAGE", &message),
        ("POST", &by_elena),
    ] {
        reports.push(app.report(&tom, kind, id).await);
    }
    assert_eq!(
        report_queue(&app, &admin, "").await,
        [
            by_elena.clone(),
            message.clone(),
            in_school.clone(),
            in_course.clone()
        ]
    );
    assert_eq!(
        report_queue(&app, &admin, "subjectKind=POST").await,
        [by_elena.clone(), in_school.clone()]
    );
    assert_eq!(
        report_queue(&app, &admin, &format!("subjectId={message}")).await,
        [message.as_str()]
    );
    assert_eq!(
        report_queue(&app, &admin, &format!("courseId={course}&status=OPEN")).await,
        [by_elena.clone(), in_course.clone()]
    );
    // Nobody decides about themselves: what Elena wrote another editor and the admin see.
    assert_eq!(report_queue(&app, &elena, "").await, [in_course.as_str()]);
    assert_eq!(
        report_queue(&app, &editor, "").await,
        [by_elena.clone(), in_course.clone()]
    );
    assert_eq!(report_queue(&app, &greta, "").await, Vec::<String>::new());
    assert_eq!(
        report_queue(&app, &greta, &format!("courseId={course}")).await,
        Vec::<String>::new()
    );
    app.get_as(&lena, "/moderation/reports")
        .await
        .expect_problem(403, "forbidden");
    app.get_as(&lena, "/moderation/log")
        .await
        .expect_problem(403, "forbidden");
    for (who, report, seen) in [
        (&elena, 0, true),
        (&elena, 1, false),
        (&elena, 2, false),
        (&elena, 3, false),
        (&editor, 3, true),
        (&greta, 0, false),
        (&admin, 2, true),
    ] {
        let reply = app
            .get_as(who, &format!("/moderation/reports/{}", reports[report]))
            .await;
        if seen {
            reply.expect(200);
        } else {
            reply.expect_problem(404, "not_found");
        }
        if !seen {
            decide(
                &app,
                who,
                &reports[report],
                json!({ "version": 1, "action": "DISMISS" }),
            )
            .await
            .expect_problem(404, "not_found");
        }
    }
    decide(
        &app,
        &lena,
        &reports[1],
        json!({ "version": 1, "action": "DISMISS" }),
    )
    .await
    .expect_problem(403, "forbidden");
    // Who reported it is for admins to know.
    let path = format!("/moderation/reports/{}", reports[0]);
    let shown = app.get_as(&elena, &path).await.expect(200);
    assert_eq!(shown.at("/reporterId"), json!(null));
    assert!(!shown.text.contains(&tom.id));
    assert_eq!(
        app.get_as(&admin, &path).await.expect(200).at("/reporterId"),
        json!(tom.id)
    );
    // Whoever edits the course no more sees nothing of it any more.
    app.delete_as(&elena, &format!("/courses/{course}/trainers/{}", editor.id))
        .await
        .expect(204);
    assert_eq!(report_queue(&app, &editor, "").await, Vec::<String>::new());
    app.get_as(&editor, "/moderation/log").await.expect(200);
}

#[both_databases]
async fn content_is_removed_and_restored(app: App) {
    let (elena, lena, tom, mia) = (
        app.trainer().await,
        app.learner().await,
        app.learner().await,
        app.learner().await,
    );
    let (course, _) = app.course_with_learners(&elena, &[&lena, &tom, &mia]).await;
    let post = app.publish_post(&lena, Some(&course), "<p>Buy this</p>").await;
    let (first, second) = (
        app.report(&tom, "POST", &post).await,
        app.report(&mia, "POST", &post).await,
    );
    let shown = app
        .get_as(&elena, &format!("/moderation/reports/{first}"))
        .await
        .expect(200);
    assert_eq!(shown.at("/openCount"), 2);
    decide(&app, &elena, &first, json!({ "version": 1, "action": "RESTORE" }))
        .await
        .expect_problem(409, "nothing_to_restore");
    decide(&app, &elena, &first, json!({ "version": 2, "action": "REMOVE" }))
        .await
        .expect_problem(412, "precondition_failed");
    let decision = json!({ "version": 1, "action": "REMOVE", "note": "No advertising here." });
    let decided = decide(&app, &elena, &first, decision.clone()).await.expect(200);
    assert_eq!(
        (
            decided.at("/status"),
            decided.at("/version"),
            decided.at("/openCount")
        ),
        (json!("ACTED"), json!(2), json!(0))
    );
    assert_eq!(
        (decided.at("/decision/removed"), decided.at("/decision/decidedBy")),
        (json!(true), json!(elena.id))
    );
    // One decision for every report of the same.
    decide(&app, &elena, &second, decision)
        .await
        .expect_problem(409, "report_already_decided");
    assert_eq!(
        app.get_as(&mia, &format!("/reports/{second}"))
            .await
            .expect(200)
            .at("/status"),
        "ACTED"
    );
    let seen = app.get_as(&tom, &format!("/posts/{post}")).await;
    assert!(!seen.text.contains("Buy this"), "{}", seen.text);
    let told = app.notifications_of(&lena).await;
    assert_eq!(
        (
            told.len(),
            &told[0]["kind"],
            &told[0]["outcome"],
            &told[0]["note"]
        ),
        (
            1,
            &json!("MODERATION"),
            &json!("REMOVED"),
            &json!("No advertising here.")
        )
    );
    assert_eq!(
        (&told[0]["postId"], &told[0]["actor"]),
        (&json!(post), &json!(null))
    );
    assert!(
        !told[0].to_string().contains(&elena.id),
        "who decided is not told"
    );

    decide(
        &app,
        &elena,
        &second,
        json!({ "version": 2, "action": "RESTORE", "note": "My mistake." }),
    )
    .await
    .expect(200);
    assert!(
        app.get_as(&tom, &format!("/posts/{post}"))
            .await
            .expect(200)
            .text
            .contains("Buy this")
    );
    assert_eq!(
        app.notification_kinds_of(&lena).await,
        ["MODERATION RESTORED", "MODERATION REMOVED"]
    );
    assert_eq!(
        app.get_as(&tom, &format!("/reports/{first}"))
            .await
            .expect(200)
            .at("/status"),
        "DISMISSED"
    );
    decide(&app, &elena, &first, json!({ "version": 3, "action": "RESTORE" }))
        .await
        .expect_problem(409, "nothing_to_restore");
    // Everything stands in the log, for those whom it concerns, and in the audit trail.
    let log = app.get_as(&elena, "/moderation/log").await.expect(200);
    assert_eq!(
        (
            log.at("/data/0/action"),
            log.at("/data/1/action"),
            log.at("/data/1/note")
        ),
        (json!("RESTORE"), json!("REMOVE"), json!("No advertising here."))
    );
    assert_eq!(
        (
            log.at("/data/1/moderator/id"),
            log.at("/data/1/userId"),
            log.at("/data/1/courseId")
        ),
        (json!(elena.id), json!(lena.id), json!(course))
    );
    let greta = app.trainer().await;
    assert_eq!(
        app.get_as(&greta, "/moderation/log")
            .await
            .expect(200)
            .at("/data"),
        json!([])
    );
    assert_eq!(
        app.count("SELECT count(*) FROM audit_log WHERE action = 'report.decided'")
            .await,
        2
    );
}

#[both_databases]
async fn of_concurrent_decisions_one_succeeds(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let (one, other) = (app.admin().await, app.admin().await);
    let post = app.publish_post(&lena, None, "<p>Buy this</p>").await;
    let report = app.report(&tom, "POST", &post).await;
    let all = join_all((0..16).map(|n| {
        let (who, action) = if n % 2 == 0 {
            (&one, "REMOVE")
        } else {
            (&other, "WARN")
        };
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
        app.get_as(&one, "/moderation/log")
            .await
            .expect(200)
            .at("/data")
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(app.notifications_of(&lena).await.len(), 1);
}

#[both_databases]
async fn authors_are_warned_muted_and_suspended(app: App) {
    let (elena, lena, tom, admin) = (
        app.trainer().await,
        app.learner().await,
        app.learner().await,
        app.admin().await,
    );
    let (course, _) = app.course_with_learners(&elena, &[&lena, &tom]).await;
    let mut reports = Vec::new();
    for _ in 0..4 {
        let post = app.publish_post(&lena, Some(&course), "<p>Buy this</p>").await;
        reports.push((app.report(&tom, "POST", &post).await, post));
    }
    let until = app.db.ambient().now() + Duration::hours(1);
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
        (
            json!({ "version": 1, "action": "WARN", "mutedUntil": until }),
            "/mutedUntil not_together",
        ),
        (
            json!({ "version": 1, "action": "DISMISS", "removeContent": true }),
            "/removeContent not_together",
        ),
    ] {
        let refused = decide(&app, &elena, &reports[0].0, wrong)
            .await
            .expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), [reason]);
    }
    decide(
        &app,
        &elena,
        &reports[0].0,
        json!({ "version": 1, "action": "WARN", "note": "Please don't." }),
    )
    .await
    .expect(200);
    assert_eq!(app.notification_kinds_of(&lena).await, ["MODERATION WARNED"]);
    app.get_as(&tom, &format!("/posts/{}", reports[0].1))
        .await
        .expect(200);

    let decision = json!({ "version": 1, "action": "MUTE", "mutedUntil": until, "removeContent": true });
    decide(&app, &elena, &reports[1].0, decision).await.expect(200);
    assert!(
        !app.get_as(&tom, &format!("/posts/{}", reports[1].1))
            .await
            .text
            .contains("Buy this")
    );
    let mut kinds = app.notification_kinds_of(&lena).await;
    kinds.sort();
    assert_eq!(
        kinds,
        ["MODERATION MUTED", "MODERATION REMOVED", "MODERATION WARNED"]
    );
    let body = json!({ "title": "x", "content": "<p>x</p>", "courseId": course, "published": true });
    app.post_as(&lena, "/posts", body.clone())
        .await
        .expect_problem(403, "muted");
    app.publish_post(&lena, None, "<p>Elsewhere</p>").await;
    app.clock.advance(Duration::hours(2));
    let (lena, elena, admin) = (
        app.login(&lena.email, PASSWORD).await,
        app.login(&elena.email, PASSWORD).await,
        app.login(&admin.email, PASSWORD).await,
    );
    app.post_as(&lena, "/posts", body).await.expect(201);

    decide(
        &app,
        &elena,
        &reports[2].0,
        json!({ "version": 1, "action": "SUSPEND" }),
    )
    .await
    .expect_problem(403, "forbidden");
    let decided = decide(
        &app,
        &admin,
        &reports[2].0,
        json!({ "version": 1, "action": "SUSPEND", "note": "Enough." }),
    )
    .await
    .expect(200);
    assert_eq!(decided.at("/decision/action"), "SUSPEND");
    app.get_as(&lena, "/me/sessions")
        .await
        .expect_problem(401, "session_revoked");
    app.post(
        "/auth/login",
        json!({ "email": lena.email, "password": PASSWORD }),
    )
    .await
    .expect_problem(401, "invalid_credentials");
    assert_eq!(
        app.get_as(&admin, &format!("/admin/users/{}", lena.id))
            .await
            .expect(200)
            .at("/status"),
        "SUSPENDED"
    );
    assert_eq!(
        app.get_as(&admin, "/moderation/log")
            .await
            .expect(200)
            .at("/data/0/action"),
        "SUSPEND"
    );
    // All of it or nothing: nobody suspends themselves, and the report stays open.
    let post = app.publish_post(&admin, None, "<p>Hello</p>").await;
    let tom = app.login(&tom.email, PASSWORD).await;
    let report = app.report(&tom, "POST", &post).await;
    decide(
        &app,
        &admin,
        &report,
        json!({ "version": 1, "action": "SUSPEND" }),
    )
    .await
    .expect_problem(422, "validation_failed");
    assert_eq!(
        app.get_as(&tom, &format!("/reports/{report}"))
            .await
            .expect(200)
            .at("/status"),
        "OPEN"
    );
}

#[both_databases]
async fn reported_messages_are_decided_by_admins(app: App) {
    let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
    app.course_with_learners(&elena, &[&lena]).await;
    let (conversation, message) = app.send_direct_message(&elena, &lena, "Send me money").await;
    let report = app.report(&lena, "MESSAGE", &message).await;
    // The admin reads what was reported, and nothing else of the conversation.
    let shown = app
        .get_as(&admin, &format!("/moderation/reports/{report}"))
        .await
        .expect(200);
    assert_eq!(shown.at("/snapshot/content"), "Send me money");
    app.get_as(&admin, &format!("/conversations/{conversation}/messages"))
        .await
        .expect_problem(404, "not_found");
    decide(&app, &admin, &report, json!({ "version": 1, "action": "REMOVE" }))
        .await
        .expect(200);
    let seen = app
        .get_as(&lena, &format!("/conversations/{conversation}/messages"))
        .await
        .expect(200);
    assert!(!seen.text.contains("Send me money"));
    assert_eq!(app.notification_kinds_of(&elena).await, ["MODERATION REMOVED"]);
    decide(
        &app,
        &admin,
        &report,
        json!({ "version": 2, "action": "RESTORE" }),
    )
    .await
    .expect(200);
    assert!(
        app.get_as(&lena, &format!("/conversations/{conversation}/messages"))
            .await
            .expect(200)
            .text
            .contains("Send me money")
    );
}

#[both_databases]
async fn a_report_keeps_a_snapshot_of_the_content(app: App) {
    let (lena, tom, admin) = (app.learner().await, app.learner().await, app.admin().await);
    let post = app.publish_post(&lena, None, "<p>Buy this</p>").await;
    let comment = app
        .comment_on(&lena, &format!("/posts/{post}"), None, "<p>Buy that</p>")
        .await;
    let (first, other) = (
        app.report(&tom, "POST", &post).await,
        app.report(&tom, "COMMENT", &comment).await,
    );
    let etag = app
        .get_as(&lena, &format!("/posts/{post}"))
        .await
        .header("etag")
        .to_owned();
    app.patch_as(
        &lena,
        &format!("/posts/{post}"),
        &etag,
        json!({ "content": "<p>Nothing happened</p>" }),
    )
    .await
    .expect(200);
    app.delete_as(&lena, &format!("/comments/{comment}"))
        .await
        .expect(204);
    let shown = app
        .get_as(&admin, &format!("/moderation/reports/{first}"))
        .await
        .expect(200);
    assert_eq!(
        (shown.at("/snapshot/content"), shown.at("/snapshot/title")),
        (json!("<p>Buy this</p>"), json!("My first pull-up"))
    );
    assert_eq!(shown.at("/author/id"), json!(lena.id));
    let shown = app
        .get_as(&admin, &format!("/moderation/reports/{other}"))
        .await
        .expect(200);
    assert_eq!(shown.at("/snapshot/content"), "<p>Buy that</p>");
    // Removing what its author has deleted removes nothing, and can be decided all the same.
    let decided = decide(&app, &admin, &other, json!({ "version": 1, "action": "REMOVE" }))
        .await
        .expect(200);
    assert_eq!(
        (decided.at("/status"), decided.at("/decision/removed")),
        (json!("ACTED"), json!(false))
    );
    decide(&app, &admin, &other, json!({ "version": 2, "action": "RESTORE" }))
        .await
        .expect_problem(409, "nothing_to_restore");
}

#[both_databases]
async fn the_document_of_a_report(app: App) {
    let (lena, tom, admin) = (app.learner().await, app.learner().await, app.admin().await);
    app.set_username(&lena, "lena").await;
    let post = app.publish_post(&lena, None, "<p>Buy this</p>").await;
    let report = app.report(&tom, "POST", &post).await;
    let shown = app
        .get_as(&admin, &format!("/moderation/reports/{report}"))
        .await
        .expect(200);
    insta::assert_json_snapshot!("report", shown.document());
}
