//! `POST /hooks/mux`: signatures, order, repetition, loss.

use chrono::Duration;
use database::{Pool, Tx};
use kernel::{Actor, Uuid};
use serde_json::{Value, json};
use test_macros::both_databases;
use tokio::sync::watch;

use crate::support::{
    App, Mux, config, count, eventually,
    videos::{announce_video, deliver_webhook, send_video, video_asset, wait_for_outbox, with_mux},
};

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let with = |index: usize| {
        let mut rest = items.to_vec();
        let first = rest.remove(index);
        permutations(&rest).into_iter().map(move |tail| [vec![first], tail].concat())
    };
    (0..items.len()).flat_map(with).collect()
}

#[both_databases]
async fn webhooks_in_any_order_and_number_end_alike(app: App) {
    let (app, mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    for last in ["ready", "errored", "both"] {
        let mut ends = Vec::new();
        let count = if last == "both" { 4 } else { 3 };
        let orders = permutations(&(0..count).collect::<Vec<_>>());
        for order in orders.iter().step_by(if last == "both" { 5 } else { 1 }) {
            let (video, asset, mut events) = send_video(&app, &mux, &elena).await;
            let both = ["errored", "ready"];
            for status in if last == "both" { &both[..] } else { std::slice::from_ref(&last) } {
                mux.finish(&asset, status);
            }
            events.extend(mux.events());
            assert_eq!(events.len(), count);
            for index in order {
                deliver_webhook(&app, &mux, &events[*index]).await;
                // A repetition, and the same news under another name.
                mux.deliver(&app, &events[*index]).await.expect(200);
                let mut again = events[*index].clone();
                again["id"] = json!(format!("{}-again", again["id"].as_str().unwrap()));
                deliver_webhook(&app, &mux, &again).await;
            }
            let end = video_asset(&app, &elena, &video).await;
            assert_eq!(end["assetsId"], asset, "{order:?}");
            ends.push(json!([
                end["status"],
                end["problem"],
                end["durationSeconds"],
                end["playbackId"].is_string()
            ]));
        }
        let expected = match last {
            "errored" => json!(["ERRORED", "not_processable", null, true]),
            _ => json!(["READY", null, 61.5, true]),
        };
        assert!(ends.iter().all(|end| *end == expected), "{last}: {ends:?}");
    }
}

#[both_databases]
async fn a_webhook_counts_once(app: App) {
    let (app, mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    let (_, _, events) = send_video(&app, &mux, &elena).await;
    let replies =
        [mux.deliver(&app, &events[0]), mux.deliver(&app, &events[0]), mux.deliver(&app, &events[0])];
    for reply in futures_util::future::join_all(replies).await {
        reply.expect(200);
    }
    let deliveries = "SELECT count(*) FROM outbox WHERE kind = 'video.told'";
    let work = move |tx: Tx| async move { count(&tx, deliveries).await };
    assert_eq!(app.db.read_in(Pool::Worker, Actor::System, work).await.unwrap(), 1);
    // Without a meaning here: accepted and ignored.
    let unknown = json!({ "type": "video.asset.track.ready", "id": "event-x", "data": { "id": "x" } });
    mux.deliver(&app, &unknown).await.expect(200);
    let strangers = json!({ "type": "video.asset.ready", "id": "event-y", "data": { "id": "x", "passthrough": Uuid::nil() } });
    deliver_webhook(&app, &mux, &strangers).await;
}

#[both_databases]
async fn a_forged_or_stale_webhook_is_refused(app: App) {
    let (app, mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    let (video, asset, _) = send_video(&app, &mux, &elena).await;
    mux.finish(&asset, "ready");
    let body = mux.events()[0].to_string();
    let now = kernel::Clock::now(app.clock.as_ref()).timestamp();
    let good = Mux::sign(&body, now);
    let zeros = "0".repeat(64);
    for (body, signature) in [
        (body.clone(), String::new()),
        (body.clone(), "nonsense".to_owned()),
        (body.clone(), format!("t={now},v1={zeros}")),
        (format!("{body} "), good.clone()),
        (body.clone(), Mux::sign(&body, now - 310)),
        (body.clone(), Mux::sign(&body, now + 310)),
        (body.clone(), good.replace(&format!("t={now}"), &format!("t={}", now - 1))),
    ] {
        Mux::send(&app, &body, &signature).await.expect_problem(400, "hook_signature_invalid");
    }
    app.post("/hooks/mux", json!({})).await.expect_problem(400, "hook_signature_invalid");
    Mux::send(&app, "nothing", &Mux::sign("nothing", now)).await.expect_problem(400, "malformed_request");
    let large = "x".repeat(300_000);
    Mux::send(&app, &large, &Mux::sign(&large, now)).await.expect_problem(413, "payload_too_large");
    wait_for_outbox(&app).await;
    assert_eq!(video_asset(&app, &elena, &video).await["status"], "WAITING");
    // Two secrets at once, as while one is being replaced.
    let both = good.replace(",v1=", &format!(",v1={zeros},v1="));
    Mux::send(&app, &body, &both).await.expect(200);
    wait_for_outbox(&app).await;
    assert_eq!(video_asset(&app, &elena, &video).await["status"], "READY");
}

#[both_databases]
async fn without_mux_its_webhook_is_refused(app: App) {
    let body = json!({ "type": "video.asset.ready", "id": "x", "data": {} }).to_string();
    let signature = Mux::sign(&body, kernel::Clock::now(app.clock.as_ref()).timestamp());
    Mux::send(&app, &body, &signature).await.expect_problem(400, "hook_signature_invalid");
}

#[both_databases]
async fn a_webhook_may_arrive_before_the_answer(app: App) {
    let (app, mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    mux.be_eager(&app);
    let (video, url) = announce_video(&app, &elena).await;
    wait_for_outbox(&app).await;
    let asset = video_asset(&app, &elena, &video).await;
    assert_eq!((&asset["status"], &asset["assetsId"]), (&json!("PREPARING"), &json!(mux.asset_of(&url))));
    // What Mux tells without our id is found by its own.
    let asset = mux.asset_of(&url);
    mux.finish(&asset, "ready");
    let mut event = mux.events().remove(0);
    event["data"].as_object_mut().unwrap().remove("passthrough");
    deliver_webhook(&app, &mux, &event).await;
    assert_eq!(video_asset(&app, &elena, &video).await["status"], "READY");
}

#[both_databases]
async fn lost_webhooks_are_reconciled(app: App) {
    let (app, mux) = with_mux(&app).await;
    let elena = app.trainer().await;
    let (ready, asset, _) = send_video(&app, &mux, &elena).await;
    mux.finish(&asset, "ready");
    let (errored, asset, _) = send_video(&app, &mux, &elena).await;
    mux.finish(&asset, "errored");
    let (late, url) = announce_video(&app, &elena).await;
    mux.time_out(&url);
    let (waiting, _) = announce_video(&app, &elena).await;
    mux.events();
    let settings = mux.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let folder = app.folder.join("worker");
    std::fs::create_dir_all(&folder).unwrap();
    let config = config(&folder, &settings);
    let videos = api::startup::videos(&config, app.db.environment()).unwrap();
    assert_eq!(videos.poll_silent(&app.db).await.unwrap(), 0, "within ten minutes nobody is asked");
    app.clock.advance(Duration::minutes(11));
    let elena = app.login(&elena.email, crate::support::PASSWORD).await;
    // A worker of its own, since the server's keeps the house every five minutes of the machine's.
    let worker = api::worker::Worker::from_config(&config, &app.db).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(worker.run(stopped));
    let first = || async { (video_asset(&app, &elena, &ready).await["status"] == "READY").then_some(()) };
    eventually("an answer of Mux's", first).await;
    stop.send(true).unwrap();
    running.await.unwrap();
    for (video, status, problem) in [
        (ready, "READY", Value::Null),
        (errored, "ERRORED", json!("not_processable")),
        (late, "ERRORED", json!("upload_timed_out")),
        (waiting, "WAITING", Value::Null),
    ] {
        let asset = video_asset(&app, &elena, &video).await;
        assert_eq!((&asset["status"], &asset["problem"]), (&json!(status), &problem));
    }
}
