//! The database of a test, read and written behind the server's back.

use database::Tx;
use sqlx::{Connection, Executor, Row};

use super::App;

/// The number that a query returns in this transaction.
pub async fn count(tx: &Tx, sql: &str) -> kernel::Result<i64> {
    tx.fetch_scalar(sql, []).await.map(Option::unwrap_or_default)
}

impl App {
    /// Executes a statement as the owner of the database, as another process would.
    pub async fn sql(&self, sql: &str) {
        self.number(sql, false).await;
    }

    /// The number that a query returns.
    pub async fn count(&self, sql: &str) -> i64 {
        self.number(sql, true).await
    }

    /// How many statements a request takes: the fewest of a few runs, since an answer that was kept is dropped now and then, and
    /// the next request reads it anew.
    pub async fn count_statements(&self, request: impl AsyncFn()) -> u64 {
        let mut fewest = u64::MAX;
        for _ in 0..5 {
            let before = self.db.statements();
            request().await;
            fewest = fewest.min(self.db.statements() - before);
        }
        fewest
    }

    /// Waits until the worker has done everything.
    pub async fn outbox_is_done(&self) {
        super::eventually("the outbox to be empty", || async {
            (self.count("SELECT count(*) FROM outbox WHERE done_at IS NULL").await == 0).then_some(())
        })
        .await;
    }

    async fn number(&self, sql: &str, answers: bool) -> i64 {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        if let Some(url) = &self.url {
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            return if answers {
                connection.fetch_one(sql).await.unwrap().get(0)
            } else {
                connection.execute(sql).await.map(|_| 0).unwrap()
            };
        }
        let options = database::sqlite::options(&self.folder.join("palestra.db"));
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        if answers {
            connection.fetch_one(sql).await.unwrap().get(0)
        } else {
            connection.execute(sql).await.map(|_| 0).unwrap()
        }
    }
}

/// All stored data as text, to search it for what must not be stored.
pub async fn dump_database(app: &App) -> String {
    let mut text = String::new();
    if let Some(url) = &app.url {
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        for row in connection
            .fetch_all("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
            .await
            .unwrap()
        {
            let table: String = row.get(0);
            let rows = sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
            for row in connection.fetch_all(rows).await.unwrap() {
                text.push_str(&row.get::<String, _>(0));
            }
        }
        return text;
    }
    // The file and its write-ahead log hold text as it is.
    for name in ["palestra.db", "palestra.db-wal"] {
        text.push_str(&String::from_utf8_lossy(&std::fs::read(app.folder.join(name)).unwrap_or_default()));
    }
    text
}
