//! `POST /lessons/{lesson}/watch`: what a heartbeat credits.

use chrono::Duration;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, PASSWORD,
    watching::{course_with_video, played, watcher},
};

#[both_databases]
async fn watching_needs_access(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (_, _, lessons) = course_with_video(&app, &elena).await;
    let watch = format!("/lessons/{}/watch", lessons[0]);
    app.post_as(&lena, &watch, json!({})).await.expect_problem(403, "not_granted");
}

#[both_databases]
async fn a_heartbeat_credits_what_was_watched(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    let opened = app.post_as(&lena, &watch, json!({ "positionSeconds": 0 })).await.expect(200);
    assert_eq!(
        (opened.at("/watchTimePercent"), opened.at("/durationSeconds"), opened.at("/ranges")),
        (json!(0.0), json!(600), json!([]))
    );
    app.clock.advance(Duration::minutes(5));
    let session = "0198c0de-0000-7000-8000-00000000aaaa";
    let mut half = played(0.0, 300.0);
    half["sessionId"] = json!(session);
    let half = app.post_as(&lena, &watch, half).await.expect(200);
    assert_eq!(
        (half.at("/watchTimePercent"), half.at("/watchedSeconds"), half.at("/isCompleted")),
        (json!(50.0), json!(300), json!(false))
    );
    assert_eq!((half.at("/positionSeconds"), half.at("/sessionId")), (json!(300.0), json!(session)));
}

#[both_databases]
async fn watching_again_adds_nothing(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    app.clock.advance(Duration::minutes(5));
    app.post_as(&lena, &watch, played(0.0, 300.0)).await.expect(200);
    app.clock.advance(Duration::minutes(5));
    let again = app.post_as(&lena, &watch, played(100.0, 300.0)).await.expect(200);
    assert_eq!(
        (again.at("/watchedSeconds"), again.at("/ranges")),
        (json!(300), json!([{ "from": 0, "to": 300 }]))
    );
}

#[both_databases]
async fn nine_tenths_complete_a_lesson(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    app.clock.advance(Duration::minutes(10));
    app.post_as(&lena, &watch, played(0.0, 300.0)).await.expect(200);
    // The last minutes are skipped: nine tenths are enough.
    let done = app.post_as(&lena, &watch, played(300.4, 541.0)).await.expect(200);
    assert_eq!((done.at("/isCompleted"), done.at("/watchedSeconds")), (json!(true), json!(541)));
    let read = app.get_as(&lena, &format!("/lessons/{}/progress", lessons[0])).await.expect(200);
    assert_eq!(
        (read.at("/completedAt"), read.at("/ranges")),
        (done.at("/completedAt"), json!([{ "from": 0, "to": 541 }]))
    );
    let later = app.post_as(&lena, &watch, played(541.0, 600.0)).await.expect(200);
    assert_eq!(
        (later.at("/completedAt"), later.at("/watchTimePercent")),
        (done.at("/completedAt"), json!(100.0))
    );
}

#[both_databases]
async fn the_last_lesson_completes_chapter_and_course(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, chapter, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    app.clock.advance(Duration::minutes(10));
    app.post_as(&lena, &watch, played(0.0, 600.0)).await.expect(200);
    // The other lesson has no video and is completed by hand; then chapter and course are complete.
    app.post_as(&lena, &format!("/lessons/{}/watch", lessons[1]), json!({}))
        .await
        .expect_problem(409, "no_video");
    app.post_empty_as(&lena, &format!("/lessons/{}/complete", lessons[1])).await.expect(200);
    let whole = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
    assert_eq!((whole.at("/isCompleted"), whole.at("/chapters/0/isCompleted")), (json!(true), json!(true)));
    assert_eq!(
        (
            whole.at("/chapters/0/lessons/0/watchTimePercent"),
            whole.at("/chapters/0/lessons/0/positionSeconds")
        ),
        (json!(100.0), json!(600.0))
    );
    assert_eq!(
        app.get_as(&lena, &format!("/chapters/{chapter}/progress")).await.expect(200).at("/isCompleted"),
        true
    );
    for kind in ["lesson.completed", "chapter.completed", "course.completed"] {
        assert_eq!(
            app.count(&format!("SELECT count(*) FROM outbox WHERE kind = '{kind}'")).await,
            if kind == "lesson.completed" { 2 } else { 1 }
        );
    }
}

#[both_databases]
async fn a_script_is_credited_only_the_tolerance(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    let mut most = 0.0_f64;
    for number in 0..20 {
        // Each with its own session and a clock years off.
        let body = json!({
            "sessionId": format!("0198c0de-0000-7000-8000-0000000000{number:02}"), "percent": 100,
            "ranges": [{ "from": 0, "to": 600 }], "playedAt": if number % 2 == 0 { "2020-01-01T00:00:00Z" } else { "2099-01-01T00:00:00Z" },
        });
        let progress = app.post_as(&lena, &watch, body).await.expect(200);
        most = most.max(progress.at("/watchedSeconds").as_f64().unwrap());
    }
    let put = app
        .put_as(&lena, &format!("/lessons/{}/progress", lessons[0]), json!({ "percent": 100 }))
        .await
        .expect(200);
    most = most.max(put.at("/watchedSeconds").as_f64().unwrap());
    let item = json!({ "lessonId": lessons[0], "percent": 100 });
    let sent =
        app.post_as(&lena, "/me/progress/batch", json!({ "items": vec![item; 200] })).await.expect(200);
    most = most.max(sent.at("/results/199/lessonProgress/watchedSeconds").as_f64().unwrap());
    // The tolerance, plus the duration of the test itself.
    assert!((30.0..200.0).contains(&most), "{most} s were credited");
    assert_eq!(sent.at("/results/0/lessonProgress/isCompleted"), false);
    // The percentage never falls, and rises with the clock.
    app.clock.advance(Duration::minutes(10));
    let later = app.post_as(&lena, &watch, json!({})).await.expect(200);
    assert_eq!((later.at("/watchTimePercent"), later.at("/isCompleted")), (json!(100.0), json!(true)));
}

#[both_databases]
async fn an_invalid_heartbeat_is_refused(app: App) {
    let (lena, lesson) = watcher(&app).await;
    let watch = format!("{lesson}/watch");
    let reasons = async |body: Value| {
        app.post_as(&lena, &watch, body).await.expect_problem(422, "validation_failed").errors()
    };
    assert_eq!(
        reasons(json!({ "ranges": [{ "from": 5, "to": 1 }, { "from": 1, "to": 0 }] })).await,
        ["/ranges/0 reversed", "/ranges/1 reversed"]
    );
    assert_eq!(reasons(json!({ "ranges": [{ "from": -5, "to": 1 }] })).await, ["/ranges/0/from too_small"]);
    assert_eq!(reasons(json!({ "ranges": [{ "from": 5, "to": 1e308 }] })).await, ["/ranges/0/to too_large"]);
    assert_eq!(
        reasons(json!({ "ranges": vec![json!({ "from": 1, "to": 2 }); 101] })).await,
        ["/ranges too_many"]
    );
    assert_eq!(reasons(json!({ "percent": 1e308 })).await, ["/percent too_large"]);
    assert_eq!(reasons(json!({ "positionSeconds": -1 })).await, ["/positionSeconds too_small"]);
    assert_eq!(
        reasons(json!({ "sessionId": "x", "speed": 2 })).await,
        ["/sessionId bad_format", "/speed unknown_member"]
    );
    let time = json!({ "positionSeconds": 1, "playedAt": "2026-11-20T23:59:60Z" });
    assert_eq!(reasons(time).await, ["/playedAt bad_format"]);
}

#[both_databases]
async fn a_heartbeat_that_is_no_json_is_refused(app: App) {
    let (lena, lesson) = watcher(&app).await;
    let watch = format!("{lesson}/watch");
    for broken in
        ["{\"percent\": NaN}", "{\"percent\": 1e999}", "{\"ranges\": [{\"from\": Infinity, \"to\": 1}]}"]
    {
        let request = app
            .request("POST", &watch)
            .bearer_auth(&lena.token)
            .header("content-type", "application/json")
            .body(broken);
        app.send(request).await.expect_problem(400, "malformed_request");
    }
}

#[both_databases]
async fn the_number_of_ranges_and_items_is_limited(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    let reasons = async |body: Value| {
        app.post_as(&lena, &watch, body).await.expect_problem(422, "validation_failed").errors()
    };
    assert_eq!(
        reasons(json!({ "ranges": vec![json!({ "from": 1, "to": 2 }); 10_000] })).await,
        ["/ranges too_many"]
    );
    let item = json!({ "lessonId": lessons[0] });
    let far = json!({ "items": vec![item.clone(); 10_000] });
    assert_eq!(
        app.post_as(&lena, "/me/progress/batch", far).await.expect_problem(422, "validation_failed").errors(),
        ["/items too_many"]
    );
    let progress = app
        .post_as(&lena, "/me/progress/batch", json!({ "items": vec![item; 201] }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(progress.errors(), ["/items too_many"]);
}

#[both_databases]
async fn ranges_are_merged_and_cut_at_the_end(app: App) {
    let (lena, lesson) = watcher(&app).await;
    let watch = format!("{lesson}/watch");
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    app.clock.advance(Duration::minutes(10));
    let cut = json!({ "ranges": [{ "from": 580, "to": 86_400 }, { "from": 570, "to": 590 }], "positionSeconds": 86_400 });
    let cut = app.post_as(&lena, &watch, cut).await.expect(200);
    assert_eq!(
        (cut.at("/ranges"), cut.at("/positionSeconds")),
        (json!([{ "from": 570, "to": 600 }]), json!(600.0))
    );
}

#[both_databases]
async fn nine_tenths_complete_a_lesson_of_any_length(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, chapter, _) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    for minutes in [1, 2, 5, 60] {
        let lesson = app.lesson(&elena, &chapter).await;
        let video = json!({ "videoUrl": "https://videos.example.com/a.mp4", "duration": minutes });
        app.patch_as(&elena, &format!("/lessons/{lesson}"), "*", video).await.expect(200);
        let watch = format!("/lessons/{lesson}/watch");
        app.post_as(&lena, &watch, json!({})).await.expect(200);
        app.clock.advance(Duration::minutes(minutes / 2 + 1));
        let lena = app.login(&lena.email, PASSWORD).await;
        let enough = f64::from(i32::try_from(minutes).unwrap()) * 54.0;
        for (seconds, is_completed) in [(enough - 1.0, false), (enough, true)] {
            let answer = app.post_as(&lena, &watch, played(0.0, seconds)).await.expect(200);
            assert_eq!(answer.at("/isCompleted"), is_completed, "{seconds} s of {minutes} minutes");
        }
    }
}

#[both_databases]
async fn a_video_that_ends_before_the_minutes_of_its_author_is_marked_as_done(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    for (minutes, not_enough, enough) in [(1, 26.0, 27.0), (2, 53.0, 54.0)] {
        let video =
            json!({ "videoUrl": format!("https://videos.example.com/{minutes}.mp4"), "duration": minutes });
        let lesson = format!("/lessons/{}", lessons[minutes - 1]);
        app.patch_as(&elena, &lesson, "*", video).await.expect(200);
        app.post_as(&lena, &format!("{lesson}/watch"), json!({})).await.expect(200);
        app.clock.advance(Duration::minutes(2));
        app.post_as(&lena, &format!("{lesson}/watch"), played(0.0, not_enough)).await.expect(200);
        app.post_empty_as(&lena, &format!("{lesson}/complete"))
            .await
            .expect_problem(409, "completed_by_watching");
        app.post_as(&lena, &format!("{lesson}/watch"), played(0.0, enough)).await.expect(200);
        let done = app.post_empty_as(&lena, &format!("{lesson}/complete")).await.expect(200);
        assert_eq!(done.at("/isCompleted"), true);
    }
}

#[both_databases]
async fn a_playback_session_is_private(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, chapter, lessons) = course_with_video(&app, &elena).await;
    let video = json!({ "videoUrl": "https://videos.example.com/b.mp4", "duration": 10 });
    app.patch_as(&elena, &format!("/lessons/{}", lessons[1]), "*", video).await.expect(200);
    for who in [&lena, &tom] {
        app.post_empty_as(who, &format!("/courses/{course}/enroll")).await.expect(201);
    }
    let session = "0198c0de-0000-7000-8000-00000000aaaa";
    let beat = json!({ "sessionId": session, "ranges": [{ "from": 0, "to": 20 }], "positionSeconds": 20 });
    app.post_as(&lena, &format!("/lessons/{}/watch", lessons[0]), beat.clone()).await.expect(200);
    // The same session of another user, or of another lesson, is theirs alone.
    let toms = app
        .post_as(&tom, &format!("/lessons/{}/watch", lessons[0]), json!({ "sessionId": session }))
        .await
        .expect(200);
    assert_eq!((toms.at("/watchedSeconds"), toms.at("/positionSeconds")), (json!(0), Value::Null));
    let other = app
        .post_as(&lena, &format!("/lessons/{}/watch", lessons[1]), json!({ "sessionId": session }))
        .await
        .expect(200);
    assert_eq!(other.at("/watchedSeconds"), 0);
    assert_eq!(
        app.get_as(&lena, &format!("/lessons/{}/progress", lessons[0]))
            .await
            .expect(200)
            .at("/watchedSeconds"),
        20
    );
    // A lesson from which somebody has learnt is not deleted; one that is not there cannot be watched.
    app.delete_as(&elena, &format!("/lessons/{}", lessons[0]))
        .await
        .expect_problem(409, "course_has_learners");
    app.delete_as(&elena, &format!("/chapters/{chapter}")).await.expect_problem(409, "course_has_learners");
    let third = app.lesson(&elena, &chapter).await;
    app.delete_as(&elena, &format!("/lessons/{third}")).await.expect(204);
    app.post_as(&lena, &format!("/lessons/{third}/watch"), beat).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_video_of_unknown_length_is_completed_by_hand(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    for unknown in [json!(0), Value::Null] {
        app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", json!({ "duration": unknown }))
            .await
            .expect(200);
        app.clock.advance(Duration::minutes(5));
        let watch = format!("/lessons/{}/watch", lessons[0]);
        let progress = app.post_as(&lena, &watch, played(0.0, 30.0)).await.expect(200);
        assert_eq!(
            (
                progress.at("/watchTimePercent"),
                progress.at("/watchedSeconds"),
                progress.at("/durationSeconds")
            ),
            (json!(0.0), json!(30), Value::Null)
        );
        let refused = app
            .post_as(&lena, &watch, json!({ "percent": 50 }))
            .await
            .expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), ["/percent duration_unknown"]);
    }
    app.post_empty_as(&lena, &format!("/lessons/{}/complete", lessons[0])).await.expect(200);
}

#[both_databases]
async fn a_lesson_with_a_video_is_completed_by_watching(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    app.patch_as(
        &elena,
        &format!("/lessons/{}", lessons[0]),
        "*",
        json!({ "videoUrl": "https://videos.example.com/a.mp4", "duration": 10 }),
    )
    .await
    .expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.post_empty_as(&lena, &format!("/lessons/{}/complete", lessons[0]))
        .await
        .expect_problem(409, "completed_by_watching");
}
