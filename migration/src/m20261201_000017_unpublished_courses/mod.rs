//! A course that was unpublished stays open to those who have access to it.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261201_000017_unpublished_courses"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let files = crate::Files { tables: "", sqlite: "", postgres: include_str!("postgres.sql") };
        crate::apply(manager, files).await
    }
}
