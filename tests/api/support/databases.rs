//! A migrated database for each test, on SQLite or PostgreSQL.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use tokio::sync::OnceCell;

use super::TempDir;

/// The kind of database on which a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

static NEXT: AtomicU32 = AtomicU32::new(1);
static SQLITE_TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
static POSTGRES_TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// The URL of the PostgreSQL server for tests, with a role that may create databases and roles.
pub fn postgres_admin() -> String {
    std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL names a PostgreSQL server; `make test` starts one")
}

/// The same server, another database.
pub fn in_database(url: &str, database: &str) -> String {
    let (server, _) = url.rsplit_once('/').expect("a database in TEST_DATABASE_URL");
    format!("{server}/{database}")
}

/// The same database, another role; the tests' server trusts loopback.
pub fn as_role(url: &str, role: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a scheme in TEST_DATABASE_URL");
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{role}@{host}")
}

/// A migrated SQLite file in this folder: a copy of one that is made once.
pub async fn sqlite_file(folder: &Path) -> PathBuf {
    let template = SQLITE_TEMPLATE.get_or_init(|| async {
        let folder = TempDir::new("template");
        let config = super::app::config(&folder, &[]);
        api::startup::open(&config, kernel::Environment::default(), api::startup::Schema::Migrate)
            .await
            .unwrap()
            .close()
            .await;
        std::fs::read(folder.join("palestra.db")).unwrap()
    });
    let path = folder.join("palestra.db");
    std::fs::write(&path, template.await).unwrap();
    path
}

/// A migrated PostgreSQL database: a copy of one that is made once.
pub async fn postgres_database() -> String {
    let admin = postgres_admin();
    let template = POSTGRES_TEMPLATE.get_or_init(|| async {
        let name = format!("palestra_test_template_{}", std::process::id());
        sweep(&admin).await;
        execute(&admin, &format!("CREATE DATABASE {name}")).await;
        let folder = TempDir::new("template");
        let url = in_database(&admin, &name);
        let config = super::app::config(&folder, &[("DATABASE_URL", &url)]);
        api::startup::open(&config, kernel::Environment::default(), api::startup::Schema::Migrate)
            .await
            .unwrap()
            .close()
            .await;
        name
    });
    let template = template.await;
    let name = format!("palestra_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    execute(&admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    in_database(&admin, &name)
}

/// Drops a test's database, from wherever the test ends.
pub fn drop_database(url: &str) {
    let (admin, name) = (postgres_admin(), url.rsplit('/').next().unwrap_or_default().to_owned());
    let drop = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(execute(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
    });
    drop.join().ok();
}

/// Drops unused databases of earlier runs.
async fn sweep(admin: &str) {
    let mut connection = PgConnection::connect(admin).await.unwrap();
    let unused = "SELECT datname FROM pg_database d WHERE datname LIKE 'palestra\\_test\\_%' \
                  AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datname = d.datname)";
    for row in connection.fetch_all(unused).await.unwrap() {
        let name: String = row.get(0);
        // A concurrent run may drop it first.
        connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}"))).await.ok();
    }
}

async fn execute(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
    connection.close().await.unwrap();
}
