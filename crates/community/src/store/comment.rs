use database::{MapDbErr, Tx};
use kernel::{
    CommentId, CourseId, Cursor, LessonId, Limit, PostId, Result, ThreadId, Timestamp, UserId, Uuid,
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Value};

use super::{
    AUTHOR, AuthorRow,
    counters::{self, TALLY, Tally},
};
use crate::{Branch, Comment, CommentSort, post::PostStatus, thread::Head};

const COLUMNS: &str = "c.id, c.post_id, c.lesson_id, c.course_id, c.parent_id, c.number, c.depth, c.path, c.author_id, \
                       c.content, c.status, c.version, c.edited_at, c.created_at, c.updated_at";

const HEAD: &str = "p.status AS h_status, p.is_locked AS h_is_locked, p.author_id AS h_author_id";

#[derive(FromQueryResult)]
struct Row {
    id: CommentId,
    post_id: Option<PostId>,
    lesson_id: Option<LessonId>,
    course_id: Option<CourseId>,
    parent_id: Option<CommentId>,
    number: i64,
    depth: i64,
    content: String,
    status: String,
    version: i64,
    edited_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    reply_count: i64,
    score: i64,
}

/// What a thread hangs on, with [`HEAD`] of its post.
#[derive(FromQueryResult)]
struct HeadRow {
    h_post_id: Option<PostId>,
    h_lesson_id: Option<LessonId>,
    h_course_id: Option<CourseId>,
    h_status: Option<String>,
    h_is_locked: Option<bool>,
    h_author_id: Option<UserId>,
}

impl From<HeadRow> for Head {
    fn from(row: HeadRow) -> Self {
        let HeadRow {
            h_post_id,
            h_lesson_id,
            h_course_id,
            h_status,
            h_is_locked,
            h_author_id,
        } = row;
        Self {
            post_id: h_post_id,
            lesson_id: h_lesson_id,
            course_id: h_course_id,
            status: PostStatus::named(h_status.as_deref().unwrap_or("PUBLISHED")),
            is_locked: h_is_locked.unwrap_or_default(),
            author_id: h_author_id,
        }
    }
}

/// A comment with its author and its counters; takes the caller's id.
fn select() -> String {
    let mine = counters::mine("c.id");
    format!(
        "SELECT {COLUMNS}, {AUTHOR}, n.reply_count, n.score, {TALLY}, {mine} FROM comments c \
         JOIN comment_counters n ON n.comment_id = c.id JOIN users u ON u.id = c.author_id"
    )
}

fn read(tx: &Tx, row: &QueryResult) -> Result<Comment> {
    let author = AuthorRow::from_query_result(row, "").map_db_err()?;
    let reactions = Tally::from_query_result(row, "").map_db_err()?;
    let row = Row::from_query_result(row, "").map_db_err()?;
    Ok(Comment {
        id: row.id,
        post_id: row.post_id,
        lesson_id: row.lesson_id,
        course_id: row.course_id,
        parent_id: row.parent_id,
        number: row.number,
        depth: row.depth,
        is_mine: tx.actor().user_id() == Some(author.author_id),
        author: author.into(),
        content: row.content,
        // There are no drafts among comments.
        status: PostStatus::named(&row.status),
        reply_count: row.reply_count,
        score: row.score,
        reactions: reactions.into(),
        version: row.version,
        edited_at: row.edited_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// A comment and what its thread hangs on.
pub(crate) async fn find(tx: &Tx, id: CommentId) -> Result<Option<(Head, Comment)>> {
    let inner = select();
    let sql = format!(
        "SELECT c.post_id AS h_post_id, c.lesson_id AS h_lesson_id, c.course_id AS h_course_id, {HEAD}, c.* \
         FROM ({inner} WHERE c.id = ?) c LEFT JOIN posts p ON p.id = c.post_id"
    );
    let values = [tx.actor().user_id().into(), id.into()];
    let Some(row) = tx.query_one_raw(tx.statement(&sql, values)).await.map_db_err()? else {
        return Ok(None);
    };
    let head = HeadRow::from_query_result(&row, "").map_db_err()?;
    Ok(Some((head.into(), read(tx, &row)?)))
}

/// A page of the comments below a post or another comment together with what their thread hangs on, in one statement; `None` where
/// that is not there. Of a lesson the caller knows what it hangs on.
pub(crate) async fn page(
    tx: &Tx,
    branch: Branch,
    sort: CommentSort,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Option<(Head, Vec<Comment>)>> {
    let (rows, mut values) = rows_of(tx, branch, sort, after, limit);
    let order = sort.order("c");
    let sql = match branch {
        Branch::Lesson(id) => {
            let rows = tx.query_all_raw(tx.statement(&rows, values)).await.map_db_err()?;
            let comments = rows.iter().map(|row| read(tx, row)).collect::<Result<_>>()?;
            return Ok(Some((Head::of_lesson(id, None), comments)));
        }
        Branch::Post(id) => {
            values.push(id.into());
            format!(
                "SELECT p.id AS h_post_id, nullif(p.id, p.id) AS h_lesson_id, p.course_id AS h_course_id, {HEAD}, c.* \
                 FROM posts p LEFT JOIN ({rows}) c \
                 ON 1 = 1 WHERE p.id = ? ORDER BY {order}"
            )
        }
        Branch::Comment(id) => {
            values.push(id.into());
            format!(
                "SELECT b.post_id AS h_post_id, b.lesson_id AS h_lesson_id, b.course_id AS h_course_id, {HEAD}, c.* \
                 FROM comments b LEFT JOIN posts p ON p.id = b.post_id LEFT JOIN ({rows}) c ON 1 = 1 WHERE b.id = ? \
                 ORDER BY {order}"
            )
        }
    };
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let head = HeadRow::from_query_result(first, "").map_db_err()?;
    let mut comments = Vec::with_capacity(rows.len());
    for row in &rows {
        // The one row of a place without comments.
        if row.try_get::<Option<Uuid>>("", "id").map_db_err()?.is_some() {
            comments.push(read(tx, row)?);
        }
    }
    Ok(Some((head.into(), comments)))
}

/// The comments that are shown below something: what was deleted only where somebody has answered.
fn rows_of(
    tx: &Tx,
    branch: Branch,
    sort: CommentSort,
    after: Option<Cursor>,
    limit: Limit,
) -> (String, Vec<Value>) {
    let mut sql = select();
    let mut values: Vec<Value> = vec![tx.actor().user_id().into()];
    sql.push_str(" WHERE (c.status <> 'DELETED' OR n.reply_count > 0)");
    let id: Uuid = match branch {
        Branch::Post(id) => id.into(),
        Branch::Lesson(id) => id.into(),
        Branch::Comment(id) => id.into(),
    };
    match (sort, branch) {
        (CommentSort::Tree, Branch::Comment(_)) => {
            let of = |what: &str| format!("(SELECT {what} FROM comments b WHERE b.id = ?)");
            let (thread, path, end) = (of("b.thread_id"), of("b.path"), of("b.path || 'z'"));
            sql.push_str(&format!(
                " AND c.thread_id = {thread} AND c.path > {path} AND c.path < {end}"
            ));
            values.extend([id.into(), id.into(), id.into()]);
        }
        (CommentSort::Tree, _) => {
            sql.push_str(" AND c.thread_id = ?");
            values.push(id.into());
        }
        (CommentSort::Top, _) => {
            sql.push_str(" AND n.branch_id = ?");
            values.push(id.into());
        }
        _ => {
            sql.push_str(" AND c.branch_id = ?");
            values.push(id.into());
        }
    }
    if let Some(after) = after {
        match sort {
            CommentSort::New => {
                sql.push_str(" AND c.number < ?");
                values.push(after.key.into());
            }
            CommentSort::Old => {
                sql.push_str(" AND c.number > ?");
                values.push(after.key.into());
            }
            CommentSort::Top => {
                sql.push_str(" AND (n.score, n.comment_id) < (?, ?)");
                values.extend([after.key.into(), after.id.into()]);
            }
            // A comment's row stays for ever, and so does its path. The coalesce is inside: around the subquery it would be
            // no leakproof expression, and keep PostgreSQL from the index.
            CommentSort::Tree => {
                sql.push_str(
                    " AND c.path > (SELECT coalesce(max(a.path), '') FROM comments a WHERE a.id = ?)",
                );
                values.push(after.id.into());
            }
        }
    }
    let order = match sort {
        CommentSort::Top => "n.score DESC, n.comment_id DESC".to_owned(),
        other => other.order("c"),
    };
    sql.push_str(&format!(" ORDER BY {order} LIMIT {}", limit.fetch()));
    (sql, values)
}

/// What an answer has to know of the comment above it.
#[derive(FromQueryResult)]
pub(crate) struct Parent {
    pub(crate) depth: i64,
    pub(crate) path: String,
    pub(crate) status: String,
    pub(crate) author_id: UserId,
}

/// A comment of this thread.
pub(crate) async fn parent(tx: &Tx, thread_id: ThreadId, id: CommentId) -> Result<Option<Parent>> {
    let sql = "SELECT depth, path, status, author_id FROM comments WHERE thread_id = ? AND id = ?";
    tx.one(sql, [thread_id.into(), id.into()]).await
}

/// A comment to be written.
pub(crate) struct NewRow<'a> {
    pub(crate) id: CommentId,
    pub(crate) head: &'a Head,
    pub(crate) parent_id: Option<CommentId>,
    pub(crate) number: i64,
    pub(crate) depth: i64,
    pub(crate) path: String,
    pub(crate) author_id: UserId,
    pub(crate) content: &'a str,
}

pub(crate) async fn insert(tx: &Tx, row: NewRow<'_>) -> Result<()> {
    let NewRow {
        id,
        head,
        parent_id,
        number,
        depth,
        path,
        author_id,
        content,
    } = row;
    let sql = "INSERT INTO comments (id, thread_id, post_id, lesson_id, course_id, parent_id, branch_id, number, depth, path, \
               author_id, content, status, version, created_at, updated_at) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'PUBLISHED', 1, ?, ?)";
    let branch_id = parent_id.map_or(head.thread_id().into(), Uuid::from);
    let values: [Value; 14] = [
        id.into(),
        head.thread_id().into(),
        head.post_id.into(),
        head.lesson_id.into(),
        head.course_id.into(),
        parent_id.into(),
        branch_id.into(),
        number.into(),
        depth.into(),
        path.into(),
        author_id.into(),
        content.into(),
        tx.now().into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await?;
    counters::insert_comment(tx, id, branch_id).await
}

/// Writes another text, if the comment still has this version; answers whether it has.
pub(crate) async fn update(tx: &Tx, id: CommentId, version: i64, content: &str) -> Result<bool> {
    let sql = "UPDATE comments SET content = ?, edited_at = ?, updated_at = ?, version = version + 1 \
               WHERE id = ? AND version = ? AND status = 'PUBLISHED'";
    let values = [
        content.into(),
        tx.now().into(),
        tx.now().into(),
        id.into(),
        version.into(),
    ];
    Ok(tx.change(sql, values).await? == 1)
}

/// Leaves only its place; answers whether there was more.
pub(crate) async fn empty(tx: &Tx, id: CommentId, status: PostStatus) -> Result<bool> {
    let sql = "UPDATE comments SET status = ?, content = '', version = version + 1, updated_at = ? \
               WHERE id = ? AND status <> 'DELETED'";
    let values = [status.as_str().into(), tx.now().into(), id.into()];
    Ok(tx.change(sql, values).await? == 1)
}

/// Gives a comment that was taken away its text back.
pub(crate) async fn restore(tx: &Tx, id: CommentId, content: &str) -> Result<()> {
    let sql = "UPDATE comments SET status = 'PUBLISHED', content = ?, version = version + 1, updated_at = ? \
               WHERE id = ? AND status = 'REMOVED'";
    let values = [content.into(), tx.now().into(), id.into()];
    tx.change(sql, values).await.map(drop)
}

/// Where a comment stands, and whether it still shows.
#[derive(FromQueryResult)]
pub(crate) struct Standing {
    pub(crate) parent_id: Option<CommentId>,
    pub(crate) status: String,
    pub(crate) reply_count: i64,
}

/// For whoever stands first in the line of the thread.
pub(crate) async fn standing(tx: &Tx, id: CommentId) -> Result<Option<Standing>> {
    let sql = "SELECT c.parent_id, c.status, n.reply_count FROM comments c \
               JOIN comment_counters n ON n.comment_id = c.id WHERE c.id = ?";
    tx.one(sql, [id.into()]).await
}

/// Stands in line with whoever changes the comment.
pub(crate) async fn lock(tx: &Tx, id: CommentId) -> Result<i64> {
    let sql = format!("SELECT version FROM comments WHERE id = ?{}", tx.for_update());
    tx.count(&sql, [id.into()]).await
}
