//! Mux: a thin client of its API, the verification of its webhooks, and its playback tokens.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use http_client::HttpClient;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kernel::{Code, Environment, Error, Result, Timestamp, VideoAssetId};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

/// How long an upload may be begun in seconds.
const UPLOAD_SECONDS: u32 = 3600;

/// The credentials of an account at Mux.
#[derive(Clone)]
pub struct MuxSettings {
    /// The id of the access token.
    pub token_id: String,
    /// The secret of the access token.
    pub token_secret: String,
    /// The id of the key that signs playback tokens.
    pub signing_key_id: String,
    /// That key: PEM in base64, as Mux hands it out.
    pub signing_private_key: String,
    /// The secret that webhooks are signed with.
    pub webhook_secret: String,
    /// The base URL of its API.
    pub base_url: String,
    /// The origin of the front end from which files are uploaded.
    pub cors_origin: String,
}

/// Where and how a client uploads the file of a video.
#[derive(Clone, Debug)]
pub struct UploadTarget {
    /// The HTTP method.
    pub method: &'static str,
    /// A signed URL: whoever has it may upload.
    pub url: String,
    /// Headers to send along.
    pub headers: Vec<(String, String)>,
    /// When the URL expires.
    pub expires_at: Timestamp,
}

/// What a playback token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Video,
    Thumbnail,
    Storyboard,
}

#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    kid: &'a str,
}

/// Mux, as this installation's account sees it.
pub struct Mux {
    settings: MuxSettings,
    key: EncodingKey,
    service: HttpClient,
    environment: Environment,
}

/// A response of Mux's that is final: there is nothing to try again.
struct Response {
    status: StatusCode,
    data: Value,
}

impl Mux {
    /// A client; Mux is not contacted yet.
    ///
    /// # Errors
    /// In words, where the signing key cannot be read.
    pub fn new(settings: MuxSettings, environment: Environment) -> Result<Self, String> {
        let pem = STANDARD
            .decode(settings.signing_private_key.trim())
            .map_err(|_| "PALESTRA_MUX_SIGNING_PRIVATE_KEY is not base64".to_owned())?;
        let key = EncodingKey::from_rsa_pem(&pem).map_err(|_| {
            "PALESTRA_MUX_SIGNING_PRIVATE_KEY is not the PEM of an RSA key in base64, as Mux hands it out"
                .to_owned()
        })?;
        let service = HttpClient::new("Mux", environment.clone())?;
        let mux = Self { settings, key, service, environment };
        // A key of another kind would otherwise be noticed only when the first learner watches.
        mux.token("check", Purpose::Video, mux.environment.now())
            .map_err(|_| "PALESTRA_MUX_SIGNING_PRIVATE_KEY does not sign".to_owned())?;
        Ok(mux)
    }

    /// Makes an upload whose asset will carry our id; answers its id and where the file is uploaded.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where Mux does not answer, or not with an upload.
    pub(crate) async fn create_upload(
        &self,
        id: VideoAssetId,
        content_type: &str,
    ) -> Result<(String, UploadTarget)> {
        let body = json!({
            "cors_origin": self.settings.cors_origin,
            "timeout": UPLOAD_SECONDS,
            "new_asset_settings": { "playback_policy": ["signed"], "passthrough": id.to_string() },
        });
        let answer = self.call(Method::POST, "/video/v1/uploads", Some(&body)).await?;
        let text = |name: &str| answer.data.get(name).and_then(Value::as_str).map(str::to_owned);
        match (answer.status.is_success(), text("id"), text("url")) {
            (true, Some(upload_id), Some(url)) => {
                let target = UploadTarget {
                    method: "PUT",
                    url,
                    headers: vec![("content-type".to_owned(), content_type.to_owned())],
                    expires_at: self.environment.now() + Duration::from_secs(UPLOAD_SECONDS.into()),
                };
                Ok((upload_id, target))
            }
            _ => Err(refused(answer.status)),
        }
    }

    /// An upload; `None` where Mux does not know it.
    pub(crate) async fn upload(&self, upload_id: &str) -> Result<Option<Value>> {
        self.get(&format!("/video/v1/uploads/{upload_id}")).await
    }

    /// An asset; `None` where Mux does not know it.
    pub(crate) async fn asset(&self, asset_id: &str) -> Result<Option<Value>> {
        self.get(&format!("/video/v1/assets/{asset_id}")).await
    }

    /// Deletes an asset. One that Mux does not know is deleted already.
    pub(crate) async fn delete_asset(&self, asset_id: &str) -> Result<()> {
        let path = format!("/video/v1/assets/{asset_id}");
        let answer = self.call(Method::DELETE, &path, None).await?;
        if answer.status.is_success() || answer.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        Err(refused(answer.status))
    }

    /// Cancels an upload before its file has arrived. One that Mux does not know has ended already.
    pub(crate) async fn cancel_upload(&self, upload_id: &str) -> Result<()> {
        let path = format!("/video/v1/uploads/{upload_id}/cancel");
        let answer = self.call(Method::PUT, &path, None).await?;
        if answer.status.is_success() || answer.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        Err(refused(answer.status))
    }

    async fn get(&self, path: &str) -> Result<Option<Value>> {
        let answer = self.call(Method::GET, path, None).await?;
        match answer.status {
            status if status.is_success() => Ok(Some(answer.data)),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(refused(status)),
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Response> {
        let url = format!("{}{path}", self.settings.base_url.trim_end_matches('/'));
        let (id, secret) = (&self.settings.token_id, &self.settings.token_secret);
        let mut request = self.service.request(method, url).basic_auth(id, Some(secret));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self.service.send(request, http_client::HttpResponse::is_transient).await;
        let answer = answer.map_err(unavailable)?;
        let mut read: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let data = read.get_mut("data").map(Value::take).unwrap_or_default();
        Ok(Response { status: answer.status, data })
    }

    /// Refuses a webhook whose body does not carry Mux's signature, or whose signature is older than five minutes.
    ///
    /// # Errors
    /// [`Code::HookSignatureInvalid`].
    pub(crate) fn verify_hook(&self, header: &str, body: &[u8], now: Timestamp) -> Result<()> {
        http_client::verify_webhook(&[&self.settings.webhook_secret], header, body, now)
    }

    /// The signed URLs of stream, thumbnail and storyboard.
    pub(crate) fn playback_urls(&self, playback_id: &str, until: Timestamp) -> Result<[String; 3]> {
        let (stream, image) = ("https://stream.mux.com", "https://image.mux.com");
        let video = self.token(playback_id, Purpose::Video, until)?;
        let thumbnail = self.token(playback_id, Purpose::Thumbnail, until)?;
        let storyboard = self.token(playback_id, Purpose::Storyboard, until)?;
        Ok([
            format!("{stream}/{playback_id}.m3u8?token={video}"),
            format!("{image}/{playback_id}/thumbnail.jpg?token={thumbnail}"),
            format!("{image}/{playback_id}/storyboard.vtt?token={storyboard}"),
        ])
    }

    pub(crate) fn token(&self, playback_id: &str, purpose: Purpose, until: Timestamp) -> Result<String> {
        let kid = &self.settings.signing_key_id;
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(kid.clone());
        let claims = Claims {
            sub: playback_id,
            aud: match purpose {
                Purpose::Video => "v",
                Purpose::Thumbnail => "t",
                Purpose::Storyboard => "s",
            },
            exp: until.timestamp(),
            kid,
        };
        jsonwebtoken::encode(&header, &claims, &self.key).map_err(Error::internal)
    }
}

fn unavailable(cause: String) -> Error {
    Error::new(Code::Unavailable)
        .detail("The video service does not answer.")
        .retry_after(Duration::from_secs(5))
        .caused_by(cause)
}

fn refused(status: StatusCode) -> Error {
    unavailable(format!("Mux answered {status}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mux's own library agrees with these: see contract/mux.
    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../../../contract/mux/vectors.json")).unwrap()
    }

    fn text(vectors: &Value, name: &str) -> String {
        vectors[name].as_str().unwrap().to_owned()
    }

    fn mux(vectors: &Value) -> Mux {
        let settings = MuxSettings {
            token_id: "id".to_owned(),
            token_secret: "secret".to_owned(),
            signing_key_id: text(vectors, "keyId"),
            signing_private_key: text(vectors, "privateKey"),
            webhook_secret: text(vectors, "webhookSecret"),
            base_url: "http://127.0.0.1:1".to_owned(),
            cors_origin: "*".to_owned(),
        };
        Mux::new(settings, Environment::default()).unwrap()
    }

    #[test]
    fn tokens_are_those_that_mux_s_library_agreed_with() {
        let vectors = vectors();
        let mux = mux(&vectors);
        let until = chrono::DateTime::from_timestamp(vectors["expiresAt"].as_i64().unwrap(), 0).unwrap();
        for (name, purpose) in [
            ("video", Purpose::Video),
            ("thumbnail", Purpose::Thumbnail),
            ("storyboard", Purpose::Storyboard),
        ] {
            let token = mux.token(&text(&vectors, "playbackId"), purpose, until).unwrap();
            assert_eq!(token, vectors["tokens"][name].as_str().unwrap(), "{name}");
        }
    }

    #[test]
    fn a_hook_that_mux_s_library_agreed_with_is_accepted_and_nothing_else() {
        let vectors = vectors();
        let mux = mux(&vectors);
        let (header, body) = (text(&vectors, "signature"), text(&vectors, "body"));
        let at = chrono::DateTime::from_timestamp(vectors["signedAt"].as_i64().unwrap(), 0).unwrap();
        let verify = |header: &str, body: &str, seconds| {
            mux.verify_hook(header, body.as_bytes(), at + chrono::TimeDelta::seconds(seconds))
        };
        assert!(verify(&header, &body, 0).is_ok());
        assert!(verify(&header, &body, 300).is_ok() && verify(&header, &body, -300).is_ok());
        assert!(verify(&header, &body, 301).is_err() && verify(&header, &body, -301).is_err());
        assert!(verify(&header, &format!("{body} "), 0).is_err());
        let (time, tag) = header.split_once(",v1=").unwrap();
        let zeros = "0".repeat(64);
        assert!(verify(&format!("{time},v1={zeros},v1={tag}"), &body, 0).is_ok());
        for wrong in [
            String::new(),
            time.to_owned(),
            format!("v1={tag}"),
            format!("{time},v1={zeros}"),
            format!("{time},v0={tag}"),
            format!("{time},v1={}", &tag[..62]),
            format!("t=x,v1={tag}"),
            format!("t=99999999999999999,v1={tag}"),
        ] {
            assert!(verify(&wrong, &body, 0).is_err(), "{wrong}");
        }
    }
}
