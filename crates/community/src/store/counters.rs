use database::{MapDbErr, Tx};
use kernel::{Code, CommentId, LessonId, PostId, Result, ThreadId, Uuid};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{Reaction, Reactions};

/// What is reacted to, and what mentions somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// This post.
    Post(PostId),
    /// This comment.
    Comment(CommentId),
}

impl Counted {
    /// Its id.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Post(id) => id.into(),
            Self::Comment(id) => id.into(),
        }
    }

    /// The id of the post, and that of the comment: one of them.
    pub(crate) fn ids(self) -> (Option<PostId>, Option<CommentId>) {
        match self {
            Self::Post(id) => (Some(id), None),
            Self::Comment(id) => (None, Some(id)),
        }
    }

    /// Its table of counters and the column of its id there.
    fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Post(_) => ("thread_counters", "thread_id"),
            Self::Comment(_) => ("comment_counters", "comment_id"),
        }
    }
}

/// What is counted of reactions, of the counters `n`.
pub(super) const TALLY: &str =
    "n.like_count, n.love_count, n.strong_count, n.fire_count, n.clap_count, n.laugh_count";

/// A row with [`TALLY`], and the caller's own in `mine`.
#[derive(FromQueryResult)]
pub(super) struct Tally {
    like_count: i64,
    love_count: i64,
    strong_count: i64,
    fire_count: i64,
    clap_count: i64,
    laugh_count: i64,
    mine: Option<String>,
}

impl From<Tally> for Reactions {
    fn from(tally: Tally) -> Self {
        let Tally {
            like_count,
            love_count,
            strong_count,
            fire_count,
            clap_count,
            laugh_count,
            mine,
        } = tally;
        let mine = mine.unwrap_or_default();
        Self {
            counts: [
                like_count,
                love_count,
                strong_count,
                fire_count,
                clap_count,
                laugh_count,
            ],
            mine: mine.split(',').filter_map(Reaction::named).collect(),
        }
    }
}

/// The caller's own reactions to `of`, as a column; takes their id.
pub(super) fn mine(of: &str) -> String {
    format!(
        "(SELECT string_agg(r.reaction, ',') FROM reactions r WHERE r.subject_id = {of} AND r.user_id = ?) AS mine"
    )
}

/// The counters of a post or of the comments on a lesson, unless they are there.
pub(crate) async fn insert_thread(
    tx: &Tx,
    post_id: Option<PostId>,
    lesson_id: Option<LessonId>,
) -> Result<()> {
    let sql = "INSERT INTO thread_counters (thread_id, post_id, lesson_id, last_number, comment_count, like_count, \
               love_count, strong_count, fire_count, clap_count, laugh_count, score) \
               VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT (thread_id) DO NOTHING";
    let thread_id = post_id.map(Uuid::from).or(lesson_id.map(Uuid::from));
    let values = [thread_id.into(), post_id.into(), lesson_id.into()];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn insert_comment(tx: &Tx, comment_id: CommentId, branch_id: Uuid) -> Result<()> {
    let sql = "INSERT INTO comment_counters (comment_id, branch_id, reply_count, like_count, love_count, strong_count, \
               fire_count, clap_count, laugh_count, score) VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0, 0)";
    tx.change(sql, [comment_id.into(), branch_id.into()])
        .await
        .map(drop)
}

/// Counts a new comment in a thread, and answers with its number. Whoever comments at once stands in line here.
///
/// # Errors
/// [`Code::NotFound`] where the post has just been deleted.
pub(crate) async fn next_number(tx: &Tx, thread_id: ThreadId) -> Result<i64> {
    #[derive(FromQueryResult)]
    struct Row {
        last_number: i64,
    }
    let sql = "UPDATE thread_counters SET last_number = last_number + 1, comment_count = comment_count + 1 \
               WHERE thread_id = ? RETURNING last_number";
    let row = tx.one::<Row>(sql, [thread_id.into()]).await?;
    Ok(row.ok_or(Code::NotFound)?.last_number)
}

/// Counts a comment less in a thread, and stands in line with whoever comments.
pub(crate) async fn one_less(tx: &Tx, thread_id: ThreadId) -> Result<()> {
    let sql = "UPDATE thread_counters SET comment_count = comment_count - 1 WHERE thread_id = ?";
    tx.change(sql, [thread_id.into()]).await.map(drop)
}

/// How many comments a post has; nobody adds one until the transaction ends.
pub(crate) async fn locked_count(tx: &Tx, thread_id: ThreadId) -> Result<i64> {
    let sql = format!(
        "SELECT comment_count FROM thread_counters WHERE thread_id = ?{}",
        tx.for_update()
    );
    tx.count(&sql, [thread_id.into()]).await
}

/// Counts an answer more or less, and says how many are left.
pub(crate) async fn add_reply(tx: &Tx, comment_id: CommentId, more: i64) -> Result<i64> {
    let sql = "UPDATE comment_counters SET reply_count = reply_count + ? WHERE comment_id = ? RETURNING reply_count";
    let row = tx
        .query_one_raw(tx.statement(sql, [more.into(), comment_id.into()]))
        .await
        .map_db_err()?;
    row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0))
        .map_db_err()
}

pub(crate) async fn add_reaction(tx: &Tx, to: Counted, reaction: Reaction, more: i64) -> Result<()> {
    let (table, key) = to.table();
    let kind = reaction.as_str();
    let sql =
        format!("UPDATE {table} SET {kind}_count = {kind}_count + ?, score = score + ? WHERE {key} = ?");
    tx.change(&sql, [more.into(), more.into(), to.id().into()])
        .await
        .map(drop)
}

pub(crate) async fn reactions(tx: &Tx, to: Counted) -> Result<Reactions> {
    let (table, key) = to.table();
    let mine = mine(&format!("n.{key}"));
    let sql = format!("SELECT {TALLY}, {mine} FROM {table} n WHERE n.{key} = ?");
    let values = [tx.actor().user_id().into(), to.id().into()];
    let row = tx.one::<Tally>(&sql, values).await?;
    Ok(row.map(Into::into).unwrap_or_default())
}
