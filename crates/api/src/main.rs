//! The command line: `palestra --help`.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

use api::{
    config::{Config, LogFormat, Mode},
    demo,
    http::openapi::published,
    server::{self, Server},
    startup::{self, Schema, StartupError, print_status},
    telemetry,
};
use clap::{Parser, Subcommand};
use database::{Db, Pool};
use identity::{Registration, Share};
use kernel::{Actor, Environment};
use tokio::sync::watch;

/// The headless backend of a fitness trainer's business.
///
/// Begin with `palestra serve --demo`: it makes a SQLite database in ./data, loads a demo school and serves it on
/// http://127.0.0.1:8080, with the API's documentation at /docs. DATABASE_URL=postgres://… moves to PostgreSQL.
#[derive(Parser)]
#[command(
    name = "palestra",
    version,
    after_help = "Settings come from the environment and from palestra.toml: `palestra config` lists them all."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring the schema up to date and serve, with the worker inside.
    Serve {
        /// Load the demo school first, where it is not there yet.
        #[arg(long)]
        demo: bool,
        /// Leave the outbox to a `palestra worker`.
        #[arg(long)]
        no_worker: bool,
    },
    /// Only work off the outbox and run the maintenance.
    Worker,
    /// Bring the schema up to date.
    Migrate,
    /// Load the demo school, where it is not there yet.
    Seed,
    /// Print the OpenAPI document.
    Openapi,
    /// Print every setting, with its default and what it is for.
    Config,
    /// Signing keys of access tokens.
    #[command(subcommand)]
    Keys(Keys),
    /// Accounts.
    #[command(subcommand)]
    User(User),
    /// Ask the server on this machine whether it is ready; for container health checks.
    Healthcheck,
}

#[derive(Subcommand)]
enum Keys {
    /// Make a new key; it signs in ten minutes, and nobody is logged out.
    Rotate,
}

#[derive(Subcommand)]
enum User {
    /// Make an admin, or make an existing account one; the password is read from standard input.
    CreateAdmin {
        /// The address of the account.
        #[arg(long)]
        email: String,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            print_status(&format!("palestra: {refusal}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), StartupError> {
    match command {
        Command::Openapi => return print(&published::text().map_err(|error| error.to_string())?),
        Command::Config => return print(&Config::help()),
        _ => {}
    }
    let config = Config::load(std::env::vars()).map_err(|error| error.to_string())?;
    telemetry::init(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no threads can be started: {error}"))?;
    runtime.block_on(async move {
        match command {
            Command::Serve { demo, no_worker } => serve(config, demo, !no_worker).await,
            Command::Worker => worker(config).await,
            Command::Migrate => {
                close(startup::open(&config, Environment::default(), Schema::Migrate).await?).await;
                print_status("The schema is up to date.");
                Ok(())
            }
            Command::Seed => {
                refuse_demo_in_production(&config)?;
                let db = startup::open(&config, Environment::default(), Schema::Migrate).await?;
                let loaded =
                    demo::load(&db, &startup::hasher(&config)?).await.map_err(|error| error.to_string())?;
                print_status(if loaded {
                    "The demo school is loaded."
                } else {
                    "The demo school is there already; nothing was changed."
                });
                close(db).await;
                Ok(())
            }
            Command::Keys(Keys::Rotate) => rotate(&config).await,
            Command::User(User::CreateAdmin { email }) => create_admin(&config, email).await,
            Command::Healthcheck => healthcheck(config.listen),
            Command::Openapi | Command::Config => Ok(()),
        }
    })
}

/// Everybody knows the password of the demo accounts, and one of them is an admin.
fn refuse_demo_in_production(config: &Config) -> Result<(), StartupError> {
    if config.environment == Mode::Production {
        return Err(
            "the demo school has an admin whose password is public: production does not load it".to_owned()
        );
    }
    Ok(())
}

async fn serve(config: Config, demo: bool, with_worker: bool) -> Result<(), StartupError> {
    if demo {
        refuse_demo_in_production(&config)?;
    }
    let listener = server::bind(&config)?;
    let db = startup::open(&config, Environment::default(), Schema::Migrate).await?;
    if demo {
        demo::load(&db, &startup::hasher(&config)?).await.map_err(|error| error.to_string())?;
    }
    let server = Server::new(config.clone(), db, listener, with_worker)?;
    let at = server.address().map_or_else(|| config.listen.to_string(), |address| address.to_string());
    if config.log_format == LogFormat::Json {
        return server.run(signals()).await;
    }
    print_status(&format!(
        "\nPalestra serves http://{at}\n  API            http://{at}/api/v1\n  documentation  http://{at}/docs"
    ));
    if demo {
        print_status(&format!("  demo accounts  (password {})", demo::PASSWORD));
        for (email, role) in demo::accounts().map_err(|error| error.to_string())? {
            print_status(&format!("    {role:8} {email}"));
        }
    }
    print_status("Stop it with Ctrl-C.\n");
    server.run(signals()).await
}

async fn worker(config: Config) -> Result<(), StartupError> {
    let db = startup::open(&config, Environment::default(), Schema::Check).await?;
    print_status("The worker works. Stop it with Ctrl-C.");
    let worker = api::worker::Worker::from_config(&config, &db).await?;
    worker.run(signals()).await;
    close(db).await;
    Ok(())
}

async fn rotate(config: &Config) -> Result<(), StartupError> {
    let db = startup::open(config, Environment::default(), Schema::Check).await?;
    let lifetime = Duration::from_secs(config.access_token_seconds);
    let work = move |tx| async move { identity::rotate_signing_key(&tx, lifetime).await };
    let kid = db.run_in(Pool::Auth, Actor::System, work).await.map_err(|error| error.to_string())?;
    print_status(&format!(
        "The key {kid} signs in ten minutes; the older ones verify until their last token has expired."
    ));
    close(db).await;
    Ok(())
}

async fn create_admin(config: &Config, email: String) -> Result<(), StartupError> {
    if !email.contains('@') || email.len() > 254 {
        return Err(format!("«{email}» is no e-mail address"));
    }
    let mut password = String::new();
    std::io::stdin()
        .read_to_string(&mut password)
        .map_err(|error| format!("the password cannot be read: {error}"))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    if !(10..=128).contains(&password.chars().count()) {
        return Err("the password on standard input has to have 10 to 128 characters".to_owned());
    }
    let db = startup::open(config, Environment::default(), Schema::Migrate).await?;
    let hasher = startup::hasher(config)?;
    let first_reason = |error: kernel::Error| {
        error.reasons().first().map_or_else(|| error.to_string(), |reason| reason.detail.clone())
    };
    let hash = identity::hash_new_password(&db, &hasher, password, "", &[&email], Share::default())
        .await
        .map_err(first_reason)?;
    let registration = Registration { email, password_hash: hash, username: None, name: None };
    let work = move |tx| async move { identity::create_admin(&tx, registration).await };
    let account = db.run_in(Pool::Auth, Actor::System, work).await.map_err(first_reason)?;
    print_status(&format!("{} is an admin.", account.email));
    close(db).await;
    Ok(())
}

/// Asks over loopback, also where the server listens on every address.
fn healthcheck(listen: SocketAddr) -> Result<(), StartupError> {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        ip if ip.is_ipv4() => Ipv4Addr::LOCALHOST.into(),
        _ => Ipv6Addr::LOCALHOST.into(),
    };
    let request = || -> std::io::Result<String> {
        let timeout = Duration::from_secs(3);
        let mut stream = TcpStream::connect_timeout(&SocketAddr::new(ip, listen.port()), timeout)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = request().map_err(|error| format!("the server on {listen} does not answer: {error}"))?;
    let first = answer.lines().next().unwrap_or_default();
    if first.contains(" 200 ") {
        Ok(())
    } else {
        Err(format!("the server on {listen} is not ready: {first}"))
    }
}

/// Ctrl-C and SIGTERM say to stop.
fn signals() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        #[cfg(unix)]
        {
            let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
            if let Ok(mut terminate) = terminate {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminate.recv() => {}
                }
            } else {
                drop(tokio::signal::ctrl_c().await);
            }
        }
        #[cfg(not(unix))]
        drop(tokio::signal::ctrl_c().await);
        print_status("Stopping: finishing what runs.");
        // Nobody listens any more when the server has stopped by itself.
        stop.send(true).ok();
    });
    stopped
}

async fn close(db: Db) {
    db.close().await;
}

fn print(text: &str) -> Result<(), StartupError> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| error.to_string())
}
