//! The read model of the catalogue, and the search over it. Each database searches in its own way: PostgreSQL with its full-text
//! search, SQLite with FTS5.

pub(super) mod entries;
pub(super) mod facets;
mod filter;
pub(super) mod list;
pub(super) mod terms;
