#![doc = include_str!("../README.md")]

mod announcement;
pub mod block;
mod comment;
mod contact;
pub mod content;
pub mod conversation;
pub mod live;
pub mod mention;
pub mod message;
mod moderation;
pub mod mute;
mod notification;
mod place;
mod post;
mod preference;
mod reaction;
mod report;
pub mod rules;
mod settings;
mod store;
mod text;
mod thread;
mod words;

pub use announcement::{Announcement, NewAnnouncement, create_announcement, list_announcements};
pub use comment::{
    Comment, CommentSort, DEEPEST, NewComment, change_comment, comment, comments, create_comment,
    delete_comment,
};
pub use contact::{MessagePreferences, MessagesFrom, Messaging, change_preferences, preferences};
pub use content::Subject;
pub use conversation::{Conversation, ConversationKind, Member, NewConversation, ReadState};
pub use message::{Message, MessageRange, NewMessage};
pub use moderation::{Action, LogEntry, moderation_log};
pub use notification::{
    Kind, Letters, Notification, Which, list_notifications, mark_read, notify, sweep_notifications,
    unread_count, unsubscribe,
};
pub use post::{
    FeedFilter, NewPost, Picture, Post, PostChange, PostStatus, change_post, create_post, delete_post, feed,
    lock_post, pin_post, post, publish_post, unpublish_post,
};
pub use preference::{
    Channel, Digest, Preferences, PreferencesChange, QuietHours, change_notification_preferences,
    notification_preferences,
};
pub use reaction::{Reaction, Reactions, react, unreact};
pub use report::{
    Decision, NewReport, OwnReport, Reason, Report, ReportFilter, ReportStatus, create_report, decide_report,
    list_reports, moderated_report, own_report,
};
pub use settings::{Links, Settings, SettingsChange, Writers, change_settings, settings};
pub use store::counters::Counted;
pub use text::plain;
pub use thread::Branch;
