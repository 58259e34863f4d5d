//! The statements about comments.

use database::{MapDbErr, Tx, values};
use entity::{
    comments,
    enums::{CommentStatus, PostStatus},
};
use kernel::{CommentId, CourseId, Cursor, LessonId, Limit, PostId, Result, ThreadId, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryResult,
    UpdateMany, Value,
};

use super::model::{Branch, Comment, CommentSort, NewRow, Parent, Placement, ThreadRoot};
use crate::{
    counter::store::{self as counters, REACTION_COUNTS},
    person,
};

const COLUMNS: &str = "c.id, c.post_id, c.lesson_id, c.course_id, c.parent_id, c.number, c.depth, c.path, \
                       c.content, c.status, c.version, c.edited_at, c.created_at, c.updated_at";

/// What decides about the thread of the post `p`.
const POST_COLUMNS: &str =
    "p.status AS root_status, p.is_locked AS root_is_locked, p.author_id AS root_author_id";

/// What a thread hangs on, with [`POST_COLUMNS`].
#[derive(FromQueryResult)]
struct RootRow {
    root_post_id: Option<PostId>,
    root_lesson_id: Option<LessonId>,
    root_course_id: Option<CourseId>,
    root_status: Option<PostStatus>,
    root_is_locked: Option<bool>,
    root_author_id: Option<UserId>,
}

impl RootRow {
    /// `None` where the row names neither a post nor a lesson, which the constraints of the table rule out.
    fn root(self) -> Option<ThreadRoot> {
        let post = self.root_post_id.zip(self.root_author_id).zip(self.root_status);
        match (post, self.root_lesson_id) {
            (Some(((post_id, author_id), status)), _) => Some(ThreadRoot::Post {
                post_id,
                course_id: self.root_course_id,
                author_id,
                status,
                is_locked: self.root_is_locked.unwrap_or_default(),
            }),
            (None, Some(lesson_id)) => Some(ThreadRoot::Lesson { lesson_id, course_id: self.root_course_id }),
            (None, None) => None,
        }
    }
}

/// A comment with its author and counters, as `:reader_id` reads it. It is text because each statement around it is one.
fn select() -> String {
    let author = person::columns("author_");
    let own_reactions = counters::own_reactions("c.id");
    format!(
        "SELECT {COLUMNS}, {author}, n.reply_count, n.score, {REACTION_COUNTS}, {own_reactions} FROM comments c \
         JOIN comment_counters n ON n.comment_id = c.id JOIN users u ON u.id = c.author_id"
    )
}

fn parse(tx: &Tx, row: &QueryResult) -> Result<Comment> {
    let comment = Comment::from_query_result(row, "").map_db_err()?;
    Ok(Comment { is_mine: tx.actor().user_id() == Some(comment.author.id), ..comment })
}

/// A comment and what its thread hangs on.
pub(super) async fn find(tx: &Tx, id: CommentId) -> Result<Option<(ThreadRoot, Comment)>> {
    let comment = select();
    // Text, because a comment is read together with its thread, its counters and the caller's own reactions.
    let sql = format!(
        "SELECT c.post_id AS root_post_id, c.lesson_id AS root_lesson_id, c.course_id AS root_course_id, \
         {POST_COLUMNS}, c.* FROM ({comment} WHERE c.id = :id) c LEFT JOIN posts p ON p.id = c.post_id"
    );
    let statement = tx.named(&sql, values! { reader_id: tx.actor().user_id(), id });
    let Some(row) = tx.query_one_raw(statement).await.map_db_err()? else {
        return Ok(None);
    };
    let root = RootRow::from_query_result(&row, "").map_db_err()?.root();
    root.map(|root| Ok((root, parse(tx, &row)?))).transpose()
}

/// A page of the comments below a post or another comment together with what their thread hangs on; `None` where that does not
/// exist. For a lesson, the caller looks the course up.
pub(super) async fn list(
    tx: &Tx,
    branch: Branch,
    sort: CommentSort,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Option<(ThreadRoot, Vec<Comment>)>> {
    let (comments, mut values) = select_page(tx, branch, sort, after, limit);
    let order = order(sort, "c");
    let sql = match branch {
        Branch::Lesson(lesson_id) => {
            let rows = tx.query_all_raw(tx.named(&comments, values)).await.map_db_err()?;
            let comments = rows.iter().map(|row| parse(tx, row)).collect::<Result<_>>()?;
            let root = ThreadRoot::Lesson { lesson_id, course_id: None };
            return Ok(Some((root, comments)));
        }
        Branch::Post(post_id) => {
            values.extend(values! { root_id: post_id });
            // Text, because a page of a thread is read all the time, and is one statement.
            format!(
                "SELECT p.id AS root_post_id, nullif(p.id, p.id) AS root_lesson_id, p.course_id AS root_course_id, \
                 {POST_COLUMNS}, c.* FROM posts p LEFT JOIN ({comments}) c ON 1 = 1 WHERE p.id = :root_id ORDER BY {order}"
            )
        }
        Branch::Comment(comment_id) => {
            values.extend(values! { root_id: comment_id });
            // Text, because a page of a thread is read all the time, and is one statement.
            format!(
                "SELECT b.post_id AS root_post_id, b.lesson_id AS root_lesson_id, b.course_id AS root_course_id, \
                 {POST_COLUMNS}, c.* FROM comments b LEFT JOIN posts p ON p.id = b.post_id \
                 LEFT JOIN ({comments}) c ON 1 = 1 WHERE b.id = :root_id ORDER BY {order}"
            )
        }
    };
    let rows = tx.query_all_raw(tx.named(&sql, values)).await.map_db_err()?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let root = RootRow::from_query_result(first, "").map_db_err()?.root();
    let mut comments = Vec::with_capacity(rows.len());
    for row in &rows {
        // Where there are no comments, one row holds what the thread hangs on, and nothing else.
        if row.try_get::<Option<CommentId>>("", "id").map_db_err()?.is_some() {
            comments.push(parse(tx, row)?);
        }
    }
    Ok(root.map(|root| (root, comments)))
}

/// The order of the comments in `row`.
fn order(sort: CommentSort, row: &str) -> String {
    match sort {
        CommentSort::New => format!("{row}.number DESC"),
        CommentSort::Old => format!("{row}.number"),
        CommentSort::Top => format!("{row}.score DESC, {row}.id DESC"),
        CommentSort::Tree => format!("{row}.path"),
    }
}

/// The comments that are shown below something, one page of them: a deleted one is shown only where it has replies.
fn select_page(
    tx: &Tx,
    branch: Branch,
    sort: CommentSort,
    after: Option<Cursor>,
    limit: Limit,
) -> (String, Vec<(&'static str, Value)>) {
    let mut sql = select();
    let mut values = values! { reader_id: tx.actor().user_id(), branch_id: branch.id() }.to_vec();
    sql.push_str(" WHERE (c.status <> 'DELETED' OR n.reply_count > 0)");
    sql.push_str(match (sort, branch) {
        (CommentSort::Tree, Branch::Comment(_)) => {
            " AND c.thread_id = (SELECT b.thread_id FROM comments b WHERE b.id = :branch_id) \
             AND c.path > (SELECT b.path FROM comments b WHERE b.id = :branch_id) \
             AND c.path < (SELECT b.path || 'z' FROM comments b WHERE b.id = :branch_id)"
        }
        (CommentSort::Tree, _) => " AND c.thread_id = :branch_id",
        (CommentSort::Top, _) => " AND n.branch_id = :branch_id",
        (CommentSort::New | CommentSort::Old, _) => " AND c.branch_id = :branch_id",
    });
    if let Some(after) = after {
        let (condition, position): (_, Vec<_>) = match sort {
            CommentSort::New => {
                (" AND c.number < :after_key", values! { after_key: after.number() }.to_vec())
            }
            CommentSort::Old => {
                (" AND c.number > :after_key", values! { after_key: after.number() }.to_vec())
            }
            CommentSort::Top => (
                " AND (n.score, n.comment_id) < (:after_key, :after_id)",
                values! { after_key: after.number(), after_id: after.id }.to_vec(),
            ),
            CommentSort::Tree => (" AND c.path > :after_path", values! { after_path: after.text() }.to_vec()),
        };
        sql.push_str(condition);
        values.extend(position);
    }
    let order = match sort {
        CommentSort::Top => "n.score DESC, n.comment_id DESC".to_owned(),
        other => order(other, "c"),
    };
    sql.push_str(&format!(" ORDER BY {order} LIMIT {}", limit.fetch()));
    (sql, values)
}

/// A comment of this thread that is to be answered.
pub(super) async fn find_parent(tx: &Tx, thread_id: ThreadId, id: CommentId) -> Result<Option<Parent>> {
    comments::Entity::find_by_id(id)
        .filter(comments::COLUMN.thread_id.eq(thread_id))
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// Inserts a comment and its counters.
pub(super) async fn insert(tx: &Tx, row: NewRow) -> Result<()> {
    let NewRow { id, root, parent_id, number, depth, path, author_id, content } = row;
    let branch_id = parent_id.map_or(root.thread_id().into(), Into::into);
    let comment = comments::ActiveModel {
        id: Set(id),
        thread_id: Set(root.thread_id()),
        post_id: Set(root.post_id()),
        lesson_id: Set(root.lesson_id()),
        course_id: Set(root.course_id()),
        parent_id: Set(parent_id),
        branch_id: Set(branch_id),
        number: Set(number),
        depth: Set(depth),
        path: Set(path),
        author_id: Set(author_id),
        content: Set(content),
        status: Set(CommentStatus::Published),
        version: Set(1),
        edited_at: Set(None),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let insert = comments::Entity::insert(comment);
    insert.exec_without_returning(tx).await.map_db_err()?;
    counters::insert_comment(tx, id, branch_id).await
}

/// An update of one comment, which becomes its next version.
fn update_one(tx: &Tx, id: CommentId, change: comments::ActiveModel) -> UpdateMany<comments::Entity> {
    comments::Entity::update_many()
        .set(comments::ActiveModel { updated_at: Set(tx.now()), ..change })
        .col_expr(comments::Column::Version, comments::COLUMN.version.add(1))
        .filter(comments::COLUMN.id.eq(id))
}

/// Writes another text, if the comment still has this version; answers whether it has.
pub(super) async fn update(tx: &Tx, id: CommentId, version: i64, content: String) -> Result<bool> {
    let change =
        comments::ActiveModel { content: Set(content), edited_at: Set(Some(tx.now())), ..Default::default() };
    let update = update_one(tx, id, change)
        .filter(comments::COLUMN.version.eq(version))
        .filter(comments::COLUMN.status.eq(CommentStatus::Published));
    Ok(update.exec(tx).await.map_db_err()?.rows_affected == 1)
}

/// Empties a comment, whose row stays; answers whether it was not deleted before.
pub(crate) async fn clear(tx: &Tx, id: CommentId, status: CommentStatus) -> Result<bool> {
    let change =
        comments::ActiveModel { status: Set(status), content: Set(String::new()), ..Default::default() };
    let update = update_one(tx, id, change).filter(comments::COLUMN.status.ne(CommentStatus::Deleted));
    Ok(update.exec(tx).await.map_db_err()?.rows_affected == 1)
}

/// Restores the text of a removed comment.
pub(crate) async fn restore(tx: &Tx, id: CommentId, content: String) -> Result<()> {
    let change = comments::ActiveModel {
        status: Set(CommentStatus::Published),
        content: Set(content),
        ..Default::default()
    };
    let update = update_one(tx, id, change).filter(comments::COLUMN.status.eq(CommentStatus::Removed));
    update.exec(tx).await.map_db_err().map(drop)
}

/// Where a comment stands, read while the counter of its thread is locked.
pub(super) async fn placement(tx: &Tx, id: CommentId) -> Result<Option<Placement>> {
    // Text, because a join of two entities selects each column by hand as well.
    let sql = "SELECT c.parent_id, c.status, n.reply_count FROM comments c \
               JOIN comment_counters n ON n.comment_id = c.id WHERE c.id = :id";
    tx.fetch_optional(sql, values! { id }).await
}

/// Locks the row of a comment until the end of the transaction.
pub(crate) async fn lock(tx: &Tx, id: CommentId) -> Result<()> {
    // Text, because SQLite has no FOR UPDATE.
    let sql = format!("SELECT version FROM comments WHERE id = :id{}", tx.for_update());
    tx.fetch_scalar::<i64>(&sql, values! { id }).await.map(drop)
}
