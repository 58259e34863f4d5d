//! Videos: at Mux (a double of it, over HTTP), and in our own storage.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use database::{Pool, Tx};
use kernel::{Actor, Role, Uuid};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{App, Mux, Person, Reply, config, eventually, on_both_databases};

fn film() -> Value {
    json!({ "contentType": "video/mp4", "sizeBytes": 1000, "name": "hinge.mp4" })
}

/// The same database with another server, which uses this Mux.
async fn with_mux(app: &App) -> (App, Mux) {
    let mux = Mux::start();
    let settings = mux.settings();
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    (App::start_with(app.store, &settings).await, mux)
}

/// A video and where its file goes.
async fn announce(app: &App, who: &Person) -> (String, String) {
    let reply = app.post_as(who, "/video-uploads", film()).await.expect(201);
    (reply.text_at("/videoAsset/id"), reply.text_at("/target/url"))
}

async fn put(url: &str, bytes: Vec<u8>) -> u16 {
    let sent = reqwest::Client::new()
        .put(url)
        .header("content-type", "video/mp4")
        .body(bytes);
    sent.send().await.unwrap().status().as_u16()
}

/// A video whose file has come to Mux: its id, the name of its asset, and what Mux would tell.
async fn sent(app: &App, mux: &Mux, who: &Person) -> (String, String, Vec<Value>) {
    let (video, url) = announce(app, who).await;
    assert_eq!(put(&url, vec![0; 10]).await, 200);
    (video, mux.asset_of(&url), mux.events())
}

async fn look(app: &App, who: &Person, video: &str) -> Value {
    app.get_as(who, &format!("/video-assets/{video}"))
        .await
        .expect(200)
        .json()
}

/// Waits until the worker has done all that it could.
async fn settled(app: &App) {
    eventually("an empty outbox", || async {
        let sql = "SELECT count(*) FROM outbox WHERE done_at IS NULL";
        let work = move |tx: Tx| async move { tx.count(sql, []).await };
        let left = app.db.read_in(Pool::Worker, Actor::System, work).await.unwrap();
        (left == 0).then_some(())
    })
    .await;
}

async fn deliver(app: &App, mux: &Mux, event: &Value) {
    mux.deliver(app, event).await.expect(200);
    settled(app).await;
}

fn actor(person: &Person) -> Actor {
    Actor::User {
        id: person.id.parse().unwrap(),
        role: Role::Trainer,
        session: Uuid::nil(),
    }
}

/// A statement as this trainer.
async fn change(app: &App, who: &Person, sql: &'static str, values: Vec<sea_orm::Value>) {
    let work = move |tx: Tx| async move { tx.change(sql, values).await };
    assert_eq!(app.db.run(actor(who), work).await.unwrap(), 1);
}

fn id(text: &str) -> Uuid {
    text.parse().unwrap()
}

fn claims(url: &str) -> Value {
    let token = url.split("token=").nth(1).unwrap();
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let with = |index: usize| {
        let mut rest = items.to_vec();
        let first = rest.remove(index);
        permutations(&rest)
            .into_iter()
            .map(move |tail| [vec![first], tail].concat())
    };
    (0..items.len()).flat_map(with).collect()
}

on_both_databases! {
    async fn a_video_goes_to_mux_and_is_played(app: App) {
        let (app, mux) = with_mux(&app).await;
        let elena = app.trainer().await;
        let reply = app.post_as(&elena, "/video-uploads", film()).await.expect(201);
        assert_eq!((reply.at("/videoAsset/status"), reply.at("/videoAsset/provider")), (json!("WAITING"), json!("MUX")));
        assert_eq!((reply.at("/target/method"), reply.at("/target/headers/content-type")), (json!("PUT"), json!("video/mp4")));
        let (video, url) = (reply.text_at("/videoAsset/id"), reply.text_at("/target/url"));
        assert_eq!(reply.header("location"), format!("/api/v1/video-assets/{video}"));
        app.act_as(&elena, &format!("/video-assets/{video}/playback")).await.refused(409, "video_not_ready");
        assert_eq!(app.act_as(&elena, &format!("/video-assets/{video}/complete")).await.expect(200).at("/status"), "WAITING");
        assert_eq!(put(&url, vec![0; 10]).await, 200);
        for event in mux.events() {
            deliver(&app, &mux, &event).await;
        }
        assert_eq!(look(&app, &elena, &video).await["status"], "PREPARING");
        app.act_as(&elena, &format!("/video-assets/{video}/playback")).await.refused(409, "video_not_ready");
        mux.finish(&mux.asset_of(&url), "ready");
        deliver(&app, &mux, &mux.events()[0]).await;
        let ready = look(&app, &elena, &video).await;
        assert_eq!((&ready["status"], &ready["durationSeconds"], &ready["problem"]), (&json!("READY"), &json!(61.5), &Value::Null));
        assert_eq!(ready["assetsId"], mux.asset_of(&url));
        let listed = app.get_as(&elena, "/me/video-assets").await.expect(200);
        assert_eq!((listed.at("/data/0"), listed.at("/hasMore")), (ready.clone(), json!(false)));

        let playback = app.act_as(&elena, &format!("/video-assets/{video}/playback")).await.expect(200);
        let playback_id = ready["playbackId"].as_str().unwrap();
        let stream = playback.text_at("/streamUrl");
        assert!(stream.starts_with(&format!("https://stream.mux.com/{playback_id}.m3u8?token=")), "{stream}");
        let until = chrono::DateTime::parse_from_rfc3339(&playback.text_at("/expiresAt")).unwrap().timestamp();
        let six_hours = until - kernel::Clock::now(app.clock.as_ref()).timestamp();
        assert!((21_590..=21_600).contains(&six_hours), "{six_hours}");
        for (url, audience) in [("/streamUrl", "v"), ("/thumbnailUrl", "t"), ("/storyboardUrl", "s")] {
            let expected = json!({ "sub": playback_id, "aud": audience, "exp": until, "kid": "test-signing-key" });
            assert_eq!(claims(&playback.text_at(url)), expected);
        }
        // What the trainer may not have: the secret address, at rest or later.
        assert!(!crate::database::dump(&app).await.contains("mux secret"));
    }

    async fn hooks_in_any_order_and_number_end_alike(app: App) {
        let (app, mux) = with_mux(&app).await;
        let elena = app.trainer().await;
        for last in ["ready", "errored", "both"] {
            let mut ends = Vec::new();
            let count = if last == "both" { 4 } else { 3 };
            let orders = permutations(&(0..count).collect::<Vec<_>>());
            for order in orders.iter().step_by(if last == "both" { 5 } else { 1 }) {
                let (video, asset, mut events) = sent(&app, &mux, &elena).await;
                let both = ["errored", "ready"];
                for status in if last == "both" { &both[..] } else { std::slice::from_ref(&last) } {
                    mux.finish(&asset, status);
                }
                events.extend(mux.events());
                assert_eq!(events.len(), count);
                for index in order {
                    deliver(&app, &mux, &events[*index]).await;
                    // A repetition, and the same news under another name.
                    mux.deliver(&app, &events[*index]).await.expect(200);
                    let mut again = events[*index].clone();
                    again["id"] = json!(format!("{}-again", again["id"].as_str().unwrap()));
                    deliver(&app, &mux, &again).await;
                }
                let end = look(&app, &elena, &video).await;
                assert_eq!(end["assetsId"], asset, "{order:?}");
                ends.push(json!([end["status"], end["problem"], end["durationSeconds"], end["playbackId"].is_string()]));
            }
            let expected = match last {
                "errored" => json!(["ERRORED", "not_processable", null, true]),
                _ => json!(["READY", null, 61.5, true]),
            };
            assert!(ends.iter().all(|end| *end == expected), "{last}: {ends:?}");
        }
    }

    async fn a_hook_counts_once(app: App) {
        let (app, mux) = with_mux(&app).await;
        let elena = app.trainer().await;
        let (_, _, events) = sent(&app, &mux, &elena).await;
        let replies = [mux.deliver(&app, &events[0]), mux.deliver(&app, &events[0]), mux.deliver(&app, &events[0])];
        for reply in futures_util::future::join_all(replies).await {
            reply.expect(200);
        }
        let told = "SELECT count(*) FROM outbox WHERE kind = 'video.told'";
        let work = move |tx: Tx| async move { tx.count(told, []).await };
        assert_eq!(app.db.read_in(Pool::Worker, Actor::System, work).await.unwrap(), 1);
        // Of no meaning here: heard, and nothing.
        let unknown = json!({ "type": "video.asset.track.ready", "id": "event-x", "data": { "id": "x" } });
        mux.deliver(&app, &unknown).await.expect(200);
        let strangers = json!({ "type": "video.asset.ready", "id": "event-y", "data": { "id": "x", "passthrough": Uuid::nil() } });
        deliver(&app, &mux, &strangers).await;
    }

    async fn a_forged_or_stale_hook_is_refused(app: App) {
        let (app, mux) = with_mux(&app).await;
        let elena = app.trainer().await;
        let (video, asset, _) = sent(&app, &mux, &elena).await;
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
            Mux::send(&app, &body, &signature).await.refused(400, "hook_signature_invalid");
        }
        app.post("/hooks/mux", json!({})).await.refused(400, "hook_signature_invalid");
        Mux::send(&app, "nothing", &Mux::sign("nothing", now)).await.refused(400, "malformed_request");
        let large = "x".repeat(300_000);
        Mux::send(&app, &large, &Mux::sign(&large, now)).await.refused(413, "payload_too_large");
        settled(&app).await;
        assert_eq!(look(&app, &elena, &video).await["status"], "WAITING");
        // Two secrets at once, as while one is being replaced.
        let both = good.replace(",v1=", &format!(",v1={zeros},v1="));
        Mux::send(&app, &body, &both).await.expect(200);
        settled(&app).await;
        assert_eq!(look(&app, &elena, &video).await["status"], "READY");
    }

    async fn without_mux_its_hook_is_refused(app: App) {
        let body = json!({ "type": "video.asset.ready", "id": "x", "data": {} }).to_string();
        let signature = Mux::sign(&body, kernel::Clock::now(app.clock.as_ref()).timestamp());
        Mux::send(&app, &body, &signature).await.refused(400, "hook_signature_invalid");
    }

    async fn a_hook_may_be_faster_than_the_answer(app: App) {
        let (app, mux) = with_mux(&app).await;
        let elena = app.trainer().await;
        mux.be_eager(&app);
        let (video, url) = announce(&app, &elena).await;
        settled(&app).await;
        let told = look(&app, &elena, &video).await;
        assert_eq!((&told["status"], &told["assetsId"]), (&json!("PREPARING"), &json!(mux.asset_of(&url))));
        // What Mux tells without our id is found by its own.
        let asset = mux.asset_of(&url);
        mux.finish(&asset, "ready");
        let mut event = mux.events().remove(0);
        event["data"].as_object_mut().unwrap().remove("passthrough");
        deliver(&app, &mux, &event).await;
        assert_eq!(look(&app, &elena, &video).await["status"], "READY");
    }

    async fn mux_that_is_away_leaves_a_video_that_failed(app: App) {
        let (app, mux) = with_mux(&app).await;
        let elena = app.trainer().await;
        let key = |key: &str| {
            let request = app.request("POST", "/video-uploads").bearer_auth(&elena.token).header("idempotency-key", key);
            app.send(request.json(&film()))
        };
        mux.fail(3, 503);
        let refused = key("a").await.refused(503, "unavailable");
        assert_eq!(refused.header("retry-after"), "5");
        assert_eq!(mux.calls().len(), 3);
        let failed = app.get_as(&elena, "/me/video-assets").await.expect(200);
        assert_eq!((failed.at("/data/0/status"), failed.at("/data/0/problem")), (json!("ERRORED"), json!("upload_failed")));
        // Not worth another try.
        mux.fail(1, 403);
        key("a").await.refused(503, "unavailable");
        assert_eq!(mux.calls().len(), 4);
        // One failure is made good without anybody noticing, and the key brings the same answer back.
        mux.fail(1, 500);
        let first = key("a").await.expect(201);
        let again = key("a").await.expect(201);
        assert_eq!((again.json(), again.header("idempotent-replayed")), (first.json(), "true"));
        assert_eq!(mux.calls().len(), 6);
    }

    async fn a_deleted_video_is_deleted_at_mux(app: App) {
        let (app, mux) = with_mux(&app).await;
        let elena = app.trainer().await;
        let (_, _, lessons) = app.course(&elena, json!({})).await;
        let (video, asset, events) = sent(&app, &mux, &elena).await;
        let show = "UPDATE lesson_bodies SET video_asset_id = ? WHERE lesson_id = ?";
        change(&app, &elena, show, vec![id(&video).into(), id(&lessons[0]).into()]).await;
        let path = format!("/video-assets/{video}");
        app.delete_as(&elena, &path).await.refused(409, "video_in_use");
        change(&app, &elena, show, vec![None::<Uuid>.into(), id(&lessons[0]).into()]).await;
        mux.fail(3, 500);
        app.delete_as(&elena, &path).await.expect(204);
        app.get_as(&elena, &path).await.refused(404, "not_found");
        app.delete_as(&elena, &path).await.refused(404, "not_found");
        eventually("a first try", || async { (mux.calls().len() == 4).then_some(()) }).await;
        app.clock.advance(Duration::seconds(10));
        eventually("the asset's end", || async { (!mux.has_asset(&asset)).then_some(()) }).await;
        // What is told of it afterwards is about nothing.
        for event in events.iter().chain(&mux.events()) {
            deliver(&app, &mux, event).await;
        }
        app.get_as(&elena, &path).await.refused(404, "not_found");
    }

    async fn a_video_whose_file_has_not_come_is_deleted_too(app: App) {
        let (app, mux) = with_mux(&app).await;
        let elena = app.trainer().await;
        let (video, url) = announce(&app, &elena).await;
        app.delete_as(&elena, &format!("/video-assets/{video}")).await.expect(204);
        settled(&app).await;
        assert_eq!(mux.upload_status(&url), "cancelled");
        // The file came, but nobody had told us yet.
        let (video, url) = announce(&app, &elena).await;
        put(&url, vec![0; 10]).await;
        app.delete_as(&elena, &format!("/video-assets/{video}")).await.expect(204);
        settled(&app).await;
        assert!(!mux.has_asset(&mux.asset_of(&url)));
    }

    async fn lost_hooks_are_made_good(app: App) {
        let (app, mux) = with_mux(&app).await;
        let elena = app.trainer().await;
        let (ready, asset, _) = sent(&app, &mux, &elena).await;
        mux.finish(&asset, "ready");
        let (errored, asset, _) = sent(&app, &mux, &elena).await;
        mux.finish(&asset, "errored");
        let (late, url) = announce(&app, &elena).await;
        mux.time_out(&url);
        let (waiting, _) = announce(&app, &elena).await;
        mux.events();
        let settings = mux.settings();
        let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let folder = app.folder.join("worker");
        std::fs::create_dir_all(&folder).unwrap();
        let config = config(&folder, &settings);
        let videos = api::startup::videos(&config, app.db.environment()).unwrap();
        assert_eq!(videos.ask_about_silent(&app.db).await.unwrap(), 0, "within ten minutes nobody is asked");
        app.clock.advance(Duration::minutes(11));
        let elena = app.login(&elena.email, crate::support::PASSWORD).await;
        // A worker of its own, since the server's keeps the house every five minutes of the machine's.
        let worker = api::worker::Worker::from_config(&config, &app.db).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(worker.run(stopped));
        let first = || async { (look(&app, &elena, &ready).await["status"] == "READY").then_some(()) };
        eventually("an answer of Mux's", first).await;
        stop.send(true).unwrap();
        running.await.unwrap();
        for (video, status, problem) in [
            (ready, "READY", Value::Null),
            (errored, "ERRORED", json!("not_processable")),
            (late, "ERRORED", json!("upload_timed_out")),
            (waiting, "WAITING", Value::Null),
        ] {
            let told = look(&app, &elena, &video).await;
            assert_eq!((&told["status"], &told["problem"]), (&json!(status), &problem));
        }
    }

    async fn a_video_that_mux_lost_is_not_played(app: App) {
        let (app, mux) = with_mux(&app).await;
        let elena = app.trainer().await;
        let (video, asset, mut events) = sent(&app, &mux, &elena).await;
        mux.finish(&asset, "ready");
        events.extend(mux.events());
        for event in &events {
            deliver(&app, &mux, event).await;
        }
        let deleted = json!({ "type": "video.asset.deleted", "id": "event-d", "data": events[1]["data"] });
        deliver(&app, &mux, &deleted).await;
        let mut again = events[2].clone();
        again["id"] = json!("event-late");
        deliver(&app, &mux, &again).await;
        let told = look(&app, &elena, &video).await;
        assert_eq!((&told["status"], &told["problem"]), (&json!("ERRORED"), &json!("deleted_at_mux")));
        app.act_as(&elena, &format!("/video-assets/{video}/playback")).await.refused(409, "video_not_ready");
    }

    async fn a_video_of_our_own_is_looked_at_and_played(app: App) {
        let elena = app.trainer().await;
        let film = film_of(61_500);
        let (good, bad) = (film.clone(), vec![b'x'; film.len()]);
        // A film whose head says nothing.
        let headless = [part(b"ftyp", b"isom\0\0\x02\0isomiso2avc1mp41"), part(b"moov", &part(b"mvhd", b""))].concat();
        for (bytes, kind, status, problem, duration) in [
            (good.clone(), "video/mp4", "READY", Value::Null, json!(61.5)),
            (bad, "video/mp4", "ERRORED", json!("type_not_allowed"), Value::Null),
            (headless, "video/mp4", "READY", Value::Null, Value::Null),
        ] {
            let body = json!({ "contentType": kind, "sizeBytes": bytes.len(), "name": "hinge.mp4" });
            let reply = app.post_as(&elena, "/video-uploads", body).await.expect(201);
            assert_eq!((reply.at("/videoAsset/provider"), reply.at("/videoAsset/status")), (json!("LOCAL"), json!("WAITING")));
            let path = format!("/video-assets/{}", reply.text_at("/videoAsset/id"));
            app.act_as(&elena, &format!("{path}/complete")).await.refused(409, "upload_incomplete");
            assert!(put(&here(&app, &reply.text_at("/target/url")), bytes.clone()).await < 300);
            let done = app.act_as(&elena, &format!("{path}/complete")).await.expect(200);
            assert_eq!((done.at("/status"), done.at("/problem"), done.at("/durationSeconds")), (json!(status), problem, duration));
            assert_eq!(app.act_as(&elena, &format!("{path}/complete")).await.expect(200).json(), done.json());
            if status == "READY" {
                let file = captions(&app, &elena).await;
                let body = json!({ "label": "English", "fileId": file });
                let request = app.request("PUT", &format!("{path}/captions/en")).bearer_auth(&elena.token);
                app.send(request.json(&body)).await.expect(200);
                let playback = app.act_as(&elena, &format!("{path}/playback")).await.expect(200);
                assert_eq!((playback.at("/provider"), playback.at("/thumbnailUrl")), (json!("LOCAL"), Value::Null));
                for (pointer, kind) in [("/streamUrl", "video/mp4"), ("/captions/0/url", "text/vtt; charset=utf-8")] {
                    let url = playback.text_at(pointer);
                    let token = url.rsplit("/api/v1/files/").next().unwrap();
                    let link = media::Link::open(app.db.keyring(), token, app.db.environment().now()).unwrap();
                    assert_eq!((link.content_type.as_str(), link.disposition), (kind, media::Disposition::Inline));
                    let later = app.db.environment().now() + Duration::hours(6);
                    assert!(media::Link::open(app.db.keyring(), token, later).is_err());
                }
                let stream = here(&app, &playback.text_at("/streamUrl"));
                let part = reqwest::Client::new().get(stream).header("range", "bytes=4-7").send().await.unwrap();
                assert_eq!((part.status().as_u16(), part.text().await.unwrap().as_str()), (206, "ftyp"));
                assert!(!playback.text.contains("filesystem") && !playback.text.contains(&app.folder.display().to_string()));
            } else {
                app.act_as(&elena, &format!("{path}/playback")).await.refused(409, "video_not_ready");
            }
        }
        let large = json!({ "contentType": "video/mp4", "sizeBytes": 53_687_091_200_u64, "name": "x.mp4" });
        let refused = app.post_as(&elena, "/video-uploads", large).await.refused(422, "validation_failed");
        assert_eq!(refused.reasons(), ["/sizeBytes too_large"]);
    }

    async fn a_lesson_shows_its_video_to_whoever_may_read_it(app: App) {
        let (elena, marco, lena) = (app.trainer().await, app.trainer().await, app.learner().await);
        let film = film_of(10_000);
        let body = json!({ "contentType": "video/mp4", "sizeBytes": film.len(), "name": "hinge.mp4" });
        let reply = app.post_as(&elena, "/video-uploads", body).await.expect(201);
        let video = reply.text_at("/videoAsset/id");
        let course = app.draft(&elena, json!({})).await;
        let chapter = app.chapter(&elena, &course, false).await;
        let lesson = app.post_as(&elena, &format!("/chapters/{chapter}/lessons"), json!({ "title": "The hinge", "videoAssetId": video })).await.expect(201);
        let lesson = format!("/lessons/{}", lesson.text_at("/id"));
        let missing = app.act_as(&elena, &format!("{lesson}/publish")).await.refused(409, "not_publishable");
        assert_eq!(missing.reasons(), ["/videoAssetId video_not_ready"]);
        assert!(put(&here(&app, &reply.text_at("/target/url")), film).await < 300);
        app.act_as(&elena, &format!("/video-assets/{video}/complete")).await.expect(200);
        for step in [format!("{lesson}/publish"), format!("/chapters/{chapter}/publish"), format!("/courses/{course}/publish")] {
            app.act_as(&elena, &step).await.expect(200);
        }
        let play = format!("{lesson}/playback");
        app.send(app.request("POST", &play)).await.refused(401, "unauthenticated");
        app.act_as(&lena, &play).await.refused(403, "not_granted");
        app.act_as(&marco, &play).await.refused(403, "not_granted");
        let outline = app.get(&format!("/courses/{course}")).await.expect(200);
        assert_eq!(outline.at("/chapters/0/lessons/0/hasVideo"), true);
        assert!(!outline.text.contains(&video), "the outline names no video");
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let playback = app.act_as(&lena, &play).await.expect(200);
        let part = reqwest::Client::new().get(here(&app, &playback.text_at("/streamUrl"))).header("range", "bytes=4-7").send().await.unwrap();
        assert_eq!((part.status().as_u16(), part.text().await.unwrap().as_str()), (206, "ftyp"));
        app.delete_as(&elena, &format!("/video-assets/{video}")).await.refused(409, "video_in_use");
        // A preview is for everybody; somebody else's video is nobody's preview.
        let preview = format!("/courses/{course}/preview-playback");
        app.send(app.request("POST", &preview)).await.refused(404, "not_found");
        app.patch_as(&elena, &format!("/courses/{course}"), "*", json!({ "previewVideoAssetId": video })).await.expect(200);
        app.send(app.request("POST", &preview)).await.expect(200);
        let theirs = app.draft(&marco, json!({})).await;
        let refused = app.patch_as(&marco, &format!("/courses/{theirs}"), "*", json!({ "previewVideoAssetId": video })).await.refused(422, "validation_failed");
        assert_eq!(refused.reasons(), ["/previewVideoAssetId unknown_video"]);
    }

    async fn captions_are_put_and_taken_away(app: App) {
        let (elena, tom) = (app.trainer().await, app.trainer().await);
        let (video, _) = announce(&app, &elena).await;
        let path = format!("/video-assets/{video}/captions");
        let (english, german, foreign) = (captions(&app, &elena).await, captions(&app, &elena).await, captions(&app, &tom).await);
        let put = |who: &Person, language: &str, body: Value| {
            let request = app.request("PUT", &format!("{path}/{language}")).bearer_auth(&who.token).json(&body);
            app.send(request)
        };
        let body = json!({ "label": "English", "fileId": english });
        let first = put(&elena, "en-gb", body.clone()).await.expect(200);
        assert_eq!(first.at("/captions"), json!([{ "language": "en-GB", "label": "English" }]));
        assert_eq!(put(&elena, "EN-GB", body.clone()).await.expect(200).at("/captions"), first.at("/captions"));
        let both = put(&elena, "de", json!({ "label": "Deutsch", "fileId": german })).await.expect(200);
        assert_eq!((both.at("/captions/0/language"), both.at("/captions/1/label")), (json!("de"), json!("English")));
        let refused = put(&elena, "fr", json!({ "label": "Français", "fileId": foreign })).await.refused(422, "validation_failed");
        assert_eq!(refused.reasons(), ["/fileId unknown_file"]);
        put(&tom, "de", json!({ "label": "Deutsch", "fileId": foreign })).await.refused(404, "not_found");
        put(&elena, "english", body.clone()).await.refused(404, "not_found");
        app.delete_as(&tom, &format!("{path}/de")).await.refused(404, "not_found");
        app.delete_as(&elena, &format!("{path}/DE")).await.expect(204);
        app.delete_as(&elena, &format!("{path}/de")).await.refused(404, "not_found");
        assert_eq!(look(&app, &elena, &video).await["captions"], first.at("/captions"));
    }

    async fn others_do_not_see_a_video(app: App) {
        let (elena, tom, lena, admin) = (app.trainer().await, app.trainer().await, app.learner().await, app.admin().await);
        let (video, _) = announce(&app, &elena).await;
        let path = format!("/video-assets/{video}");
        for who in [&tom, &lena] {
            app.get_as(who, &path).await.refused(404, "not_found");
            app.delete_as(who, &path).await.refused(404, "not_found");
            app.act_as(who, &format!("{path}/complete")).await.refused(404, "not_found");
            app.act_as(who, &format!("{path}/playback")).await.refused(404, "not_found");
            assert_eq!(app.get_as(who, "/me/video-assets").await.expect(200).at("/data"), json!([]));
        }
        app.post_as(&lena, "/video-uploads", film()).await.refused(403, "forbidden");
        app.get_as(&admin, &path).await.expect(200);
        app.delete_as(&admin, &path).await.expect(204);
    }

    async fn my_videos_come_in_pages(app: App) {
        let elena = app.trainer().await;
        let mut made = Vec::new();
        for _ in 0..3 {
            made.insert(0, announce(&app, &elena).await.0);
        }
        let first = app.get_as(&elena, "/me/video-assets?limit=2").await.expect(200);
        let cursor = first.text_at("/nextCursor");
        let second = app.get_as(&elena, &format!("/me/video-assets?limit=2&cursor={cursor}")).await.expect(200);
        let ids = |page: &Reply| page.at("/data").as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!([ids(&first), ids(&second)].concat(), made);
        assert_eq!(second.at("/hasMore"), false);
    }
}

/// A finished caption file.
async fn captions(app: &App, who: &Person) -> String {
    let file = kernel::Environment::default().new_id();
    let sql = "INSERT INTO files (id, owner_id, purpose, name, content_type, size_bytes, status, created_at, expires_at, ready_at) \
               VALUES (?, ?, 'CAPTIONS', 'en.vtt', 'text/vtt', 10, 'READY', ?, ?, ?)";
    let now = kernel::Environment::default().now();
    let owner = id(&who.id);
    let values = vec![file.into(), owner.into(), now.into(), now.into(), now.into()];
    change(app, who, sql, values).await;
    file.to_string()
}

/// A box of an MP4 file.
fn part(name: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap();
    [&length.to_be_bytes()[..], name, content].concat()
}

/// The head of a film that plays so many milliseconds.
fn film_of(milliseconds: u32) -> Vec<u8> {
    let times = [1000_u32.to_be_bytes(), milliseconds.to_be_bytes()].concat();
    let head = part(b"mvhd", &[&[0; 12][..], &times, &[0; 80]].concat());
    let kind = part(b"ftyp", b"isom\0\0\x02\0isomiso2avc1mp41");
    // The head after the pictures, as cameras write it.
    [kind, part(b"mdat", &[0; 500]), part(b"moov", &head)].concat()
}

/// An address that this server gave, at the port where it listens.
fn here(app: &App, url: &str) -> String {
    format!(
        "{}{}",
        app.base,
        url.strip_prefix("http://127.0.0.1:8080").unwrap()
    )
}
