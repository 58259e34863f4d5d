use database::{MapDbErr, Tx};
use kernel::{ConversationId, Result, Timestamp, UserId};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::contact::Bounded;

/// Somebody whom the caller wants to write to.
#[derive(FromQueryResult)]
pub(crate) struct Contact {
    pub(crate) id: UserId,
    pub(crate) status: String,
    pub(crate) messages_from: Option<String>,
    pub(crate) is_blocked: bool,
}

/// Whether one of the two has blocked the other: the caller's id twice.
const BLOCKED: &str = "EXISTS (SELECT 1 FROM blocks b WHERE (b.blocker_id = ? AND b.blocked_id = u.id) \
                       OR (b.blocker_id = u.id AND b.blocked_id = ?))";

pub(crate) async fn contacts(tx: &Tx, me: UserId, others: &[UserId]) -> Result<Vec<Contact>> {
    let (among, ids) = tx.among(others);
    let sql = format!(
        "SELECT u.id, u.status, p.messages_from, {BLOCKED} AS is_blocked FROM users u \
         LEFT JOIN message_preferences p ON p.user_id = u.id WHERE u.id {among}"
    );
    tx.all(&sql, [me.into(), me.into(), ids]).await
}

/// How somebody stands to the caller in a direct conversation.
#[derive(FromQueryResult)]
pub(crate) struct Standing {
    pub(crate) status: String,
    pub(crate) is_blocked: bool,
    /// Whether they have written there.
    pub(crate) has_answered: bool,
}

pub(crate) async fn standing(
    tx: &Tx,
    conversation_id: ConversationId,
    me: UserId,
    other: UserId,
) -> Result<Option<Standing>> {
    let sql = format!(
        "SELECT u.status, {BLOCKED} AS is_blocked, EXISTS (SELECT 1 FROM messages g \
         WHERE g.conversation_id = ? AND g.sender_id = u.id) AS has_answered FROM users u WHERE u.id = ?"
    );
    let values = [me.into(), me.into(), conversation_id.into(), other.into()];
    tx.one(&sql, values).await
}

/// Whether somebody whom this person has blocked, or who has blocked them, is in the conversation.
pub(crate) async fn is_blocked_in(tx: &Tx, conversation_id: ConversationId, other: UserId) -> Result<bool> {
    let sql = if tx.is_postgres() {
        // The caller may not look at the blocks of two others.
        "SELECT CASE WHEN app.is_blocked_in(?, ?) THEN 1::bigint ELSE 0 END"
    } else {
        "SELECT count(*) FROM conversation_members m WHERE m.conversation_id = ?1 AND m.left_at IS NULL \
         AND EXISTS (SELECT 1 FROM blocks b WHERE (b.blocker_id = m.user_id AND b.blocked_id = ?2) \
         OR (b.blocker_id = ?2 AND b.blocked_id = m.user_id))"
    };
    Ok(tx.count(sql, [conversation_id.into(), other.into()]).await? > 0)
}

pub(crate) async fn preferences(tx: &Tx, user_id: UserId) -> Result<Option<(String, i64)>> {
    let sql = "SELECT messages_from, version FROM message_preferences WHERE user_id = ?";
    let row = tx
        .query_one_raw(tx.statement(sql, [user_id.into()]))
        .await
        .map_db_err()?;
    let read =
        |row: sea_orm::QueryResult| Ok((row.try_get("", "messages_from")?, row.try_get("", "version")?));
    row.map(read).transpose().map_db_err()
}

/// Writes it over the version that was seen; false where somebody else was faster.
pub(crate) async fn put_preferences(
    tx: &Tx,
    user_id: UserId,
    messages_from: &str,
    version: i64,
) -> Result<bool> {
    let sql = "INSERT INTO message_preferences (user_id, messages_from, version, updated_at) VALUES (?, ?, ?, ?) \
               ON CONFLICT (user_id) DO UPDATE SET messages_from = excluded.messages_from, \
               version = excluded.version, updated_at = excluded.updated_at \
               WHERE message_preferences.version = excluded.version - 1";
    let values = [
        user_id.into(),
        messages_from.into(),
        (version + 1).into(),
        tx.now().into(),
    ];
    Ok(tx.change(sql, values).await? == 1)
}

/// How often somebody did it since then, and when the first of those was.
pub(crate) async fn done_lately(
    tx: &Tx,
    user_id: UserId,
    what: Bounded,
    since: Timestamp,
) -> Result<(i64, Option<Timestamp>)> {
    #[derive(FromQueryResult)]
    struct Done {
        count: i64,
        first: Option<Timestamp>,
    }
    let sql = match what {
        Bounded::Conversations => {
            "SELECT count(*) AS count, min(created_at) AS first FROM conversations WHERE created_by = ? AND created_at > ?"
        }
        Bounded::Messages => {
            "SELECT count(*) AS count, min(created_at) AS first FROM messages WHERE sender_id = ? AND created_at > ?"
        }
    };
    let done: Option<Done> = tx.one(sql, [user_id.into(), since.into()]).await?;
    Ok(done.map_or((0, None), |done| (done.count, done.first)))
}
