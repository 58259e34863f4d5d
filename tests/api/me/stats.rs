//! `GET /me/stats`: days and streaks.

use chrono::Duration;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, PASSWORD, Person,
    watching::{course_with_video, watcher},
};

#[both_databases]
async fn days_and_streaks_use_the_learners_time_zone(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let video = json!({ "videoUrl": "https://videos.example.com/a.mp4", "duration": 10 });
    app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", video).await.expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    app.post_as(&lena, &watch, json!({ "ranges": [{ "from": 0, "to": 20 }] })).await.expect(200);
    app.clock.advance(Duration::days(1));
    let lena = app.login(&lena.email, PASSWORD).await;
    app.post_as(&lena, &watch, json!({ "ranges": [{ "from": 20, "to": 120 }] })).await.expect(200);
    let stats = app.get_as(&lena, "/me/stats?timezone=Pacific/Auckland&days=3").await.expect(200);
    assert_eq!(
        (stats.at("/watchedSeconds"), stats.at("/currentStreakDays"), stats.at("/longestStreakDays")),
        (json!(120), json!(2), json!(2))
    );
    assert_eq!(
        (stats.at("/days/1/watchedSeconds"), stats.at("/days/2/watchedSeconds")),
        (json!(20), json!(100))
    );
    app.clock.advance(Duration::days(2));
    let lena = app.login(&lena.email, PASSWORD).await;
    assert_eq!(app.get_as(&lena, "/me/stats").await.expect(200).at("/currentStreakDays"), 0);
    let refused = app
        .get_as(&lena, "/me/stats?timezone=Atlantis/Poseidonis")
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["?timezone unknown_timezone"]);
}

#[both_databases]
async fn time_watched_offline_counts_on_its_own_day(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", json!({ "duration": 60 }))
        .await
        .expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
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
    let mut items: Vec<Value> =
        (0..3).flat_map(|day| (0..20).map(move |n| (day, n))).map(|(day, n)| slice(day, n)).collect();
    items.reverse();
    items.push(json!({ "lessonId": lessons[0], "ranges": [{ "from": 3000, "to": 3010 }], "playedAt": "2020-01-01T00:00:00Z" }));
    app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
    // In a zone where the day begins when it was opened.
    let stats = app.get_as(&lena, "/me/stats?days=4").await.expect(200);
    let sum: u64 =
        stats.at("/days").as_array().unwrap().iter().map(|day| day["watchedSeconds"].as_u64().unwrap()).sum();
    let days: Vec<u64> = stats
        .at("/days")
        .as_array()
        .unwrap()
        .iter()
        .map(|day| day["watchedSeconds"].as_u64().unwrap())
        .collect();
    assert_eq!((sum, stats.at("/watchedSeconds")), (610, json!(610)));
    assert!(days.iter().filter(|seconds| **seconds >= 190).count() >= 2 && days[3] < 210, "{days:?}");
}

async fn streak(app: &App, email: &str) -> (Value, Vec<Value>, Vec<Value>) {
    let lena = app.login(email, PASSWORD).await;
    let stats = app.get_as(&lena, "/me/stats?days=2").await.expect(200);
    let of_days = |member: &str| {
        let days = stats.at("/days");
        days.as_array().unwrap().iter().map(|day| day[member].clone()).collect::<Vec<_>>()
    };
    (stats.at("/currentStreakDays"), of_days("watchedSeconds"), of_days("isActive"))
}

#[both_databases]
async fn watching_the_same_video_again_counts_for_its_day(app: App) {
    let (lena, lesson) = watcher(&app).await;
    for day in 0..2 {
        app.clock.advance(Duration::days(day));
        let lena = app.login(&lena.email, PASSWORD).await;
        app.post_as(&lena, &format!("{lesson}/watch"), json!({ "ranges": [] })).await.expect(200);
        app.clock.advance(Duration::minutes(9));
        let all = json!({ "ranges": [{ "from": 0, "to": 600 }] });
        // Twice, as somebody sends it who did not hear the answer.
        for _ in 0..2 {
            let answer = app.post_as(&lena, &format!("{lesson}/watch"), all.clone()).await.expect(200);
            assert_eq!((answer.at("/isCompleted"), answer.at("/watchedSeconds")), (json!(true), json!(600)));
        }
    }
    assert_eq!(
        streak(&app, &lena.email).await,
        (json!(2), vec![json!(600), json!(600)], vec![json!(true), json!(true)])
    );
    // Completion is that of the first day.
    let lena = app.login(&lena.email, PASSWORD).await;
    let progress = app.get_as(&lena, &format!("{lesson}/progress")).await.expect(200);
    assert_eq!(progress.at("/watchTimePercent"), json!(100.0));
    assert_eq!(app.count("SELECT count(*) FROM outbox WHERE kind = 'lesson.completed'").await, 1);
}

#[both_databases]
async fn reading_a_text_again_counts_for_its_day(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    let lesson = format!("/lessons/{}", lessons[0]);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.post_empty_as(&lena, &format!("{lesson}/complete")).await.expect(200);
    app.clock.advance(Duration::days(1));
    let lena = app.login(&lena.email, PASSWORD).await;
    assert_eq!(streak(&app, &lena.email).await.2, [json!(true), json!(false)]);
    app.get_as(&lena, &lesson).await.expect(200);
    assert_eq!(
        streak(&app, &lena.email).await,
        (json!(2), vec![json!(0), json!(0)], vec![json!(true), json!(true)])
    );
    let learners =
        app.get_as(&app.login(&elena.email, PASSWORD).await, &format!("/courses/{course}/learners")).await;
    assert!(learners.expect(200).text_at("/data/0/lastActiveAt") > lena_enrolled_at(&app, &lena).await);
    // A trainer who looks at the own lesson does not learn, nor does whoever may not read it.
    let (elena, tom) = (app.login(&elena.email, PASSWORD).await, app.learner().await);
    app.get_as(&elena, &lesson).await.expect(200);
    app.get_as(&tom, &lesson).await.expect_problem(403, "not_granted");
    for who in [&elena, &tom] {
        assert_eq!(streak(&app, &who.email).await.0, json!(0));
    }
}

async fn lena_enrolled_at(app: &App, lena: &Person) -> String {
    app.get_as(lena, "/me/enrollments").await.expect(200).text_at("/data/0/enrolledAt")
}

#[both_databases]
async fn marking_a_lesson_again_counts_for_its_day_and_a_reset_takes_it_back(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    for day in 0..2 {
        app.clock.advance(Duration::days(day));
        let lena = app.login(&lena.email, PASSWORD).await;
        app.post_empty_as(&lena, &format!("/lessons/{}/complete", lessons[0])).await.expect(200);
    }
    assert_eq!(streak(&app, &lena.email).await.0, json!(2));
    let elena = app.login(&elena.email, PASSWORD).await;
    let reset = format!("/courses/{course}/learners/{}/reset", lena.id);
    app.post_as(&elena, &reset, json!({})).await.expect(200);
    assert_eq!(streak(&app, &lena.email).await.0, json!(0));
}
