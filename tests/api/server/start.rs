//! Starting and stopping: what is refused at the start, and a graceful stop.

use api::{
    config::Config,
    server,
    startup::{self, Schema},
};
use kernel::Environment;
use sqlx::{Connection, Executor};

use crate::support::{
    App, DatabaseKind, PASSWORD, Person, TempDir, TestClock, as_role, config, in_database, postgres_admin,
};

async fn refusal(config: &Config) -> String {
    startup::open(config, Environment::default(), Schema::Migrate).await.err().expect("a refusal")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_cannot_be_written() {
    let folder = TempDir::new("start");
    std::fs::write(folder.join("file"), "in the way").unwrap();
    let refused = refusal(&config(&folder.join("file/data"), &[])).await;
    assert!(refused.contains("the data folder") && refused.contains("PALESTRA_DATA_DIR"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_taken() {
    let app = App::start(DatabaseKind::Sqlite).await;
    let taken = app.base.strip_prefix("http://").unwrap().to_owned();
    let refused = server::bind(&config(&app.folder, &[("PALESTRA_LISTEN", &taken)])).err().unwrap();
    assert!(refused.contains(&taken) && refused.contains("PALESTRA_LISTEN"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_a_newer_version() {
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_later', 0)";
    let mut app = App::start(DatabaseKind::Sqlite).await;
    app.stop();
    let file = app.folder.join("palestra.db");
    let mut connection =
        sqlx::SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    connection.execute(newer).await.unwrap();
    connection.close().await.unwrap();
    let refused = refusal(&config(&app.folder, &[])).await;
    assert!(refused.contains("newer Palestra") && refused.contains("m29990101_000001_later"), "{refused}");

    let app = App::start(DatabaseKind::Postgres).await;
    let url = app.url.clone().unwrap();
    sqlx::PgConnection::connect(&url).await.unwrap().execute(newer).await.unwrap();
    let refused = refusal(&config(&app.folder, &[("DATABASE_URL", &url)])).await;
    assert!(refused.contains("newer Palestra"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_key_that_is_another() {
    let mut app = App::start(DatabaseKind::Sqlite).await;
    app.learner().await;
    app.stop();
    let other = config(&app.folder, &[("PALESTRA_MASTER_KEY", &"08".repeat(32))]);
    let refused = refusal(&other).await;
    assert!(refused.contains("another master key") && refused.contains("PALESTRA_MASTER_KEY"), "{refused}");

    // On PostgreSQL it is found before the runtime roles get other passwords.
    let app = App::start(DatabaseKind::Postgres).await;
    let url = app.url.clone().unwrap();
    let refused =
        refusal(&config(&app.folder, &[("PALESTRA_MASTER_KEY", &"08".repeat(32)), ("DATABASE_URL", &url)]))
            .await;
    assert!(refused.contains("another master key"), "{refused}");
}

/// The settings of a production on SQLite whose master key is in its folder.
const PRODUCTION: [(&str, &str); 6] = [
    ("PALESTRA_MASTER_KEY", ""),
    ("PALESTRA_ENVIRONMENT", "production"),
    ("PALESTRA_PUBLIC_URL", "https://api.example.com"),
    ("PALESTRA_APP_URL", "https://app.example.com"),
    ("PALESTRA_ARGON2_MEMORY_KIB", "19456"),
    ("PALESTRA_ARGON2_PASSES", "2"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_lost_beside_its_master_key() {
    let folder = TempDir::new("start");
    let config = config(&folder, &PRODUCTION);
    let db = startup::open(&config, Environment::default(), Schema::Migrate).await.unwrap();
    db.close().await;
    let database = folder.join("palestra.db");
    std::fs::rename(&database, folder.join("elsewhere.db")).unwrap();
    let refused = refusal(&config).await;
    assert!(refused.contains("palestra.db") && refused.contains("master.key"), "{refused}");
    assert!(!database.exists(), "no empty school was begun");
    std::fs::rename(folder.join("elsewhere.db"), &database).unwrap();
    let db = startup::open(&config, Environment::default(), Schema::Migrate).await.unwrap();
    db.close().await;
}

/// A clock that was set wrong, and right again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_in_the_future_locks_nobody_out() {
    let clock = std::sync::Arc::new(TestClock::default());
    clock.advance(chrono::Duration::days(2));
    let app = App::start_with_clock(DatabaseKind::Sqlite, &[], clock.clone(), true).await;
    clock.advance(chrono::Duration::days(-2));
    let learner = app.learner().await;
    let credentials = serde_json::json!({ "email": learner.email, "password": PASSWORD });
    let session = app.post("/auth/login", credentials).await.expect(200);
    app.get_as(&Person::from_reply(&session), "/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtime_role_that_row_security_does_not_bind() {
    let app = App::start(DatabaseKind::Postgres).await;
    let superuser = app.url.clone().unwrap();
    let folder = TempDir::new("start");
    let settings = [
        ("PALESTRA_DATABASE_APP_URL", superuser.as_str()),
        ("PALESTRA_DATABASE_AUTH_URL", superuser.as_str()),
        ("PALESTRA_DATABASE_WORKER_URL", superuser.as_str()),
    ];
    let refused = refusal(&config(&folder, &settings)).await;
    assert!(refused.contains("bypasses row security"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_is_behind_where_this_role_may_not_change_it() {
    let admin = postgres_admin();
    let name = format!("palestra_test_empty_{}", std::process::id());
    let sql = format!("CREATE DATABASE {name}");
    sqlx::PgConnection::connect(&admin).await.unwrap().execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    // The roles exist as soon as any database of this server was migrated.
    let _app = App::start(DatabaseKind::Postgres).await;
    let url = as_role(&in_database(&admin, &name), "palestra_app");
    let folder = TempDir::new("start");
    let settings = [
        ("PALESTRA_DATABASE_APP_URL", url.as_str()),
        ("PALESTRA_DATABASE_AUTH_URL", url.as_str()),
        ("PALESTRA_DATABASE_WORKER_URL", url.as_str()),
    ];
    let refused = refusal(&config(&folder, &settings)).await;
    assert!(refused.contains("palestra migrate"), "{refused}");
    let sql = format!("DROP DATABASE {name} WITH (FORCE)");
    sqlx::PgConnection::connect(&admin).await.unwrap().execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_start_changes_nothing() {
    let folder = TempDir::new("start");
    let config = config(&folder, &[]);
    let hasher = startup::hasher(&config).unwrap();
    let db = startup::open(&config, Environment::default(), Schema::Migrate).await.unwrap();
    assert!(api::demo::load(&db, &hasher).await.unwrap());
    db.close().await;
    let db = startup::open(&config, Environment::default(), Schema::Migrate).await.unwrap();
    assert!(!api::demo::load(&db, &hasher).await.unwrap());
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_finishes_what_runs() {
    let settings = [
        ("PALESTRA_ARGON2_MEMORY_KIB", "65536"),
        ("PALESTRA_ARGON2_PASSES", "4"),
        ("PALESTRA_HASH_THREADS", "1"),
    ];
    let mut app = App::start_with(DatabaseKind::Sqlite, &settings).await;
    let body = serde_json::json!({ "email": "lena@example.com", "password": "seven purple anvils" });
    let request = app.request("POST", "/auth/register").json(&body);
    let answer = tokio::spawn(async move { request.send().await.unwrap().status().as_u16() });
    // The registration is being hashed when the stop comes.
    crate::support::eventually("a request in flight", || async {
        app.get("//metrics").await.text.contains("palestra_http_requests_in_flight 2").then_some(())
    })
    .await;
    app.request_stop();
    assert_eq!(answer.await.unwrap(), 201);
    app.stop();
}
