use std::collections::HashMap;

use database::{MapDbErr, Tx};
use identity::Person;
use kernel::{ConversationId, Cursor, Limit, MessageId, Result, Timestamp, UserId, Uuid};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::message::{Message, MessageRange};

/// A message with what its reader has to do with it.
#[derive(FromQueryResult)]
struct Row {
    id: MessageId,
    conversation_id: ConversationId,
    number: i64,
    client_message_id: Uuid,
    content: Option<String>,
    edited_at: Option<Timestamp>,
    deleted_at: Option<Timestamp>,
    removed_at: Option<Timestamp>,
    version: i64,
    created_at: Timestamp,
    sender_id: UserId,
    username: Option<String>,
    name: Option<String>,
    avatar_url: Option<String>,
    reader_id: UserId,
    read_number: i64,
    /// Up to where everybody else has read; `None` where nobody else is left.
    read_by_others: Option<i64>,
    read_at: Option<Timestamp>,
}

/// For one member: the value of its only mark. Whoever is not in the conversation, or was not yet, has no row. `more` narrows
/// it down.
fn rows(more: &str) -> String {
    format!(
        "SELECT g.id, g.conversation_id, g.number, g.client_message_id, g.content, g.edited_at, g.deleted_at, g.removed_at, \
         g.version, g.created_at, g.sender_id, u.username, u.name, u.avatar_url, m.user_id AS reader_id, m.read_number, \
         (SELECT min(o.read_number) FROM conversation_members o WHERE o.conversation_id = g.conversation_id \
         AND o.user_id <> m.user_id AND o.left_at IS NULL) AS read_by_others, \
         (SELECT r.read_at FROM conversation_reads r WHERE r.conversation_id = g.conversation_id \
         AND r.user_id <> g.sender_id AND r.number >= g.number ORDER BY r.number LIMIT 1) AS read_at \
         FROM messages g {more} JOIN users u ON u.id = g.sender_id JOIN conversation_members m \
         ON m.conversation_id = g.conversation_id AND m.left_at IS NULL AND g.number > m.joined_number \
         WHERE m.user_id = ?"
    )
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        let own = row.sender_id == row.reader_id;
        let is_read = if own {
            row.read_by_others.is_some_and(|number| number >= row.number)
        } else {
            row.read_number >= row.number
        };
        let sender = Person {
            id: row.sender_id,
            username: row.username,
            name: row.name,
            avatar_url: row.avatar_url,
        };
        Self {
            id: row.id,
            conversation_id: row.conversation_id,
            number: row.number,
            sender,
            client_message_id: own.then_some(row.client_message_id),
            content: row.content.filter(|_| row.removed_at.is_none()),
            is_read,
            read_at: row.read_at,
            edited_at: row.edited_at,
            deleted_at: row.deleted_at,
            removed_at: row.removed_at,
            version: row.version,
            created_at: row.created_at,
        }
    }
}

async fn messages(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<Vec<Message>> {
    let rows: Vec<Row> = tx.all(sql, values).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(crate) async fn page(
    tx: &Tx,
    me: UserId,
    conversation_id: ConversationId,
    range: MessageRange,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Message>> {
    let mut sql = format!("{} AND g.conversation_id = ?", rows(""));
    let mut values: Vec<Value> = vec![me.into(), conversation_id.into()];
    let behind = cursor.map(|cursor| cursor.key);
    let (after, before) = if range.ascending {
        (behind, None)
    } else {
        (None, behind)
    };
    for (number, condition) in [
        (range.after, " AND g.number > ?"),
        (after, " AND g.number > ?"),
        (range.before, " AND g.number < ?"),
        (before, " AND g.number < ?"),
    ] {
        if let Some(number) = number {
            sql.push_str(condition);
            values.push(number.into());
        }
    }
    let order = if range.ascending { "ASC" } else { "DESC" };
    sql.push_str(&format!(" ORDER BY g.number {order} LIMIT {}", limit.fetch()));
    messages(tx, &sql, values).await
}

pub(crate) async fn one(tx: &Tx, me: UserId, id: MessageId) -> Result<Option<Message>> {
    let sql = format!("{} AND g.id = ?", rows(""));
    Ok(messages(tx, &sql, vec![me.into(), id.into()]).await?.pop())
}

/// The last message of each of these conversations.
pub(crate) async fn last(
    tx: &Tx,
    me: UserId,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, Message>> {
    let (among, ids) = tx.among(conversations);
    let last = "JOIN conversations c ON c.id = g.conversation_id AND c.last_number = g.number";
    let sql = format!("{} AND c.id {among}", rows(last));
    let found = messages(tx, &sql, vec![me.into(), ids]).await?;
    Ok(found
        .into_iter()
        .map(|message| (message.conversation_id, message))
        .collect())
}

pub(crate) async fn is_member(tx: &Tx, me: UserId, conversation_id: ConversationId) -> Result<bool> {
    let sql = "SELECT count(*) FROM conversation_members WHERE conversation_id = ? AND user_id = ? AND left_at IS NULL";
    Ok(tx.count(sql, [conversation_id.into(), me.into()]).await? > 0)
}

/// The message that its sender has named so.
pub(crate) async fn sent(
    tx: &Tx,
    me: UserId,
    conversation_id: ConversationId,
    client_message_id: Uuid,
) -> Result<Option<MessageId>> {
    let sql = "SELECT id FROM messages WHERE conversation_id = ? AND sender_id = ? AND client_message_id = ?";
    let values = [conversation_id.into(), me.into(), client_message_id.into()];
    let row = tx.query_one_raw(tx.statement(sql, values)).await.map_db_err()?;
    row.map(|row| row.try_get("", "id")).transpose().map_db_err()
}

pub(crate) async fn insert(
    tx: &Tx,
    id: MessageId,
    conversation_id: ConversationId,
    number: i64,
    (sender_id, client_message_id): (UserId, Uuid),
    content: &str,
) -> Result<()> {
    let sql = "INSERT INTO messages (id, conversation_id, number, sender_id, client_message_id, content, version, created_at) \
               VALUES (?, ?, ?, ?, ?, ?, 1, ?)";
    let values = [
        id.into(),
        conversation_id.into(),
        number.into(),
        sender_id.into(),
        client_message_id.into(),
        content.into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await.map(drop)
}

/// Whether it was this version, and is there.
pub(crate) async fn set_content(tx: &Tx, id: MessageId, version: i64, content: &str) -> Result<bool> {
    let sql = "UPDATE messages SET content = ?, edited_at = ?, version = version + 1 \
               WHERE id = ? AND version = ? AND deleted_at IS NULL AND removed_at IS NULL";
    let values = [content.into(), tx.now().into(), id.into(), version.into()];
    Ok(tx.change(sql, values).await? == 1)
}

/// Whether it was there.
pub(crate) async fn clear(tx: &Tx, id: MessageId) -> Result<bool> {
    let sql = "UPDATE messages SET content = NULL, deleted_at = ?, version = version + 1 \
               WHERE id = ? AND deleted_at IS NULL";
    Ok(tx.change(sql, [tx.now().into(), id.into()]).await? == 1)
}

/// Takes a message away, or gives it back; answers whether that changed anything.
pub(crate) async fn set_removed(tx: &Tx, id: MessageId, removed_at: Option<Timestamp>) -> Result<bool> {
    if tx.is_postgres() {
        let sql = "SELECT number FROM app.remove_message(?, ?)";
        let row = tx.query_one_raw(tx.statement(sql, [id.into(), removed_at.into()]));
        return Ok(row.await.map_db_err()?.is_some());
    }
    let sql = "UPDATE messages SET removed_at = ?, version = version + 1 WHERE id = ? AND (removed_at IS NULL) <> (? IS NULL)";
    let values = [removed_at.into(), id.into(), removed_at.into()];
    Ok(tx.change(sql, values).await? == 1)
}
