//! Videos at Mux and in local storage.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use database::{Pool, Tx, values};
use kernel::{Actor, Role, Uuid};
use serde_json::{Value, json};

use crate::support::{App, Mux, Person, Reply, eventually};

pub fn video_announcement() -> Value {
    json!({ "contentType": "video/mp4", "sizeBytes": 1000, "name": "hinge.mp4" })
}

/// A server that uses a new double of Mux.
pub async fn with_mux(app: &App) -> (App, Mux) {
    let mux = Mux::start();
    let settings = mux.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (App::start_with(app.database, &settings).await, mux)
}

/// Announces a video; returns its id and the upload URL.
pub async fn announce_video(app: &App, who: &Person) -> (String, String) {
    let reply = app.post_as(who, "/video-uploads", video_announcement()).await.expect(201);
    (reply.text_at("/videoAsset/id"), reply.text_at("/target/url"))
}

pub async fn put_bytes(url: &str, bytes: Vec<u8>) -> u16 {
    let sent = reqwest::Client::new().put(url).header("content-type", "video/mp4").body(bytes);
    sent.send().await.unwrap().status().as_u16()
}

/// Announces, sends and completes a video in our own storage.
pub async fn upload_film(app: &App, who: &Person, content_type: &str, bytes: Vec<u8>) -> Reply {
    let body = json!({ "contentType": content_type, "sizeBytes": bytes.len(), "name": "hinge.mp4" });
    let announced = app.post_as(who, "/video-uploads", body).await.expect(201);
    let url = local_url(app, &announced.text_at("/target/url"));
    assert_eq!(put_bytes(&url, bytes).await, 204);
    let path = format!("/video-assets/{}/complete", announced.text_at("/videoAsset/id"));
    app.post_empty_as(who, &path).await.expect(200)
}

/// The response to whoever opens the stream of a video.
pub async fn open_stream(app: &App, who: &Person, video: &str) -> reqwest::Response {
    let playback = app.post_empty_as(who, &format!("/video-assets/{video}/playback")).await.expect(200);
    let url = local_url(app, &playback.text_at("/streamUrl"));
    reqwest::get(url).await.unwrap()
}

/// A video whose file was uploaded to Mux: its id, its asset at Mux, and the pending webhooks.
pub async fn send_video(app: &App, mux: &Mux, who: &Person) -> (String, String, Vec<Value>) {
    let (video, url) = announce_video(app, who).await;
    assert_eq!(put_bytes(&url, vec![0; 10]).await, 200);
    (video, mux.asset_of(&url), mux.events())
}

pub async fn video_asset(app: &App, who: &Person, video: &str) -> Value {
    app.get_as(who, &format!("/video-assets/{video}")).await.expect(200).json()
}

/// Waits until the outbox is empty.
pub async fn wait_for_outbox(app: &App) {
    eventually("an empty outbox", || async {
        let sql = "SELECT count(*) FROM outbox WHERE done_at IS NULL";
        let work = move |tx: Tx| async move { super::count(&tx, sql).await };
        let left = app.db.read_in(Pool::Worker, Actor::System, work).await.unwrap();
        (left == 0).then_some(())
    })
    .await;
}

pub async fn deliver_webhook(app: &App, mux: &Mux, event: &Value) {
    mux.deliver(app, event).await.expect(200);
    wait_for_outbox(app).await;
}

pub fn actor(person: &Person) -> Actor {
    Actor::User { id: person.id.parse().unwrap(), role: Role::Trainer, session: Uuid::nil().into() }
}

/// Executes a statement as this trainer.
pub async fn execute_as(
    app: &App,
    who: &Person,
    sql: &'static str,
    values: impl IntoIterator<Item = (&'static str, sea_orm::Value)> + Send + 'static,
) {
    let work = move |tx: Tx| async move { tx.execute(sql, values).await };
    assert_eq!(app.db.run(actor(who), work).await.unwrap(), 1);
}

pub fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}

pub fn token_claims(url: &str) -> Value {
    let token = url.split("token=").nth(1).unwrap();
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

/// An uploaded caption file.
pub async fn captions_file(app: &App, who: &Person) -> String {
    let file: kernel::FileId = kernel::Environment::default().new_id();
    let sql = "INSERT INTO files (id, owner_id, purpose, name, content_type, size_bytes, status, created_at, expires_at, ready_at) \
               VALUES (:file, :owner, 'CAPTIONS', 'en.vtt', 'text/vtt', 10, 'READY', :now, :now, :now)";
    let now = kernel::Environment::default().now();
    let owner = uuid(&who.id);
    execute_as(app, who, sql, values! { file, owner, now }).await;
    file.to_string()
}

/// A URL of this server, with the port on which it listens.
pub fn local_url(app: &App, url: &str) -> String {
    format!("{}{}", app.base, url.strip_prefix("http://127.0.0.1:8080").unwrap())
}
