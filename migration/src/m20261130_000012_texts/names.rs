//! Writes the names and addresses that are there in the form in which they are compared, which no database knows.

use std::collections::HashSet;

use kernel::Uuid;
use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, QueryResult, Statement, Value},
};

/// Writes them. The owner of the tables is subject to row security like anybody else, so that it is suspended meanwhile.
pub(super) async fn fold(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let forced = forced_tables(manager).await?;
    for table in &forced {
        run(manager, &format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")).await?;
    }
    fold_users(manager).await?;
    fold_categories(manager).await?;
    fold_addresses(manager).await?;
    for table in &forced {
        run(manager, &format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY")).await?;
    }
    Ok(())
}

async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await.map(drop)
}

async fn forced_tables(manager: &SchemaManager<'_>) -> Result<Vec<String>, DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(Vec::new());
    }
    let sql = "SELECT relname::text AS name FROM pg_class WHERE relforcerowsecurity \
               AND relname IN ('users', 'categories', 'credentials') AND relnamespace = 'public'::regnamespace";
    rows(manager, sql).await?.iter().map(|row| row.try_get("", "name")).collect()
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
