//! Chores of the house that need Rust. `cargo run -p xtask -- entities DATABASE_URL FOLDER` writes the sea-orm models
//! of the migrated PostgreSQL schema into FOLDER (`make entities` calls it, `make check` compares).

use std::{error::Error, path::Path, process::Command};

use sea_orm_codegen::{
    BannerVersion, BigIntegerType, DateTimeCrate, EntityFormat, EntityTransformer, EntityWriterContext,
    WithPrelude, WithSerde,
};
use sea_schema::postgres::discovery::SchemaDiscovery;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["entities", url, folder] => entities(url, Path::new(folder)).await,
        _ => Err("usage: xtask entities DATABASE_URL FOLDER".into()),
    }
}

/// PostgreSQL is the source, since its catalogue knows every type exactly.
async fn entities(url: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let pool = sqlx::PgPool::connect(url).await?;
    let schema = SchemaDiscovery::new(pool, "public").discover().await?;
    let tables = schema
        .tables
        .into_iter()
        // The search index is written and read in each database's own language.
        .filter(|table| {
            !["seaql_migrations", "catalogue_search", "catalogue_terms"].contains(&table.info.name.as_str())
        })
        .map(|mut table| {
            table
                .unique_constraints
                .retain(|constraint| !constraint.is_partial);
            table.write()
        })
        .collect();
    let context = EntityWriterContext::new(
        EntityFormat::Dense,
        WithPrelude::None,
        WithSerde::None,
        false,
        DateTimeCrate::Chrono,
        BigIntegerType::I64,
        None,
        true,
        false,
        false,
        Vec::new(),
        Vec::new(),
        Vec::new(),
        Vec::new(),
        Vec::new(),
        false,
        true,
        BannerVersion::Off,
    );
    std::fs::create_dir_all(folder)?;
    for file in EntityTransformer::transform(tables)?.generate(&context).files {
        std::fs::write(folder.join(&file.name), file.content)?;
    }
    let formatted = Command::new("rustfmt")
        .args(["--config-path", "rustfmt.toml"])
        .arg(folder.join("lib.rs"))
        .status()?;
    if formatted.success() {
        Ok(())
    } else {
        Err("rustfmt failed".into())
    }
}
