//! `/uploads`.

mod collection;
mod complete;
mod content;
