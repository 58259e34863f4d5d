//! `POST /courses/{course}/learners/{user}/waive` and `reset`, and `GET /courses/{course}/jobs`.

use crate::support::{App, Person, eventually, watching::complete_lesson, watching::course_with_video};
use chrono::Duration;
use serde_json::{Value, json};
use test_macros::both_databases;

/// The newest job of a course, once it is done.
async fn finished_job(app: &App, trainer: &Person, course: &str) -> Value {
    eventually("the job to be done", || async {
        let jobs = app.get_as(trainer, &format!("/courses/{course}/jobs")).await.expect(200);
        let newest = jobs.json()["data"][0].clone();
        (newest["status"] == "DONE").then_some(newest)
    })
    .await
}

async fn outbox_is_empty(app: &App) {
    eventually("the outbox to be empty", || async {
        (app.count("SELECT count(*) FROM outbox WHERE done_at IS NULL").await == 0).then_some(())
    })
    .await;
}

#[both_databases]
async fn unpublishing_the_missing_lesson_completes_the_course(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    // Publishing the course has changed its outline: what follows from that is over before anybody enrols.
    outbox_is_empty(&app).await;
    assert_eq!(
        app.get_as(&elena, &format!("/courses/{course}/jobs")).await.expect(200).at("/data"),
        json!([])
    );
    for who in [&lena, &tom] {
        app.post_empty_as(who, &format!("/courses/{course}/enroll")).await.expect(201);
    }
    complete_lesson(&app, &lena, &lessons[0]).await;
    complete_lesson(&app, &tom, &lessons[1]).await;
    // Enrolling has its own look at what is complete, a little later.
    outbox_is_empty(&app).await;
    app.post_empty_as(&elena, &format!("/lessons/{}/unpublish", lessons[1])).await.expect(200);
    let job = finished_job(&app, &elena, &course).await;
    assert_eq!(
        (&job["doneCount"], &job["changedCount"], &job["requestedBy"]),
        (&json!(2), &json!(1), &json!(elena.id))
    );
    let lenas = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
    assert_eq!((lenas.at("/isCompleted"), lenas.at("/chapters/0/isCompleted")), (json!(true), json!(true)));
    assert_eq!(
        app.get_as(&tom, &format!("/courses/{course}/progress")).await.expect(200).at("/isCompleted"),
        false
    );
    // What comes back takes nothing away, and everything is announced once.
    app.post_empty_as(&elena, &format!("/lessons/{}/publish", lessons[1])).await.expect(200);
    finished_job(&app, &elena, &course).await;
    let again = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
    assert_eq!((again.at("/completedAt"), again.at("/percent")), (lenas.at("/completedAt"), json!(50)));
    assert_eq!(app.count("SELECT count(*) FROM outbox WHERE kind = 'course.completed'").await, 1);
}

#[both_databases]
async fn a_reset_forgets_what_was_watched(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    for (n, lesson) in lessons.iter().enumerate() {
        let video = json!({ "videoUrl": format!("https://videos.example.com/{n}.mp4"), "duration": 10 });
        app.patch_as(&elena, &format!("/lessons/{lesson}"), "*", video).await.expect(200);
    }
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = async |lesson: usize| {
        let claim = json!({ "ranges": [{ "from": 0, "to": 400 }] });
        app.post_as(&lena, &format!("/lessons/{}/watch", lessons[lesson]), claim).await.expect(200)
    };
    assert_eq!(watch(1).await.at("/watchedSeconds"), 30);
    let seen = watch(0).await.at("/updatedAt");
    app.clock.advance(Duration::minutes(4));
    let reset = format!("/courses/{course}/learners/{}/reset", lena.id);
    app.post_as(&elena, &reset, json!({ "lessonId": lessons[1] })).await.expect(200);
    // The lesson that was watched last is still the other one, and that was when they were last here.
    let go_on = app.get_as(&lena, "/me/continue").await.expect(200);
    assert_eq!(
        (go_on.at("/data/0/lessonId"), go_on.at("/data/0/lastActiveAt")),
        (json!(lessons[0]), seen.clone())
    );
    let learners = app.get_as(&elena, &format!("/courses/{course}/learners")).await.expect(200);
    assert_eq!(
        (learners.at("/data/0/lastActiveAt"), learners.at("/data/0/watchedSeconds")),
        (seen, json!(30))
    );
    let funnel = app.get_as(&elena, &format!("/courses/{course}/funnel")).await.expect(200);
    assert_eq!(
        (funnel.at("/lessons/1/started"), funnel.at("/lessons/1/averageWatchTimePercent")),
        (json!(0), Value::Null)
    );
    // The clock starts with the next heartbeat.
    app.clock.advance(Duration::minutes(4));
    assert_eq!(watch(1).await.at("/watchedSeconds"), 30);
    app.post_as(&elena, &reset, json!({})).await.expect(200);
    let learners = app.get_as(&elena, &format!("/courses/{course}/learners")).await.expect(200);
    assert_eq!(learners.at("/data/0/lastActiveAt"), Value::Null);
    let whole = app.get_as(&lena, &format!("/lessons/{}/progress", lessons[0])).await.expect(200);
    assert_eq!(whole.at("/updatedAt"), Value::Null);
}

#[both_databases]
async fn only_trainers_waive_and_reset_progress_of_their_learners(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let (foreign, _, elsewhere) = app.course(&elena, json!({})).await;
    let at = |who: &Person, what: &str| format!("/courses/{course}/learners/{}/{what}", who.id);
    app.post_as(&elena, &at(&lena, "waive"), json!({})).await.expect_problem(404, "not_found");
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.post_as(&lena, &at(&lena, "waive"), json!({})).await.expect_problem(403, "forbidden");
    app.post_as(&elena, &at(&lena, "waive"), json!({ "lessonId": elsewhere[0] }))
        .await
        .expect_problem(404, "not_found");
    app.post_as(&elena, &at(&lena, "reset"), json!({ "lessonId": elsewhere[0] }))
        .await
        .expect_problem(404, "not_found");
    app.post_as(&elena, &at(&tom, "reset"), json!({})).await.expect_problem(404, "not_found");
    app.get_as(&elena, &format!("/courses/{foreign}/learners")).await.expect(200);
}

#[both_databases]
async fn waived_lessons_complete_the_course(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let at = |who: &Person, what: &str| format!("/courses/{course}/learners/{}/{what}", who.id);
    let one = app.post_as(&elena, &at(&lena, "waive"), json!({ "lessonId": lessons[0] })).await.expect(200);
    assert_eq!((one.at("/completedLessons"), one.at("/percent")), (json!(1), json!(50)));
    let all = app.post_as(&elena, &at(&lena, "waive"), json!({})).await.expect(200);
    assert_eq!(all.at("/percent"), 100);
    eventually("the course to be complete", || async {
        let whole = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
        (whole.at("/isCompleted") == true).then_some(())
    })
    .await;
}

#[both_databases]
async fn a_reset_forgets_watching_and_keeps_the_completion_of_the_course(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let at = |who: &Person, what: &str| format!("/courses/{course}/learners/{}/{what}", who.id);
    app.post_as(&elena, &at(&lena, "waive"), json!({})).await.expect(200);
    eventually("the course to be complete", || async {
        let whole = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
        (whole.at("/isCompleted") == true).then_some(())
    })
    .await;
    // Watched, then reset: nothing is left, and what this server remembers does not come back.
    let watch = format!("/lessons/{}/watch", lessons[0]);
    app.post_as(&lena, &watch, json!({ "ranges": [{ "from": 0, "to": 20 }], "positionSeconds": 20 }))
        .await
        .expect(200);
    let gone = app.post_as(&elena, &at(&lena, "reset"), json!({ "lessonId": lessons[0] })).await.expect(200);
    assert_eq!(
        (gone.at("/completedLessons"), gone.at("/watchedSeconds"), gone.at("/isCompleted")),
        (json!(1), json!(0), json!(true))
    );
    app.clock.advance(Duration::seconds(2));
    let anew =
        app.post_as(&lena, &watch, json!({ "ranges": [{ "from": 500, "to": 510 }] })).await.expect(200);
    assert_eq!(
        (anew.at("/ranges"), anew.at("/isCompleted"), anew.at("/positionSeconds")),
        (json!([{ "from": 500, "to": 510 }]), json!(false), Value::Null)
    );
    let whole = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
    assert_eq!(
        (whole.at("/chapters/0/isCompleted"), whole.at("/isCompleted"), whole.at("/percent")),
        (json!(false), json!(true), json!(50))
    );
}

#[both_databases]
async fn waivers_and_resets_are_audited(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let at = |who: &Person, what: &str| format!("/courses/{course}/learners/{}/{what}", who.id);
    app.post_as(&elena, &at(&lena, "waive"), json!({ "lessonId": lessons[0] })).await.expect(200);
    for what in ["waive", "reset"] {
        app.post_as(&elena, &at(&lena, what), json!({})).await.expect(200);
    }
    assert_eq!(
        app.count("SELECT count(*) FROM audit_log WHERE action IN ('progress.waived', 'progress.reset')")
            .await,
        3
    );
}
