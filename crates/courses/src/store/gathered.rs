//! Many rows as one text, an array of an array for each, that the database puts together: they come in one row, beside what
//! they belong to. Forty rows would cost more than what stands in them, on SQLite a turn of another thread each.

use database::Tx;
use kernel::{Error, Result};
use serde::de::DeserializeOwned;

/// These columns of all rows of a query, as a text; null or an empty array where there is none.
pub(super) fn gather(tx: &Tx, columns: &str) -> String {
    let (gather, array) = if tx.is_postgres() {
        ("json_agg", "json_build_array")
    } else {
        ("json_group_array", "json_array")
    };
    format!("CAST({gather}({array}({columns})) AS text)")
}

/// An id, or null, as a column of those: SQLite keeps ids as bytes, for which JSON has no word.
pub(super) fn id(tx: &Tx, column: &str) -> String {
    if tx.is_postgres() {
        column.to_owned()
    } else {
        format!("CASE WHEN {column} IS NOT NULL THEN hex({column}) END")
    }
}

/// The rows of such a text.
pub(super) fn rows<T: DeserializeOwned>(text: Option<&str>) -> Result<Vec<T>> {
    match text {
        Some(text) => serde_json::from_str(text).map_err(Error::internal),
        None => Ok(Vec::new()),
    }
}
