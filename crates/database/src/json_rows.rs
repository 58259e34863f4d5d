//! Many rows as one JSON text, an array of an array for each row, which the database builds: they arrive in one row, beside what
//! they belong to. Forty separate rows would cost more than their contents: on SQLite each is a hand-over between threads.

use kernel::{Error, Result};
use serde::de::DeserializeOwned;

use crate::Tx;

/// The expression that collects these columns of every row of a query. Its value is null or an empty array where there is no row.
#[must_use]
pub fn json_agg(tx: &Tx, columns: &str) -> String {
    let (aggregate, array) =
        if tx.is_postgres() { ("json_agg", "json_build_array") } else { ("json_group_array", "json_array") };
    format!("CAST({aggregate}({array}({columns})) AS text)")
}

/// An id, or null, as a column of [`json_agg`]: SQLite keeps ids as bytes, which JSON cannot hold.
#[must_use]
pub fn id_column(tx: &Tx, column: &str) -> String {
    if tx.is_postgres() {
        column.to_owned()
    } else {
        format!("CASE WHEN {column} IS NOT NULL THEN hex({column}) END")
    }
}

/// The rows of such a text.
///
/// # Errors
/// [`kernel::Code::Internal`] for rows of another shape, which would be a bug.
pub fn parse_rows<T: DeserializeOwned>(text: Option<&str>) -> Result<Vec<T>> {
    match text {
        Some(text) => serde_json::from_str(text).map_err(Error::internal),
        None => Ok(Vec::new()),
    }
}
