use chrono::Duration;
use futures_util::{StreamExt, future::join, stream::FuturesUnordered};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::support::{App, PASSWORD, Person, Store, Wire, as_role, eventually, on_both_databases};

/// A published course whose first lesson has a video of ten minutes: course, chapter, lessons.
async fn with_video(app: &App, trainer: &Person) -> (String, String, [String; 2]) {
    let made = app.course(trainer, json!({})).await;
    let video = json!({ "videoUrl": "https://videos.example.com/a.mp4", "duration": 10 });
    app.patch_as(trainer, &format!("/lessons/{}", made.2[0]), "*", video)
        .await
        .expect(200);
    made
}

fn played(from: f64, to: f64) -> Value {
    json!({ "ranges": [{ "from": from, "to": to }], "positionSeconds": to })
}

/// A learner of such a course, and its first lesson.
async fn watcher(app: &App) -> (Person, String) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, [lesson, _]) = with_video(app, &elena).await;
    app.act_as(&lena, &format!("/courses/{course}/enroll"))
        .await
        .expect(201);
    (lena, format!("/lessons/{lesson}"))
}

/// Waits until the flusher stands before a lock.
async fn held_up(app: &App) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("a heartbeat at the lock", || async {
        (app.count(waiting).await == 1).then_some(())
    })
    .await;
}

on_both_databases! {
    async fn watching_a_lesson_completes_it_and_the_course(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, chapter, lessons) = with_video(&app, &elena).await;
        let watch = format!("/lessons/{}/watch", lessons[0]);
        app.post_as(&lena, &watch, json!({})).await.refused(403, "not_granted");
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let opened = app.post_as(&lena, &watch, json!({ "positionSeconds": 0 })).await.expect(200);
        assert_eq!((opened.at("/watchTimePercent"), opened.at("/durationSeconds"), opened.at("/ranges")), (json!(0.0), json!(600), json!([])));
        app.clock.advance(Duration::minutes(5));
        let session = "0198c0de-0000-7000-8000-00000000aaaa";
        let mut half = played(0.0, 300.0);
        half["sessionId"] = json!(session);
        let half = app.post_as(&lena, &watch, half).await.expect(200);
        assert_eq!((half.at("/watchTimePercent"), half.at("/watchedSeconds"), half.at("/isCompleted")), (json!(50.0), json!(300), json!(false)));
        assert_eq!((half.at("/positionSeconds"), half.at("/sessionId")), (json!(300.0), json!(session)));
        // Going back and watching the same again adds nothing.
        app.clock.advance(Duration::minutes(5));
        let again = app.post_as(&lena, &watch, played(100.0, 300.0)).await.expect(200);
        assert_eq!((again.at("/watchedSeconds"), again.at("/ranges")), (json!(300), json!([{ "from": 0, "to": 300 }])));
        // The last minutes are skipped: nine tenths are enough.
        let done = app.post_as(&lena, &watch, played(300.4, 541.0)).await.expect(200);
        assert_eq!((done.at("/isCompleted"), done.at("/watchedSeconds")), (json!(true), json!(541)));
        let read = app.get_as(&lena, &format!("/lessons/{}/progress", lessons[0])).await.expect(200);
        assert_eq!((read.at("/completedAt"), read.at("/ranges")), (done.at("/completedAt"), json!([{ "from": 0, "to": 541 }])));
        let later = app.post_as(&lena, &watch, played(541.0, 600.0)).await.expect(200);
        assert_eq!((later.at("/completedAt"), later.at("/watchTimePercent")), (done.at("/completedAt"), json!(100.0)));
        // The other lesson has none and is marked; with it the chapter and the course are complete.
        app.post_as(&lena, &format!("/lessons/{}/watch", lessons[1]), json!({})).await.refused(409, "no_video");
        app.act_as(&lena, &format!("/lessons/{}/complete", lessons[1])).await.expect(200);
        let whole = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
        assert_eq!((whole.at("/isCompleted"), whole.at("/chapters/0/isCompleted")), (json!(true), json!(true)));
        assert_eq!((whole.at("/chapters/0/lessons/0/watchTimePercent"), whole.at("/chapters/0/lessons/0/positionSeconds")), (json!(100.0), json!(600.0)));
        assert_eq!(app.get_as(&lena, &format!("/chapters/{chapter}/progress")).await.expect(200).at("/isCompleted"), true);
        for kind in ["lesson.completed", "chapter.completed", "course.completed"] {
            assert_eq!(app.count(&format!("SELECT count(*) FROM outbox WHERE kind = '{kind}'")).await, if kind == "lesson.completed" { 2 } else { 1 });
        }
    }

    async fn a_script_is_credited_the_slack_and_no_more(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let watch = format!("/lessons/{}/watch", lessons[0]);
        let mut most = 0.0_f64;
        for number in 0..20 {
            // A session each, a clock a year off either way.
            let body = json!({
                "sessionId": format!("0198c0de-0000-7000-8000-0000000000{number:02}"), "percent": 100,
                "ranges": [{ "from": 0, "to": 600 }], "playedAt": if number % 2 == 0 { "2020-01-01T00:00:00Z" } else { "2099-01-01T00:00:00Z" },
            });
            let told = app.post_as(&lena, &watch, body).await.expect(200);
            most = most.max(told.at("/watchedSeconds").as_f64().unwrap());
        }
        let put = app.put_as(&lena, &format!("/lessons/{}/progress", lessons[0]), json!({ "percent": 100 })).await.expect(200);
        most = most.max(put.at("/watchedSeconds").as_f64().unwrap());
        let item = json!({ "lessonId": lessons[0], "percent": 100 });
        let sent = app.post_as(&lena, "/me/progress/batch", json!({ "items": vec![item; 200] })).await.expect(200);
        most = most.max(sent.at("/results/199/lessonProgress/watchedSeconds").as_f64().unwrap());
        // The slack, and twice what the test itself took.
        assert!((30.0..200.0).contains(&most), "{most} s were credited");
        assert_eq!(sent.at("/results/0/lessonProgress/isCompleted"), false);
        // The percentage never falls, and goes up with the clock.
        app.clock.advance(Duration::minutes(10));
        let later = app.post_as(&lena, &watch, json!({})).await.expect(200);
        assert_eq!((later.at("/watchTimePercent"), later.at("/isCompleted")), (json!(100.0), json!(true)));
    }

    async fn an_hour_offline_is_credited_when_it_comes(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", json!({ "duration": 60 })).await.expect(200);
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        app.post_as(&lena, &format!("/lessons/{}/watch", lessons[0]), json!({})).await.expect(200);
        app.clock.advance(Duration::hours(1));
        let lena = app.login(&lena.email, PASSWORD).await;
        // Out of order and twice, with things among them that are not to be had.
        let mut items: Vec<Value> = (0..36).rev().map(|beat| {
            let from = f64::from(beat) * 100.0;
            json!({ "lessonId": lessons[0], "ranges": [{ "from": from, "to": from + 100.0 }] })
        }).collect();
        items.extend(items.clone());
        items.push(json!({ "lessonId": "0198c0de-0000-7000-8000-000000000001", "percent": 5 }));
        items.push(json!({ "lessonId": lessons[1] }));
        items.push(json!({ "lessonId": lessons[0], "ranges": [{ "from": 9, "to": 3 }] }));
        let sent = app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
        assert_eq!((sent.at("/results/71/lessonProgress/watchTimePercent"), sent.at("/results/71/isAccepted")), (json!(100.0), json!(true)));
        assert_eq!((sent.at("/results/72/code"), sent.at("/results/73/code")), (json!("not_found"), json!("no_video")));
        assert_eq!(sent.at("/results/74/errors/0/pointer"), "/items/74/ranges/0");
        let read = app.get_as(&lena, &format!("/lessons/{}/progress", lessons[0])).await.expect(200);
        assert_eq!((read.at("/isCompleted"), read.at("/ranges")), (json!(true), json!([{ "from": 0, "to": 3600 }])));
    }

    async fn what_cannot_be_meant_is_refused(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let watch = format!("/lessons/{}/watch", lessons[0]);
        let reasons = async |body: Value| app.post_as(&lena, &watch, body).await.refused(422, "validation_failed").reasons();
        assert_eq!(reasons(json!({ "ranges": [{ "from": 5, "to": 1 }, { "from": 1, "to": 0 }] })).await, ["/ranges/0 reversed", "/ranges/1 reversed"]);
        assert_eq!(reasons(json!({ "ranges": [{ "from": -5, "to": 1 }] })).await, ["/ranges/0/from too_small"]);
        assert_eq!(reasons(json!({ "ranges": [{ "from": 5, "to": 1e308 }] })).await, ["/ranges/0/to too_large"]);
        assert_eq!(reasons(json!({ "ranges": vec![json!({ "from": 1, "to": 2 }); 101] })).await, ["/ranges too_many"]);
        assert_eq!(reasons(json!({ "percent": 1e308 })).await, ["/percent too_large"]);
        assert_eq!(reasons(json!({ "positionSeconds": -1 })).await, ["/positionSeconds too_small"]);
        assert_eq!(reasons(json!({ "sessionId": "x", "speed": 2 })).await, ["/sessionId bad_format", "/speed unknown_member"]);
        for broken in ["{\"percent\": NaN}", "{\"percent\": 1e999}", "{\"ranges\": [{\"from\": Infinity, \"to\": 1}]}"] {
            let request = app.request("POST", &watch).bearer_auth(&lena.token).header("content-type", "application/json").body(broken);
            app.send(request).await.refused(400, "malformed_request");
        }
        // Ten thousand ranges, or items, are more than there may be.
        assert_eq!(reasons(json!({ "ranges": vec![json!({ "from": 1, "to": 2 }); 10_000] })).await, ["/ranges too_many"]);
        let item = json!({ "lessonId": lessons[0] });
        let far = json!({ "items": vec![item.clone(); 10_000] });
        assert_eq!(app.post_as(&lena, "/me/progress/batch", far).await.refused(422, "validation_failed").reasons(), ["/items too_many"]);
        let told = app.post_as(&lena, "/me/progress/batch", json!({ "items": vec![item; 201] })).await.refused(422, "validation_failed");
        assert_eq!(told.reasons(), ["/items too_many"]);
        let time = json!({ "positionSeconds": 1, "playedAt": "2026-11-20T23:59:60Z" });
        assert_eq!(reasons(time).await, ["/playedAt bad_format"]);
        // Beyond the end is cut off; overlapping is united.
        app.post_as(&lena, &watch, json!({})).await.expect(200);
        app.clock.advance(Duration::minutes(10));
        let cut = json!({ "ranges": [{ "from": 580, "to": 86_400 }, { "from": 570, "to": 590 }], "positionSeconds": 86_400 });
        let cut = app.post_as(&lena, &watch, cut).await.expect(200);
        assert_eq!((cut.at("/ranges"), cut.at("/positionSeconds")), (json!([{ "from": 570, "to": 600 }]), json!(600.0)));
    }

    async fn an_item_that_is_no_heartbeat_is_refused_alone(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let (id, good) = (&lessons[0], json!({ "lessonId": lessons[0], "ranges": [{ "from": 0, "to": 5 }] }));
        let items = json!([
            good, { "lessonId": id, "chapterId": id }, {}, { "lessonId": id, "ranges": [{ "from": 0, "to": null }, { "from": 0, "to": 86_401 }] },
            { "lessonId": id, "percent": 100.5 }, { "lessonId": id, "speed": 2 }, 7, { "lessonId": id, "ranges": [{ "from": 5, "to": 3 }] }, good,
        ]);
        let sent = app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
        let of = |index: usize| {
            let errors = sent.at(&format!("/results/{index}/errors"));
            let errors = errors.as_array().unwrap().iter();
            let errors: Vec<String> = errors.map(|error| format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect();
            (sent.at(&format!("/results/{index}/code")), errors)
        };
        let refused = |reasons: &[&str]| (json!("validation_failed"), reasons.iter().map(|reason| (*reason).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(0), (Value::Null, Vec::new()));
        assert_eq!(of(1), refused(&["/items/1 not_one_subject"]));
        assert_eq!(of(2), refused(&["/items/2 not_one_subject"]));
        assert_eq!(of(3), refused(&["/items/3/ranges/0/to wrong_type", "/items/3/ranges/1/to too_large"]));
        assert_eq!(of(4), refused(&["/items/4/percent too_large"]));
        assert_eq!(of(5), refused(&["/items/5/speed unknown_member"]));
        assert_eq!(of(6), refused(&["/items/6 wrong_type"]));
        assert_eq!(of(7), refused(&["/items/7/ranges/0 reversed"]));
        assert_eq!(of(8), (Value::Null, Vec::new()));
        assert_eq!(sent.at("/results/8/lessonProgress/ranges"), json!([{ "from": 0, "to": 5 }]));
        // What is wrong with the batch itself refuses it.
        let odd = json!({ "items": [good, {}], "when": 1 });
        assert_eq!(app.post_as(&lena, "/me/progress/batch", odd).await.refused(422, "validation_failed").reasons(), ["/when unknown_member"]);
        // As many ranges as are allowed in as many items fit in: that is more than other bodies may have.
        let full = json!({ "lessonId": id, "ranges": vec![json!({ "from": 100.25, "to": 101.25 }); 100] });
        let sent = app.post_as(&lena, "/me/progress/batch", json!({ "items": vec![full; 200] })).await.expect(200);
        assert_eq!(sent.at("/results/199/isAccepted"), true);
    }

    async fn time_offline_is_booked_when_it_was(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", json!({ "duration": 60 })).await.expect(200);
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        app.post_as(&lena, &format!("/lessons/{}/watch", lessons[0]), json!({})).await.expect(200);
        let opened = app.db.environment().now();
        app.clock.advance(Duration::days(3));
        let lena = app.login(&lena.email, PASSWORD).await;
        // A slice a minute, of three days, the latest first; one from before it was opened counts as of then.
        let slice = |day: i64, n: i64| {
            let from = (day * 20 + n) * 10;
            let at = opened + Duration::days(day) + Duration::minutes(n);
            json!({ "lessonId": lessons[0], "ranges": [{ "from": from, "to": from + 10 }], "playedAt": at.to_rfc3339() })
        };
        let mut items: Vec<Value> = (0..3).flat_map(|day| (0..20).map(move |n| (day, n))).map(|(day, n)| slice(day, n)).collect();
        items.reverse();
        items.push(json!({ "lessonId": lessons[0], "ranges": [{ "from": 3000, "to": 3010 }], "playedAt": "2020-01-01T00:00:00Z" }));
        app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
        // In a zone where the day begins when it was opened.
        let stats = app.get_as(&lena, "/me/stats?days=4").await.expect(200);
        let sum: u64 = stats.at("/days").as_array().unwrap().iter().map(|day| day["watchedSeconds"].as_u64().unwrap()).sum();
        let days: Vec<u64> = stats.at("/days").as_array().unwrap().iter().map(|day| day["watchedSeconds"].as_u64().unwrap()).collect();
        assert_eq!((sum, stats.at("/watchedSeconds")), (610, json!(610)));
        assert!(days.iter().filter(|seconds| **seconds >= 190).count() >= 2 && days[3] < 210, "{days:?}");
    }

    async fn a_set_of_ranges_does_not_grow_without_bound(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", json!({ "duration": 60 })).await.expect(200);
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        // Every third second of an hour.
        let item = |n: u32| {
            let ranges: Vec<Value> = (0..100).map(|run| (n * 100 + run) * 3).map(|from| json!({ "from": from, "to": from + 1 })).collect();
            json!({ "lessonId": lessons[0], "ranges": ranges })
        };
        let items: Vec<Value> = (0..12).map(item).collect();
        let sent = app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
        assert_eq!(sent.at("/results/11/lessonProgress/ranges").as_array().unwrap().len(), 1_000);
    }

    async fn a_video_may_be_shorter_than_whole_minutes(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        for (minutes, not_enough, enough) in [(1, 26.0, 27.0), (2, 53.0, 64.0)] {
            let video = json!({ "videoUrl": format!("https://videos.example.com/{minutes}.mp4"), "duration": minutes });
            let lesson = &lessons[minutes - 1];
            app.patch_as(&elena, &format!("/lessons/{lesson}"), "*", video).await.expect(200);
            let watch = format!("/lessons/{lesson}/watch");
            app.post_as(&lena, &watch, json!({})).await.expect(200);
            app.clock.advance(Duration::minutes(2));
            assert_eq!(app.post_as(&lena, &watch, played(0.0, not_enough)).await.expect(200).at("/isCompleted"), false);
            assert_eq!(app.post_as(&lena, &watch, played(0.0, enough)).await.expect(200).at("/isCompleted"), true);
        }
    }

    async fn a_session_is_nobodys_key(app: App) {
        let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
        let (course, chapter, lessons) = with_video(&app, &elena).await;
        let video = json!({ "videoUrl": "https://videos.example.com/b.mp4", "duration": 10 });
        app.patch_as(&elena, &format!("/lessons/{}", lessons[1]), "*", video).await.expect(200);
        for who in [&lena, &tom] {
            app.act_as(who, &format!("/courses/{course}/enroll")).await.expect(201);
        }
        let session = "0198c0de-0000-7000-8000-00000000aaaa";
        let beat = json!({ "sessionId": session, "ranges": [{ "from": 0, "to": 20 }], "positionSeconds": 20 });
        app.post_as(&lena, &format!("/lessons/{}/watch", lessons[0]), beat.clone()).await.expect(200);
        // The same session of another user, or of another lesson, is theirs alone.
        let toms = app.post_as(&tom, &format!("/lessons/{}/watch", lessons[0]), json!({ "sessionId": session })).await.expect(200);
        assert_eq!((toms.at("/watchedSeconds"), toms.at("/positionSeconds")), (json!(0), Value::Null));
        let other = app.post_as(&lena, &format!("/lessons/{}/watch", lessons[1]), json!({ "sessionId": session })).await.expect(200);
        assert_eq!(other.at("/watchedSeconds"), 0);
        assert_eq!(app.get_as(&lena, &format!("/lessons/{}/progress", lessons[0])).await.expect(200).at("/watchedSeconds"), 20);
        // A lesson from which somebody has learnt is not deleted; one that is not there cannot be watched.
        app.delete_as(&elena, &format!("/lessons/{}", lessons[0])).await.refused(409, "course_has_learners");
        app.delete_as(&elena, &format!("/chapters/{chapter}")).await.refused(409, "course_has_learners");
        let third = app.lesson(&elena, &chapter).await;
        app.delete_as(&elena, &format!("/lessons/{third}")).await.expect(204);
        app.post_as(&lena, &format!("/lessons/{third}/watch"), beat).await.refused(404, "not_found");
    }

    async fn a_length_that_nobody_knows_is_no_percentage_and_completed_by_mark(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        for unknown in [json!(0), Value::Null] {
            app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", json!({ "duration": unknown })).await.expect(200);
            app.clock.advance(Duration::minutes(5));
            let watch = format!("/lessons/{}/watch", lessons[0]);
            let told = app.post_as(&lena, &watch, played(0.0, 30.0)).await.expect(200);
            assert_eq!((told.at("/watchTimePercent"), told.at("/watchedSeconds"), told.at("/durationSeconds")), (json!(0.0), json!(30), Value::Null));
            let refused = app.post_as(&lena, &watch, json!({ "percent": 50 })).await.refused(422, "validation_failed");
            assert_eq!(refused.reasons(), ["/percent duration_unknown"]);
        }
        app.act_as(&lena, &format!("/lessons/{}/complete", lessons[0])).await.expect(200);
    }

    async fn what_nobody_announced_is_seen_within_a_minute(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let watch = format!("/lessons/{}/watch", lessons[0]);
        app.post_as(&lena, &watch, json!({})).await.expect(200);
        app.sql("UPDATE grants SET status = 'REFUNDED'").await;
        app.clock.advance(Duration::seconds(60));
        app.post_as(&lena, &watch, json!({})).await.refused(403, "grant_refunded");
        app.sql("UPDATE grants SET status = 'ACTIVE'").await;
        app.post_as(&lena, &watch, json!({})).await.expect(200);
        // What an author does is heard at once.
        app.act_as(&elena, &format!("/lessons/{}/unpublish", lessons[0])).await.expect(200);
        app.post_as(&lena, &watch, json!({})).await.refused(404, "not_found");
    }

    async fn a_chapter_without_lessons_is_watched_itself(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let course = app.draft(&elena, json!({})).await;
        let chapter = app.chapter(&elena, &course, true).await;
        let body = json!({ "videoUrl": "https://videos.example.com/c.mp4", "duration": 1 });
        app.patch_as(&elena, &format!("/chapters/{chapter}"), "*", body).await.expect(200);
        let text = app.chapter(&elena, &course, true).await;
        app.patch_as(&elena, &format!("/chapters/{text}"), "*", json!({ "content": "<p>Breathe.</p>" })).await.expect(200);
        for id in [&chapter, &text] {
            app.act_as(&elena, &format!("/chapters/{id}/publish")).await.expect(200);
        }
        app.act_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
        // A free preview, before any enrollment.
        app.act_as(&lena, &format!("/chapters/{chapter}/complete")).await.refused(409, "completed_by_watching");
        app.post_as(&lena, &format!("/chapters/{chapter}/watch"), json!({})).await.expect(200);
        app.clock.advance(Duration::minutes(1));
        let seen = app.put_as(&lena, &format!("/chapters/{chapter}/progress"), json!({ "percent": 95 })).await.expect(200);
        assert_eq!((seen.at("/isCompleted"), seen.at("/positionSeconds")), (json!(true), json!(57.0)));
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let half = app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200);
        assert_eq!((half.at("/percent"), half.at("/totalLessons"), half.at("/isCompleted")), (json!(50), json!(0), json!(false)));
        app.act_as(&lena, &format!("/chapters/{text}/complete")).await.expect(200);
        assert_eq!(app.get_as(&lena, &format!("/courses/{course}/progress")).await.expect(200).at("/isCompleted"), true);
        // A chapter with lessons is complete when they are.
        let (_, with_lessons, _) = app.course(&elena, json!({})).await;
        app.act_as(&elena, &format!("/chapters/{with_lessons}/complete")).await.refused(409, "completed_by_lessons");
    }

    async fn many_at_once_are_all_there(app: App) {
        let elena = app.trainer().await;
        let (course, _, lessons) = with_video(&app, &elena).await;
        let learners = futures_util::future::join_all((0..8).map(|_| app.learner())).await;
        let watch = format!("/lessons/{}/watch", lessons[0]);
        for learner in &learners {
            app.act_as(learner, &format!("/courses/{course}/enroll")).await.expect(201);
            app.post_as(learner, &watch, json!({})).await.expect(200);
        }
        app.clock.advance(Duration::minutes(10));
        let beats = (0..20).flat_map(|beat| learners.iter().map(move |learner| (beat, learner)));
        let sent = beats.map(|(beat, learner)| app.post_as(learner, &watch, played(f64::from(beat) * 20.0, f64::from(beat) * 20.0 + 10.0)));
        for reply in futures_util::future::join_all(sent).await {
            reply.expect(200);
        }
        for learner in &learners {
            let read = app.get_as(learner, &format!("/lessons/{}/progress", lessons[0])).await.expect(200);
            assert_eq!((read.at("/watchedSeconds"), read.at("/ranges").as_array().unwrap().len()), (json!(200), 20));
        }
    }

    async fn what_another_server_wrote_is_merged_and_not_overwritten(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let watch = format!("/lessons/{}/watch", lessons[0]);
        app.post_as(&lena, &watch, json!({})).await.expect(200);
        app.clock.advance(Duration::minutes(10));
        app.post_as(&lena, &watch, played(0.0, 10.0)).await.expect(200);
        let video = json!({ "videoUrl": "https://videos.example.com/b.mp4", "duration": 10 });
        app.patch_as(&elena, &format!("/lessons/{}", lessons[1]), "*", video).await.expect(200);
        // What this server remembers of one is old now: somebody else has written 100 to 110 s, as the gap and the length.
        let (bytes, id) = if app.url.is_some() {
            ("'\\x640a'", format!("'{}'", lessons[0]))
        } else {
            ("x'640a'", format!("x'{}'", lessons[0].replace('-', "")))
        };
        app.sql(&format!("UPDATE watches SET ranges = {bytes}, version = version + 1 WHERE subject_id = {id}")).await;
        app.post_as(&lena, &format!("/lessons/{}/watch", lessons[1]), played(0.0, 10.0)).await.expect(200);
        let items = [0, 1].map(|n| json!({ "lessonId": lessons[n], "ranges": [{ "from": 200, "to": 210 }] }));
        let told = app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
        assert!(told.at("/results/0/isAccepted") == true && told.at("/results/1/isAccepted") == true, "{}", told.text);
        for (lesson, first) in [(&lessons[0], json!({ "from": 100, "to": 110 })), (&lessons[1], json!({ "from": 0, "to": 10 }))] {
            let read = app.get_as(&lena, &format!("/lessons/{lesson}/progress")).await.expect(200);
            assert_eq!(read.at("/ranges"), json!([first, { "from": 200, "to": 210 }]));
        }
    }

    async fn what_cannot_be_written_fails_alone(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        let video = json!({ "videoUrl": "https://videos.example.com/b.mp4", "duration": 10 });
        app.patch_as(&elena, &format!("/lessons/{}", lessons[1]), "*", video).await.expect(200);
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        for lesson in &lessons {
            app.post_as(&lena, &format!("/lessons/{lesson}/watch"), json!({})).await.expect(200);
        }
        // Gone behind the server's back, which may still remember that Lena may watch it.
        let id = if app.url.is_some() { format!("'{}'", lessons[0]) } else { format!("x'{}'", lessons[0].replace('-', "")) };
        app.sql(&format!("DELETE FROM watches WHERE lesson_id = {id}")).await;
        app.sql(&format!("DELETE FROM lessons WHERE id = {id}")).await;
        let items = [json!({ "lessonId": lessons[0] }), json!({ "lessonId": lessons[1], "ranges": [{ "from": 0, "to": 5 }] })];
        let sent = app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
        assert_eq!((sent.at("/results/0/isAccepted"), sent.at("/results/0/code")), (json!(false), json!("not_found")));
        assert_eq!(sent.at("/results/1/lessonProgress/watchedSeconds"), 5);
    }

    async fn a_heartbeat_that_is_not_the_first_is_one_statement(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let watch = format!("/lessons/{}/watch", lessons[0]);
        let mut least = u64::MAX;
        for second in 0..8 {
            let before = app.db.statements();
            app.post_as(&lena, &watch, played(0.0, f64::from(second))).await.expect(200);
            // The worker counts as well, now and then.
            least = least.min(app.db.statements() - before);
        }
        assert_eq!(least, 1);
    }

    /// A player says something every ten seconds: whether it may is not asked anew each time, and still known at once.
    async fn who_loses_access_is_refused_at_the_next_heartbeat(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = with_video(&app, &elena).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let watch = format!("/lessons/{}/watch", lessons[0]);
        app.post_as(&lena, &watch, json!({})).await.expect(200);
        let mut least = u64::MAX;
        for tens in 1..=5_u8 {
            app.clock.advance(Duration::seconds(10));
            let before = app.db.statements();
            app.post_as(&lena, &watch, played(0.0, f64::from(tens) * 10.0)).await.expect(200);
            least = least.min(app.db.statements() - before);
        }
        assert_eq!(least, 1);
        let grants = app.get_as(&elena, &format!("/courses/{course}/grants")).await.expect(200);
        let grant = grants.at("/data/0/id");
        app.post_as(&elena, &format!("/grants/{}/revoke", grant.as_str().unwrap()), json!({ "reason": "It was a mistake." })).await.expect(200);
        app.post_as(&lena, &watch, played(0.0, 60.0)).await.refused(403, "grant_revoked");
    }
}

/// While a commit does not come back, one more waits, and what has no room is turned away at once and lost nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_can_wait_is_told_to_come_back() {
    let app = App::start_with(Store::Postgres, &[("PALESTRA_WATCH_QUEUE", "1")]).await;
    let (lena, lesson) = watcher(&app).await;
    let watch = format!("{lesson}/watch");
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    let mut owner = sqlx::PgConnection::connect(app.url.as_deref().unwrap())
        .await
        .unwrap();
    let mut lock = owner.begin().await.unwrap();
    lock.execute("LOCK TABLE watches IN EXCLUSIVE MODE")
        .await
        .unwrap();
    let beat = |second: u8| app.post_as(&lena, &watch, played(0.0, f64::from(second)));
    let rest = async {
        held_up(&app).await;
        let mut beats: FuturesUnordered<_> = (2..=5).map(beat).collect();
        for _ in 0..3 {
            let refused = beats.next().await.unwrap().refused(503, "overloaded");
            assert_eq!(refused.header("retry-after"), "1");
        }
        lock.rollback().await.unwrap();
        beats.next().await.unwrap()
    };
    let (first, last) = join(beat(1), rest).await;
    first.expect(200);
    let watched = last.expect(200).at("/watchedSeconds");
    let read = app.get_as(&lena, &format!("{lesson}/progress")).await;
    assert_eq!(read.expect(200).at("/watchedSeconds"), watched);
}

/// Whether such a heartbeat was committed is unknown: it is read, and merged once more where it was not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_under_a_heartbeat_loses_none() {
    let app = App::start(Store::Postgres).await;
    let (lena, lesson) = watcher(&app).await;
    let watch = format!("{lesson}/watch");
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    app.clock.advance(Duration::minutes(10));
    let mut owner = sqlx::PgConnection::connect(app.url.as_deref().unwrap())
        .await
        .unwrap();
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() \
               AND usename = 'palestra_worker'";
    // While it waits for the next one.
    owner.execute(end).await.unwrap();
    let told = app.post_as(&lena, &watch, played(0.0, 10.0)).await.expect(200);
    assert_eq!(told.at("/watchedSeconds"), 10);
    // In the middle of one.
    let mut lock = owner.begin().await.unwrap();
    lock.execute("LOCK TABLE watches IN EXCLUSIVE MODE")
        .await
        .unwrap();
    let rest = async {
        held_up(&app).await;
        lock.execute(end).await.unwrap();
        lock.rollback().await.unwrap();
    };
    let (told, ()) = join(app.post_as(&lena, &watch, played(20.0, 30.0)), rest).await;
    assert_eq!(told.expect(200).at("/watchedSeconds"), 20);
    let ranges = json!([{ "from": 0, "to": 10 }, { "from": 20, "to": 30 }]);
    let read = app.get_as(&lena, &format!("{lesson}/progress")).await.expect(200);
    assert_eq!(read.at("/ranges"), ranges);
}

/// It is found as it was to be written, and not written twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_whose_answer_was_lost_is_looked_up() {
    let app = App::start(Store::Postgres).await;
    let wire = Wire::to(app.url.as_deref().unwrap()).await;
    let url = as_role(wire.url(), "palestra_worker");
    let far = app.beside_with(&[("PALESTRA_DATABASE_WORKER_URL", &url)]).await;
    let (lena, lesson) = watcher(&app).await;
    let watch = format!("{lesson}/watch");
    far.post_as(&lena, &watch, json!({})).await.expect(200);
    far.clock.advance(Duration::minutes(10));
    wire.cut();
    let told = far.post_as(&lena, &watch, played(0.0, 10.0)).await.expect(200);
    assert!(wire.was_cut());
    assert_eq!(told.at("/watchedSeconds"), 10);
    assert_eq!(app.count("SELECT version FROM watches").await, 2);
}

/// Row security alone, without the filters of the use cases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watches_are_ones_own_and_written_by_the_worker_alone() {
    let app = App::start(Store::Postgres).await;
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (lena, tom) = (app.learner().await, app.learner().await);
    let (course, _, lessons) = with_video(&app, &elena).await;
    for who in [&lena, &tom] {
        app.act_as(who, &format!("/courses/{course}/enroll"))
            .await
            .expect(201);
        let watch = format!("/lessons/{}/watch", lessons[0]);
        app.post_as(who, &watch, json!({})).await.expect(200);
    }
    let url = as_role(app.url.as_deref().unwrap(), "palestra_app");
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let mut run = async |who: &Person, sql: &str| {
        let mut transaction = connection.begin().await.unwrap();
        let settings = format!(
            "SELECT set_config('app.uid', '{}', true), set_config('app.role', 'USER', true)",
            who.id
        );
        transaction.execute(AssertSqlSafe(settings)).await.unwrap();
        let done = transaction.execute(AssertSqlSafe(sql.to_owned())).await;
        done.ok().map(|done| done.rows_affected())
    };
    let credit = "UPDATE watches SET watched_seconds = 600";
    let put = "INSERT INTO watches SELECT * FROM watches";
    for (who, seen, changed) in [(&lena, 1, 0), (&elena, 2, 2), (&marco, 0, 0)] {
        assert_eq!(run(who, "SELECT 1 FROM watches").await, Some(seen));
        assert_eq!(run(who, credit).await, Some(changed));
        assert_eq!(run(who, put).await, None);
        assert_eq!(run(who, "DELETE FROM watches").await, None);
    }
}
