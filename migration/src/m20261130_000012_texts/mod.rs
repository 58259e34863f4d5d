//! Formats of texts, names in the form in which they are compared, and usernames that were given up.

mod names;

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261130_000012_texts"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let files = crate::Files {
            tables: include_str!("tables.sql"),
            sqlite: include_str!("sqlite.sql"),
            postgres: include_str!("postgres.sql"),
        };
        crate::apply(manager, files).await?;
        names::fold(manager).await?;
        let unique = "CREATE UNIQUE INDEX uq_categories_folded_name ON categories (folded_name)";
        manager.get_connection().execute_unprepared(unique).await.map(drop)
    }
}
