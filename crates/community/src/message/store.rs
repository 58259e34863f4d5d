//! The statements about messages.

use std::collections::HashMap;

use database::{MapDbErr, Tx, values};
use entity::{conversation_members, messages};
use kernel::{ConversationId, Cursor, Limit, MessageId, Result, Timestamp, UserId, Uuid};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, Value, query::SelectExt,
};

use super::model::{Message, MessageRange, MessageRow};
use crate::person;

/// A message with what decides how its reader sees it.
#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    message: Message,
    reader_id: UserId,
    read_number: i64,
    /// Up to which number all others have read; `None` where no other member is left.
    read_by_others: Option<i64>,
}

/// The messages that the member `:me` may read: there is no row for anybody who is not in the conversation, or was not yet when the
/// message was sent. `join` narrows the messages `g` down. It is text because what others have read is aggregated in its columns.
fn select(join: &str) -> String {
    let sender = person::columns("sender_");
    format!(
        "SELECT g.id, g.conversation_id, g.number, g.client_message_id, g.content, g.edited_at, g.deleted_at, g.removed_at, \
         g.version, g.created_at, {sender}, m.user_id AS reader_id, m.read_number, \
         (SELECT min(o.read_number) FROM conversation_members o WHERE o.conversation_id = g.conversation_id \
         AND o.user_id <> m.user_id AND o.left_at IS NULL) AS read_by_others, \
         (SELECT r.read_at FROM conversation_reads r WHERE r.conversation_id = g.conversation_id \
         AND r.user_id <> g.sender_id AND r.number >= g.number ORDER BY r.number LIMIT 1) AS read_at \
         FROM messages g {join} JOIN users u ON u.id = g.sender_id JOIN conversation_members m \
         ON m.conversation_id = g.conversation_id AND m.left_at IS NULL AND g.number > m.joined_number \
         WHERE m.user_id = :me"
    )
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        let Row { message, reader_id, read_number, read_by_others } = row;
        let is_own = message.sender.id == reader_id;
        let read_up_to = if is_own { read_by_others } else { Some(read_number) };
        Self {
            is_read: read_up_to.is_some_and(|number| number >= message.number),
            client_message_id: message.client_message_id.filter(|_| is_own),
            content: message.content.filter(|_| message.removed_at.is_none()),
            ..message
        }
    }
}

async fn fetch(tx: &Tx, sql: &str, values: Vec<(&'static str, Value)>) -> Result<Vec<Message>> {
    let rows: Vec<Row> = tx.fetch_all(sql, values).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(super) async fn list(
    tx: &Tx,
    me: UserId,
    conversation_id: ConversationId,
    range: MessageRange,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Message>> {
    // Text, because conversations are read all the time, and a page is one statement.
    let mut sql = select("");
    let mut values = values! { me, conversation_id }.to_vec();
    sql.push_str(" AND g.conversation_id = :conversation_id");
    // The cursor is one more bound, on the side to which the list goes on.
    let cursor = cursor.map(|cursor| cursor.number());
    let (after, before) = if range.ascending {
        (range.after.max(cursor), range.before)
    } else {
        let before = range.before.into_iter().chain(cursor).min();
        (range.after, before)
    };
    if let Some(after) = after {
        sql.push_str(" AND g.number > :after");
        values.extend(values! { after });
    }
    if let Some(before) = before {
        sql.push_str(" AND g.number < :before");
        values.extend(values! { before });
    }
    let order = if range.ascending { "ASC" } else { "DESC" };
    sql.push_str(&format!(" ORDER BY g.number {order} LIMIT {}", limit.fetch()));
    fetch(tx, &sql, values).await
}

pub(super) async fn find(tx: &Tx, me: UserId, id: MessageId) -> Result<Option<Message>> {
    let sql = format!("{} AND g.id = :id", select(""));
    Ok(fetch(tx, &sql, values! { me, id }.to_vec()).await?.pop())
}

/// The last message of each of these conversations.
pub(crate) async fn last(
    tx: &Tx,
    me: UserId,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, Message>> {
    let (any_of, conversations) = tx.any_of("conversations", conversations);
    let join = "JOIN conversations c ON c.id = g.conversation_id AND c.last_number = g.number";
    let sql = format!("{} AND c.id {any_of}", select(join));
    let found = fetch(tx, &sql, values! { me, conversations }.to_vec()).await?;
    Ok(found.into_iter().map(|message| (message.conversation_id, message)).collect())
}

pub(super) async fn is_member(tx: &Tx, me: UserId, conversation_id: ConversationId) -> Result<bool> {
    conversation_members::Entity::find_by_id((conversation_id, me))
        .filter(conversation_members::COLUMN.left_at.is_null())
        .exists(tx)
        .await
        .map_db_err()
}

/// The message to which its sender gave this id.
pub(super) async fn find_sent(
    tx: &Tx,
    me: UserId,
    conversation_id: ConversationId,
    client_message_id: Uuid,
) -> Result<Option<MessageId>> {
    // Text, because every message that is sent asks for this.
    let sql = "SELECT id FROM messages WHERE conversation_id = :conversation_id AND sender_id = :me \
               AND client_message_id = :client_message_id";
    tx.fetch_scalar(sql, values! { conversation_id, me, client_message_id }).await
}

pub(super) async fn insert(tx: &Tx, message: MessageRow) -> Result<()> {
    let insert = messages::Entity::insert(message.into_active_model());
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// Writes another text, if the message still has this version and a text; answers whether it has.
pub(super) async fn update(tx: &Tx, id: MessageId, version: i64, content: String) -> Result<bool> {
    let update = messages::Entity::update_many()
        .set(messages::ActiveModel {
            content: Set(Some(content)),
            edited_at: Set(Some(tx.now())),
            ..Default::default()
        })
        .col_expr(messages::Column::Version, messages::COLUMN.version.add(1))
        .filter(messages::COLUMN.id.eq(id))
        .filter(messages::COLUMN.version.eq(version))
        .filter(messages::COLUMN.deleted_at.is_null())
        .filter(messages::COLUMN.removed_at.is_null());
    Ok(update.exec(tx).await.map_db_err()?.rows_affected == 1)
}

/// Empties a message, whose row stays; answers whether it was not deleted before.
pub(super) async fn clear(tx: &Tx, id: MessageId) -> Result<bool> {
    let update = messages::Entity::update_many()
        .set(messages::ActiveModel {
            content: Set(None),
            deleted_at: Set(Some(tx.now())),
            ..Default::default()
        })
        .col_expr(messages::Column::Version, messages::COLUMN.version.add(1))
        .filter(messages::COLUMN.id.eq(id))
        .filter(messages::COLUMN.deleted_at.is_null());
    Ok(update.exec(tx).await.map_db_err()?.rows_affected == 1)
}

/// Removes a message, or restores it where `removed_at` is `None`; answers whether that changed anything.
pub(crate) async fn set_removed(tx: &Tx, id: MessageId, removed_at: Option<Timestamp>) -> Result<bool> {
    if tx.is_postgres() {
        // Text, because of the function that changes a row which the caller may not see.
        let sql = "SELECT number FROM app.remove_message(:id, :removed_at)";
        let statement = tx.named(sql, values! { id, removed_at });
        return Ok(tx.query_one_raw(statement).await.map_db_err()?.is_some());
    }
    let is_other = if removed_at.is_some() {
        messages::COLUMN.removed_at.is_null()
    } else {
        messages::COLUMN.removed_at.is_not_null()
    };
    let update = messages::Entity::update_many()
        .set(messages::ActiveModel { removed_at: Set(removed_at), ..Default::default() })
        .col_expr(messages::Column::Version, messages::COLUMN.version.add(1))
        .filter(messages::COLUMN.id.eq(id))
        .filter(is_other);
    Ok(update.exec(tx).await.map_db_err()?.rows_affected == 1)
}
