//! What is counted: the comments of a thread, the replies to a comment, and the reactions to both.
//!
//! Counters are tables of their own, because every reader may change them by reacting, and may change nothing else.

pub(crate) mod model;
pub(crate) mod store;

pub use model::{PostOrComment, Reactions};
