//! Chores that need Rust. `cargo run -p xtask -- entities DATABASE_URL FOLDER` writes the sea-orm models of the migrated
//! PostgreSQL schema into FOLDER (`make entities` calls it, `make check` compares).

mod entities;
mod types;

use std::{error::Error, path::Path};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["entities", url, folder] => entities::write(url, Path::new(folder)).await,
        _ => Err("usage: xtask entities DATABASE_URL FOLDER".into()),
    }
}
