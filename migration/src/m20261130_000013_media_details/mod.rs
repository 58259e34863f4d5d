//! What the content of files and videos says: how a video is coded and how large it is, and what about a file needs words.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261130_000013_media_details"
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
        crate::apply(manager, files).await
    }
}
