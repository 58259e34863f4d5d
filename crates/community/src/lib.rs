#![doc = include_str!("../README.md")]

pub mod block;
mod contact;
pub mod conversation;
pub mod live;
pub mod message;
mod store;
mod text;

pub use contact::{MessagePreferences, MessagesFrom, Messaging, change_preferences, preferences};
pub use conversation::{Conversation, ConversationKind, Member, NewConversation, ReadState};
pub use message::{Message, MessageRange, NewMessage};
