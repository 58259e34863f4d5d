//! The contract as the executable carries it: `openapi/openapi.json`, packed (`build.rs`). It is what is served, and what bodies
//! and queries are held against; that it follows from the code is a test of the `openapi` crate.

use std::io::{Read, Result};

/// The document, gzipped.
pub const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));

/// The document.
///
/// # Errors
/// Where the executable is damaged.
pub fn text() -> Result<String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(PACKED).read_to_string(&mut text)?;
    Ok(text)
}
