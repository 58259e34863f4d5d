//! The statements about counters.

use database::{MapDbErr, Tx, values};
use entity::{comment_counters, enums::Reaction, thread_counters};
use kernel::{Code, CommentId, LessonId, PostId, Result, ThreadId, Uuid};
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryResult};

use super::model::{PostOrComment, Reactions};

/// The counts of reactions, in the row `n` of either table of counters.
pub(crate) const REACTION_COUNTS: &str =
    "n.like_count, n.love_count, n.strong_count, n.fire_count, n.clap_count, n.laugh_count";

/// Of a row with [`REACTION_COUNTS`] and [`own_reactions`].
impl FromQueryResult for Reactions {
    fn from_query_result(row: &QueryResult, pre: &str) -> Result<Self, DbErr> {
        let own: Option<String> = row.try_get(pre, "own_reactions")?;
        Ok(Self {
            like: row.try_get(pre, "like_count")?,
            love: row.try_get(pre, "love_count")?,
            strong: row.try_get(pre, "strong_count")?,
            fire: row.try_get(pre, "fire_count")?,
            clap: row.try_get(pre, "clap_count")?,
            laugh: row.try_get(pre, "laugh_count")?,
            mine: own.unwrap_or_default().split(',').filter_map(|name| name.parse().ok()).collect(),
        })
    }
}

/// The expression for the reactions of `:reader_id` to the post or the comment that `subject` names.
pub(crate) fn own_reactions(subject: &str) -> String {
    format!(
        "(SELECT string_agg(r.reaction, ',') FROM reactions r WHERE r.subject_id = {subject} \
         AND r.user_id = :reader_id) AS own_reactions"
    )
}

/// The table of counters of a post or a comment, and the column of its id there.
fn table(of: PostOrComment) -> (&'static str, &'static str) {
    match of {
        PostOrComment::Post(_) => ("thread_counters", "thread_id"),
        PostOrComment::Comment(_) => ("comment_counters", "comment_id"),
    }
}

/// Inserts the counters of a post.
pub(crate) async fn insert_post(tx: &Tx, post_id: PostId) -> Result<()> {
    let counters = thread_counters::ActiveModel {
        thread_id: Set(Uuid::from(post_id).into()),
        post_id: Set(Some(post_id)),
        ..zeros()
    };
    let insert = thread_counters::Entity::insert(counters);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// Inserts the counters of the comments on a lesson, unless they are there.
pub(crate) async fn insert_lesson(tx: &Tx, lesson_id: LessonId) -> Result<()> {
    let counters = thread_counters::ActiveModel {
        thread_id: Set(Uuid::from(lesson_id).into()),
        lesson_id: Set(Some(lesson_id)),
        ..zeros()
    };
    let insert = thread_counters::Entity::insert(counters).on_conflict_do_nothing();
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

fn zeros() -> thread_counters::ActiveModel {
    thread_counters::ActiveModel {
        last_number: Set(0),
        comment_count: Set(0),
        like_count: Set(0),
        love_count: Set(0),
        strong_count: Set(0),
        fire_count: Set(0),
        clap_count: Set(0),
        laugh_count: Set(0),
        score: Set(0),
        ..Default::default()
    }
}

/// Inserts the counters of a comment. `branch_id` is the id of the post, the lesson or the comment right above it.
pub(crate) async fn insert_comment(tx: &Tx, comment_id: CommentId, branch_id: Uuid) -> Result<()> {
    let counters = comment_counters::ActiveModel {
        comment_id: Set(comment_id),
        branch_id: Set(branch_id),
        reply_count: Set(0),
        like_count: Set(0),
        love_count: Set(0),
        strong_count: Set(0),
        fire_count: Set(0),
        clap_count: Set(0),
        laugh_count: Set(0),
        score: Set(0),
    };
    let insert = comment_counters::Entity::insert(counters);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// Counts a new comment in a thread, and answers with its number. Of several at once, each waits here for the one before it.
///
/// # Errors
/// [`Code::NotFound`] where the post has just been deleted.
pub(crate) async fn take_next_number(tx: &Tx, thread_id: ThreadId) -> Result<i64> {
    // Text, because of RETURNING: the row is changed and read in one statement.
    let sql = "UPDATE thread_counters SET last_number = last_number + 1, comment_count = comment_count + 1 \
               WHERE thread_id = :thread_id RETURNING last_number";
    let number: Option<i64> = tx.fetch_scalar(sql, values! { thread_id }).await?;
    number.ok_or_else(|| Code::NotFound.into())
}

/// Counts one comment less in a thread, and waits for whoever comments there at the moment.
pub(crate) async fn remove_comment(tx: &Tx, thread_id: ThreadId) -> Result<()> {
    thread_counters::Entity::update_many()
        .col_expr(thread_counters::Column::CommentCount, thread_counters::COLUMN.comment_count.sub(1))
        .filter(thread_counters::COLUMN.thread_id.eq(thread_id))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}

/// How many comments a post has. Nobody adds one until the transaction ends.
pub(crate) async fn lock_comment_count(tx: &Tx, post_id: PostId) -> Result<i64> {
    // Text, because SQLite has no FOR UPDATE.
    let sql =
        format!("SELECT comment_count FROM thread_counters WHERE thread_id = :post_id{}", tx.for_update());
    let count: Option<i64> = tx.fetch_scalar(&sql, values! { post_id }).await?;
    Ok(count.unwrap_or_default())
}

/// Adds to the number of replies to a comment; `change` is 1 or -1.
pub(crate) async fn add_replies(tx: &Tx, comment_id: CommentId, change: i64) -> Result<()> {
    comment_counters::Entity::update_many()
        .col_expr(comment_counters::Column::ReplyCount, comment_counters::COLUMN.reply_count.add(change))
        .filter(comment_counters::COLUMN.comment_id.eq(comment_id))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}

/// Adds to the number of these reactions to a post or a comment; `change` is 1 or -1.
pub(crate) async fn add_reactions(
    tx: &Tx,
    subject: PostOrComment,
    reaction: Reaction,
    change: i64,
) -> Result<()> {
    let (table, key) = table(subject);
    let count = format!("{}_count", reaction.as_str());
    let sql =
        // Text, because the table and the column are chosen here.
        format!("UPDATE {table} SET {count} = {count} + :change, score = score + :change WHERE {key} = :id");
    tx.execute(&sql, values! { change, id: subject.id() }).await.map(drop)
}

/// How people reacted to a post or a comment.
pub(crate) async fn reactions(tx: &Tx, subject: PostOrComment) -> Result<Reactions> {
    let (table, key) = table(subject);
    let own_reactions = own_reactions(&format!("n.{key}"));
    // Text, because the caller's own reactions are aggregated in the same statement.
    let sql = format!("SELECT {REACTION_COUNTS}, {own_reactions} FROM {table} n WHERE n.{key} = :id");
    let values = values! { reader_id: tx.actor().user_id(), id: subject.id() };
    Ok(tx.fetch_optional(&sql, values).await?.unwrap_or_default())
}
