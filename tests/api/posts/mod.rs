//! `/posts`.

mod feed;
mod reactions;
mod visibility;
mod write;
