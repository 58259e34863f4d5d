//! Notifications in words.

use super::Notification;

fn actor(row: &Notification) -> String {
    let name = row.actor_name.as_deref().or(row.actor_username.as_deref());
    let name = name.map(kernel::one_line).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| "Somebody".to_owned())
}

/// What happened, as a sentence without its end.
pub(super) fn subject(row: &Notification) -> String {
    let who = actor(row);
    match row.kind.as_str() {
        "COMMENT" if row.lesson_id.is_some() => format!("{who} commented on your lesson"),
        "COMMENT" => format!("{who} commented on your post"),
        "REPLY" => format!("{who} answered your comment"),
        "MENTION" => format!("{who} mentioned you"),
        "MESSAGE" => format!("{who} wrote to you"),
        "ANNOUNCEMENT" => match &row.title {
            Some(title) => kernel::one_line(title),
            None => format!("{who} has news for you"),
        },
        "ACCESS" => "You have access to a course".to_owned(),
        _ => decided(row),
    }
}

fn decided(row: &Notification) -> String {
    let what = match (row.post_id.is_some(), row.message_id.is_some()) {
        (true, _) => "post",
        (_, true) => "message",
        _ => "comment",
    };
    match row.outcome.as_deref() {
        Some("REMOVED") => format!("Your {what} was taken away"),
        Some("RESTORED") => format!("Your {what} is back"),
        Some("MUTED") => "You cannot write for a while".to_owned(),
        _ => format!("A moderator wrote to you about your {what}"),
    }
}

/// The same with what there is to read of it, on its own.
pub(super) fn text(row: &Notification) -> String {
    let mut text = format!("{}.", subject(row));
    if let Some(until) = row.until_at {
        text.push_str(&format!("\n\nUntil {} UTC.", until.format("%Y-%m-%d %H:%M")));
    }
    let told = row.note.as_deref().or(row.excerpt.as_deref());
    if let Some(told) = told {
        text.push_str(&format!("\n\n> {}", kernel::one_line(told)));
    }
    text
}

/// The same in one line, among others.
pub(super) fn line(row: &Notification) -> String {
    match row.excerpt.as_deref() {
        Some(excerpt) => format!("- {}: {}", subject(row), kernel::one_line(excerpt)),
        None => format!("- {}", subject(row)),
    }
}
