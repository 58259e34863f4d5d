//! The statements about conversations and their members.

use std::collections::HashMap;

use database::{MapDbErr, Tx, values};
use entity::{conversation_members, conversation_reads, conversations, enums::ConversationKind};
use kernel::{Code, ConversationId, Cursor, Limit, Result, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    TryInsertResult, UpdateMany, sea_query::OnConflict,
};

use super::model::{ConversationRow, Member, Membership, Pair};
use crate::{contact::model::Writer, person};

/// Up to how many unread messages are counted.
const MAX_UNREAD: u64 = 1000;

/// The conversations of the member `:me`. They are text because unread messages are counted in a column.
fn select() -> String {
    format!(
        "SELECT c.id, c.kind, c.title, c.last_number, c.version, c.created_at, c.updated_at, \
         coalesce(m.active_at, c.created_at) AS active_at, m.read_number, \
         (SELECT count(*) FROM (SELECT g.number FROM messages g WHERE g.conversation_id = c.id AND g.number > m.read_number \
         AND g.sender_id <> m.user_id AND g.deleted_at IS NULL AND g.removed_at IS NULL LIMIT {MAX_UNREAD}) t) AS unread_count \
         FROM conversation_members m JOIN conversations c ON c.id = m.conversation_id \
         WHERE m.user_id = :me AND m.left_at IS NULL"
    )
}

/// The conversations in the list of a member: the one with the latest message comes first.
pub(super) async fn list(
    tx: &Tx,
    me: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<ConversationRow>> {
    // Text, because conversations are read all the time, and unread messages are counted in the same statement.
    let mut sql = select();
    let mut values = values! { me }.to_vec();
    sql.push_str(" AND m.active_at IS NOT NULL");
    if let Some(after) = after {
        sql.push_str(" AND (m.active_at, m.conversation_id) < (:after_time, :after_id)");
        values.extend(values! { after_time: after.time(), after_id: after.id });
    }
    sql.push_str(&format!(" ORDER BY m.active_at DESC, m.conversation_id DESC LIMIT {}", limit.fetch()));
    tx.fetch_all(&sql, values).await
}

pub(super) async fn find(tx: &Tx, me: UserId, id: ConversationId) -> Result<Option<ConversationRow>> {
    // Text, because it is the select of the list.
    let sql = format!("{} AND m.conversation_id = :id", select());
    tx.fetch_optional(&sql, values! { me, id }).await
}

/// The members of these conversations, in the order in which they joined.
pub(super) async fn members(
    tx: &Tx,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, Vec<Member>>> {
    #[derive(FromQueryResult)]
    struct Row {
        conversation_id: ConversationId,
        #[sea_orm(nested)]
        member: Member,
    }
    let (any_of, conversations) = tx.any_of("conversations", conversations);
    let person = person::columns("person_");
    // Text, so that the statement is the same however many conversations there are.
    let sql = format!(
        "SELECT m.conversation_id, {person}, m.is_owner, m.joined_at \
         FROM conversation_members m JOIN users u ON u.id = m.user_id \
         WHERE m.conversation_id {any_of} AND m.left_at IS NULL ORDER BY m.joined_at, m.user_id"
    );
    let rows: Vec<Row> = tx.fetch_all(&sql, values! { conversations }).await?;
    let mut members: HashMap<_, Vec<Member>> = HashMap::new();
    for row in rows {
        members.entry(row.conversation_id).or_default().push(row.member);
    }
    Ok(members)
}

/// The members of a conversation, in the order in which they joined.
pub(crate) async fn member_ids(tx: &Tx, id: ConversationId) -> Result<Vec<UserId>> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: UserId,
    }
    // Text, because every message that is sent asks for this.
    let sql = "SELECT user_id FROM conversation_members WHERE conversation_id = :id AND left_at IS NULL \
               ORDER BY joined_at, user_id";
    let rows: Vec<Row> = tx.fetch_all(sql, values! { id }).await?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}

/// Locks a conversation of the member's until the end of the transaction: whoever writes in it waits here.
pub(crate) async fn lock(tx: &Tx, me: UserId, id: ConversationId) -> Result<Option<Membership>> {
    let lock = if tx.is_postgres() { " FOR UPDATE OF c" } else { "" };
    // Text, because of three tables only one is locked, and every message that is sent asks for this.
    let sql = format!(
        "SELECT c.last_number, c.version, m.is_owner, u.created_at AS since, a.email_verified_at IS NOT NULL AS is_verified, \
         CASE WHEN c.low_user_id = m.user_id THEN c.high_user_id ELSE c.low_user_id END AS other_id \
         FROM conversations c JOIN conversation_members m ON m.conversation_id = c.id AND m.left_at IS NULL \
         JOIN users u ON u.id = m.user_id JOIN credentials a ON a.user_id = m.user_id \
         WHERE c.id = :id AND m.user_id = :me{lock}"
    );
    tx.fetch_optional(&sql, values! { id, me }).await
}

/// The account of somebody who opens a conversation. It is text because it is two columns of two tables.
pub(super) async fn writer(tx: &Tx, user_id: UserId) -> Result<Writer> {
    let sql = "SELECT u.created_at AS since, a.email_verified_at IS NOT NULL AS is_verified \
               FROM users u JOIN credentials a ON a.user_id = u.id WHERE u.id = :user_id";
    let found: Option<Writer> = tx.fetch_optional(sql, values! { user_id }).await?;
    found.ok_or_else(|| Code::Unauthenticated.into())
}

/// The direct conversation between two people.
pub(super) async fn find_direct(tx: &Tx, pair: Pair) -> Result<Option<ConversationId>> {
    conversations::Entity::find()
        .select_only()
        .column(conversations::Column::Id)
        .filter(conversations::COLUMN.low_user_id.eq(pair.low))
        .filter(conversations::COLUMN.high_user_id.eq(pair.high))
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()
}

fn new_conversation(tx: &Tx, id: ConversationId, me: UserId) -> conversations::ActiveModel {
    conversations::ActiveModel {
        id: Set(id),
        created_by: Set(me),
        last_number: Set(0),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    }
}

/// Answers whether the conversation is new. Of two requests at once, one inserts it.
pub(super) async fn insert_direct(tx: &Tx, id: ConversationId, me: UserId, pair: Pair) -> Result<bool> {
    let conversation = conversations::ActiveModel {
        kind: Set(ConversationKind::Direct),
        low_user_id: Set(Some(pair.low)),
        high_user_id: Set(Some(pair.high)),
        ..new_conversation(tx, id, me)
    };
    let insert = conversations::Entity::insert(conversation)
        .on_conflict_do_nothing_on([conversations::Column::LowUserId, conversations::Column::HighUserId]);
    let done = insert.exec_without_returning(tx).await.map_db_err()?;
    Ok(matches!(done, TryInsertResult::Inserted(1)))
}

pub(super) async fn insert_group(tx: &Tx, id: ConversationId, me: UserId, title: String) -> Result<()> {
    let conversation = conversations::ActiveModel {
        kind: Set(ConversationKind::Group),
        title: Set(Some(title)),
        ..new_conversation(tx, id, me)
    };
    let insert = conversations::Entity::insert(conversation);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// How somebody joins a conversation.
pub(super) struct Joining {
    pub(super) is_owner: bool,
    /// The number behind which they see messages.
    pub(super) number: i64,
    /// Whether the conversation stands in their list before the next message.
    pub(super) is_listed: bool,
}

/// Inserts a member, or lets a former one come back.
pub(super) async fn insert_member(
    tx: &Tx,
    id: ConversationId,
    user_id: UserId,
    joining: Joining,
) -> Result<()> {
    use conversation_members::Column;
    let member = conversation_members::ActiveModel {
        conversation_id: Set(id),
        user_id: Set(user_id),
        is_owner: Set(joining.is_owner),
        joined_at: Set(tx.now()),
        joined_number: Set(joining.number),
        left_at: Set(None),
        read_number: Set(joining.number),
        active_at: Set(joining.is_listed.then(|| tx.now())),
    };
    let mut joins_again = OnConflict::columns([Column::ConversationId, Column::UserId]);
    joins_again.update_columns([
        Column::IsOwner,
        Column::JoinedAt,
        Column::JoinedNumber,
        Column::LeftAt,
        Column::ReadNumber,
        Column::ActiveAt,
    ]);
    let insert = conversation_members::Entity::insert(member).on_conflict(joins_again);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

fn update_member(
    id: ConversationId,
    user_id: UserId,
    change: conversation_members::ActiveModel,
) -> UpdateMany<conversation_members::Entity> {
    conversation_members::Entity::update_many()
        .set(change)
        .filter(conversation_members::COLUMN.conversation_id.eq(id))
        .filter(conversation_members::COLUMN.user_id.eq(user_id))
}

/// Puts a conversation into the list of a member, if it is not there.
pub(super) async fn add_to_list(tx: &Tx, id: ConversationId, me: UserId) -> Result<()> {
    let change = conversation_members::ActiveModel { active_at: Set(Some(tx.now())), ..Default::default() };
    let update = update_member(id, me, change).filter(conversation_members::COLUMN.active_at.is_null());
    update.exec(tx).await.map_db_err().map(drop)
}

pub(super) async fn set_owner(tx: &Tx, id: ConversationId, user_id: UserId) -> Result<()> {
    let change = conversation_members::ActiveModel { is_owner: Set(true), ..Default::default() };
    let update = update_member(id, user_id, change);
    update.exec(tx).await.map_db_err().map(drop)
}

pub(super) async fn leave(tx: &Tx, id: ConversationId, user_id: UserId) -> Result<()> {
    let change = conversation_members::ActiveModel {
        left_at: Set(Some(tx.now())),
        is_owner: Set(false),
        active_at: Set(None),
        ..Default::default()
    };
    let update = update_member(id, user_id, change);
    update.exec(tx).await.map_db_err().map(drop)
}

/// An update of a conversation, which becomes its next version.
fn update_one(
    tx: &Tx,
    id: ConversationId,
    change: conversations::ActiveModel,
) -> UpdateMany<conversations::Entity> {
    conversations::Entity::update_many()
        .set(conversations::ActiveModel { updated_at: Set(tx.now()), ..change })
        .col_expr(conversations::Column::Version, conversations::COLUMN.version.add(1))
        .filter(conversations::COLUMN.id.eq(id))
}

pub(super) async fn set_title(tx: &Tx, id: ConversationId, title: String) -> Result<()> {
    let change = conversations::ActiveModel { title: Set(Some(title)), ..Default::default() };
    let update = update_one(tx, id, change);
    update.exec(tx).await.map_db_err().map(drop)
}

/// Notes that the members have changed.
pub(super) async fn touch(tx: &Tx, id: ConversationId) -> Result<()> {
    let update = update_one(tx, id, conversations::ActiveModel::default());
    update.exec(tx).await.map_db_err().map(drop)
}

/// Moves a member's read position forward; answers whether the member had read less before.
pub(super) async fn advance_read(tx: &Tx, id: ConversationId, me: UserId, number: i64) -> Result<bool> {
    let change = conversation_members::ActiveModel { read_number: Set(number), ..Default::default() };
    let update = update_member(id, me, change)
        .filter(conversation_members::COLUMN.left_at.is_null())
        .filter(conversation_members::COLUMN.read_number.lt(number));
    Ok(update.exec(tx).await.map_db_err()?.rows_affected == 1)
}

/// Notes when a member has read up to a number, unless that is noted.
pub(super) async fn insert_read(tx: &Tx, id: ConversationId, me: UserId, number: i64) -> Result<()> {
    let read = conversation_reads::ActiveModel {
        conversation_id: Set(id),
        user_id: Set(me),
        number: Set(number),
        read_at: Set(tx.now()),
    };
    let insert = conversation_reads::Entity::insert(read).on_conflict_do_nothing();
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// Gives this number to the next message, and moves the conversation to the top of its members' lists.
pub(crate) async fn set_last_number(tx: &Tx, id: ConversationId, number: i64) -> Result<()> {
    // Text, because every message that is sent runs this.
    let sql = "UPDATE conversations SET last_number = :number WHERE id = :id";
    tx.execute(sql, values! { number, id }).await?;
    if tx.is_postgres() {
        // Text, because it calls a function: the caller may not change the lists of other members.
        let statement = tx.named("SELECT app.stir(:id)", values! { id });
        return tx.query_one_raw(statement).await.map_db_err().map(drop);
    }
    // Text, as the function that does the same on PostgreSQL.
    let sql =
        "UPDATE conversation_members SET active_at = :now WHERE conversation_id = :id AND left_at IS NULL";
    tx.execute(sql, values! { now: tx.now(), id }).await.map(drop)
}
