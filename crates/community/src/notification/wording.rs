//! Notifications in words, for mails.

use entity::enums::{NotificationKind, NotificationOutcome};

use super::model::Notification;

fn actor(row: &Notification) -> String {
    let actor = row.actor.as_ref();
    let name = actor.and_then(|actor| actor.name.as_deref().or(actor.username.as_deref()));
    let name = name.map(kernel::one_line).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| "Somebody".to_owned())
}

/// What happened, as a sentence without a full stop.
pub(super) fn subject(row: &Notification) -> String {
    let who = actor(row);
    match row.kind {
        NotificationKind::Comment if row.lesson_id.is_some() => format!("{who} commented on your lesson"),
        NotificationKind::Comment => format!("{who} commented on your post"),
        NotificationKind::Reply => format!("{who} answered your comment"),
        NotificationKind::Mention => format!("{who} mentioned you"),
        NotificationKind::Message => format!("{who} wrote to you"),
        NotificationKind::Announcement => match &row.title {
            Some(title) => kernel::one_line(title),
            None => format!("{who} has news for you"),
        },
        NotificationKind::Access => "You have access to a course".to_owned(),
        NotificationKind::Moderation => decision(row),
    }
}

fn decision(row: &Notification) -> String {
    let what = match (row.post_id.is_some(), row.message_id.is_some()) {
        (true, _) => "post",
        (_, true) => "message",
        _ => "comment",
    };
    match row.outcome {
        Some(NotificationOutcome::Removed) => format!("Your {what} was taken away"),
        Some(NotificationOutcome::Restored) => format!("Your {what} is back"),
        Some(NotificationOutcome::Muted) => "You cannot write for a while".to_owned(),
        _ => format!("A moderator wrote to you about your {what}"),
    }
}

/// What happened and the beginning of the text, for a mail about one notification.
pub(super) fn text(row: &Notification) -> String {
    let mut text = format!("{}.", subject(row));
    if let Some(until) = row.until_at {
        text.push_str(&format!("\n\nUntil {} UTC.", until.format("%Y-%m-%d %H:%M")));
    }
    let quoted = row.note.as_deref().or(row.excerpt.as_deref());
    if let Some(quoted) = quoted {
        text.push_str(&format!("\n\n> {}", kernel::one_line(quoted)));
    }
    text
}

/// The same in one line, for a digest.
pub(super) fn line(row: &Notification) -> String {
    match row.excerpt.as_deref() {
        Some(excerpt) => format!("- {}: {}", subject(row), kernel::one_line(excerpt)),
        None => format!("- {}", subject(row)),
    }
}
