//! `POST /lessons/{lesson}/watch`: concurrent heartbeats, group commit, broken connections.

use chrono::Duration;
use futures_util::{StreamExt, future::join, stream::FuturesUnordered};
use serde_json::json;
use sqlx::{Connection, Executor};
use test_macros::both_databases;

use crate::support::{
    App, DatabaseKind, TcpProxy, as_role, eventually,
    watching::{course_with_video, played, watcher},
};

/// Waits until a heartbeat waits for a lock.
async fn wait_for_lock(app: &App) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("a heartbeat at the lock", || async { (app.count(waiting).await == 1).then_some(()) }).await;
}

#[both_databases]
async fn concurrent_heartbeats_are_all_recorded(app: App) {
    let elena = app.trainer().await;
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    let learners = futures_util::future::join_all((0..8).map(|_| app.learner())).await;
    let watch = format!("/lessons/{}/watch", lessons[0]);
    for learner in &learners {
        app.post_empty_as(learner, &format!("/courses/{course}/enroll")).await.expect(201);
        app.post_as(learner, &watch, json!({})).await.expect(200);
    }
    app.clock.advance(Duration::minutes(10));
    let beats = (0..20).flat_map(|beat| learners.iter().map(move |learner| (beat, learner)));
    let sent = beats.map(|(beat, learner)| {
        app.post_as(learner, &watch, played(f64::from(beat) * 20.0, f64::from(beat) * 20.0 + 10.0))
    });
    for reply in futures_util::future::join_all(sent).await {
        reply.expect(200);
    }
    for learner in &learners {
        let read = app.get_as(learner, &format!("/lessons/{}/progress", lessons[0])).await.expect(200);
        assert_eq!(
            (read.at("/watchedSeconds"), read.at("/ranges").as_array().unwrap().len()),
            (json!(200), 20)
        );
    }
}

#[both_databases]
async fn ranges_of_another_server_are_merged(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let watch = format!("/lessons/{}/watch", lessons[0]);
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    app.clock.advance(Duration::minutes(10));
    app.post_as(&lena, &watch, played(0.0, 10.0)).await.expect(200);
    let video = json!({ "videoUrl": "https://videos.example.com/b.mp4", "duration": 10 });
    app.patch_as(&elena, &format!("/lessons/{}", lessons[1]), "*", video).await.expect(200);
    // Another server has written the range from 100 to 110 s (gap, length); what this server cached is stale.
    let (bytes, id) = if app.url.is_some() {
        ("'\\x640a'", format!("'{}'", lessons[0]))
    } else {
        ("x'640a'", format!("x'{}'", lessons[0].replace('-', "")))
    };
    app.sql(&format!("UPDATE watches SET ranges = {bytes}, version = version + 1 WHERE subject_id = {id}"))
        .await;
    app.post_as(&lena, &format!("/lessons/{}/watch", lessons[1]), played(0.0, 10.0)).await.expect(200);
    let items = [0, 1].map(|n| json!({ "lessonId": lessons[n], "ranges": [{ "from": 200, "to": 210 }] }));
    let progress = app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
    assert!(
        progress.at("/results/0/isAccepted") == true && progress.at("/results/1/isAccepted") == true,
        "{}",
        progress.text
    );
    for (lesson, first) in
        [(&lessons[0], json!({ "from": 100, "to": 110 })), (&lessons[1], json!({ "from": 0, "to": 10 }))]
    {
        let read = app.get_as(&lena, &format!("/lessons/{lesson}/progress")).await.expect(200);
        assert_eq!(read.at("/ranges"), json!([first, { "from": 200, "to": 210 }]));
    }
}

#[both_databases]
async fn a_heartbeat_that_cannot_be_written_fails_alone(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    let video = json!({ "videoUrl": "https://videos.example.com/b.mp4", "duration": 10 });
    app.patch_as(&elena, &format!("/lessons/{}", lessons[1]), "*", video).await.expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    for lesson in &lessons {
        app.post_as(&lena, &format!("/lessons/{lesson}/watch"), json!({})).await.expect(200);
    }
    // Gone behind the server's back, which may still remember that Lena may watch it.
    let id = if app.url.is_some() {
        format!("'{}'", lessons[0])
    } else {
        format!("x'{}'", lessons[0].replace('-', ""))
    };
    app.sql(&format!("DELETE FROM watches WHERE lesson_id = {id}")).await;
    app.sql(&format!("DELETE FROM lessons WHERE id = {id}")).await;
    let items = [
        json!({ "lessonId": lessons[0] }),
        json!({ "lessonId": lessons[1], "ranges": [{ "from": 0, "to": 5 }] }),
    ];
    let sent = app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
    assert_eq!(
        (sent.at("/results/0/isAccepted"), sent.at("/results/0/code")),
        (json!(false), json!("not_found"))
    );
    assert_eq!(sent.at("/results/1/lessonProgress/watchedSeconds"), 5);
}

/// While a commit hangs, one more heartbeat waits; the others are refused at once and can be sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_heartbeats() {
    let app = App::start_with(DatabaseKind::Postgres, &[("PALESTRA_WATCH_QUEUE", "1")]).await;
    let (lena, lesson) = watcher(&app).await;
    let watch = format!("{lesson}/watch");
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    let mut owner = sqlx::PgConnection::connect(app.url.as_deref().unwrap()).await.unwrap();
    let mut lock = owner.begin().await.unwrap();
    lock.execute("LOCK TABLE watches IN EXCLUSIVE MODE").await.unwrap();
    let beat = |second: u8| app.post_as(&lena, &watch, played(0.0, f64::from(second)));
    let rest = async {
        wait_for_lock(&app).await;
        let mut beats: FuturesUnordered<_> = (2..=5).map(beat).collect();
        for _ in 0..3 {
            let refused = beats.next().await.unwrap().expect_problem(503, "overloaded");
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

/// The outcome of the commit is unknown: the row is read, and the heartbeat merged again if it is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_connection_loses_no_heartbeat() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (lena, lesson) = watcher(&app).await;
    let watch = format!("{lesson}/watch");
    app.post_as(&lena, &watch, json!({})).await.expect(200);
    app.clock.advance(Duration::minutes(10));
    let mut owner = sqlx::PgConnection::connect(app.url.as_deref().unwrap()).await.unwrap();
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() \
               AND usename = 'palestra_worker'";
    // While it waits for the next one.
    owner.execute(end).await.unwrap();
    let progress = app.post_as(&lena, &watch, played(0.0, 10.0)).await.expect(200);
    assert_eq!(progress.at("/watchedSeconds"), 10);
    // In the middle of one.
    let mut lock = owner.begin().await.unwrap();
    lock.execute("LOCK TABLE watches IN EXCLUSIVE MODE").await.unwrap();
    let rest = async {
        wait_for_lock(&app).await;
        lock.execute(end).await.unwrap();
        lock.rollback().await.unwrap();
    };
    let (progress, ()) = join(app.post_as(&lena, &watch, played(20.0, 30.0)), rest).await;
    assert_eq!(progress.expect(200).at("/watchedSeconds"), 20);
    let ranges = json!([{ "from": 0, "to": 10 }, { "from": 20, "to": 30 }]);
    let read = app.get_as(&lena, &format!("{lesson}/progress")).await.expect(200);
    assert_eq!(read.at("/ranges"), ranges);
}

/// The row is found as it was to be written, so it is not written twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_with_a_lost_commit_answer_is_not_written_twice() {
    let app = App::start(DatabaseKind::Postgres).await;
    let proxy = TcpProxy::to(app.url.as_deref().unwrap()).await;
    let url = as_role(proxy.url(), "palestra_worker");
    let far = app.second_server_with(&[("PALESTRA_DATABASE_WORKER_URL", &url)]).await;
    let (lena, lesson) = watcher(&app).await;
    let watch = format!("{lesson}/watch");
    far.post_as(&lena, &watch, json!({})).await.expect(200);
    far.clock.advance(Duration::minutes(10));
    proxy.drop_next_response();
    let progress = far.post_as(&lena, &watch, played(0.0, 10.0)).await.expect(200);
    assert!(proxy.has_dropped());
    assert_eq!(progress.at("/watchedSeconds"), 10);
    assert_eq!(app.count("SELECT version FROM watches").await, 2);
}
