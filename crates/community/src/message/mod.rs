//! Messages: numbered in their conversation, and read by its members only.

mod edit;
pub(crate) mod model;
mod read;
mod send;
pub(crate) mod store;

pub use edit::{delete, edit};
pub use model::{Message, MessageRange, NewMessage};
pub use read::{get, list};
pub use send::send;
