//! The schema of the database, one migration after another. Additive first; never edited once landed.
//!
//! A migration is plain SQL: `tables.sql` for both databases, with the types written as `{uuid}`, `{time}`, `{bytes}`,
//! `{json}`, `{bool}`, `{sortable}`, `{serial}` and `{autoincrement}`; `postgres.sql` for what only PostgreSQL has (roles'
//! grants, row-level security, full-text search); `sqlite.sql` for what only SQLite has. Every constraint and index is named, since the code tells refusals apart by those names:
//! `pk_`, `uq_`, `fk_`, `ck_`, `ix_`, then the table, then the columns (SQLite reports the columns of a unique
//! constraint instead of its name, so that the name must be made of them).

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, Statement},
};

mod m20261130_000012_texts;

/// The migration of this name.
macro_rules! sql {
    ($name:literal) => {
        Box::new(Sql {
            name: $name,
            files: Files {
                tables: include_str!(concat!($name, "/tables.sql")),
                sqlite: include_str!(concat!($name, "/sqlite.sql")),
                postgres: include_str!(concat!($name, "/postgres.sql")),
            },
        })
    };
}

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            // Identity, the thin catalogue, access, learning progress, and what reliability stands on (idempotency, outbox, audit).
            sql!("m20261122_000001_foundation"),
            // The whole catalogue: co-trainers, search, wishlists, files, attachments and video.
            sql!("m20261122_000002_catalogue"),
            // The words of the catalogue, so that a misspelt one costs no more than another.
            sql!("m20261122_000003_search"),
            // Watching: what players reported of each video, and the jobs that follow an edit of a course.
            sql!("m20261122_000004_progress"),
            // Money in, access out: the history of grants, payments, purchases, customers, coupons, refunds, disputes and receipts.
            sql!("m20261122_000005_payments"),
            // What members say in public: posts, comments, reactions, mentions, and the rules of the places where they write.
            sql!("m20261122_000006_posts"),
            // Live events, blocks, conversations and messages.
            sql!("m20261122_000007_messages"),
            // What keeps the community informed and civil: notifications, announcements, reports, the log of moderation.
            sql!("m20261122_000008_moderation"),
            // What is to be paid now decides whether a course is free.
            sql!("m20261122_000009_free_courses"),
            // Learning records outlive the edits of authors: no lesson and no chapter that somebody learnt from can be deleted.
            sql!("m20261130_000010_learning_records"),
            // What may be read and written by whom is decided by the role and the state that an account has now, and no table is open without a reason.
            sql!("m20261130_000011_standing"),
            Box::new(m20261130_000012_texts::Migration),
            // What the content of files and videos says: how a video is coded and how large it is, and what about a file needs words.
            sql!("m20261130_000013_media_details"),
            // Ids at a payment provider hold in one account and mode there; a payment remembers when its buyer paid, where the money takes days.
            sql!("m20261130_000014_provider_accounts"),
            // When somebody reads, and what each playback has played: what was seen before counts for its day, too.
            sql!("m20261130_000015_readings"),
            // The pictures that texts name, so that they are kept as long as the texts are.
            sql!("m20261201_000016_text_pictures"),
        ]
    }
}

/// A migration that is the SQL in the folder of its name.
struct Sql {
    name: &'static str,
    files: Files,
}

impl MigrationName for Sql {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Sql {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        apply(manager, self.files).await
    }
}

/// The SQL of a migration.
#[derive(Clone, Copy)]
struct Files {
    tables: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// What the types of `tables.sql` are called by SQLite and by PostgreSQL.
const TYPES: [(&str, &str, &str); 8] = [
    ("{uuid}", "blob", "uuid"),
    ("{time}", "datetime", "timestamptz"),
    ("{bytes}", "blob", "bytea"),
    ("{json}", "text", "jsonb"),
    ("{bool}", "boolean", "boolean"),
    // Compared byte by byte, as SQLite does anyway.
    ("{sortable}", "text", "text COLLATE \"C\""),
    ("{serial}", "integer", "bigint GENERATED BY DEFAULT AS IDENTITY"),
    ("{autoincrement}", "AUTOINCREMENT", ""),
];

async fn apply(manager: &SchemaManager<'_>, files: Files) -> Result<(), DbErr> {
    let postgres = manager.get_database_backend() == DbBackend::Postgres;
    let mut tables = files.tables.to_owned();
    for (placeholder, on_sqlite, on_postgres) in TYPES {
        tables = tables.replace(placeholder, if postgres { on_postgres } else { on_sqlite });
    }
    let more = if postgres { files.postgres } else { files.sqlite };
    let connection = manager.get_connection();
    let suspended = suspend_row_security(manager).await?;
    connection.execute_unprepared(&tables).await?;
    connection.execute_unprepared(more).await?;
    resume_row_security(manager, &suspended).await
}

/// Lets the owner of the tables, who migrates, see the rows that are rewritten: row security is forced upon them like upon anybody else,
/// and a statement would quietly find nothing. Answers with the tables, for [`resume_row_security`].
async fn suspend_row_security(manager: &SchemaManager<'_>) -> Result<Vec<String>, DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(Vec::new());
    }
    let sql = "SELECT quote_ident(relname) AS name FROM pg_class \
               WHERE relforcerowsecurity AND relnamespace = 'public'::regnamespace ORDER BY relname";
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let rows = manager.get_connection().query_all_raw(statement).await?;
    let tables: Vec<String> = rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?;
    set_row_security(manager, &tables, "NO FORCE").await?;
    Ok(tables)
}

async fn resume_row_security(manager: &SchemaManager<'_>, tables: &[String]) -> Result<(), DbErr> {
    set_row_security(manager, tables, "FORCE").await
}

async fn set_row_security(manager: &SchemaManager<'_>, tables: &[String], force: &str) -> Result<(), DbErr> {
    // A migration may have dropped one.
    let each =
        tables.iter().map(|table| format!("ALTER TABLE IF EXISTS {table} {force} ROW LEVEL SECURITY;"));
    let all: String = each.collect();
    if all.is_empty() {
        return Ok(());
    }
    manager.get_connection().execute_unprepared(&all).await.map(drop)
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::{
        MigratorTrait,
        sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement},
    };

    use super::Migrator;

    const OWNER: &str = "palestra_migration_test";
    const ID: &str = "'0198c0de-0000-7000-8000-000000000001'";

    async fn run(db: &DatabaseConnection, sql: &str) {
        db.execute_unprepared(sql).await.unwrap();
    }

    async fn text(db: &DatabaseConnection, sql: &str) -> String {
        let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
        row.unwrap().try_get("", "text").unwrap()
    }

    /// Whoever owns the tables migrates them: on PostgreSQL that is no superuser, and row security holds for them.
    #[tokio::test]
    async fn the_rows_that_are_there_are_taken_along_by_an_owner_without_privileges() {
        let admin = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL; `make test` sets it");
        let name = format!("palestra_test_{}_migration", std::process::id());
        let server = Database::connect(&admin).await.unwrap();
        for role in [OWNER, "palestra_app", "palestra_auth", "palestra_worker"] {
            let exists = "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL";
            run(&server, &format!("DO $$ BEGIN CREATE ROLE {role} LOGIN; {exists}; END $$")).await;
        }
        run(&server, &format!("CREATE DATABASE {name} OWNER {OWNER}")).await;
        let in_database = |url: &str| format!("{}/{name}", url.rsplit_once('/').unwrap().0);
        let (scheme, rest) = admin.split_once("://").unwrap();
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let owner = Database::connect(in_database(&format!("{scheme}://{OWNER}@{host}"))).await.unwrap();
        let all = Database::connect(in_database(&admin)).await.unwrap();

        Migrator::up(&owner, Some(10)).await.unwrap();
        // Without what they refer to.
        let rows = format!(
            "SET session_replication_role = replica; \
             INSERT INTO lessons (id, course_id, chapter_id, title, description, position, has_content, has_video, \
             is_published, version, created_at, updated_at) \
             VALUES ({ID}, {ID}, {ID}, 'x', 'Hips back.', 1, false, false, false, 1, now(), now()); \
             INSERT INTO lesson_bodies (lesson_id, course_id) VALUES ({ID}, {ID}); \
             INSERT INTO community_settings (scope_id, posting, commenting, slow_mode_seconds, \
             minimum_account_age_seconds, links, words, version, updated_at) \
             VALUES ({ID}, 'EVERYONE', 'EVERYONE', 0, 0, 'ALLOWED', 'miracle', 1, now()); \
             INSERT INTO categories (id, name, slug, version, created_at, updated_at) \
             VALUES ({ID}, 'Strength', 'strength', 1, now(), now());"
        );
        run(&all, &rows).await;
        Migrator::up(&owner, None).await.unwrap();
        assert_eq!(text(&all, "SELECT description AS text FROM lesson_bodies").await, "Hips back.");
        assert_eq!(text(&all, "SELECT words AS text FROM community_words").await, "miracle");
        assert_eq!(text(&all, "SELECT folded_name AS text FROM categories").await, "strength");
        assert_eq!(text(&all, "SELECT kind AS text FROM outbox").await, "category.renamed");
        let open = "SELECT count(*)::text AS text FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity \
                    AND relnamespace = 'public'::regnamespace";
        assert_eq!(text(&all, open).await, "0");

        owner.close().await.unwrap();
        all.close().await.unwrap();
        run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        server.close().await.unwrap();
    }
}
