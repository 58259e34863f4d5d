#![doc = include_str!("../README.md")]

pub mod block;
mod comment;
mod contact;
pub mod content;
pub mod conversation;
pub mod live;
pub mod mention;
pub mod message;
pub mod mute;
mod place;
mod post;
mod reaction;
pub mod rules;
mod settings;
mod store;
mod text;
mod thread;
mod words;

pub use comment::{
    Comment, CommentSort, DEEPEST, NewComment, change_comment, comment, comments, create_comment,
    delete_comment,
};
pub use contact::{MessagePreferences, MessagesFrom, Messaging, change_preferences, preferences};
pub use conversation::{Conversation, ConversationKind, Member, NewConversation, ReadState};
pub use message::{Message, MessageRange, NewMessage};
pub use post::{
    FeedFilter, NewPost, Picture, Post, PostChange, PostStatus, change_post, create_post, delete_post, feed,
    lock_post, pin_post, post, publish_post, unpublish_post,
};
pub use reaction::{Reaction, Reactions, react, unreact};
pub use settings::{Links, Settings, SettingsChange, Writers, change_settings, settings};
pub use store::counters::Counted;
pub use text::plain;
pub use thread::Branch;
