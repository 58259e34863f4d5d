#![doc = include_str!("../README.md")]

mod access;
mod announcement;
pub mod block;
mod comment;
mod contact;
pub mod content;
pub mod conversation;
mod counter;
mod dispatch;
pub mod live;
mod mention;
pub mod message;
mod moderation;
pub mod mute;
mod notification;
mod person;
mod post;
mod preference;
mod reaction;
mod removed_content;
mod report;
mod rules;
mod settings;
mod text;

pub use entity::enums::{
    CommentStatus, ContentKind, ConversationKind, Digest, LinkPolicy, MessagesFrom, ModerationAction,
    NotificationKind, NotificationOutcome, PostStatus, Reaction, ReportReason, ReportStatus, Writers,
};

pub use announcement::{Announcement, NewAnnouncement, create_announcement, list_announcements};
pub use comment::{
    Branch, Comment, CommentSort, MAX_DEPTH, NewComment, change_comment, create_comment, delete_comment,
    get_comment, list_comments,
};
pub use contact::{MessagePreferences, Messaging, change_message_preferences, message_preferences};
pub use content::Subject;
pub use conversation::{Conversation, Member, NewConversation, ReadState};
pub use counter::{PostOrComment, Reactions};
pub use dispatch::notify;
pub use message::{Message, MessageRange, NewMessage};
pub use moderation::{ModerationEntry, moderation_log};
pub use notification::{
    MAX_UNREAD_COUNT, MailContext, Notification, Which, list_notifications, mark_read, sweep_notifications,
    unread_count, unsubscribe,
};
pub use post::{
    NewPost, Picture, Post, PostChange, PostFilter, change_post, create_post, delete_post, get_post,
    list_posts, lock_post, pin_post, publish_post, unpublish_post,
};
pub use preference::{
    Channel, ChannelChange, Preferences, PreferencesChange, QuietHours, change_notification_preferences,
    notification_preferences,
};
pub use reaction::{add_reaction, remove_reaction};
pub use report::{
    Decision, NewReport, OwnReport, Report, ReportFilter, create_report, decide_report, list_reports,
    moderated_report, own_report,
};
pub use settings::{Settings, SettingsChange, change_settings, settings};
pub use text::plain;
