//! The statements behind the decision who may write to whom.

use database::{MapDbErr, Tx, values};
use entity::{enums::MessagesFrom, message_preferences};
use kernel::{ConversationId, Result, Timestamp, UserId};
use sea_orm::{
    ActiveValue::Set,
    EntityTrait, FromQueryResult,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::model::{Contact, Counterpart, LimitedAction, MessagePreferences};

/// Whether the caller `:me` and the user `u` are separated by a block.
const IS_BLOCKED: &str = "EXISTS (SELECT 1 FROM blocks b WHERE (b.blocker_id = :me AND b.blocked_id = u.id) \
                          OR (b.blocker_id = u.id AND b.blocked_id = :me)) AS is_blocked";

pub(super) async fn contacts(tx: &Tx, me: UserId, others: &[UserId]) -> Result<Vec<Contact>> {
    let (any_of, others) = tx.any_of("others", others);
    // On PostgreSQL a function of the schema reads what somebody decided, which is theirs alone to read.
    let messages_from = if tx.is_postgres() {
        "app.messages_from(u.id)"
    } else {
        "(SELECT p.messages_from FROM message_preferences p WHERE p.user_id = u.id)"
    };
    // Text, because of the condition on blocks, and so that the statement is the same however many accounts there are.
    let sql = format!(
        "SELECT u.id, u.status, {messages_from} AS messages_from, {IS_BLOCKED} FROM users u WHERE u.id {any_of}"
    );
    tx.fetch_all(&sql, values! { me, others }).await
}

pub(super) async fn counterpart(
    tx: &Tx,
    conversation_id: ConversationId,
    me: UserId,
    other: UserId,
) -> Result<Option<Counterpart>> {
    // Text, because every message to one person asks for this.
    let sql = format!(
        "SELECT u.status, {IS_BLOCKED}, EXISTS (SELECT 1 FROM messages g \
         WHERE g.conversation_id = :conversation_id AND g.sender_id = u.id) AS has_answered \
         FROM users u WHERE u.id = :other"
    );
    tx.fetch_optional(&sql, values! { me, conversation_id, other }).await
}

/// Whether a member of the conversation has blocked this person, or is blocked by them.
pub(crate) async fn is_blocked_in(tx: &Tx, conversation_id: ConversationId, other: UserId) -> Result<bool> {
    let sql = if tx.is_postgres() {
        // Text, because of the function that looks at blocks which the caller may not see.
        "SELECT CASE WHEN app.is_blocked_in(:conversation_id, :other) THEN 1::bigint ELSE 0 END"
    } else {
        // Text, as its counterpart: SQLite has no function for it.
        "SELECT count(*) FROM conversation_members m WHERE m.conversation_id = :conversation_id AND m.left_at IS NULL \
         AND EXISTS (SELECT 1 FROM blocks b WHERE (b.blocker_id = m.user_id AND b.blocked_id = :other) \
         OR (b.blocker_id = :other AND b.blocked_id = m.user_id))"
    };
    let found: Option<i64> = tx.fetch_scalar(sql, values! { conversation_id, other }).await?;
    Ok(found.unwrap_or_default() > 0)
}

pub(super) async fn preferences(tx: &Tx, user_id: UserId) -> Result<Option<MessagePreferences>> {
    message_preferences::Entity::find_by_id(user_id).into_partial_model().one(tx).await.map_db_err()
}

/// Writes the next version of the preferences; answers whether `version` is still the stored one.
pub(super) async fn write_preferences(
    tx: &Tx,
    user_id: UserId,
    messages_from: MessagesFrom,
    version: i64,
) -> Result<bool> {
    use message_preferences::Column;
    let row = message_preferences::ActiveModel {
        user_id: Set(user_id),
        messages_from: Set(messages_from),
        version: Set(version + 1),
        updated_at: Set(tx.now()),
    };
    let mut next_version = OnConflict::column(Column::UserId);
    next_version
        .update_columns([Column::MessagesFrom, Column::Version, Column::UpdatedAt])
        .action_and_where(Expr::column((message_preferences::Entity, Column::Version)).eq(version));
    let insert = message_preferences::Entity::insert(row).on_conflict(next_version);
    Ok(insert.exec_without_returning(tx).await.map_db_err()? == 1)
}

/// How often somebody did it since then, and when the first of those times was.
pub(super) async fn count_since(
    tx: &Tx,
    user_id: UserId,
    action: LimitedAction,
    since: Timestamp,
) -> Result<(i64, Option<Timestamp>)> {
    #[derive(FromQueryResult)]
    struct Row {
        count: i64,
        first: Option<Timestamp>,
    }
    let sql = match action {
        LimitedAction::OpenConversation => {
            // Text, because it aggregates one of two tables.
            "SELECT count(*) AS count, min(created_at) AS first FROM conversations \
             WHERE created_by = :user_id AND created_at > :since"
        }
        LimitedAction::SendMessage => {
            // Text, because it aggregates one of two tables.
            "SELECT count(*) AS count, min(created_at) AS first FROM messages \
             WHERE sender_id = :user_id AND created_at > :since"
        }
    };
    let row: Option<Row> = tx.fetch_optional(sql, values! { user_id, since }).await?;
    Ok(row.map_or((0, None), |row| (row.count, row.first)))
}
