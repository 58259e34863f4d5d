//! Everything that a database stores, as text.

use sqlx::{Connection, Executor, Row};

use crate::support::App;

/// Every table as text, to look for what must not be there.
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
    // The file with its log: what rests is there, letter by letter.
    for name in ["palestra.db", "palestra.db-wal"] {
        text.push_str(&String::from_utf8_lossy(
            &std::fs::read(app.folder.join(name)).unwrap_or_default(),
        ));
    }
    text
}
