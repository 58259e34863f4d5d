//! Every setting, once: its name, its type, its default and what it is for. `palestra config` prints this page.
//!
//! A value comes from the environment (`PALESTRA_LISTEN`), else from the file (`listen = "…"` in `palestra.toml`), else
//! it is the default. What cannot be read is refused with the name of the setting and what it expects.

mod check;
mod file;
mod help;
mod load;
mod value;

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf};

use community::MessagesFrom;

use self::value::Readable;
pub use self::value::{ConfigError, LogFormat, Mode, PaymentProvider};

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
    /// Redis (or Valkey) for notifications between several servers on one PostgreSQL, as redis://HOST:6379 or
    /// rediss://USER:PASSWORD@HOST:6380; the same for all of them. Nothing is kept there. Empty: PostgreSQL's notifications.
    redis_url: Option<String> = "", "PALESTRA_REDIS_URL", secret;
    /// 64 hexadecimal digits from which every other secret is derived. Empty: made once and kept in master.key in the data
    /// folder. Several servers on one database need the same one.
    master_key: Option<String> = "", "PALESTRA_MASTER_KEY", secret;
    /// The address under which clients reach this server; the issuer of access tokens.
    public_url: String = "http://127.0.0.1:8080", "PALESTRA_PUBLIC_URL";
    /// The front end that links in mails lead to.
    app_url: String = "http://127.0.0.1:3000", "PALESTRA_APP_URL";
    /// Origins whose pages may call the API from a browser, such as https://app.example.com; separated by commas. In development also
    /// those of this machine (localhost, 127.0.0.1) at any port, and that of PALESTRA_APP_URL.
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
    /// Hosts whose players stay in texts, in a sandboxed frame; separated by commas. Others become links.
    player_hosts: Vec<String> = "www.youtube-nocookie.com,player.vimeo.com", "PALESTRA_PLAYER_HOSTS";
    /// The slowest that an upload through this server may be, in bytes a second.
    upload_bytes_per_second: u64 = "16384", "PALESTRA_UPLOAD_BYTES_PER_SECOND";
    /// Uploads that are taken in through this server at once; more are answered with 503.
    max_uploads: usize = "64", "PALESTRA_MAX_UPLOADS";
    /// How long the URL of a download is good, in seconds.
    download_seconds: u64 = "900", "PALESTRA_DOWNLOAD_SECONDS";
    /// Threads that serve requests. 0: one a core.
    http_threads: usize = "0", "PALESTRA_HTTP_THREADS";
    /// What `GET /metrics` asks for as a bearer token. Without one, development answers everybody and production nobody.
    metrics_token: Option<String> = "", "PALESTRA_METRICS_TOKEN", secret;
    /// Connections that are open at once; one more is answered with 503 and closed.
    max_connections: usize = "10000", "PALESTRA_MAX_CONNECTIONS";
    /// Connections that are open at once from one address; one more is answered with 429 and closed. 0: no limit. Trusted
    /// proxies have none.
    connections_per_address: usize = "1000", "PALESTRA_CONNECTIONS_PER_ADDRESS";
    /// Requests that are worked on at once; more are answered with 503.
    max_in_flight: usize = "2048", "PALESTRA_MAX_IN_FLIGHT";
    /// Room for public answers that are kept in memory, in MiB. 0: none are.
    cache_mib: u32 = "32", "PALESTRA_CACHE_MIB";
    /// The largest head of a request (its line and headers), in bytes.
    head_limit_bytes: usize = "16384", "PALESTRA_HEAD_LIMIT_BYTES";
    /// The largest JSON body, in bytes. The longest text of a course fits in any script.
    json_limit_bytes: usize = "262144", "PALESTRA_JSON_LIMIT_BYTES";
    /// The largest JSON body with a text that somebody pastes, in bytes: a word processor copies several times as much as its text.
    text_limit_bytes: usize = "786432", "PALESTRA_TEXT_LIMIT_BYTES";
    /// The largest course that can be imported, as a JSON document, in bytes.
    import_limit_bytes: usize = "4194304", "PALESTRA_IMPORT_LIMIT_BYTES";
    /// The time to send the head of a request, in seconds, from its first byte.
    head_timeout_seconds: u64 = "5", "PALESTRA_HEAD_TIMEOUT_SECONDS";
    /// How long an answer may wait for its reader to take more of it, in seconds; then the connection is closed.
    stalled_timeout_seconds: u64 = "30", "PALESTRA_STALLED_TIMEOUT_SECONDS";
    /// The time to send a JSON body, in seconds.
    body_timeout_seconds: u64 = "10", "PALESTRA_BODY_TIMEOUT_SECONDS";
    /// The time for a request in all, in seconds.
    request_timeout_seconds: u64 = "30", "PALESTRA_REQUEST_TIMEOUT_SECONDS";
    /// The time to finish what runs after a signal to stop, in seconds.
    shutdown_seconds: u64 = "10", "PALESTRA_SHUTDOWN_SECONDS";
    /// Requests a minute for a member; four times as many for an address. 0: no limit.
    requests_per_minute: u32 = "1200", "PALESTRA_REQUESTS_PER_MINUTE";
    /// Whether an account can be logged in to only once its e-mail address is verified. Registration then answers the same for an address that has
    /// an account; its owner is told by mail.
    confirm_addresses: bool = "false", "PALESTRA_CONFIRM_ADDRESSES";
    /// Wrong passwords a minute for one account from one unknown address, and mails a minute that one address may have sent to another.
    /// 0: no limit.
    logins_per_minute: u32 = "10", "PALESTRA_LOGINS_PER_MINUTE";
    /// Wrong passwords an hour for one account, from all unknown devices together; for each device that it was used from, in ten
    /// minutes; and of an account that is logged in, where it changes its password. 0: no limit.
    guesses_per_hour: u32 = "10", "PALESTRA_GUESSES_PER_HOUR";
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
    /// Whether the CSV files of learners that trainers fetch have e-mail addresses. Learners have to be told before.
    learner_emails: bool = "false", "PALESTRA_LEARNER_EMAILS";
    /// Messages: from whom those take them who have not decided themselves: everyone, shared (whoever has a course in common with
    /// them) or nobody.
    messages_from: MessagesFrom = "shared", "PALESTRA_MESSAGES_FROM";
    /// Messages: how long one may be edited, in minutes.
    message_edit_minutes: u64 = "15", "PALESTRA_MESSAGE_EDIT_MINUTES";
    /// Messages: how long an account is new, in days, for the two limits that follow; one whose address is not verified stays new.
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

#[cfg(test)]
mod tests;
