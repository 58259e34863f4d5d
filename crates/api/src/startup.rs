//! From a configuration to an open database: the folder, the master key, the roles, the schema.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use database::{Db, Relay, Setup, postgres, sqlite};
use identity::{Hasher, HasherSettings, Identity, TokenSettings, Tokens};
use kernel::{Environment, Keyring, hex};
use media::{Media, Mux, MuxSettings, Storage, Videos};
use payments::{Payments, Provider, Sandbox, Stripe, StripeSettings};
use sea_orm::{SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::{Postgres, Sqlite, postgres::PgConnectOptions};

use crate::config::{Config, Mode, PaymentProvider};

/// The master key's file in the data folder.
const MASTER_KEY_FILE: &str = "master.key";

/// Why nothing was started, in words for whoever tried.
pub type StartupError = String;

/// Whether the schema may be brought up to date on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Apply what is pending, where this installation is the owner.
    Migrate,
    /// Refuse a schema that is not this binary's.
    Check,
}

/// Tells whoever waits what is happening.
pub fn print_status(line: &str) {
    let mut out = std::io::stderr();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Opens the database, its schema brought up to date or checked.
///
/// # Errors
/// In words: what is wrong, and what to do.
pub async fn open(config: &Config, environment: Environment, schema: Schema) -> Result<Db, StartupError> {
    make_private_folder(&config.data_dir).map_err(|error| {
        let folder = config.data_dir.display();
        format!("the data folder {folder} cannot be made: {error}. Let PALESTRA_DATA_DIR name one that this user may write")
    })?;
    let had_key = config.data_dir.join(MASTER_KEY_FILE).exists();
    let keyring = Keyring::new(master_key(config)?);
    let setup = match postgres_urls(config, &keyring)? {
        Some(servers) => open_postgres(config, servers, &keyring, schema).await?,
        None if config.redis_url.is_some() => {
            return Err("PALESTRA_REDIS_URL is for several servers on one PostgreSQL, and this is SQLite: leave it out, or let DATABASE_URL \
                        name a PostgreSQL"
                .to_owned());
        }
        None => {
            let path = sqlite_path(config);
            if had_key && !path.exists() {
                missing_database(config, &path)?;
            }
            open_sqlite(path, config, &keyring, schema).await?
        }
    };
    let environment = environment.reached_at(&config.public_url).showing_players_of(&config.player_hosts);
    Db::open(setup, environment, keyring).await.map_err(|error| error.to_string())
}

/// A folder that nobody else may look into: the database, the master key and mails with live links are in it. One that
/// exists keeps the rights that somebody gave it.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The services of identity: the lane of hashing, and the signing keys.
///
/// # Errors
/// In words: what is wrong, and what to do.
pub async fn identity(config: &Config, db: &Db) -> Result<Identity, StartupError> {
    let settings = TokenSettings {
        issuer: config.public_url.clone(),
        audience: "palestra".to_owned(),
        lifetime: std::time::Duration::from_secs(config.access_token_seconds),
    };
    let tokens = Tokens::load(db, settings).await.map_err(|error| error.to_string())?;
    let session_lifetime = std::time::Duration::from_secs(u64::from(config.session_days) * 86_400);
    let guess_limits =
        identity::GuessLimits { per_hour: config.guesses_per_hour, per_minute: config.logins_per_minute };
    let settings = identity::IdentitySettings {
        session_lifetime,
        guess_limits,
        confirms_addresses: config.confirm_addresses,
    };
    Ok(Identity::new(hasher(config)?, tokens, settings))
}

/// Files, in the storage that the configuration names.
///
/// # Errors
/// In words: what is wrong, and what to do.
pub fn media(config: &Config) -> Result<Media, StartupError> {
    let s3 = match (&config.s3_bucket, &config.s3_region, &config.s3_access_key, &config.s3_secret_key) {
        (Some(bucket), Some(region), Some(access_key), Some(secret_key)) => Some(media::S3 {
            bucket: bucket.clone(),
            region: region.clone(),
            endpoint: config.s3_endpoint.clone(),
            access_key: access_key.clone(),
            secret_key: secret_key.clone(),
            path_style: config.s3_path_style,
            allow_http: config.s3_allow_http,
        }),
        _ => None,
    };
    let local = || media::Settings::Local(config.data_dir.join("objects"));
    let storage = Storage::open(s3.map_or_else(local, media::Settings::S3))?;
    let limits = media::Limits {
        image: config.upload_image_bytes,
        attachment: config.upload_attachment_bytes,
        video: config.upload_video_bytes,
        captions: config.upload_captions_bytes,
        lifetime: std::time::Duration::from_secs(config.upload_seconds),
        pending: config.uploads_pending,
        pending_bytes: config.uploads_pending_bytes,
    };
    let types = media::AllowedTypes::new(
        &config.upload_image_types,
        &config.upload_attachment_types,
        &config.upload_video_types,
    )?;
    Ok(Media::new(storage, limits, types, config.public_url.clone()))
}

/// The lane in which passwords are hashed.
///
/// # Errors
/// In words, where argon2 refuses the parameters.
pub fn hasher(config: &Config) -> Result<Hasher, StartupError> {
    // argon2 fills the caches: with a thread a core, every read beside a flood of logins is half as fast.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = match config.hash_threads {
        0 => (cores / 2).clamp(1, 2),
        given => given,
    };
    let settings = HasherSettings {
        memory_kib: config.argon2_memory_kib,
        passes: config.argon2_passes,
        threads,
        queue: config.hash_queue,
    };
    Hasher::start(settings).map_err(|error| error.to_string())
}

/// What may be credited for watching.
///
/// # Errors
/// In words: what is wrong, and what to do.
pub fn watch_rules(config: &Config) -> Result<progress::Rules, StartupError> {
    let rules = progress::Rules {
        rate_percent: config.watch_rate_percent,
        slack_seconds: config.watch_slack_seconds,
        completion_percent: config.completion_percent,
    };
    if rules.rate_percent == 0 {
        return Err(
            "PALESTRA_WATCH_RATE_PERCENT is 0: nothing would ever be credited; 100 is an hour an hour"
                .to_owned(),
        );
    }
    if !(1..=100).contains(&rules.completion_percent) {
        return Err("PALESTRA_COMPLETION_PERCENT has to be 1 to 100".to_owned());
    }
    Ok(rules)
}

/// What the school decides about messages.
pub fn messaging(config: &Config) -> community::Messaging {
    let days = |days: u32| std::time::Duration::from_secs(u64::from(days) * 86_400);
    community::Messaging {
        messages_from: config.messages_from,
        edit_window: std::time::Duration::from_secs(60 * config.message_edit_minutes),
        new_account: days(config.new_account_days),
        new_account_conversations: config.new_account_conversations,
        new_account_messages: config.new_account_messages,
    }
}

/// How many streams of live events may be open.
pub fn stream_capacity(config: &Config) -> community::live::Capacity {
    community::live::Capacity { total: config.max_streams, per_account: config.streams_per_member }
}

/// What plays videos: Mux where it is configured.
///
/// # Errors
/// In words, where the signing key cannot be read.
pub fn videos(config: &Config, environment: &Environment) -> Result<Videos, StartupError> {
    let mux = match (
        &config.mux_token_id,
        &config.mux_token_secret,
        &config.mux_signing_key_id,
        &config.mux_signing_private_key,
        &config.mux_webhook_secret,
    ) {
        (Some(id), Some(secret), Some(key_id), Some(key), Some(webhook_secret)) => {
            let settings = MuxSettings {
                token_id: id.clone(),
                token_secret: secret.clone(),
                signing_key_id: key_id.clone(),
                signing_private_key: key.clone(),
                webhook_secret: webhook_secret.clone(),
                base_url: config.mux_base_url.clone(),
                cors_origin: origin(&config.app_url),
            };
            Some(Mux::new(settings, environment.clone())?)
        }
        _ => None,
    };
    let lifetime = std::time::Duration::from_secs(config.playback_seconds);
    Ok(Videos::new(mux, lifetime))
}

/// Who takes the money.
///
/// # Errors
/// In words, where it cannot be.
pub fn payments(config: &Config, environment: &Environment) -> Result<Payments, StartupError> {
    let provider: Option<Arc<dyn Provider>> = match (config.payments, stripe(config, environment)?) {
        (PaymentProvider::Stripe | PaymentProvider::Auto, Some(stripe)) => Some(Arc::new(stripe)),
        (PaymentProvider::Stripe, None) => {
            return Err("PALESTRA_PAYMENTS is stripe, but PALESTRA_STRIPE_SECRET_KEY and PALESTRA_STRIPE_WEBHOOK_SECRETS are \
                        missing: give them, or set PALESTRA_PAYMENTS=off"
                .to_owned());
        }
        (PaymentProvider::Sandbox, _) => Some(Arc::new(Sandbox)),
        (PaymentProvider::Auto, None) if config.environment == Mode::Development => Some(Arc::new(Sandbox)),
        (PaymentProvider::Auto | PaymentProvider::Off, _) => None,
    };
    let lifetime = std::time::Duration::from_secs(60 * config.checkout_minutes);
    Ok(Payments::new(provider, lifetime))
}

/// Stripe, where it is configured.
///
/// # Errors
/// In words, where the settings cannot be those of an account.
pub fn stripe(config: &Config, environment: &Environment) -> Result<Option<Stripe>, StartupError> {
    let Some(secret_key) = config.stripe_secret_key.clone() else {
        return Ok(None);
    };
    let settings = StripeSettings {
        secret_key,
        webhook_secrets: config.stripe_webhook_secrets.clone(),
        base_url: config.stripe_base_url.clone(),
    };
    Stripe::new(settings, environment.clone()).map(Some)
}

/// Scheme, host and port of an address.
pub(crate) fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

/// The master key: given, or kept in the data folder, or made now.
fn master_key(config: &Config) -> Result<[u8; 32], StartupError> {
    let path = config.data_dir.join(MASTER_KEY_FILE);
    let text = match &config.master_key {
        Some(given) => given.clone(),
        None => match fs::read_to_string(&path) {
            Ok(kept) => kept.trim().to_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => make_master_key(config, &path)?,
            Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
        },
    };
    let bytes: Option<Vec<u8>> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect();
    let key = bytes.and_then(|bytes| bytes.try_into().ok());
    key.ok_or_else(|| {
        format!("{} does not hold 64 hexadecimal digits; restore it from your backup", path.display())
    })
}

/// What the database keeps to recognise the installation's key, and what says nothing about the key.
fn key_check(keyring: &Keyring) -> Vec<u8> {
    keyring.derive("installation check").to_vec()
}

fn make_master_key(config: &Config, path: &Path) -> Result<String, StartupError> {
    if config.environment == Mode::Production
        && config.database_url.as_deref().is_some_and(|url| url.starts_with("postgres"))
    {
        return Err("production on PostgreSQL needs PALESTRA_MASTER_KEY, the same on every server: openssl rand -hex 32".to_owned());
    }
    let key = hex(&Environment::default().secret());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(key.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| {
        let folder = config.data_dir.display();
        format!("{} cannot be written: {error}. Let PALESTRA_DATA_DIR name a folder that this user may write ({folder} is not)", path.display())
    })?;
    Ok(key)
}

// SQLite ---------------------------------------------------------------------------------------------------------

fn sqlite_path(config: &Config) -> PathBuf {
    match config.database_url.as_deref().and_then(|url| url.strip_prefix("sqlite:")) {
        Some(path) => path.trim_start_matches("//").into(),
        None => config.data_dir.join("palestra.db"),
    }
}

/// A master key says that there was a database. Production does not begin again as an empty school where it was lost, for
/// instance because a volume is not mounted.
fn missing_database(config: &Config, path: &Path) -> Result<(), StartupError> {
    let (key, path) = (config.data_dir.join(MASTER_KEY_FILE), path.display());
    let key = key.display();
    if config.environment == Mode::Production {
        return Err(format!(
            "{key} belongs to an installation whose database {path} is missing: mount it, or restore it from your backup. To begin \
             anew as an empty school, move the key away first"
        ));
    }
    print_status(&format!(
        "{key} belongs to a database that is missing: beginning anew, as an empty school."
    ));
    Ok(())
}

async fn open_sqlite(
    path: PathBuf,
    config: &Config,
    keyring: &Keyring,
    schema: Schema,
) -> Result<Setup, StartupError> {
    let fresh = !path.exists();
    let cannot = |error: sqlx::Error| {
        format!(
            "the database file {} cannot be opened: {error}. Let PALESTRA_DATA_DIR name a folder that this user may write",
            path.display()
        )
    };
    let pool =
        database::single_connection::<Sqlite>().connect_with(sqlite::options(&path)).await.map_err(cannot)?;
    let connection = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
    if schema == Schema::Migrate {
        if fresh {
            print_status(&format!("Making the database {}", path.display()));
        }
        print_applied(
            &database::migrate(&connection, &key_check(keyring)).await.map_err(|error| error.to_string())?,
        );
    } else {
        database::check(&connection, &key_check(keyring)).await.map_err(|error| error.to_string())?;
    }
    connection.close().await.map_err(|error| error.to_string())?;
    Ok(Setup::Sqlite(sqlite::Setup { path, readers: config.database_connections }))
}

fn print_applied(applied: &[String]) {
    for name in applied {
        print_status(&format!("Migrated: {name}"));
    }
}

// PostgreSQL -----------------------------------------------------------------------------------------------------

/// How to connect as the owner, where that is known, and as each runtime role.
struct Servers {
    owner: Option<PgConnectOptions>,
    roles: [PgConnectOptions; 3],
    derived: bool,
}

fn postgres_urls(config: &Config, keyring: &Keyring) -> Result<Option<Servers>, StartupError> {
    let read = |name: &str, url: &Option<String>| -> Result<Option<PgConnectOptions>, StartupError> {
        let Some(url) = url.as_deref().filter(|url| url.starts_with("postgres")) else {
            return Ok(None);
        };
        PgConnectOptions::from_str(url).map(Some).map_err(|error| format!("{name} cannot be read: {error}"))
    };
    let owner = read("DATABASE_URL", &config.database_url)?;
    let given = [
        read("PALESTRA_DATABASE_APP_URL", &config.database_app_url)?,
        read("PALESTRA_DATABASE_AUTH_URL", &config.database_auth_url)?,
        read("PALESTRA_DATABASE_WORKER_URL", &config.database_worker_url)?,
    ];
    match (&owner, given) {
        (_, [Some(app), Some(auth), Some(worker)]) => {
            Ok(Some(Servers { owner, roles: [app, auth, worker], derived: false }))
        }
        (Some(as_owner), [None, None, None]) => {
            let role = |name: &str| as_owner.clone().username(name).password(&password(keyring, name));
            let [app, auth, worker] = postgres::ROLES;
            let roles = [role(app), role(auth), role(worker)];
            Ok(Some(Servers { owner, roles, derived: true }))
        }
        (None, [None, None, None]) => Ok(None),
        _ => Err("give all three of PALESTRA_DATABASE_APP_URL, PALESTRA_DATABASE_AUTH_URL and \
                  PALESTRA_DATABASE_WORKER_URL, or none of them"
            .to_owned()),
    }
}

/// The runtime roles' passwords follow from the master key, so that every server can derive them.
fn password(keyring: &Keyring, role: &str) -> String {
    hex(&keyring.derive(&format!("postgres role {role}")))
}

async fn open_postgres(
    config: &Config,
    servers: Servers,
    keyring: &Keyring,
    schema: Schema,
) -> Result<Setup, StartupError> {
    let Servers { owner, roles: [app, auth, worker], derived } = servers;
    let answer = |error: sqlx::Error| format!("PostgreSQL does not answer: {error}");
    match &owner {
        Some(owner) if schema == Schema::Migrate => {
            // Before anything is changed: another key's passwords would lock the running servers out.
            postgres::check_key(owner, &key_check(keyring)).await?;
            if derived {
                postgres::ensure_roles(owner, |role| password(keyring, role)).await.map_err(|error| {
                    format!("the runtime roles palestra_app, palestra_auth and palestra_worker cannot be made or used: {error}. Either DATABASE_URL has to \
                         name a role that may create roles, or they belong to another installation on this server: make roles \
                             them yourself and give PALESTRA_DATABASE_APP_URL, …_AUTH_URL and …_WORKER_URL")
                })?;
            }
            let pool = database::single_connection::<Postgres>()
                .connect_with(owner.clone())
                .await
                .map_err(answer)?;
            let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
            print_applied(
                &database::migrate(&connection, &key_check(keyring))
                    .await
                    .map_err(|error| error.to_string())?,
            );
            connection.close().await.map_err(|error| error.to_string())?;
        }
        _ => {
            let pool =
                database::single_connection::<Postgres>().connect_with(app.clone()).await.map_err(answer)?;
            let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
            database::check(&connection, &key_check(keyring)).await.map_err(|error| error.to_string())?;
            connection.close().await.map_err(|error| error.to_string())?;
        }
    }
    for role in [&app, &auth, &worker] {
        postgres::check_runtime(role).await?;
    }
    let setup = postgres::Setup {
        app,
        auth,
        worker,
        connections: config.database_connections,
        relay: relay(config, keyring).await?,
    };
    Ok(Setup::Postgres(Box::new(setup)))
}

/// Where the servers of this installation notify each other. Redis that does not answer is no reason not to serve: until it
/// does, notifications of other servers come up to a second late.
async fn relay(config: &Config, keyring: &Keyring) -> Result<Option<Relay>, StartupError> {
    let Some(url) = &config.redis_url else {
        return Ok(None);
    };
    let relay = Relay::new(url, &key_check(keyring)).map_err(|error| {
        format!("PALESTRA_REDIS_URL cannot be read: {error}. It has to be like redis://HOST:6379 or rediss://USER:PASSWORD@HOST:6380")
    })?;
    if let Err(error) = relay.check().await {
        tracing::warn!(%error, "Redis does not answer: until it does, notifications of other servers come up to a second late");
    }
    Ok(Some(relay))
}
