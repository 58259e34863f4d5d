//! Comments on posts and lessons, and replies to comments.

pub(crate) mod model;
pub(crate) mod store;
mod thread;

use database::{Tx, audit, outbox};
use entity::enums::CommentStatus;
use kernel::{Code, CommentId, Cursor, Error, FieldError, Limit, Page, Result, ThreadId, Written};
use serde_json::json;

pub use model::{Branch, Comment, CommentSort, MAX_DEPTH, NewComment};

use model::{NewRow, Parent, Thread, ThreadRoot};

use crate::{
    access,
    counter::{self, PostOrComment},
    mention, post, removed_content,
    rules::{self, WriteContext, WriteKind},
    text,
};

/// The longest text of a comment, in characters of sanitised HTML.
const MAX_CONTENT_LENGTH: usize = 5_000;

/// A page of the comments below a post, a lesson or another comment that the caller may read. At most three statements, however
/// many there are.
///
/// # Errors
/// [`Code::NotFound`]; for a lesson, also see [`enrollment::lesson_access`].
pub async fn list_comments(
    tx: &Tx,
    branch: Branch,
    sort: CommentSort,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Comment>> {
    let found = store::list(tx, branch, sort, after, limit).await?;
    let (root, rows) = found.ok_or(Code::NotFound)?;
    let readable = thread::require_readable(tx, root).await.map(drop);
    match branch {
        Branch::Lesson(_) => readable?,
        Branch::Post(_) | Branch::Comment(_) => readable.map_err(access::as_not_found)?,
    }
    Ok(Page::cut(rows, limit, |comment| match sort {
        CommentSort::Top => Cursor::at_number(comment.score, comment.id),
        CommentSort::New | CommentSort::Old => Cursor::at_number(comment.number, comment.id),
        CommentSort::Tree => Cursor::at_text(comment.path.as_str(), comment.id),
    }))
}

/// A comment that the caller may read.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn get_comment(tx: &Tx, id: CommentId) -> Result<Comment> {
    Ok(readable(tx, id).await?.0)
}

/// A comment that the caller may read, and its thread. A deleted comment without replies does not exist.
pub(crate) async fn readable(tx: &Tx, id: CommentId) -> Result<(Comment, Thread)> {
    let (root, comment) = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    let readable = thread::require_readable(tx, root).await;
    let thread = readable.map_err(access::as_not_found)?;
    if comment.status == CommentStatus::Deleted && comment.reply_count == 0 {
        return Err(Code::NotFound.into());
    }
    Ok((comment, thread))
}

/// Comments on a post or a lesson, or replies to a comment there.
///
/// # Errors
/// [`Code::NotFound`], [`Code::ContentDeleted`], [`Code::ThreadLocked`], [`Code::ThreadTooDeep`]; for a lesson, also see
/// [`enrollment::lesson_access`]; [`Code::ValidationFailed`] for a parent in another thread and for a text without content;
/// [`Code::TooManyMentions`], and see [`rules::check`].
pub async fn create_comment(tx: &Tx, branch: Branch, new: NewComment) -> Result<Written<Comment>> {
    let author_id = tx.user_id()?;
    let thread = thread_of(tx, branch).await?;
    thread::require_open(thread)?;
    let Written { value: content, warnings } = text::rich(tx, &new.content, MAX_CONTENT_LENGTH, "/content")?;
    check_content(tx, thread, WriteKind::Comment, &content).await?;
    let root = thread.root;
    if let ThreadRoot::Lesson { lesson_id, .. } = root {
        counter::store::insert_lesson(tx, lesson_id).await?;
    }
    // From here on, everybody else who comments or deletes in this thread waits.
    let number = counter::store::take_next_number(tx, root.thread_id()).await?;
    let parent = match new.parent_id {
        None => None,
        Some(id) => Some(require_parent(tx, root.thread_id(), id).await?),
    };
    let (depth, path) = parent.as_ref().map_or((1, ""), |parent| (parent.depth + 1, parent.path.as_str()));
    let id = tx.new_id();
    let row = NewRow {
        id,
        root,
        parent_id: new.parent_id,
        number,
        depth,
        path: format!("{path}{number:08}"),
        author_id,
        content: content.clone(),
    };
    store::insert(tx, row).await?;
    if let Some(parent_id) = new.parent_id {
        counter::store::add_replies(tx, parent_id, 1).await?;
    }
    let mentioned = mention::replace(tx, PostOrComment::Comment(id), &content).await?;
    let payload = json!({
        "commentId": id, "postId": root.post_id(), "lessonId": root.lesson_id(), "courseId": root.course_id(),
        "parentId": new.parent_id, "authorId": author_id, "postAuthorId": root.author_id(),
        "parentAuthorId": parent.map(|parent| parent.author_id), "mentionIds": mentioned,
    });
    outbox::send(tx, "comment.created", payload).await?;
    Ok(Written { value: get_comment(tx, id).await?, warnings })
}

/// The thread of a post, a lesson or a comment that the caller may read.
async fn thread_of(tx: &Tx, branch: Branch) -> Result<Thread> {
    match branch {
        Branch::Lesson(lesson_id) => {
            let root = ThreadRoot::Lesson { lesson_id, course_id: None };
            thread::require_readable(tx, root).await
        }
        Branch::Post(post_id) => {
            let post = post::store::find(tx, post_id).await?.ok_or(Code::NotFound)?;
            let root = ThreadRoot::Post {
                post_id,
                course_id: post.course_id,
                author_id: post.author.id,
                status: post.status,
                is_locked: post.is_locked,
            };
            let readable = thread::require_readable(tx, root).await;
            readable.map_err(access::as_not_found)
        }
        Branch::Comment(id) => Ok(readable(tx, id).await?.1),
    }
}

/// The comment that is answered: one of this thread, which may have a level below it.
async fn require_parent(tx: &Tx, thread_id: ThreadId, id: CommentId) -> Result<Parent> {
    let Some(parent) = store::find_parent(tx, thread_id, id).await? else {
        let detail = "There is no such comment here.";
        let reason = FieldError::new("/parentId", "unknown_comment", detail);
        return Err(Error::invalid(vec![reason]));
    };
    if parent.status != CommentStatus::Published {
        return Err(Code::ContentDeleted.into());
    }
    if parent.depth >= MAX_DEPTH {
        return Err(Code::ThreadTooDeep.into());
    }
    Ok(parent)
}

/// Refuses a text that shows nothing, or that the caller may not write in this thread.
async fn check_content(tx: &Tx, thread: Thread, kind: WriteKind, content: &str) -> Result<()> {
    if text::is_blank(content) {
        return Err(text::blank("/content"));
    }
    let context =
        WriteContext { course_id: thread.root.course_id(), is_moderator: thread.is_moderator, kind };
    rules::check(tx, context, content).await
}

/// Changes a comment of the caller's own, if its version is still one that `matches` accepts. A change that changes nothing makes
/// no new version.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`], [`Code::ThreadLocked`], [`Code::PreconditionFailed`],
/// [`Code::ValidationFailed`] for a text without content, [`Code::TooManyMentions`], and see [`rules::check`].
pub async fn change_comment(
    tx: &Tx,
    id: CommentId,
    matches: impl Fn(i64) -> bool,
    content: Option<String>,
) -> Result<Written<Comment>> {
    let (before, thread) = readable(tx, id).await?;
    if !before.is_mine {
        return Err(Code::Forbidden.into());
    }
    if before.status != CommentStatus::Published {
        return Err(Code::ContentDeleted.into());
    }
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let Some(content) = content else {
        return Ok(Written::as_sent(before));
    };
    let Written { value: content, warnings } = text::rich(tx, &content, MAX_CONTENT_LENGTH, "/content")?;
    if content == before.content {
        return Ok(Written { value: before, warnings });
    }
    thread::require_open(thread)?;
    check_content(tx, thread, WriteKind::Edit, &content).await?;
    if !store::update(tx, id, before.version, content.clone()).await? {
        return Err(Code::PreconditionFailed.into());
    }
    mention::replace(tx, PostOrComment::Comment(id), &content).await?;
    Ok(Written { value: get_comment(tx, id).await?, warnings })
}

/// Deletes a comment, for its author and for moderators of its thread. Where it has replies, the empty comment is still shown.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn delete_comment(tx: &Tx, id: CommentId) -> Result<()> {
    let (found, thread) = readable(tx, id).await?;
    if !found.is_mine && !thread.is_moderator {
        return Err(Code::Forbidden.into());
    }
    counter::store::remove_comment(tx, thread.root.thread_id()).await?;
    if !store::clear(tx, id, CommentStatus::Deleted).await? {
        return Err(Code::NotFound.into());
    }
    removed_content::delete(tx, id).await?;
    mention::clear(tx, PostOrComment::Comment(id)).await?;
    update_reply_counts(tx, id).await?;
    if !found.is_mine {
        let detail = json!({ "authorId": found.author.id, "courseId": found.course_id });
        audit::record(tx, "comment.deleted", id, detail).await?;
    }
    Ok(())
}

/// A deleted comment without replies is not shown any more. So it does not count as a reply to the comment above it, of which the
/// same may then hold.
async fn update_reply_counts(tx: &Tx, id: CommentId) -> Result<()> {
    let mut next = Some(id);
    while let Some(id) = next {
        let placement = store::placement(tx, id).await?.ok_or(Code::NotFound)?;
        if placement.status != CommentStatus::Deleted || placement.reply_count > 0 {
            return Ok(());
        }
        if let Some(parent_id) = placement.parent_id {
            counter::store::add_replies(tx, parent_id, -1).await?;
        }
        next = placement.parent_id;
    }
    Ok(())
}
