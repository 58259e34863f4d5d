use courses::Author;
use database::{Tx, audit, outbox};
use kernel::{
    Code, CommentId, CourseId, Cursor, Error, FieldError, LessonId, Limit, Page, PostId, Result, ThreadId,
    Timestamp,
};
use serde_json::json;

use crate::{
    Branch, Counted, PostStatus, Reactions, mention, place,
    rules::{self, Scope, Writing},
    store::{self, comment::NewRow},
    text,
    thread::{Head, Thread},
};

/// Characters of its text, cleaned.
const LONGEST: usize = 5_000;
/// How deep answers to answers go.
pub const DEEPEST: i64 = 6;

/// A comment, as the caller reads it.
#[derive(Clone, Debug)]
pub struct Comment {
    /// The comment's id.
    pub id: CommentId,
    /// The post under which it stands.
    pub post_id: Option<PostId>,
    /// The lesson under which it stands.
    pub lesson_id: Option<LessonId>,
    /// The course to which those belong.
    pub course_id: Option<CourseId>,
    /// What it answers.
    pub parent_id: Option<CommentId>,
    /// The order of writing in its thread.
    pub number: i64,
    /// 1 where it answers no other comment.
    pub depth: i64,
    /// Who wrote it.
    pub author: Author,
    /// Whether that is the caller.
    pub is_mine: bool,
    /// Sanitised HTML. Empty where it was deleted or taken away.
    pub content: String,
    /// Never a draft.
    pub status: PostStatus,
    /// Direct answers that are shown.
    pub reply_count: i64,
    /// All reactions.
    pub score: i64,
    /// How people reacted to it.
    pub reactions: Reactions,
    /// Grows with every change.
    pub version: i64,
    /// When its text was last changed.
    pub edited_at: Option<Timestamp>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Comment {
    pub(crate) fn is_there(&self) -> bool {
        self.status.is_there()
    }
}

/// In which order comments come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentSort {
    /// The newest first.
    New,
    /// The oldest first.
    Old,
    /// The one with the most reactions first.
    Top,
    /// Each with everything that answers it below, the oldest first.
    Tree,
}

impl CommentSort {
    /// As SQL, of a row with this name.
    pub(crate) fn order(self, row: &str) -> String {
        match self {
            Self::New => format!("{row}.number DESC"),
            Self::Old => format!("{row}.number"),
            Self::Top => format!("{row}.score DESC, {row}.id DESC"),
            Self::Tree => format!("{row}.path"),
        }
    }
}

/// A comment to be written.
#[derive(Clone, Debug)]
pub struct NewComment {
    /// A comment of the same thread that it answers.
    pub parent_id: Option<CommentId>,
    /// HTML; sanitised here.
    pub content: String,
}

/// A page of the comments below a post, a lesson or another comment, for whoever may read them. At most three statements, however
/// many there are.
///
/// # Errors
/// [`Code::NotFound`]; of a lesson, also see [`enrollment::lesson_access`].
pub async fn comments(
    tx: &Tx,
    branch: Branch,
    sort: CommentSort,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Comment>> {
    let found = store::comment::page(tx, branch, sort, after, limit).await?;
    let (head, rows) = found.ok_or(Code::NotFound)?;
    let entered = Thread::enter(tx, head).await.map(drop);
    match branch {
        Branch::Lesson(_) => entered?,
        Branch::Post(_) | Branch::Comment(_) => entered.map_err(place::hidden)?,
    }
    Ok(Page::cut(rows, limit, |comment| Cursor {
        key: match sort {
            CommentSort::Top => comment.score,
            _ => comment.number,
        },
        id: comment.id.into(),
    }))
}

/// A comment, for whoever may read it.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn comment(tx: &Tx, id: CommentId) -> Result<Comment> {
    Ok(readable(tx, id).await?.0)
}

/// A comment that the caller may read, in its thread. What is not shown any more is not there.
pub(crate) async fn readable(tx: &Tx, id: CommentId) -> Result<(Comment, Thread)> {
    let (head, comment) = store::comment::find(tx, id).await?.ok_or(Code::NotFound)?;
    let thread = Thread::enter(tx, head).await.map_err(place::hidden)?;
    if comment.status == PostStatus::Deleted && comment.reply_count == 0 {
        return Err(Code::NotFound.into());
    }
    Ok((comment, thread))
}

/// Comments on a post or a lesson.
///
/// # Errors
/// [`Code::NotFound`], [`Code::ContentDeleted`], [`Code::ThreadLocked`], [`Code::ThreadTooDeep`]; of a lesson, also see
/// [`enrollment::lesson_access`]; [`Code::ValidationFailed`] for what answers a comment elsewhere or says nothing;
/// [`Code::TooManyMentions`], and see [`rules::may_write`].
pub async fn create_comment(tx: &Tx, on: Branch, new: NewComment) -> Result<Comment> {
    let author_id = tx.user_id()?;
    let thread = thread_of(tx, on).await?;
    thread.require_open()?;
    let content = written(tx, &thread, Writing::Comment, new.content).await?;
    let head = &thread.head;
    let thread_id = head.thread_id();
    if head.lesson_id.is_some() {
        store::counters::insert_thread(tx, None, head.lesson_id).await?;
    }
    // From here on whoever comments or deletes in this thread waits.
    let number = store::counters::next_number(tx, thread_id).await?;
    let parent = match new.parent_id {
        None => None,
        Some(id) => Some(answered(tx, thread_id, id).await?),
    };
    let (depth, above) = parent
        .as_ref()
        .map_or((1, ""), |parent| (parent.depth + 1, parent.path.as_str()));
    let id = tx.new_id();
    let row = NewRow {
        id,
        head,
        parent_id: new.parent_id,
        number,
        depth,
        path: format!("{above}{number:08}"),
        author_id,
        content: &content,
    };
    store::comment::insert(tx, row).await?;
    if let Some(parent_id) = new.parent_id {
        store::counters::add_reply(tx, parent_id, 1).await?;
    }
    let mentioned = mention::note(tx, Counted::Comment(id), &content).await?;
    let payload = json!({
        "commentId": id, "postId": head.post_id, "lessonId": head.lesson_id, "courseId": head.course_id,
        "parentId": new.parent_id, "authorId": author_id, "postAuthorId": head.author_id,
        "parentAuthorId": parent.map(|parent| parent.author_id), "mentionIds": mentioned,
    });
    outbox::send(tx, "comment.created", payload).await?;
    comment(tx, id).await
}

/// The thread of a post or a lesson that the caller may read.
async fn thread_of(tx: &Tx, on: Branch) -> Result<Thread> {
    match on {
        Branch::Lesson(id) => Thread::enter(tx, Head::of_lesson(id, None)).await,
        Branch::Post(id) => {
            let post = store::post::find(tx, id).await?.ok_or(Code::NotFound)?;
            let head = Head {
                post_id: Some(id),
                lesson_id: None,
                course_id: post.course_id,
                status: post.status,
                is_locked: post.is_locked,
                author_id: Some(post.author.id),
            };
            Thread::enter(tx, head).await.map_err(place::hidden)
        }
        Branch::Comment(id) => Ok(readable(tx, id).await?.1),
    }
}

/// The comment that is answered: one of this thread, with a place below it.
async fn answered(tx: &Tx, thread_id: ThreadId, id: CommentId) -> Result<store::comment::Parent> {
    let Some(parent) = store::comment::parent(tx, thread_id, id).await? else {
        let detail = "There is no such comment here.";
        let reason = FieldError::new("/parentId", "unknown_comment", detail);
        return Err(Error::invalid(vec![reason]));
    };
    if parent.status != PostStatus::Published.as_str() {
        return Err(Code::ContentDeleted.into());
    }
    if parent.depth >= DEEPEST {
        return Err(Code::ThreadTooDeep.into());
    }
    Ok(parent)
}

/// A text that may be written in this thread.
async fn written(tx: &Tx, thread: &Thread, writing: Writing, content: String) -> Result<String> {
    let content = text::rich(content, LONGEST, "/content")?;
    if text::is_blank(&content) {
        return Err(text::blank("/content"));
    }
    let scope = Scope {
        course_id: thread.head.course_id,
        staff: thread.staff,
        writing,
    };
    rules::may_write(tx, scope, &content).await?;
    Ok(content)
}

/// Changes a comment of the caller's own, if its version is still one that `matches` accepts. What changes nothing makes no new
/// version.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`], [`Code::ThreadLocked`], [`Code::PreconditionFailed`],
/// [`Code::ValidationFailed`] for what says nothing, [`Code::TooManyMentions`], and see [`rules::may_write`].
pub async fn change_comment(
    tx: &Tx,
    id: CommentId,
    matches: impl Fn(i64) -> bool,
    content: Option<String>,
) -> Result<Comment> {
    let (before, thread) = readable(tx, id).await?;
    if !before.is_mine {
        return Err(Code::Forbidden.into());
    }
    if !before.is_there() {
        return Err(Code::ContentDeleted.into());
    }
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let Some(content) = content else {
        return Ok(before);
    };
    thread.require_open()?;
    let content = written(tx, &thread, Writing::Edit, content).await?;
    if content == before.content {
        return Ok(before);
    }
    if !store::comment::update(tx, id, before.version, &content).await? {
        return Err(Code::PreconditionFailed.into());
    }
    mention::note(tx, Counted::Comment(id), &content).await?;
    comment(tx, id).await
}

/// Deletes a comment: its author, or whoever moderates there. Where somebody has answered, its place stays, and nothing of what stood
/// in it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn delete_comment(tx: &Tx, id: CommentId) -> Result<()> {
    let (found, thread) = readable(tx, id).await?;
    if !found.is_mine && !thread.staff {
        return Err(Code::Forbidden.into());
    }
    store::counters::one_less(tx, thread.head.thread_id()).await?;
    if !store::comment::empty(tx, id, PostStatus::Deleted).await? {
        return Err(Code::NotFound.into());
    }
    store::removed::delete(tx, id).await?;
    store::mention::clear(tx, Counted::Comment(id)).await?;
    count_hidden(tx, id).await?;
    if !found.is_mine {
        let detail = json!({ "authorId": found.author.id, "courseId": found.course_id });
        audit::record(tx, "comment.deleted", id, detail).await?;
    }
    Ok(())
}

/// A place without a text and without answers shows no more, and so it is no answer of what stands above it any more.
async fn count_hidden(tx: &Tx, id: CommentId) -> Result<()> {
    let mut at = Some(id);
    while let Some(id) = at {
        let standing = store::comment::standing(tx, id).await?.ok_or(Code::NotFound)?;
        if standing.status != PostStatus::Deleted.as_str() || standing.reply_count > 0 {
            return Ok(());
        }
        if let Some(parent_id) = standing.parent_id {
            store::counters::add_reply(tx, parent_id, -1).await?;
        }
        at = standing.parent_id;
    }
    Ok(())
}
