//! Writes the names and addresses that are there in the form in which they are compared, which no database knows.

use std::collections::HashSet;

use kernel::Uuid;
use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, QueryResult, Statement, Value},
};

/// Writes them.
pub(super) async fn fold(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let suspended = crate::suspend_row_security(manager).await?;
    fold_users(manager).await?;
    fold_categories(manager).await?;
    fold_addresses(manager).await?;
    crate::resume_row_security(manager, &suspended).await
}

async fn rows(manager: &SchemaManager<'_>, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_string(manager.get_database_backend(), sql);
    manager.get_connection().query_all_raw(statement).await
}

async fn write(manager: &SchemaManager<'_>, sql: &str, text: String, id: Uuid) -> Result<(), DbErr> {
    let sql = if manager.get_database_backend() == DbBackend::Postgres {
        sql.replacen('?', "$1", 1).replacen('?', "$2", 1)
    } else {
        sql.to_owned()
    };
    let values: [Value; 2] = [text.into(), id.into()];
    let statement = Statement::from_sql_and_values(manager.get_database_backend(), sql, values);
    manager.get_connection().execute_raw(statement).await.map(drop)
}

async fn fold_users(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for row in rows(manager, "SELECT id, name, username FROM users").await? {
        let (id, name, username): (Uuid, Option<String>, Option<String>) =
            (row.try_get("", "id")?, row.try_get("", "name")?, row.try_get("", "username")?);
        let folded = kernel::fold(&[name, username].map(Option::unwrap_or_default).join(" "));
        write(manager, "UPDATE users SET search_name = ? WHERE id = ?", folded, id).await?;
    }
    Ok(())
}

/// Of two names that are the same when they are compared, the later one is made unique by its id until somebody renames it.
async fn fold_categories(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut taken = HashSet::new();
    for row in rows(manager, "SELECT id, name FROM categories ORDER BY created_at, id").await? {
        let (id, name): (Uuid, String) = (row.try_get("", "id")?, row.try_get("", "name")?);
        let mut folded = kernel::comparable_name(&name);
        if !taken.insert(folded.clone()) {
            folded = format!("{folded} {id}");
        }
        write(manager, "UPDATE categories SET folded_name = ? WHERE id = ?", folded, id).await?;
    }
    Ok(())
}

/// Addresses whose domain is not written as it is compared now. One that another account has in that form stays as it is.
async fn fold_addresses(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let found = rows(manager, "SELECT user_id, email FROM credentials").await?;
    let mut known = Vec::with_capacity(found.len());
    for row in &found {
        known.push((row.try_get::<Uuid>("", "user_id")?, row.try_get::<String>("", "email")?));
    }
    let mut taken: HashSet<String> = known.iter().map(|(_, email)| email.clone()).collect();
    for (user_id, email) in known {
        let folded = kernel::mail::comparable(&email);
        if folded != email && taken.insert(folded.clone()) {
            write(manager, "UPDATE credentials SET email = ? WHERE user_id = ?", folded, user_id).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::{
        MigratorTrait,
        sea_orm::{ConnectOptions, ConnectionTrait, Database, Statement},
    };

    use crate::Migrator;

    #[tokio::test]
    async fn what_is_there_is_written_as_it_is_compared() {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1);
        let db = Database::connect(options).await.unwrap();
        Migrator::up(&db, Some(10)).await.unwrap();
        let at = "'2026-11-22T09:30:00.000000+00:00'";
        for (id, name, email) in [(1, "'Zoë Løken'", "zoe@müller.example"), (2, "NULL", "tom@example.com")]
        {
            let sql = format!(
                "INSERT INTO users (id, username, name, social_media_links, role, status, version, created_at, updated_at) \
                 VALUES (x'{id:032x}', 'user_{id}', {name}, '{{}}', 'USER', 'ACTIVE', 1, {at}, {at}); \
                 INSERT INTO credentials (user_id, email, email_display, password_hash, updated_at) \
                 VALUES (x'{id:032x}', '{email}', '{email}', 'x', {at});"
            );
            db.execute_unprepared(&sql).await.unwrap();
        }
        for (id, name) in [(1, "Übungen"), (2, "U\u{308}BUNGEN")] {
            let sql = format!(
                "INSERT INTO categories (id, name, slug, version, created_at, updated_at) \
                 VALUES (x'{id:032x}', '{name}', 'slug-{id}', 1, {at}, {at})"
            );
            db.execute_unprepared(&sql).await.unwrap();
        }
        Migrator::up(&db, None).await.unwrap();
        let texts = async |sql: &str| {
            let rows =
                db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
            rows.iter().map(|row| row.try_get::<String>("", "text").unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(
            texts("SELECT search_name AS text FROM users ORDER BY id").await,
            ["zoe loken user_1", "user_2"]
        );
        assert_eq!(
            texts("SELECT email AS text FROM credentials ORDER BY user_id").await,
            ["zoe@xn--mller-kva.example", "tom@example.com"]
        );
        let names = texts("SELECT folded_name AS text FROM categories ORDER BY id").await;
        assert_eq!(names, ["ubungen", "ubungen 00000000-0000-0000-0000-000000000002"]);
        let sent = texts("SELECT kind AS text FROM outbox").await;
        assert_eq!(sent, ["category.renamed"; 2], "the catalogue is indexed again");
    }
}
