//! Posts, comments and messages as one, for reports and for moderators who remove and restore what was written.

mod model;

use database::{Tx, audit};
use entity::enums::{CommentStatus, ContentKind, PostStatus};
use kernel::{Code, MessageId, Result};
use serde_json::json;

pub use model::{Snapshot, Subject};

use crate::{
    comment::{self, Comment},
    message::{self, Message},
    post::{self, Post, model::PostText},
    removed_content::{self, RemovedContent},
};

/// What some content says at this moment, for a caller who may read it.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn snapshot(tx: &Tx, subject: Subject) -> Result<Snapshot> {
    let (mut found, is_mine) = match subject {
        Subject::Post(id) => {
            let (post, is_moderator) = post::readable(tx, id).await?;
            let is_mine = post.is_mine;
            (of_post(post, is_moderator), is_mine)
        }
        Subject::Comment(id) => {
            let (comment, thread) = comment::readable(tx, id).await?;
            let is_mine = comment.is_mine;
            (of_comment(comment, thread.is_moderator), is_mine)
        }
        Subject::Message(id) => {
            let message = message::get(tx, id).await?;
            let is_mine = Some(message.sender.id) == tx.actor().user_id();
            (of_message(message), is_mine)
        }
    };
    if found.status == PostStatus::Removed
        && (found.is_moderator || is_mine)
        && let Some(RemovedContent { title, content }) = removed_content::find(tx, subject.id()).await?
    {
        found.title = found.title.map(|_| title);
        found.content = content;
    }
    Ok(found)
}

fn of_post(post: Post, is_moderator: bool) -> Snapshot {
    Snapshot {
        subject: Subject::Post(post.id),
        author_id: post.author.id,
        course_id: post.course_id,
        post_id: Some(post.id),
        lesson_id: None,
        title: Some(post.title),
        content: post.content,
        status: post.status,
        version: post.version,
        created_at: post.created_at,
        edited_at: post.edited_at,
        is_moderator,
    }
}

fn of_comment(comment: Comment, is_moderator: bool) -> Snapshot {
    Snapshot {
        subject: Subject::Comment(comment.id),
        author_id: comment.author.id,
        course_id: comment.course_id,
        post_id: comment.post_id,
        lesson_id: comment.lesson_id,
        title: None,
        content: comment.content,
        status: match comment.status {
            CommentStatus::Published => PostStatus::Published,
            CommentStatus::Removed => PostStatus::Removed,
            CommentStatus::Deleted => PostStatus::Deleted,
        },
        version: comment.version,
        created_at: comment.created_at,
        edited_at: comment.edited_at,
        is_moderator,
    }
}

/// No member of a conversation moderates it.
fn of_message(message: Message) -> Snapshot {
    Snapshot {
        subject: Subject::Message(message.id),
        author_id: message.sender.id,
        course_id: None,
        post_id: None,
        lesson_id: None,
        title: None,
        content: message.content.unwrap_or_default(),
        status: match (message.deleted_at, message.removed_at) {
            (Some(_), _) => PostStatus::Deleted,
            (None, Some(_)) => PostStatus::Removed,
            (None, None) => PostStatus::Published,
        },
        version: message.version,
        created_at: message.created_at,
        edited_at: message.edited_at,
        is_moderator: false,
    }
}

/// Removes a post, a comment or a message, for moderators of where it stands: only its author and moderators see its text from then
/// on. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`].
pub async fn remove(tx: &Tx, subject: Subject) -> Result<()> {
    if let Subject::Message(id) = subject {
        return set_message_removed(tx, id, true).await;
    }
    let found = require_moderated(tx, subject).await?;
    if found.status == PostStatus::Removed {
        return Ok(());
    }
    let removed =
        RemovedContent { title: found.title.clone().unwrap_or_default(), content: found.content.clone() };
    removed_content::insert(tx, subject.id(), found.course_id, found.author_id, removed).await?;
    match subject {
        Subject::Post(id) => {
            post::store::set_pinned(tx, id, false).await?;
            post::store::clear(tx, id, PostStatus::Removed).await?;
        }
        Subject::Comment(id) => comment::store::clear(tx, id, CommentStatus::Removed).await.map(drop)?,
        Subject::Message(_) => return Err(Code::NotFound.into()),
    }
    record(tx, "community.removed", &found).await
}

/// Restores what was removed. Doing it again changes nothing.
///
/// # Errors
/// See [`remove`].
pub async fn restore(tx: &Tx, subject: Subject) -> Result<()> {
    if let Subject::Message(id) = subject {
        return set_message_removed(tx, id, false).await;
    }
    let found = require_moderated(tx, subject).await?;
    if found.status != PostStatus::Removed {
        return Ok(());
    }
    match subject {
        Subject::Post(id) => {
            let text =
                PostText { title: found.title.clone().unwrap_or_default(), content: found.content.clone() };
            post::store::restore(tx, id, text).await?;
        }
        Subject::Comment(id) => comment::store::restore(tx, id, found.content.clone()).await?,
        Subject::Message(_) => return Err(Code::NotFound.into()),
    }
    removed_content::delete(tx, subject.id()).await?;
    record(tx, "community.restored", &found).await
}

/// Removes or restores a message, for admins. They do not read it: what they decide about is the snapshot of a report.
async fn set_message_removed(tx: &Tx, id: MessageId, removed: bool) -> Result<()> {
    if !tx.actor().is_admin() {
        return Err(Code::Forbidden.into());
    }
    if message::store::set_removed(tx, id, removed.then(|| tx.now())).await? {
        let action = if removed { "community.removed" } else { "community.restored" };
        let detail = json!({ "kind": ContentKind::Message });
        audit::record(tx, action, id, detail).await?;
    }
    Ok(())
}

/// The content, if the caller moderates it. Its row is locked until the transaction ends.
async fn require_moderated(tx: &Tx, subject: Subject) -> Result<Snapshot> {
    let found = snapshot(tx, subject).await?;
    if !found.is_moderator {
        return Err(Code::Forbidden.into());
    }
    match subject {
        Subject::Post(id) => post::store::lock(tx, id).await?,
        Subject::Comment(id) => comment::store::lock(tx, id).await?,
        Subject::Message(_) => return Err(Code::NotFound.into()),
    }
    let found = snapshot(tx, subject).await?;
    if found.status == PostStatus::Deleted {
        return Err(Code::ContentDeleted.into());
    }
    Ok(found)
}

async fn record(tx: &Tx, action: &'static str, content: &Snapshot) -> Result<()> {
    let detail = json!({
        "kind": content.subject.kind(), "authorId": content.author_id, "courseId": content.course_id,
    });
    audit::record(tx, action, content.subject.id(), detail).await
}
