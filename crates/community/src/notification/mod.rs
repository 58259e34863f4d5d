mod audience;
mod deliver;
mod letter;
mod mail;
mod unsubscribe;

use database::Tx;
use kernel::{
    AnnouncementId, CommentId, ConversationId, CourseId, Cursor, LessonId, Limit, MessageId, NotificationId,
    Page, PostId, Result, Timestamp, UserId,
};
use sea_orm::FromQueryResult;
use serde_json::json;

pub use deliver::{notify, sweep_notifications};
pub use mail::Letters;
pub use unsubscribe::unsubscribe;

pub(crate) use audience::DECIDED;
pub(crate) use deliver::{New, batch};

use crate::{
    live::{self, Event},
    store, text,
};

/// The most unread ones that are counted: a badge shows no more digits.
pub const COUNTED: u64 = 100;

/// What somebody is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Somebody commented on what one wrote or teaches.
    Comment,
    /// Somebody answered one's comment.
    Reply,
    /// Somebody named one.
    Mention,
    /// Somebody wrote to one.
    Message,
    /// A trainer told the learners of a course something.
    Announcement,
    /// What became of one's content or standing, by a moderator.
    Moderation,
    /// Somebody gave one access to a course.
    Access,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Comment,
        Self::Reply,
        Self::Mention,
        Self::Message,
        Self::Announcement,
        Self::Moderation,
        Self::Access,
    ];

    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "COMMENT",
            Self::Reply => "REPLY",
            Self::Mention => "MENTION",
            Self::Message => "MESSAGE",
            Self::Announcement => "ANNOUNCEMENT",
            Self::Moderation => "MODERATION",
            Self::Access => "ACCESS",
        }
    }

    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// That something happened, as its reader may see it now.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Notification {
    /// The notification's id.
    pub id: NotificationId,
    /// See [`Kind`].
    pub kind: String,
    /// Who did it; `None` where that is not told.
    pub actor_id: Option<UserId>,
    /// The username of who did it.
    pub actor_username: Option<String>,
    /// The name of who did it.
    pub actor_name: Option<String>,
    /// A picture of who did it.
    pub actor_avatar_url: Option<String>,
    /// The course it belongs to.
    pub course_id: Option<CourseId>,
    /// The post.
    pub post_id: Option<PostId>,
    /// The lesson.
    pub lesson_id: Option<LessonId>,
    /// The comment.
    pub comment_id: Option<CommentId>,
    /// The conversation.
    pub conversation_id: Option<ConversationId>,
    /// The first message that was unread.
    pub message_id: Option<MessageId>,
    /// The announcement.
    pub announcement_id: Option<AnnouncementId>,
    /// What was decided, of moderation and access.
    pub outcome: Option<String>,
    /// Until when that holds.
    pub until_at: Option<Timestamp>,
    /// Why it was decided, in a moderator's words.
    pub note: Option<String>,
    /// The title of the post or the announcement.
    pub title: Option<String>,
    /// The beginning of what was written; never of a message.
    pub excerpt: Option<String>,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Which of the caller's notifications are meant.
#[derive(Clone, Debug)]
pub enum Which {
    /// These.
    These(Vec<NotificationId>),
    /// This one and every older one.
    UpTo(NotificationId),
}

/// The caller's notifications, newest first: those whose subject they may read at this moment.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn list_notifications(
    tx: &Tx,
    unread: Option<bool>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Notification>> {
    let rows = store::notification::page(tx, tx.user_id()?, unread, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)).map(shortened))
}

/// How many the caller has not read, of those that [`list_notifications`] would show; counted up to [`COUNTED`].
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn unread_count(tx: &Tx) -> Result<i64> {
    store::notification::unread_count(tx, tx.user_id()?, COUNTED).await
}

/// Marks some of the caller's notifications as read, and answers with how many are not. Doing it again changes nothing.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn mark_read(tx: &Tx, which: &Which) -> Result<i64> {
    let user_id = tx.user_id()?;
    let marked = store::notification::mark_read(tx, user_id, which).await?;
    let unread = unread_count(tx).await?;
    if marked > 0 {
        // The caller's other devices show the same number.
        let event = Event {
            kind: "notification.read",
            data: json!({}),
        };
        live::tell(tx, &[user_id], event).await?;
    }
    Ok(unread)
}

/// The beginning of a text without its markup, for a line in a list.
fn shortened(mut row: Notification) -> Notification {
    row.excerpt = row
        .excerpt
        .map(|html| beginning(&html, 200))
        .filter(|text| !text.is_empty());
    row
}

/// Sanitised HTML as text in one line, at most this many characters.
fn beginning(html: &str, most: usize) -> String {
    let text = text::plain(html);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= most {
        return text;
    }
    let mut cut: String = text.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_text() {
        assert_eq!(
            beginning("<p>Hips &amp; <b>knees</b></p><p>back</p>", 200),
            "Hips & knees back"
        );
        assert_eq!(beginning("<p>Hips <a href=\"https://exa", 200), "Hips");
        assert_eq!(beginning("<p>&lt;script&gt;</p>", 200), "<script>");
        assert_eq!(beginning(&"é".repeat(300), 10), format!("{}…", "é".repeat(9)));
    }
}
