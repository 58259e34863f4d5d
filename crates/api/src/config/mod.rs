//! Every setting, once: its name, its type, its default and what it is for. `palestra config` prints this page.
//!
//! A value comes from the environment (`PALESTRA_LISTEN`), else from the file (`listen = "…"` in `palestra.toml`), else
//! it is the default. What cannot be read is refused with the name of the setting and what it expects.

mod file;

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, str::FromStr};

use community::MessagesFrom;

/// Why the configuration was refused, in words for whoever starts the server.
#[derive(Debug)]
pub struct ConfigError(pub String);

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// A setting as the documentation shows it.
pub struct Setting {
    /// In the file.
    pub name: &'static str,
    /// In the environment.
    pub env: &'static str,
    /// As text.
    pub default: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Whether its value is never shown.
    pub secret: bool,
}

/// How a type is read from text, and what it expects.
trait Readable: Sized {
    const EXPECTS: &'static str;
    fn read(text: &str) -> Option<Self>;
}

macro_rules! readable {
    ($($type:ty: $expects:literal;)+) => { $(impl Readable for $type {
        const EXPECTS: &'static str = $expects;
        fn read(text: &str) -> Option<Self> { FromStr::from_str(text).ok() }
    })+ };
}

readable! {
    String: "text";
    bool: "true or false";
    u16: "a whole number up to 65535";
    u32: "a whole number";
    u64: "a whole number";
    usize: "a whole number";
    PathBuf: "a path";
    std::net::SocketAddr: "an address and a port, such as 127.0.0.1:8080";
    Mode: "development or production";
    LogFormat: "text or json";
    PaymentProvider: "auto, stripe, sandbox or off";
}

impl Readable for MessagesFrom {
    const EXPECTS: &'static str = "everyone, shared or nobody";
    fn read(text: &str) -> Option<Self> {
        text.to_uppercase().parse().ok()
    }
}

impl Readable for Option<String> {
    const EXPECTS: &'static str = "text";
    fn read(text: &str) -> Option<Self> {
        Some(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    }
}

impl Readable for Vec<String> {
    const EXPECTS: &'static str = "a list, separated by commas";
    fn read(text: &str) -> Option<Self> {
        Some(text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect())
    }
}

impl Readable for Vec<IpAddr> {
    const EXPECTS: &'static str = "addresses, separated by commas";
    fn read(text: &str) -> Option<Self> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect()
    }
}

/// What the server is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To develop against: conveniences that would be dangerous elsewhere.
    Development,
    /// To serve real people.
    Production,
}

impl FromStr for Mode {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => Err(()),
        }
    }
}

/// Who takes money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentProvider {
    /// Stripe where it is configured, else the sandbox in development and nobody in production.
    Auto,
    /// Nobody: in this process, for development.
    Sandbox,
    /// Stripe.
    Stripe,
    /// Courses with a price cannot be bought.
    Off,
}

impl FromStr for PaymentProvider {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "auto" => Ok(Self::Auto),
            "sandbox" => Ok(Self::Sandbox),
            "stripe" => Ok(Self::Stripe),
            "off" => Ok(Self::Off),
            _ => Err(()),
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:literal, $env:literal $(, $secret:ident)?;)+) => {
        /// The configuration, read and typed.
        #[derive(Clone)]
        pub struct Config { $($(#[doc = $doc])+ pub $name: $type,)+ }

        /// Every setting in the order of the documentation.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            name: stringify!($name),
            env: $env,
            default: $default,
            doc: concat!($($doc),+),
            secret: settings!(@secret $($secret)?),
        },)+];

        impl Config {
            fn read(given: &BTreeMap<&'static str, (String, String)>) -> Result<Self, ConfigError> {
                Ok(Self { $($name: one(given, stringify!($name), $default)?,)+ })
            }
        }
    };
    (@secret) => { false };
    (@secret secret) => { true };
}

settings! {
    /// development or production. Production refuses what would be dangerous there.
    environment: Mode = "development", "PALESTRA_ENVIRONMENT";
    /// Where the server listens.
    listen: std::net::SocketAddr = "127.0.0.1:8080", "PALESTRA_LISTEN";
    /// The folder of everything that Palestra keeps on this machine: the SQLite file, the master key, mail without SMTP.
    data_dir: PathBuf = "./data", "PALESTRA_DATA_DIR";
    /// The database: empty for the SQLite file palestra.db in the data folder, sqlite:PATH for another file, or
    /// postgres://OWNER:PASSWORD@HOST/DATABASE for PostgreSQL, as a role that owns the tables and may create roles.
    database_url: Option<String> = "", "DATABASE_URL", secret;
    /// PostgreSQL: how requests connect. Empty: DATABASE_URL's server as palestra_app, with a derived password.
    database_app_url: Option<String> = "", "PALESTRA_DATABASE_APP_URL", secret;
    /// PostgreSQL: how registration and login connect. Empty: the same as palestra_auth.
    database_auth_url: Option<String> = "", "PALESTRA_DATABASE_AUTH_URL", secret;
    /// PostgreSQL: how the worker connects. Empty: the same as palestra_worker.
    database_worker_url: Option<String> = "", "PALESTRA_DATABASE_WORKER_URL", secret;
    /// Connections for requests: to PostgreSQL, or SQLite's readers.
    database_connections: u32 = "8", "PALESTRA_DATABASE_CONNECTIONS";
    /// Redis (or Valkey) for news between several servers on one PostgreSQL, as redis://HOST:6379 or
    /// rediss://USER:PASSWORD@HOST:6380; the same for all of them. Nothing is kept there. Empty: PostgreSQL's notifications.
    redis_url: Option<String> = "", "PALESTRA_REDIS_URL", secret;
    /// 64 hexadecimal digits from which every other secret is derived. Empty: made once and kept in master.key in the data
    /// folder. Several servers on one database need the same one.
    master_key: Option<String> = "", "PALESTRA_MASTER_KEY", secret;
    /// The address under which clients reach this server; the issuer of access tokens.
    public_url: String = "http://127.0.0.1:8080", "PALESTRA_PUBLIC_URL";
    /// The front end that links in mails lead to.
    app_url: String = "http://127.0.0.1:3000", "PALESTRA_APP_URL";
    /// Origins whose pages may call the API from a browser, such as https://app.example.com; separated by commas.
    cors_origins: Vec<String> = "", "PALESTRA_CORS_ORIGINS";
    /// Addresses of proxies whose X-Forwarded-For is believed; separated by commas.
    trusted_proxies: Vec<IpAddr> = "", "PALESTRA_TRUSTED_PROXIES";
    /// How long an access token lives, in seconds.
    access_token_seconds: u64 = "600", "PALESTRA_ACCESS_TOKEN_SECONDS";
    /// How long a session lives without being used, in days.
    session_days: u32 = "30", "PALESTRA_SESSION_DAYS";
    /// How long a key signs access tokens before the worker rotates it, in days.
    signing_key_days: u32 = "90", "PALESTRA_SIGNING_KEY_DAYS";
    /// argon2id: KiB of memory for a hash. 19456 is OWASP's minimum with 2 passes.
    argon2_memory_kib: u32 = "19456", "PALESTRA_ARGON2_MEMORY_KIB";
    /// argon2id: passes.
    argon2_passes: u32 = "2", "PALESTRA_ARGON2_PASSES";
    /// Passwords that are hashed at once, on threads of low priority. 0: one for two cores, at most two.
    hash_threads: usize = "0", "PALESTRA_HASH_THREADS";
    /// Passwords that may wait to be hashed; more are answered with 503.
    hash_queue: usize = "64", "PALESTRA_HASH_QUEUE";
    /// The SMTP server, as smtps://USER:PASSWORD@HOST, smtp://HOST:587?tls=required or smtp://HOST:25. Empty: mail is
    /// written into the folder outbox in the data folder.
    smtp_url: Option<String> = "", "PALESTRA_SMTP_URL", secret;
    /// The sender of mails.
    mail_from: String = "Palestra <no-reply@palestra.invalid>", "PALESTRA_MAIL_FROM";
    /// The bucket of an S3-compatible service for files. Empty: they are kept in the folder objects in the data folder.
    s3_bucket: Option<String> = "", "PALESTRA_S3_BUCKET";
    /// S3: the region, such as eu-central-1.
    s3_region: Option<String> = "", "PALESTRA_S3_REGION";
    /// S3: the address of the service, which clients have to reach too. Empty: Amazon's for the region. Without path style
    /// the bucket belongs into it: https://BUCKET.s3.example.com.
    s3_endpoint: Option<String> = "", "PALESTRA_S3_ENDPOINT";
    /// S3: the name of the key.
    s3_access_key: Option<String> = "", "PALESTRA_S3_ACCESS_KEY";
    /// S3: the key.
    s3_secret_key: Option<String> = "", "PALESTRA_S3_SECRET_KEY", secret;
    /// S3: true where the bucket stands in the path and not in the host name.
    s3_path_style: bool = "false", "PALESTRA_S3_PATH_STYLE";
    /// S3: true to allow an endpoint without TLS, in development.
    s3_allow_http: bool = "false", "PALESTRA_S3_ALLOW_HTTP";
    /// The largest picture, in bytes: photos of 48 million pixels have about 25 million.
    upload_image_bytes: u64 = "33554432", "PALESTRA_UPLOAD_IMAGE_BYTES";
    /// The largest attachment, in bytes.
    upload_attachment_bytes: u64 = "104857600", "PALESTRA_UPLOAD_ATTACHMENT_BYTES";
    /// The largest captions, in bytes.
    upload_captions_bytes: u64 = "1048576", "PALESTRA_UPLOAD_CAPTIONS_BYTES";
    /// The largest video, in bytes.
    upload_video_bytes: u64 = "5368709120", "PALESTRA_UPLOAD_VIDEO_BYTES";
    /// The media types of pictures that may be uploaded; separated by commas. They are decoded and encoded anew.
    upload_image_types: Vec<String> = "image/png,image/jpeg,image/webp,image/gif", "PALESTRA_UPLOAD_IMAGE_TYPES";
    /// The media types of attachments that may be uploaded, of those that the server knows; separated by commas.
    upload_attachment_types: Vec<String> = "application/pdf,application/zip,image/png,image/jpeg,image/webp,image/gif,image/heic,image/avif,video/mp4,video/quicktime,video/webm,audio/mpeg,audio/mp4,audio/wav,audio/ogg,audio/flac,audio/aac,text/plain,text/csv,text/tab-separated-values,text/markdown,text/calendar,text/vtt,application/x-subrip,application/json,application/rtf,application/gpx+xml,application/vnd.garmin.tcx+xml,application/vnd.ant.fit,application/vnd.google-earth.kml+xml,application/vnd.google-earth.kmz,application/epub+zip,application/vnd.openxmlformats-officedocument.wordprocessingml.document,application/vnd.openxmlformats-officedocument.wordprocessingml.template,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,application/vnd.openxmlformats-officedocument.spreadsheetml.template,application/vnd.openxmlformats-officedocument.presentationml.presentation,application/vnd.openxmlformats-officedocument.presentationml.slideshow,application/vnd.openxmlformats-officedocument.presentationml.template,application/vnd.oasis.opendocument.text,application/vnd.oasis.opendocument.text-template,application/vnd.oasis.opendocument.spreadsheet,application/vnd.oasis.opendocument.spreadsheet-template,application/vnd.oasis.opendocument.presentation,application/vnd.oasis.opendocument.graphics,application/vnd.apple.pages,application/vnd.apple.numbers,application/vnd.apple.keynote,application/msword,application/vnd.ms-excel,application/vnd.ms-powerpoint", "PALESTRA_UPLOAD_ATTACHMENT_TYPES";
    /// The media types of videos that may be uploaded into our own storage; separated by commas.
    upload_video_types: Vec<String> = "video/mp4,video/webm,video/quicktime", "PALESTRA_UPLOAD_VIDEO_TYPES";
    /// How long the URL of an upload is good, in seconds.
    upload_seconds: u64 = "21600", "PALESTRA_UPLOAD_SECONDS";
    /// Uploads that a trainer may have begun and not completed.
    uploads_pending: u32 = "100", "PALESTRA_UPLOADS_PENDING";
    /// Bytes that those may have in all.
    uploads_pending_bytes: u64 = "53687091200", "PALESTRA_UPLOADS_PENDING_BYTES";
    /// The slowest that an upload through this server may be, in bytes a second.
    upload_bytes_per_second: u64 = "16384", "PALESTRA_UPLOAD_BYTES_PER_SECOND";
    /// Uploads that are taken in through this server at once; more are answered with 503.
    max_uploads: usize = "64", "PALESTRA_MAX_UPLOADS";
    /// How long the URL of a download is good, in seconds.
    download_seconds: u64 = "900", "PALESTRA_DOWNLOAD_SECONDS";
    /// Threads that serve requests. 0: one a core.
    http_threads: usize = "0", "PALESTRA_HTTP_THREADS";
    /// Connections that are open at once.
    max_connections: usize = "10000", "PALESTRA_MAX_CONNECTIONS";
    /// Requests that are worked on at once; more are answered with 503.
    max_in_flight: usize = "2048", "PALESTRA_MAX_IN_FLIGHT";
    /// Room for public answers that are kept in memory, in MiB. 0: none are.
    cache_mib: u32 = "32", "PALESTRA_CACHE_MIB";
    /// The largest head of a request (its line and headers), in bytes.
    head_limit_bytes: usize = "16384", "PALESTRA_HEAD_LIMIT_BYTES";
    /// The largest JSON body, in bytes. The longest text of a course fits in any script.
    json_limit_bytes: usize = "262144", "PALESTRA_JSON_LIMIT_BYTES";
    /// The largest course that can be imported, as a JSON document, in bytes.
    import_limit_bytes: usize = "4194304", "PALESTRA_IMPORT_LIMIT_BYTES";
    /// The time to send the head of a connection's first request, in seconds.
    head_timeout_seconds: u64 = "5", "PALESTRA_HEAD_TIMEOUT_SECONDS";
    /// The time to send a JSON body, in seconds.
    body_timeout_seconds: u64 = "10", "PALESTRA_BODY_TIMEOUT_SECONDS";
    /// The time for a request in all, in seconds.
    request_timeout_seconds: u64 = "30", "PALESTRA_REQUEST_TIMEOUT_SECONDS";
    /// The time to finish what runs after a signal to stop, in seconds.
    shutdown_seconds: u64 = "10", "PALESTRA_SHUTDOWN_SECONDS";
    /// Requests a minute for a member; four times as many for an address. 0: no limit.
    requests_per_minute: u32 = "1200", "PALESTRA_REQUESTS_PER_MINUTE";
    /// Tries a minute to log in to one account from one address, or to have it written to. 0: no limit.
    logins_per_minute: u32 = "10", "PALESTRA_LOGINS_PER_MINUTE";
    /// Who takes money: stripe, sandbox (in this process, for development; no money moves), off, or auto: Stripe where its key is
    /// given, else the sandbox in development and nobody in production.
    payments: PaymentProvider = "auto", "PALESTRA_PAYMENTS";
    /// How long a checkout waits for its buyer, in minutes, 31 to 1439; a coupon's place is held as long.
    checkout_minutes: u64 = "60", "PALESTRA_CHECKOUT_MINUTES";
    /// Mux, which prepares and plays videos: the id of an access token. All five of these, or none: then videos are plain
    /// files in our own storage.
    mux_token_id: Option<String> = "", "PALESTRA_MUX_TOKEN_ID";
    /// Mux: the secret of the access token.
    mux_token_secret: Option<String> = "", "PALESTRA_MUX_TOKEN_SECRET", secret;
    /// Mux: the id of the key that signs playback.
    mux_signing_key_id: Option<String> = "", "PALESTRA_MUX_SIGNING_KEY_ID";
    /// Mux: that key, PEM in base64, as Mux hands it out.
    mux_signing_private_key: Option<String> = "", "PALESTRA_MUX_SIGNING_PRIVATE_KEY", secret;
    /// Mux: what its hooks to /api/v1/hooks/mux are signed with.
    mux_webhook_secret: Option<String> = "", "PALESTRA_MUX_WEBHOOK_SECRET", secret;
    /// Mux: where its API is.
    mux_base_url: String = "https://api.mux.com", "PALESTRA_MUX_BASE_URL";
    /// Stripe, which takes money: the secret key, sk_… or rk_…; it says itself whether the money is real.
    stripe_secret_key: Option<String> = "", "PALESTRA_STRIPE_SECRET_KEY", secret;
    /// Stripe: what its hooks to /api/v1/hooks/stripe are signed with. Two, separated by a comma, while one is replaced.
    stripe_webhook_secrets: Vec<String> = "", "PALESTRA_STRIPE_WEBHOOK_SECRETS", secret;
    /// Stripe: where its API is.
    stripe_base_url: String = "https://api.stripe.com", "PALESTRA_STRIPE_BASE_URL";
    /// How long the addresses of a playback hold, in seconds; at least as long as the video is.
    playback_seconds: u64 = "21600", "PALESTRA_PLAYBACK_SECONDS";
    /// Watching: how many seconds of a video an hour of the server's clock can credit, in per cent of that hour. Who plays at
    /// double speed needs 200.
    watch_rate_percent: u32 = "200", "PALESTRA_WATCH_RATE_PERCENT";
    /// Watching: seconds that are credited beyond that, once for a learner and a video.
    watch_slack_seconds: u32 = "30", "PALESTRA_WATCH_SLACK_SECONDS";
    /// Watching: how much of a video has to be watched for its lesson to be complete, in per cent.
    completion_percent: u32 = "90", "PALESTRA_COMPLETION_PERCENT";
    /// Heartbeats that may wait to be written; more are answered with 503.
    watch_queue: usize = "4096", "PALESTRA_WATCH_QUEUE";
    /// Messages: from whom those take them who have not decided themselves: everyone, shared (whoever has a course in common with
    /// them) or nobody.
    messages_from: MessagesFrom = "shared", "PALESTRA_MESSAGES_FROM";
    /// Messages: how long one may be edited, in minutes.
    message_edit_minutes: u64 = "15", "PALESTRA_MESSAGE_EDIT_MINUTES";
    /// Messages: how long an account is new, in days, for the two limits that follow.
    new_account_days: u32 = "7", "PALESTRA_NEW_ACCOUNT_DAYS";
    /// Messages: conversations that a new account opens in a day. 0: no limit.
    new_account_conversations: u32 = "10", "PALESTRA_NEW_ACCOUNT_CONVERSATIONS";
    /// Messages: how many a new account sends in a minute. 0: no limit.
    new_account_messages: u32 = "20", "PALESTRA_NEW_ACCOUNT_MESSAGES";
    /// Live events: streams that are open at once; more are answered with 503.
    max_streams: usize = "5000", "PALESTRA_MAX_STREAMS";
    /// Live events: streams of one member that are open at once, at this server; more are answered with 429.
    streams_per_member: usize = "10", "PALESTRA_STREAMS_PER_MEMBER";
    /// Live events: how long they are kept for those who are away, in days.
    event_days: u32 = "7", "PALESTRA_EVENT_DAYS";
    /// In development: the folder of the pages at /examples.
    examples_dir: PathBuf = "./examples", "PALESTRA_EXAMPLES_DIR";
    /// The largest body of a hook, in bytes.
    hook_limit_bytes: usize = "262144", "PALESTRA_HOOK_LIMIT_BYTES";
    /// What is logged: error, warn, info, debug or trace, also for a part of the program (info,api=debug).
    log: String = "info", "PALESTRA_LOG";
    /// How log lines look: text or json.
    log_format: LogFormat = "text", "PALESTRA_LOG_FORMAT";
}

/// Variables with our prefix that are no settings: where the file is, and what the tests are told.
fn is_no_setting(name: &str) -> bool {
    name == "PALESTRA_CONFIG" || name.starts_with("PALESTRA_TEST_")
}

fn one<T: Readable>(
    given: &BTreeMap<&'static str, (String, String)>,
    name: &'static str,
    default: &str,
) -> Result<T, ConfigError> {
    let (text, place) =
        given.get(name).map_or((default, "the default"), |(text, place)| (text.as_str(), place.as_str()));
    T::read(text)
        .ok_or_else(|| ConfigError(format!("{place} is «{text}», but {name} has to be {}", T::EXPECTS)))
}

impl Config {
    /// Reads the environment and the file that `PALESTRA_CONFIG` names (`palestra.toml` where it exists).
    ///
    /// # Errors
    /// In words: which setting, where it comes from, and what it expects.
    pub fn load(environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let environment: BTreeMap<String, String> = environment.collect();
        let named = environment.get("PALESTRA_CONFIG").map(PathBuf::from);
        let path = named.clone().unwrap_or_else(|| PathBuf::from("palestra.toml"));
        let mut given = BTreeMap::new();
        match std::fs::read_to_string(&path) {
            Ok(text) => file::read(&path.display().to_string(), &text, &mut given)?,
            Err(error) if named.is_some() => {
                return Err(ConfigError(format!(
                    "PALESTRA_CONFIG names {}, which cannot be read: {error}",
                    path.display()
                )));
            }
            Err(_) => {}
        }
        for (name, text) in &environment {
            if let Some(setting) = SETTINGS.iter().find(|setting| setting.env == name) {
                given.insert(setting.name, (text.clone(), name.clone()));
            } else if name.starts_with("PALESTRA_") && !is_no_setting(name) {
                return Err(ConfigError(format!(
                    "there is no setting {name}; `palestra config` lists them all"
                )));
            }
        }
        let config = Self::read(&given)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let refuse = |text: String| Err(ConfigError(text));
        if let Some(key) = &self.master_key
            && (key.len() != 64 || !key.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            return refuse(
                "PALESTRA_MASTER_KEY has to be 64 hexadecimal digits: openssl rand -hex 32".to_owned(),
            );
        }
        for (name, url) in [("PALESTRA_PUBLIC_URL", &self.public_url), ("PALESTRA_APP_URL", &self.app_url)] {
            if !url.starts_with("http://") && !url.starts_with("https://") {
                return refuse(format!("{name} has to begin with https:// or http://"));
            }
            if self.environment == Mode::Production && !url.starts_with("https://") {
                return refuse(format!("{name} has to begin with https:// in production"));
            }
        }
        if let Some(url) = &self.database_url
            && !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme))
        {
            return refuse("DATABASE_URL has to begin with sqlite:, postgres:// or postgresql://".to_owned());
        }
        for origin in &self.cors_origins {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            if host.is_none_or(|host| host.is_empty() || host.contains('/')) {
                return refuse(format!(
                    "PALESTRA_CORS_ORIGINS has «{origin}», but an origin is like https://app.example.com"
                ));
            }
        }
        let mux = [
            &self.mux_token_id,
            &self.mux_token_secret,
            &self.mux_signing_key_id,
            &self.mux_signing_private_key,
            &self.mux_webhook_secret,
        ];
        if !matches!(mux.iter().filter(|part| part.is_some()).count(), 0 | 5) {
            return refuse(
                "Mux is half configured: give all five of PALESTRA_MUX_TOKEN_ID, PALESTRA_MUX_TOKEN_SECRET, \
                 PALESTRA_MUX_SIGNING_KEY_ID, PALESTRA_MUX_SIGNING_PRIVATE_KEY and PALESTRA_MUX_WEBHOOK_SECRET, or none of them"
                    .to_owned(),
            );
        }
        if self.payments == PaymentProvider::Sandbox && self.environment == Mode::Production {
            return refuse(
                "PALESTRA_PAYMENTS is sandbox: courses would be given away. In production it has to be stripe or off".to_owned(),
            );
        }
        // Stripe's page waits for 30 minutes at least, from when it hears of it.
        if !(31..=1439).contains(&self.checkout_minutes) {
            return refuse("PALESTRA_CHECKOUT_MINUTES has to be from 31 to 1439".to_owned());
        }
        if self.stripe_secret_key.is_some() == self.stripe_webhook_secrets.is_empty() {
            return refuse(
                "Stripe is half configured: give both of PALESTRA_STRIPE_SECRET_KEY and PALESTRA_STRIPE_WEBHOOK_SECRETS, or \
                 none of them"
                    .to_owned(),
            );
        }
        for (name, url) in [
            ("PALESTRA_MUX_BASE_URL", &self.mux_base_url),
            ("PALESTRA_STRIPE_BASE_URL", &self.stripe_base_url),
        ] {
            let plain = url.starts_with("http://") && self.environment == Mode::Development;
            if !plain && !url.starts_with("https://") {
                return refuse(format!("{name} has to begin with https:// (in development also http://)"));
            }
        }
        if let Some(missing) = self.missing_of_s3() {
            return refuse(format!(
                "files in S3 need a bucket, a region and a key: {missing} is missing. Give it, or none of them to keep files \
                 in the data folder"
            ));
        }
        if let Some(endpoint) = &self.s3_endpoint {
            let plain = endpoint.starts_with("http://");
            if !plain && !endpoint.starts_with("https://") {
                return refuse("PALESTRA_S3_ENDPOINT has to begin with https:// or http://".to_owned());
            }
            if plain && (!self.s3_allow_http || self.environment == Mode::Production) {
                return refuse(
                    "PALESTRA_S3_ENDPOINT is without TLS: PALESTRA_S3_ALLOW_HTTP=true allows that, outside production"
                        .to_owned(),
                );
            }
        }
        // Signatures of S3 hold for a week at most.
        for (name, seconds) in [
            ("PALESTRA_UPLOAD_SECONDS", self.upload_seconds),
            ("PALESTRA_DOWNLOAD_SECONDS", self.download_seconds),
            ("PALESTRA_PLAYBACK_SECONDS", self.playback_seconds),
        ] {
            if !(1..=604_800).contains(&seconds) {
                return refuse(format!("{name} has to be 1 to 604800"));
            }
        }
        let weak = self.argon2_memory_kib < 19_456 || self.argon2_passes < 2;
        if weak && self.environment == Mode::Production {
            return refuse(
                "argon2's cost is below OWASP's minimum (19456 KiB, 2 passes), which production refuses"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// The first setting of S3 that is missing, where one of the others is given.
    fn missing_of_s3(&self) -> Option<&'static str> {
        let needed = [
            ("PALESTRA_S3_BUCKET", &self.s3_bucket),
            ("PALESTRA_S3_REGION", &self.s3_region),
            ("PALESTRA_S3_ACCESS_KEY", &self.s3_access_key),
            ("PALESTRA_S3_SECRET_KEY", &self.s3_secret_key),
        ];
        let begun = self.s3_endpoint.is_some() || needed.iter().any(|(_, value)| value.is_some());
        let missing = needed.iter().find(|(_, value)| value.is_none());
        missing.filter(|_| begun).map(|(name, _)| *name)
    }

    /// The documentation of every setting, as `palestra config` prints it.
    #[must_use]
    pub fn help() -> String {
        let mut page =
            "Every setting, with its name in the environment, its name in palestra.toml, and its default.\n\
                        The environment overrides the file; PALESTRA_CONFIG names another file.\n"
                .to_owned();
        for setting in SETTINGS {
            let default = if setting.default.is_empty() { "empty" } else { setting.default };
            let secret = if setting.secret { ", secret" } else { "" };
            page.push_str(&format!("\n{}  ({}; default: {default}{secret})\n", setting.env, setting.name));
            for line in wrap(setting.doc.trim(), 100) {
                page.push_str(&format!("    {line}\n"));
            }
        }
        page
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + word.len() < width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests;
