use std::collections::HashMap;

use database::{MapDbErr, Tx};
use identity::Person;
use kernel::{Code, ConversationId, Cursor, Limit, Result, Timestamp, UserId};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use crate::conversation::Member;

/// How far unread messages are counted.
const UNREAD: u64 = 1000;

/// A conversation as one of its members sees it.
#[derive(FromQueryResult)]
pub(crate) struct Row {
    pub(crate) id: ConversationId,
    pub(crate) kind: String,
    pub(crate) title: Option<String>,
    pub(crate) last_number: i64,
    pub(crate) version: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) active_at: Timestamp,
    pub(crate) read_number: i64,
    pub(crate) unread_count: i64,
}

/// Of one member: the value of its only mark.
fn rows() -> String {
    format!(
        "SELECT c.id, c.kind, c.title, c.last_number, c.version, c.created_at, c.updated_at, \
         coalesce(m.active_at, c.created_at) AS active_at, m.read_number, \
         (SELECT count(*) FROM (SELECT g.number FROM messages g WHERE g.conversation_id = c.id AND g.number > m.read_number \
         AND g.sender_id <> m.user_id AND g.deleted_at IS NULL AND g.removed_at IS NULL LIMIT {UNREAD}) t) AS unread_count \
         FROM conversation_members m JOIN conversations c ON c.id = m.conversation_id \
         WHERE m.user_id = ? AND m.left_at IS NULL"
    )
}

pub(crate) async fn page(tx: &Tx, me: UserId, after: Option<Cursor>, limit: Limit) -> Result<Vec<Row>> {
    let (mut sql, mut values): (String, Vec<Value>) = (rows(), vec![me.into()]);
    sql.push_str(" AND m.active_at IS NOT NULL");
    if let Some(after) = after {
        sql.push_str(" AND (m.active_at < ? OR (m.active_at = ? AND m.conversation_id < ?))");
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY m.active_at DESC, m.conversation_id DESC LIMIT {}",
        limit.fetch()
    ));
    tx.all(&sql, values).await
}

pub(crate) async fn one(tx: &Tx, me: UserId, id: ConversationId) -> Result<Option<Row>> {
    let sql = format!("{} AND m.conversation_id = ?", rows());
    tx.one(&sql, [me.into(), id.into()]).await
}

/// Who is in these, in the order in which they came.
pub(crate) async fn members(tx: &Tx, ids: &[ConversationId]) -> Result<HashMap<ConversationId, Vec<Member>>> {
    #[derive(FromQueryResult)]
    struct Found {
        conversation_id: ConversationId,
        id: UserId,
        username: Option<String>,
        name: Option<String>,
        avatar_url: Option<String>,
        is_owner: bool,
        joined_at: Timestamp,
    }
    let (among, ids) = tx.among(ids);
    let sql = format!(
        "SELECT m.conversation_id, u.id, u.username, u.name, u.avatar_url, m.is_owner, m.joined_at \
         FROM conversation_members m JOIN users u ON u.id = m.user_id \
         WHERE m.conversation_id {among} AND m.left_at IS NULL ORDER BY m.joined_at, m.user_id"
    );
    let found: Vec<Found> = tx.all(&sql, [ids]).await?;
    let mut members: HashMap<ConversationId, Vec<Member>> = HashMap::new();
    for found in found {
        let person = Person {
            id: found.id,
            username: found.username,
            name: found.name,
            avatar_url: found.avatar_url,
        };
        members.entry(found.conversation_id).or_default().push(Member {
            person,
            is_owner: found.is_owner,
            joined_at: found.joined_at,
        });
    }
    Ok(members)
}

/// Who is in it, in the order in which they came.
pub(crate) async fn member_ids(tx: &Tx, id: ConversationId) -> Result<Vec<UserId>> {
    let sql = "SELECT user_id FROM conversation_members WHERE conversation_id = ? AND left_at IS NULL \
               ORDER BY joined_at, user_id";
    let rows = tx
        .query_all_raw(tx.statement(sql, [id.into()]))
        .await
        .map_db_err()?;
    let ids: Result<Vec<UserId>, DbErr> = rows.iter().map(|row| row.try_get("", "user_id")).collect();
    ids.map_db_err()
}

/// A conversation that a member is about to change.
#[derive(FromQueryResult)]
pub(crate) struct Place {
    pub(crate) last_number: i64,
    pub(crate) version: i64,
    pub(crate) is_owner: bool,
    /// The other one of a direct conversation.
    pub(crate) other_id: Option<UserId>,
    /// Since when the member has an account.
    pub(crate) member_since: Timestamp,
}

/// Locks it until the end of the transaction: whoever writes in it stands in line here.
pub(crate) async fn lock(tx: &Tx, me: UserId, id: ConversationId) -> Result<Option<Place>> {
    let lock = if tx.is_postgres() { " FOR UPDATE OF c" } else { "" };
    let sql = format!(
        "SELECT c.last_number, c.version, m.is_owner, u.created_at AS member_since, \
         CASE WHEN c.low_user_id = m.user_id THEN c.high_user_id ELSE c.low_user_id END AS other_id \
         FROM conversations c JOIN conversation_members m ON m.conversation_id = c.id AND m.left_at IS NULL \
         JOIN users u ON u.id = m.user_id WHERE c.id = ? AND m.user_id = ?{lock}"
    );
    tx.one(&sql, [id.into(), me.into()]).await
}

pub(crate) async fn member_since(tx: &Tx, user_id: UserId) -> Result<Timestamp> {
    let sql = "SELECT created_at FROM users WHERE id = ?";
    let row = tx
        .query_one_raw(tx.statement(sql, [user_id.into()]))
        .await
        .map_db_err()?;
    row.ok_or(Code::Unauthenticated)?
        .try_get("", "created_at")
        .map_db_err()
}

pub(crate) async fn between(tx: &Tx, (low, high): (UserId, UserId)) -> Result<Option<ConversationId>> {
    let sql = "SELECT id FROM conversations WHERE low_user_id = ? AND high_user_id = ?";
    let row = tx
        .query_one_raw(tx.statement(sql, [low.into(), high.into()]))
        .await
        .map_db_err()?;
    row.map(|row| row.try_get("", "id")).transpose().map_db_err()
}

/// Of two at once, one makes it.
pub(crate) async fn insert_direct(
    tx: &Tx,
    id: ConversationId,
    me: UserId,
    (low, high): (UserId, UserId),
) -> Result<bool> {
    let sql = "INSERT INTO conversations (id, kind, low_user_id, high_user_id, created_by, last_number, version, \
               created_at, updated_at) VALUES (?, 'DIRECT', ?, ?, ?, 0, 1, ?, ?) \
               ON CONFLICT (low_user_id, high_user_id) DO NOTHING";
    let values = [
        id.into(),
        low.into(),
        high.into(),
        me.into(),
        tx.now().into(),
        tx.now().into(),
    ];
    Ok(tx.change(sql, values).await? == 1)
}

pub(crate) async fn insert_group(tx: &Tx, id: ConversationId, me: UserId, title: &str) -> Result<()> {
    let sql = "INSERT INTO conversations (id, kind, title, created_by, last_number, version, created_at, updated_at) \
               VALUES (?, 'GROUP', ?, ?, 0, 1, ?, ?)";
    let values = [
        id.into(),
        title.into(),
        me.into(),
        tx.now().into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await.map(drop)
}

/// Somebody comes in, or comes back. They see what is behind `number`; it is in their list where it is `shown`.
pub(crate) async fn insert_member(
    tx: &Tx,
    id: ConversationId,
    user_id: UserId,
    (is_owner, number): (bool, i64),
    shown: bool,
) -> Result<()> {
    let sql = "INSERT INTO conversation_members (conversation_id, user_id, is_owner, joined_at, joined_number, read_number, \
               active_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (conversation_id, user_id) DO UPDATE SET \
               is_owner = excluded.is_owner, joined_at = excluded.joined_at, joined_number = excluded.joined_number, \
               read_number = excluded.read_number, active_at = excluded.active_at, left_at = NULL";
    let values = [
        id.into(),
        user_id.into(),
        is_owner.into(),
        tx.now().into(),
        number.into(),
        number.into(),
        shown.then(|| tx.now()).into(),
    ];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn show(tx: &Tx, me: UserId, id: ConversationId) -> Result<()> {
    let sql = "UPDATE conversation_members SET active_at = ? \
               WHERE conversation_id = ? AND user_id = ? AND active_at IS NULL";
    tx.change(sql, [tx.now().into(), id.into(), me.into()])
        .await
        .map(drop)
}

pub(crate) async fn set_owner(tx: &Tx, id: ConversationId, user_id: UserId) -> Result<()> {
    let sql = "UPDATE conversation_members SET is_owner = ? WHERE conversation_id = ? AND user_id = ?";
    tx.change(sql, [true.into(), id.into(), user_id.into()])
        .await
        .map(drop)
}

pub(crate) async fn leave(tx: &Tx, id: ConversationId, user_id: UserId) -> Result<()> {
    let sql = "UPDATE conversation_members SET left_at = ?, is_owner = ?, active_at = NULL \
               WHERE conversation_id = ? AND user_id = ?";
    let values = [tx.now().into(), false.into(), id.into(), user_id.into()];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn set_title(tx: &Tx, id: ConversationId, title: &str) -> Result<()> {
    let sql = "UPDATE conversations SET title = ?, version = version + 1, updated_at = ? WHERE id = ?";
    tx.change(sql, [title.into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

/// Its members have changed.
pub(crate) async fn touch(tx: &Tx, id: ConversationId) -> Result<()> {
    let sql = "UPDATE conversations SET version = version + 1, updated_at = ? WHERE id = ?";
    tx.change(sql, [tx.now().into(), id.into()]).await.map(drop)
}

/// Whether the member had read less.
pub(crate) async fn advance(tx: &Tx, me: UserId, id: ConversationId, number: i64) -> Result<bool> {
    let sql = "UPDATE conversation_members SET read_number = ? \
               WHERE conversation_id = ? AND user_id = ? AND left_at IS NULL AND read_number < ?";
    let values = [number.into(), id.into(), me.into(), number.into()];
    Ok(tx.change(sql, values).await? == 1)
}

pub(crate) async fn insert_read(tx: &Tx, me: UserId, id: ConversationId, number: i64) -> Result<()> {
    let sql = "INSERT INTO conversation_reads (conversation_id, user_id, number, read_at) VALUES (?, ?, ?, ?) \
               ON CONFLICT DO NOTHING";
    let values = [id.into(), me.into(), number.into(), tx.now().into()];
    tx.change(sql, values).await.map(drop)
}

/// A message has this number from now on, and the conversation goes to the top of its members' lists.
pub(crate) async fn take_number(tx: &Tx, id: ConversationId, number: i64) -> Result<()> {
    let sql = "UPDATE conversations SET last_number = ? WHERE id = ?";
    tx.change(sql, [number.into(), id.into()]).await?;
    if tx.is_postgres() {
        // The list of another member is not the caller's to change.
        let stir = tx.statement("SELECT app.stir(?)", [id.into()]);
        return tx.query_one_raw(stir).await.map_db_err().map(drop);
    }
    let sql = "UPDATE conversation_members SET active_at = ? WHERE conversation_id = ? AND left_at IS NULL";
    tx.change(sql, [tx.now().into(), id.into()]).await.map(drop)
}
