//! Conversations: between two people, or in a small group.

mod access;
mod members;
pub(crate) mod model;
mod open;
mod read;
mod rename;
pub(crate) mod store;

pub use members::{add_member, remove_member};
pub use model::{Conversation, MAX_MEMBERS, Member, NewConversation, ReadState};
pub use open::open;
pub use read::{get, list, read};
pub use rename::rename;
