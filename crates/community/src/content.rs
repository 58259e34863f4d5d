//! What somebody wrote, whatever it is: for reports, and for moderators who take it away and give it back.

use database::{Tx, audit};
use kernel::{Code, CommentId, CourseId, LessonId, MessageId, PostId, Result, Timestamp, UserId, Uuid};
use serde_json::json;

use crate::{
    PostStatus, comment, message, post,
    store::{self, post::Written, removed::Removed},
};

/// What a report or a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A post.
    Post(PostId),
    /// A comment.
    Comment(CommentId),
    /// A message.
    Message(MessageId),
}

impl Subject {
    /// Its id.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Post(id) => id.into(),
            Self::Comment(id) => id.into(),
            Self::Message(id) => id.into(),
        }
    }

    /// `POST`, `COMMENT` or `MESSAGE`.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Post(_) => "POST",
            Self::Comment(_) => "COMMENT",
            Self::Message(_) => "MESSAGE",
        }
    }
}

/// What it says at this moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What it is.
    pub subject: Subject,
    /// Who wrote it.
    pub author_id: UserId,
    /// The course in which it stands.
    pub course_id: Option<CourseId>,
    /// The post under which a comment stands.
    pub post_id: Option<PostId>,
    /// The lesson under which a comment stands.
    pub lesson_id: Option<LessonId>,
    /// A post's title.
    pub title: Option<String>,
    /// Sanitised HTML. Of what was taken away, only for its author and for moderators; empty for everybody else, and where it was
    /// deleted.
    pub content: String,
    /// `PUBLISHED`, `REMOVED`, `DELETED`; of one's own also `DRAFT`.
    pub status: &'static str,
    /// Of the text.
    pub version: i64,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub edited_at: Option<Timestamp>,
    /// Whether the caller moderates where it stands.
    pub staff: bool,
}

/// What it says at this moment, for whoever may read it.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn snapshot(tx: &Tx, subject: Subject) -> Result<Snapshot> {
    let (mut seen, is_mine) = match subject {
        Subject::Post(id) => {
            let (post, staff) = post::readable(tx, id).await?;
            let is_mine = post.is_mine;
            (of_post(post, staff), is_mine)
        }
        Subject::Comment(id) => {
            let (comment, thread) = comment::readable(tx, id).await?;
            let is_mine = comment.is_mine;
            (of_comment(comment, thread.staff), is_mine)
        }
        Subject::Message(id) => {
            let message = message::get(tx, id).await?;
            let is_mine = Some(message.sender.id) == tx.actor().user_id();
            (of_message(message), is_mine)
        }
    };
    let shown = seen.staff || is_mine;
    if seen.status == PostStatus::Removed.as_str()
        && shown
        && let Some(Removed { title, content }) = store::removed::find(tx, subject.id()).await?
    {
        seen.title = seen.title.map(|_| title);
        seen.content = content;
    }
    Ok(seen)
}

fn of_post(post: post::Post, staff: bool) -> Snapshot {
    Snapshot {
        subject: Subject::Post(post.id),
        author_id: post.author.id,
        course_id: post.course_id,
        post_id: Some(post.id),
        lesson_id: None,
        title: Some(post.title),
        content: post.content,
        status: post.status.as_str(),
        version: post.version,
        created_at: post.created_at,
        edited_at: post.edited_at,
        staff,
    }
}

fn of_comment(comment: comment::Comment, staff: bool) -> Snapshot {
    Snapshot {
        subject: Subject::Comment(comment.id),
        author_id: comment.author.id,
        course_id: comment.course_id,
        post_id: comment.post_id,
        lesson_id: comment.lesson_id,
        title: None,
        content: comment.content,
        status: comment.status.as_str(),
        version: comment.version,
        created_at: comment.created_at,
        edited_at: comment.edited_at,
        staff,
    }
}

/// A member of the conversation moderates nothing in it.
fn of_message(message: message::Message) -> Snapshot {
    let status = match (message.deleted_at, message.removed_at) {
        (Some(_), _) => PostStatus::Deleted,
        (None, Some(_)) => PostStatus::Removed,
        (None, None) => PostStatus::Published,
    };
    Snapshot {
        subject: Subject::Message(message.id),
        author_id: message.sender.id,
        course_id: None,
        post_id: None,
        lesson_id: None,
        title: None,
        content: message.content.unwrap_or_default(),
        status: status.as_str(),
        version: message.version,
        created_at: message.created_at,
        edited_at: message.edited_at,
        staff: false,
    }
}

/// Takes a message away, or gives it back. Admins, who do not read it: what they decide about is the snapshot of a report.
async fn remove_message(tx: &Tx, id: MessageId, removes: bool) -> Result<()> {
    if !tx.actor().is_admin() {
        return Err(Code::Forbidden.into());
    }
    if store::message::set_removed(tx, id, removes.then(|| tx.now())).await? {
        let action = if removes {
            "community.removed"
        } else {
            "community.restored"
        };
        audit::record(tx, action, id, json!({ "kind": "MESSAGE" })).await?;
    }
    Ok(())
}

/// Takes it away: its text goes where only its author and moderators see it, its place stays. Whoever moderates where it stands.
/// Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`].
pub async fn remove(tx: &Tx, subject: Subject) -> Result<()> {
    if let Subject::Message(id) = subject {
        return remove_message(tx, id, true).await;
    }
    let seen = moderated(tx, subject).await?;
    if seen.status == PostStatus::Removed.as_str() {
        return Ok(());
    }
    let removed = Removed {
        title: seen.title.clone().unwrap_or_default(),
        content: seen.content.clone(),
    };
    let place = (seen.course_id, seen.author_id);
    store::removed::insert(tx, subject.id(), place, &removed).await?;
    match subject {
        Subject::Post(id) => {
            store::post::set_pinned(tx, id, false).await?;
            store::post::empty(tx, id, PostStatus::Removed).await?;
        }
        Subject::Comment(id) => store::comment::empty(tx, id, PostStatus::Removed)
            .await
            .map(drop)?,
        Subject::Message(_) => return Err(Code::NotFound.into()),
    }
    told(tx, "community.removed", &seen).await
}

/// Gives back what was taken away. Doing it again changes nothing.
///
/// # Errors
/// See [`remove`].
pub async fn restore(tx: &Tx, subject: Subject) -> Result<()> {
    if let Subject::Message(id) = subject {
        return remove_message(tx, id, false).await;
    }
    let seen = moderated(tx, subject).await?;
    if seen.status != PostStatus::Removed.as_str() {
        return Ok(());
    }
    match subject {
        Subject::Post(id) => {
            let written = Written {
                title: seen.title.as_deref().unwrap_or_default(),
                content: &seen.content,
            };
            store::post::restore(tx, id, written).await?;
        }
        Subject::Comment(id) => store::comment::restore(tx, id, &seen.content).await?,
        Subject::Message(_) => return Err(Code::NotFound.into()),
    }
    store::removed::delete(tx, subject.id()).await?;
    told(tx, "community.restored", &seen).await
}

/// What the caller moderates, and nobody changes until the transaction ends.
async fn moderated(tx: &Tx, subject: Subject) -> Result<Snapshot> {
    let seen = snapshot(tx, subject).await?;
    if !seen.staff {
        return Err(Code::Forbidden.into());
    }
    match subject {
        Subject::Post(id) => store::post::lock(tx, id).await.map(drop)?,
        Subject::Comment(id) => store::comment::lock(tx, id).await.map(drop)?,
        Subject::Message(_) => return Err(Code::NotFound.into()),
    }
    let seen = snapshot(tx, subject).await?;
    if seen.status == PostStatus::Deleted.as_str() {
        return Err(Code::ContentDeleted.into());
    }
    Ok(seen)
}

async fn told(tx: &Tx, action: &'static str, seen: &Snapshot) -> Result<()> {
    let detail =
        json!({ "kind": seen.subject.kind(), "authorId": seen.author_id, "courseId": seen.course_id });
    audit::record(tx, action, seen.subject.id(), detail).await
}
