//! `/uploads`.

mod captions;
mod collection;
mod complete;
mod content;
mod limits;
mod pictures;
mod text_pictures;
mod types;
