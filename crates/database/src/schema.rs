//! Bringing the schema to this binary's version, and refusing one that is not.

use std::collections::BTreeSet;

use migration::Migrator;
use sea_orm::{DatabaseConnection, DbErr};
use sea_orm_migration::MigratorTrait;

/// Why a schema cannot be used.
#[derive(Debug)]
pub enum SchemaError {
    /// The database was migrated by a newer Palestra.
    Newer(String),
    /// Migrations are pending, and this role may not apply them.
    Behind(usize),
    /// The database refused.
    Db(DbErr),
}

impl std::fmt::Display for SchemaError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Newer(name) => write!(
                f,
                "this database was migrated by a newer Palestra (it has {name}, which this binary does not know): \
                 start the newer binary, or restore a backup from before the upgrade"
            ),
            Self::Behind(pending) => write!(
                f,
                "the database is {pending} migration(s) behind this binary: run `palestra migrate` with DATABASE_URL \
                 naming the owner of the tables"
            ),
            Self::Db(error) => write!(f, "the schema cannot be read or changed: {error}"),
        }
    }
}

impl std::error::Error for SchemaError {}

impl From<DbErr> for SchemaError {
    fn from(error: DbErr) -> Self {
        Self::Db(error)
    }
}

/// Applies what is pending, and answers with the names of what was applied.
///
/// # Errors
/// [`SchemaError::Newer`] and what the database answered. A migration that fails leaves nothing of itself.
pub async fn migrate(connection: &DatabaseConnection) -> Result<Vec<String>, SchemaError> {
    let pending = pending(connection).await?;
    if !pending.is_empty() {
        Migrator::up(connection, None).await?;
    }
    Ok(pending)
}

/// Refuses a schema that is not this binary's.
///
/// # Errors
/// [`SchemaError::Newer`], [`SchemaError::Behind`], and what the database answered.
pub async fn check(connection: &DatabaseConnection) -> Result<(), SchemaError> {
    let pending = pending(connection).await?;
    if pending.is_empty() { Ok(()) } else { Err(SchemaError::Behind(pending.len())) }
}

async fn pending(connection: &DatabaseConnection) -> Result<Vec<String>, SchemaError> {
    use sea_orm::{ConnectionTrait, Statement};
    let known: Vec<String> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let backend = connection.get_database_backend();
    let exists = match backend {
        sea_orm::DbBackend::Postgres => "SELECT to_regclass('seaql_migrations') IS NOT NULL AS found",
        _ => "SELECT count(*) > 0 AS found FROM sqlite_master WHERE name = 'seaql_migrations'",
    };
    let found = connection.query_one_raw(Statement::from_string(backend, exists)).await?;
    let found = found.map(|row| row.try_get::<bool>("", "found")).transpose()?.unwrap_or(false);
    let mut applied = BTreeSet::new();
    if found {
        let names = Statement::from_string(backend, "SELECT version FROM seaql_migrations");
        for row in connection.query_all_raw(names).await? {
            applied.insert(row.try_get::<String>("", "version")?);
        }
    }
    if let Some(unknown) = applied.iter().find(|name| !known.contains(name)) {
        return Err(SchemaError::Newer(unknown.clone()));
    }
    Ok(known.into_iter().filter(|name| !applied.contains(name)).collect())
}
