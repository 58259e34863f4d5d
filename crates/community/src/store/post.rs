use database::{MapDbErr, Tx};
use enrollment::ReadableCourses;
use kernel::{CourseId, Cursor, FileId, Limit, PostId, Result, Timestamp, UserId};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Value};

use super::{
    AUTHOR, AuthorRow,
    counters::{self, TALLY, Tally},
    marks,
};
use crate::{
    Post,
    post::{Picture, PostStatus},
};

/// How much further up a pinned post stands: more than a century of microseconds.
const PINNED: i64 = 1 << 52;

#[derive(FromQueryResult)]
struct Row {
    id: PostId,
    course_id: Option<CourseId>,
    title: String,
    content: String,
    status: String,
    is_pinned: bool,
    is_locked: bool,
    feed_key: i64,
    version: i64,
    published_at: Option<Timestamp>,
    edited_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    comment_count: i64,
    images: Option<String>,
}

/// A post with its author and its counters; takes the caller's id.
fn select(tx: &Tx) -> String {
    let mine = counters::mine("p.id");
    // Both read as a uuid.
    let image = if tx.is_postgres() {
        "CAST(i.file_id AS text)"
    } else {
        "lower(hex(i.file_id))"
    };
    format!(
        "SELECT p.id, p.course_id, p.author_id, {AUTHOR}, p.title, p.content, p.status, p.is_pinned, p.is_locked, \
         p.feed_key, p.version, p.published_at, p.edited_at, p.created_at, p.updated_at, n.comment_count, {TALLY}, {mine}, \
         (SELECT string_agg({image}, ',' ORDER BY i.position) FROM post_images i WHERE i.post_id = p.id) AS images \
         FROM posts p JOIN users u ON u.id = p.author_id JOIN thread_counters n ON n.thread_id = p.id"
    )
}

fn read(tx: &Tx, row: &QueryResult) -> Result<Post> {
    let author = AuthorRow::from_query_result(row, "").map_db_err()?;
    let reactions = Tally::from_query_result(row, "").map_db_err()?;
    let row = Row::from_query_result(row, "").map_db_err()?;
    let status = PostStatus::named(&row.status);
    // Those of what was taken away wait for its return.
    let images = row.images.filter(|_| status.is_there()).unwrap_or_default();
    let images = images.split(',').filter_map(|id| id.parse().ok());
    Ok(Post {
        id: row.id,
        course_id: row.course_id,
        is_mine: tx.actor().user_id() == Some(author.author_id),
        author: author.into(),
        title: row.title,
        content: row.content,
        images: images.map(|id| Picture::signed(tx, id)).collect(),
        status,
        is_pinned: row.is_pinned,
        is_locked: row.is_locked,
        feed_key: row.feed_key,
        comment_count: row.comment_count,
        reactions: reactions.into(),
        version: row.version,
        published_at: row.published_at,
        edited_at: row.edited_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

pub(crate) async fn find(tx: &Tx, id: PostId) -> Result<Option<Post>> {
    let sql = format!("{} WHERE p.id = ?", select(tx));
    let values = [tx.actor().user_id().into(), id.into()];
    let row = tx.query_one_raw(tx.statement(&sql, values)).await.map_db_err()?;
    row.map(|row| read(tx, &row)).transpose()
}

/// Which posts a feed has.
pub(crate) enum Feed {
    /// Somebody's own drafts, for one course or all.
    Drafts(UserId, Option<CourseId>),
    /// What is published in a course.
    Course(CourseId),
    /// What is published in the school, and in these courses.
    Everywhere(ReadableCourses),
}

/// Pinned ones first, then the newest.
pub(crate) async fn feed(
    tx: &Tx,
    feed: Feed,
    author_id: Option<UserId>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Post>> {
    let mut sql = select(tx);
    let mut values: Vec<Value> = vec![tx.actor().user_id().into()];
    match feed {
        Feed::Drafts(user_id, course_id) => {
            sql.push_str(" WHERE p.status = 'DRAFT' AND p.author_id = ?");
            values.push(user_id.into());
            if let Some(course_id) = course_id {
                sql.push_str(" AND p.course_id = ?");
                values.push(course_id.into());
            }
        }
        Feed::Course(id) => {
            sql.push_str(" WHERE p.status = 'PUBLISHED' AND p.course_id = ?");
            values.push(id.into());
        }
        Feed::Everywhere(ReadableCourses::All) => sql.push_str(" WHERE p.status = 'PUBLISHED'"),
        Feed::Everywhere(ReadableCourses::These(ids)) if ids.is_empty() => {
            sql.push_str(" WHERE p.status = 'PUBLISHED' AND p.course_id IS NULL");
        }
        Feed::Everywhere(ReadableCourses::These(ids)) => {
            let among = marks(ids.len());
            sql.push_str(&format!(
                " WHERE p.status = 'PUBLISHED' AND (p.course_id IS NULL OR p.course_id IN ({among}))"
            ));
            values.extend(ids.into_iter().map(Value::from));
        }
    }
    if let Some(author_id) = author_id {
        sql.push_str(" AND p.author_id = ?");
        values.push(author_id.into());
    }
    if let Some(after) = after {
        sql.push_str(" AND (p.feed_key, p.id) < (?, ?)");
        values.extend([after.key.into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY p.feed_key DESC, p.id DESC LIMIT {}",
        limit.fetch()
    ));
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    rows.iter().map(|row| read(tx, row)).collect()
}

/// What a post is made of.
pub(crate) struct Written<'a> {
    pub(crate) title: &'a str,
    pub(crate) content: &'a str,
}

/// A draft.
pub(crate) async fn insert(
    tx: &Tx,
    id: PostId,
    (author_id, course_id): (UserId, Option<CourseId>),
    written: Written<'_>,
) -> Result<()> {
    let sql = "INSERT INTO posts (id, course_id, author_id, title, content, status, is_pinned, is_locked, feed_key, version, \
               created_at, updated_at) VALUES (?, ?, ?, ?, ?, 'DRAFT', ?, ?, ?, 1, ?, ?)";
    let values: [Value; 10] = [
        id.into(),
        course_id.into(),
        author_id.into(),
        written.title.into(),
        written.content.into(),
        false.into(),
        false.into(),
        tx.now().timestamp_micros().into(),
        tx.now().into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await?;
    counters::insert_thread(tx, Some(id), None).await
}

/// Puts these pictures in place of those that were there.
pub(crate) async fn set_images(tx: &Tx, id: PostId, file_ids: &[FileId]) -> Result<()> {
    let clear = "DELETE FROM post_images WHERE post_id = ?";
    tx.change(clear, [id.into()]).await?;
    if file_ids.is_empty() {
        return Ok(());
    }
    let rows = vec!["(?, ?, ?)"; file_ids.len()].join(", ");
    let sql = format!("INSERT INTO post_images (post_id, position, file_id) VALUES {rows}");
    let mut values: Vec<Value> = Vec::new();
    for (position, file_id) in (1_i64..).zip(file_ids) {
        values.extend([id.into(), position.into(), (*file_id).into()]);
    }
    tx.change(&sql, values).await.map(drop)
}

/// Writes another text, if the post still has this version; answers whether it has.
pub(crate) async fn update(tx: &Tx, post: &Post, written: Written<'_>) -> Result<bool> {
    let edited_at = if post.status == PostStatus::Draft {
        post.edited_at
    } else {
        Some(tx.now())
    };
    let sql = "UPDATE posts SET title = ?, content = ?, edited_at = ?, updated_at = ?, version = version + 1 \
               WHERE id = ? AND version = ? AND status IN ('DRAFT', 'PUBLISHED')";
    let values = [
        written.title.into(),
        written.content.into(),
        edited_at.into(),
        tx.now().into(),
        post.id.into(),
        post.version.into(),
    ];
    Ok(tx.change(sql, values).await? == 1)
}

/// Answers whether it was a draft of this version until now.
pub(crate) async fn publish(tx: &Tx, id: PostId, version: i64) -> Result<bool> {
    let sql = format!(
        "UPDATE posts SET status = 'PUBLISHED', version = version + 1, updated_at = ?, \
         feed_key = CASE WHEN published_at IS NULL THEN ? + CASE WHEN is_pinned THEN {PINNED} ELSE 0 END ELSE feed_key END, \
         published_at = coalesce(published_at, ?) WHERE id = ? AND version = ? AND status = 'DRAFT'"
    );
    let values = [
        tx.now().into(),
        tx.now().timestamp_micros().into(),
        tx.now().into(),
        id.into(),
        version.into(),
    ];
    Ok(tx.change(&sql, values).await? == 1)
}

pub(crate) async fn unpublish(tx: &Tx, id: PostId) -> Result<()> {
    let sql = "UPDATE posts SET status = 'DRAFT', version = version + 1, updated_at = ? \
               WHERE id = ? AND status = 'PUBLISHED'";
    tx.change(sql, [tx.now().into(), id.into()]).await.map(drop)
}

pub(crate) async fn set_pinned(tx: &Tx, id: PostId, pinned: bool) -> Result<()> {
    let shift = if pinned { PINNED } else { -PINNED };
    let sql = "UPDATE posts SET is_pinned = ?, feed_key = feed_key + ?, version = version + 1, updated_at = ? \
               WHERE id = ? AND is_pinned <> ?";
    let values = [
        pinned.into(),
        shift.into(),
        tx.now().into(),
        id.into(),
        pinned.into(),
    ];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn set_locked(tx: &Tx, id: PostId, locked: bool) -> Result<()> {
    let sql = "UPDATE posts SET is_locked = ?, version = version + 1, updated_at = ? WHERE id = ? AND is_locked <> ?";
    let values = [locked.into(), tx.now().into(), id.into(), locked.into()];
    tx.change(sql, values).await.map(drop)
}

/// Takes it away with everything on it.
pub(crate) async fn delete(tx: &Tx, id: PostId) -> Result<()> {
    tx.change("DELETE FROM posts WHERE id = ?", [id.into()])
        .await
        .map(drop)
}

/// Leaves only its place: the text goes, for good or into `removed_contents`.
pub(crate) async fn empty(tx: &Tx, id: PostId, status: PostStatus) -> Result<()> {
    let sql = "UPDATE posts SET status = ?, title = '', content = '', published_at = coalesce(published_at, created_at), \
               version = version + 1, updated_at = ? WHERE id = ?";
    let values = [status.as_str().into(), tx.now().into(), id.into()];
    tx.change(sql, values).await.map(drop)
}

/// Gives a post that was taken away its text back.
pub(crate) async fn restore(tx: &Tx, id: PostId, written: Written<'_>) -> Result<()> {
    let sql = "UPDATE posts SET status = 'PUBLISHED', title = ?, content = ?, version = version + 1, updated_at = ? \
               WHERE id = ? AND status = 'REMOVED'";
    let values = [
        written.title.into(),
        written.content.into(),
        tx.now().into(),
        id.into(),
    ];
    tx.change(sql, values).await.map(drop)
}

/// Stands in line with whoever changes the post, and says which version it has.
pub(crate) async fn lock(tx: &Tx, id: PostId) -> Result<i64> {
    let sql = format!("SELECT version FROM posts WHERE id = ?{}", tx.for_update());
    tx.count(&sql, [id.into()]).await
}
