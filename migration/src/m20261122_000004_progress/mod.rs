//! Watching: what players reported of each video, and the jobs that follow an edit of a course.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000004_progress"
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
            sqlite: "",
            postgres: include_str!("postgres.sql"),
        };
        crate::apply(manager, files).await
    }
}
