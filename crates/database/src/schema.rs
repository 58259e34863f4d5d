//! Bringing the schema to this binary's version, and refusing one that is not.

use std::collections::BTreeSet;

use entity::installation;
use migration::Migrator;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, Statement};
use sea_orm_migration::{MigratorTrait, seaql_migrations};

pub(crate) const OTHER_KEY: &str = "this database began with another master key: set PALESTRA_MASTER_KEY, or restore the file master.key in the \
     data folder; nothing was changed";

/// The id of the only row of `installation`.
const INSTALLATION: i64 = 1;

/// Why a schema cannot be used.
#[derive(Debug)]
pub enum SchemaError {
    /// The database was migrated by a newer Palestra.
    Newer(String),
    /// Migrations are pending, and this role may not apply them.
    Behind(usize),
    /// This installation began with another master key.
    OtherKey,
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
            Self::OtherKey => f.write_str(OTHER_KEY),
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

/// Applies what is pending, and answers with the names of what was applied. The first time, the database learns to
/// recognise the installation's master key by `key_check`.
///
/// # Errors
/// [`SchemaError::Newer`], [`SchemaError::OtherKey`], and what the database answered. A migration that fails leaves nothing of
/// itself.
pub async fn migrate(connection: &DatabaseConnection, key_check: &[u8]) -> Result<Vec<String>, SchemaError> {
    let pending = pending(connection).await?;
    if !pending.is_empty() {
        Migrator::up(connection, None).await?;
    }
    if known_key(connection).await?.is_none() {
        let installation =
            installation::ActiveModel { id: Set(INSTALLATION), key_check: Set(key_check.to_vec()) };
        let insert = installation::Entity::insert(installation).on_conflict_do_nothing();
        insert.exec_without_returning(connection).await?;
    }
    same_key(connection, key_check).await?;
    Ok(pending)
}

/// Refuses a schema that is not this binary's.
///
/// # Errors
/// [`SchemaError::Newer`], [`SchemaError::Behind`], [`SchemaError::OtherKey`], and what the database answered.
pub async fn check(connection: &DatabaseConnection, key_check: &[u8]) -> Result<(), SchemaError> {
    let pending = pending(connection).await?;
    if !pending.is_empty() {
        return Err(SchemaError::Behind(pending.len()));
    }
    same_key(connection, key_check).await
}

async fn same_key(connection: &DatabaseConnection, key_check: &[u8]) -> Result<(), SchemaError> {
    match known_key(connection).await? {
        Some(known) if known != key_check => Err(SchemaError::OtherKey),
        _ => Ok(()),
    }
}

async fn known_key(connection: &DatabaseConnection) -> Result<Option<Vec<u8>>, DbErr> {
    let found = installation::Entity::find_by_id(INSTALLATION).one(connection).await?;
    Ok(found.map(|installation| installation.key_check))
}

async fn pending(connection: &DatabaseConnection) -> Result<Vec<String>, SchemaError> {
    let known: Vec<String> =
        Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let backend = connection.get_database_backend();
    // Text: the system catalogs have no entities.
    let exists = match backend {
        sea_orm::DbBackend::Postgres => "SELECT to_regclass('seaql_migrations') IS NOT NULL AS found",
        _ => "SELECT count(*) > 0 AS found FROM sqlite_master WHERE name = 'seaql_migrations'",
    };
    let found = connection.query_one_raw(Statement::from_string(backend, exists)).await?;
    let found = found.map(|row| row.try_get::<bool>("", "found")).transpose()?.unwrap_or(false);
    let mut applied = BTreeSet::new();
    if found {
        let migrations = seaql_migrations::Entity::find().all(connection).await?;
        applied.extend(migrations.into_iter().map(|migration| migration.version));
    }
    if let Some(unknown) = applied.iter().find(|name| !known.contains(name)) {
        return Err(SchemaError::Newer(unknown.clone()));
    }
    Ok(known.into_iter().filter(|name| !applied.contains(name)).collect())
}
