//! A double of Mux over HTTP.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard},
};

use actix_web::{App as Service, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, web};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{App, Reply};

const VECTORS: &str = include_str!("../../../contract/mux/vectors.json");
const TOKEN: (&str, &str) = ("mux token", "mux secret");

/// Mux as far as Palestra knows it: uploads, assets and events, over HTTP. What it signs is held against Mux's own library by
/// `contract/mux`.
pub struct Mux {
    base: String,
    rooms: Arc<Mutex<Rooms>>,
    handle: ServerHandle,
}

#[derive(Default)]
struct Rooms {
    base: String,
    uploads: BTreeMap<String, Value>,
    assets: BTreeMap<String, Value>,
    /// In order of creation; the test decides how to deliver them.
    events: Vec<Value>,
    /// Every call of the API, as `METHOD path`.
    calls: Vec<String>,
    /// How many of the next calls fail, and with which status.
    failures: (u32, u16),
    /// The server that receives the webhook of an asset before the answer to its upload.
    eager: Option<String>,
    made: u32,
}

impl Mux {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let rooms = Arc::new(Mutex::new(Rooms { base: base.clone(), ..Rooms::default() }));
        let data = web::Data::new(rooms.clone());
        let factory = move || Service::new().app_data(data.clone()).default_service(web::to(answer));
        let server = HttpServer::new(factory).workers(1).disable_signals().listen(listener).unwrap().run();
        let handle = server.handle();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(server).unwrap();
        });
        Self { base, rooms, handle }
    }

    /// The settings of a server that uses this Mux.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let vector = |name: &str| vectors()[name].as_str().unwrap().to_owned();
        vec![
            ("PALESTRA_MUX_BASE_URL", self.base.clone()),
            ("PALESTRA_MUX_TOKEN_ID", TOKEN.0.to_owned()),
            ("PALESTRA_MUX_TOKEN_SECRET", TOKEN.1.to_owned()),
            ("PALESTRA_MUX_SIGNING_KEY_ID", vector("keyId")),
            ("PALESTRA_MUX_SIGNING_PRIVATE_KEY", vector("privateKey")),
            ("PALESTRA_MUX_WEBHOOK_SECRET", vector("webhookSecret")),
        ]
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap()
    }

    /// Makes the next calls fail.
    pub fn fail(&self, times: u32, status: u16) {
        self.rooms().failures = (times, status);
    }

    /// From now on the webhook of an asset is delivered before the upload is answered.
    pub fn be_eager(&self, app: &App) {
        self.rooms().eager = Some(app.base.clone());
    }

    pub fn calls(&self) -> Vec<String> {
        self.rooms().calls.clone()
    }

    /// The asset that was created from an upload.
    pub fn asset_of(&self, url: &str) -> String {
        let upload = url.rsplit('/').next().unwrap();
        self.rooms().uploads[upload]["asset_id"].as_str().unwrap().to_owned()
    }

    pub fn has_asset(&self, id: &str) -> bool {
        self.rooms().assets.contains_key(id)
    }

    /// The status of an upload.
    pub fn upload_status(&self, url: &str) -> String {
        let upload = url.rsplit('/').next().unwrap();
        self.rooms().uploads[upload]["status"].as_str().unwrap().to_owned()
    }

    /// Finishes processing an asset.
    pub fn finish(&self, asset: &str, status: &str) {
        let mut rooms = self.rooms();
        let row = rooms.assets.get_mut(asset).unwrap();
        row["status"] = json!(status);
        if status == "ready" {
            row["duration"] = json!(61.5);
            // An upload of sound alone has no other track.
            if row["tracks"].is_null() {
                row["tracks"] = json!([
                    { "id": "v", "type": "video", "max_width": 1920, "max_height": 1080, "max_frame_rate": 30 },
                    { "id": "a", "type": "audio", "max_channels": 2 },
                ]);
            }
        }
        let row = row.clone();
        rooms.emit(&format!("video.asset.{status}"), row);
    }

    /// What Mux finds in the file of an asset once it is processed.
    pub fn set_tracks(&self, asset: &str, tracks: Value) {
        self.rooms().assets.get_mut(asset).unwrap()["tracks"] = tracks;
    }

    /// Makes an upload time out.
    pub fn time_out(&self, url: &str) {
        let upload = url.rsplit('/').next().unwrap();
        let mut rooms = self.rooms();
        let row = rooms.uploads.get_mut(upload).unwrap();
        row["status"] = json!("timed_out");
    }

    /// The events since the last call.
    pub fn events(&self) -> Vec<Value> {
        std::mem::take(&mut self.rooms().events)
    }

    /// Delivers an event, signed at the time of the app.
    pub async fn deliver(&self, app: &App, event: &Value) -> Reply {
        let body = event.to_string();
        let signature = Self::sign(&body, kernel::Clock::now(app.clock.as_ref()).timestamp());
        Self::send(app, &body, &signature).await
    }

    pub async fn send(app: &App, body: &str, signature: &str) -> Reply {
        let request = app
            .request("POST", "/hooks/mux")
            .header("content-type", "application/json")
            .header("mux-signature", signature)
            .body(body.to_owned());
        app.send(request).await
    }

    /// The header `Mux-Signature` of a body.
    pub fn sign(body: &str, at: i64) -> String {
        let secret = vectors()["webhookSecret"].as_str().unwrap().to_owned();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
        format!("t={at},v1={}", kernel::hex(tag.as_ref()))
    }
}

impl Drop for Mux {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

pub fn vectors() -> Value {
    serde_json::from_str(VECTORS).unwrap()
}

impl Rooms {
    fn name(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}{:08}", self.made)
    }

    fn emit(&mut self, kind: &str, data: Value) {
        let (id, object) = (self.name("event-"), json!({ "id": data["id"] }));
        let event =
            json!({ "type": kind, "id": id, "object": object, "environment": { "id": "e" }, "data": data });
        self.events.push(event);
    }

    fn create_upload(&mut self, body: &Value) -> Value {
        let settings = body["new_asset_settings"].clone();
        assert_eq!(settings["playback_policy"], json!(["signed"]));
        let id = self.name("Upload");
        let upload = json!({
            "id": id, "status": "waiting", "url": format!("{}/upload/{id}", self.base), "timeout": body["timeout"],
            "cors_origin": body["cors_origin"], "new_asset_settings": settings, "test": false,
        });
        self.uploads.insert(id, upload.clone());
        upload
    }

    /// Receives the file of an upload.
    fn receive(&mut self, upload: &str) -> bool {
        let Some(mut row) = self.uploads.get(upload).cloned() else {
            return false;
        };
        if row["status"] != "waiting" {
            return false;
        }
        let (id, playback) = (self.name("Asset"), self.name("Playback"));
        let asset = json!({
            "id": id, "status": "preparing", "upload_id": upload, "passthrough": row["new_asset_settings"]["passthrough"],
            "playback_ids": [{ "id": playback, "policy": "signed" }], "created_at": "1795200000",
        });
        row["status"] = json!("asset_created");
        row["asset_id"] = json!(id);
        self.uploads.insert(upload.to_owned(), row.clone());
        self.assets.insert(id, asset.clone());
        self.emit("video.upload.asset_created", row);
        self.emit("video.asset.created", asset);
        true
    }
}

/// Handles every request to this Mux.
async fn answer(rooms: web::Data<Arc<Mutex<Rooms>>>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let parts: Vec<&str> = request.path().trim_matches('/').split('/').collect();
    let method = request.method().as_str();
    let mut eager = None;
    let response = {
        let mut rooms = rooms.lock().unwrap();
        if let ("PUT", ["upload", id]) = (method, parts.as_slice()) {
            let received = rooms.receive(id);
            return if received { HttpResponse::Ok() } else { HttpResponse::Gone() }.finish();
        }
        let expected = format!("Basic {}", STANDARD.encode(format!("{}:{}", TOKEN.0, TOKEN.1)));
        let given = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        if given != Some(expected.as_str()) {
            return HttpResponse::Unauthorized().finish();
        }
        rooms.calls.push(format!("{method} {}", request.path()));
        if rooms.failures.0 > 0 {
            rooms.failures.0 -= 1;
            let status = actix_web::http::StatusCode::from_u16(rooms.failures.1).unwrap();
            return HttpResponse::build(status).body("{\"error\":{}}");
        }
        match (method, parts.as_slice()) {
            ("POST", ["video", "v1", "uploads"]) => {
                let upload = rooms.create_upload(&serde_json::from_slice(&body).unwrap());
                if let Some(base) = rooms.eager.clone() {
                    rooms.receive(upload["id"].as_str().unwrap());
                    eager = Some((base, std::mem::take(&mut rooms.events)));
                }
                json(201, upload)
            }
            ("GET", ["video", "v1", "uploads", id]) => found(rooms.uploads.get(*id)),
            ("PUT", ["video", "v1", "uploads", id, "cancel"]) => match rooms.uploads.get_mut(*id) {
                Some(upload) if upload["status"] == "waiting" => {
                    upload["status"] = json!("cancelled");
                    json(200, upload.clone())
                }
                Some(_) => HttpResponse::Forbidden().finish(),
                None => HttpResponse::NotFound().finish(),
            },
            ("GET", ["video", "v1", "assets", id]) => found(rooms.assets.get(*id)),
            ("DELETE", ["video", "v1", "assets", id]) => match rooms.assets.remove(*id) {
                Some(asset) => {
                    rooms.emit("video.asset.deleted", asset);
                    HttpResponse::NoContent().finish()
                }
                None => HttpResponse::NotFound().finish(),
            },
            _ => HttpResponse::NotFound().finish(),
        }
    };
    if let Some((base, events)) = eager {
        for event in events {
            let body = event.to_string();
            let at = kernel::Environment::default().now().timestamp();
            let sent = reqwest::Client::new()
                .post(format!("{base}/api/v1/hooks/mux"))
                .header("mux-signature", Mux::sign(&body, at))
                .body(body)
                .send();
            assert_eq!(sent.await.unwrap().status(), 200);
        }
    }
    response
}

fn found(row: Option<&Value>) -> HttpResponse {
    row.map_or_else(|| HttpResponse::NotFound().finish(), |row| json(200, row.clone()))
}

fn json(status: u16, data: Value) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap();
    let body = json!({ "data": data }).to_string();
    HttpResponse::build(status).content_type("application/json").body(body)
}
