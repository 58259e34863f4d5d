//! `GET /moderation/reports`: who sees which reports.

use crate::{
    moderation::{decide, report_queue},
    support::{App, Person},
};
use serde_json::json;
use test_macros::both_databases;

/// Reports of Tom: a comment in the course of Elena, a post in the school, a message, and a post of Elena.
struct Queue {
    elena: Person,
    editor: Person,
    lena: Person,
    tom: Person,
    admin: Person,
    course: String,
    in_course: String,
    in_school: String,
    message: String,
    by_elena: String,
    reports: Vec<String>,
}

impl Queue {
    async fn create(app: &App) -> Self {
        let (elena, editor) = (app.trainer().await, app.trainer().await);
        let (lena, tom, admin) = (app.learner().await, app.learner().await, app.admin().await);
        let (course, lessons) = app.course_with_learners(&elena, &[&lena, &tom]).await;
        app.put_as(&elena, &format!("/courses/{course}/trainers/{}", editor.id), json!(null))
            .await
            .expect(200);
        let in_course =
            app.comment_on(&lena, &format!("/lessons/{}", lessons[0]), None, "<p>Hello</p>").await;
        let in_school = app.publish_post(&lena, None, "<p>Hello</p>").await;
        let (_, message) = app.send_direct_message(&lena, &tom, "Hello").await;
        let by_elena = app.publish_post(&elena, Some(&course), "<p>Hello</p>").await;
        let mut reports = Vec::new();
        for (kind, id) in
            [("COMMENT", &in_course), ("POST", &in_school), ("MESSAGE", &message), ("POST", &by_elena)]
        {
            reports.push(app.report(&tom, kind, id).await);
        }
        Self { elena, editor, lena, tom, admin, course, in_course, in_school, message, by_elena, reports }
    }
}

#[both_databases]
async fn admins_filter_all_reports(app: App) {
    let Queue { admin, course, in_course, in_school, message, by_elena, .. } = Queue::create(&app).await;
    assert_eq!(
        report_queue(&app, &admin, "").await,
        [by_elena.clone(), message.clone(), in_school.clone(), in_course.clone()]
    );
    assert_eq!(report_queue(&app, &admin, "subjectKind=POST").await, [by_elena.clone(), in_school.clone()]);
    assert_eq!(report_queue(&app, &admin, &format!("subjectId={message}")).await, [message.as_str()]);
    assert_eq!(
        report_queue(&app, &admin, &format!("courseId={course}&status=OPEN")).await,
        [by_elena.clone(), in_course.clone()]
    );
}

#[both_databases]
async fn moderators_see_the_reports_they_may_decide(app: App) {
    let greta = app.trainer().await;
    let Queue { elena, editor, lena, admin, course, in_course, by_elena, reports, .. } =
        Queue::create(&app).await;
    // Nobody decides about themselves: what Elena wrote another editor and the admin see.
    assert_eq!(report_queue(&app, &elena, "").await, [in_course.as_str()]);
    assert_eq!(report_queue(&app, &editor, "").await, [by_elena.clone(), in_course.clone()]);
    assert_eq!(report_queue(&app, &greta, "").await, Vec::<String>::new());
    assert_eq!(report_queue(&app, &greta, &format!("courseId={course}")).await, Vec::<String>::new());
    app.get_as(&lena, "/moderation/reports").await.expect_problem(403, "forbidden");
    app.get_as(&lena, "/moderation/log").await.expect_problem(403, "forbidden");
    for (who, report, seen) in [
        (&elena, 0, true),
        (&elena, 1, false),
        (&elena, 2, false),
        (&elena, 3, false),
        (&editor, 3, true),
        (&greta, 0, false),
        (&admin, 2, true),
    ] {
        let reply = app.get_as(who, &format!("/moderation/reports/{}", reports[report])).await;
        if seen {
            reply.expect(200);
        } else {
            reply.expect_problem(404, "not_found");
        }
        if !seen {
            decide(&app, who, &reports[report], json!({ "version": 1, "action": "DISMISS" }))
                .await
                .expect_problem(404, "not_found");
        }
    }
    decide(&app, &lena, &reports[1], json!({ "version": 1, "action": "DISMISS" }))
        .await
        .expect_problem(403, "forbidden");
}

#[both_databases]
async fn the_reporter_is_visible_to_admins_only(app: App) {
    let Queue { elena, tom, admin, reports, .. } = Queue::create(&app).await;
    let path = format!("/moderation/reports/{}", reports[0]);
    let shown = app.get_as(&elena, &path).await.expect(200);
    assert_eq!(shown.at("/reporterId"), json!(null));
    assert!(!shown.text.contains(&tom.id));
    assert_eq!(app.get_as(&admin, &path).await.expect(200).at("/reporterId"), json!(tom.id));
}

#[both_databases]
async fn a_former_editor_sees_no_reports(app: App) {
    let Queue { elena, editor, course, .. } = Queue::create(&app).await;
    app.delete_as(&elena, &format!("/courses/{course}/trainers/{}", editor.id)).await.expect(204);
    assert_eq!(report_queue(&app, &editor, "").await, Vec::<String>::new());
    app.get_as(&editor, "/moderation/log").await.expect(200);
}

#[both_databases]
async fn a_report_keeps_a_snapshot_of_the_content(app: App) {
    let (lena, tom, admin) = (app.learner().await, app.learner().await, app.admin().await);
    let post = app.publish_post(&lena, None, "<p>Buy this</p>").await;
    let comment = app.comment_on(&lena, &format!("/posts/{post}"), None, "<p>Buy that</p>").await;
    let (first, other) = (app.report(&tom, "POST", &post).await, app.report(&tom, "COMMENT", &comment).await);
    let etag = app.get_as(&lena, &format!("/posts/{post}")).await.header("etag").to_owned();
    app.patch_as(&lena, &format!("/posts/{post}"), &etag, json!({ "content": "<p>Nothing happened</p>" }))
        .await
        .expect(200);
    app.delete_as(&lena, &format!("/comments/{comment}")).await.expect(204);
    let shown = app.get_as(&admin, &format!("/moderation/reports/{first}")).await.expect(200);
    assert_eq!(
        (shown.at("/snapshot/content"), shown.at("/snapshot/title")),
        (json!("<p>Buy this</p>"), json!("My first pull-up"))
    );
    assert_eq!(shown.at("/author/id"), json!(lena.id));
    let shown = app.get_as(&admin, &format!("/moderation/reports/{other}")).await.expect(200);
    assert_eq!(shown.at("/snapshot/content"), "<p>Buy that</p>");
    // Removing what its author has deleted removes nothing, and can be decided all the same.
    let decided = decide(&app, &admin, &other, json!({ "version": 1, "action": "REMOVE" })).await.expect(200);
    assert_eq!((decided.at("/status"), decided.at("/decision/removed")), (json!("ACTED"), json!(false)));
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
    let shown = app.get_as(&admin, &format!("/moderation/reports/{report}")).await.expect(200);
    insta::assert_json_snapshot!("report", shown.document());
}
