//! Chores that need Rust, about the migrated PostgreSQL schema: `xtask entities DATABASE_URL FOLDER` writes its sea-orm models, and
//! `xtask diagram DATABASE_URL FILE` its diagrams (`make entities` calls both, `make check` compares).

mod diagram;
mod entities;
mod types;

use std::{error::Error, path::Path};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["entities", url, folder] => entities::write(url, Path::new(folder)).await,
        ["diagram", url, file] => diagram::write(url, Path::new(file)).await,
        _ => Err("usage: xtask entities DATABASE_URL FOLDER | xtask diagram DATABASE_URL FILE".into()),
    }
}
