#![doc = include_str!("../README.md")]

mod announcement;
mod moderation;
mod notification;
mod preference;
mod report;
mod store;

pub use announcement::{Announcement, NewAnnouncement, create_announcement, list_announcements};
pub use content::Subject;
pub use moderation::{Action, LogEntry, moderation_log};
pub use notification::{
    Kind, Letters, Notification, Which, list_notifications, mark_read, sweep_notifications, tell,
    unread_count, unsubscribe,
};
pub use preference::{
    Channel, Digest, Preferences, PreferencesChange, QuietHours, change_notification_preferences,
    notification_preferences,
};
pub use report::{
    Decision, NewReport, OwnReport, Reason, Report, ReportFilter, ReportStatus, create_report, decide_report,
    list_reports, moderated_report, own_report,
};
