//! The statements about notifications.

use database::{MapDbErr, Tx, values};
use entity::notifications;
use kernel::{ConversationId, Cursor, Limit, NotificationId, Result, Timestamp, UserId};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait,
    sea_query::{OnConflict, Query},
};

use super::{
    model::{NewNotification, Notification, Which},
    visibility::visible,
};
use crate::{person, preference::model::Channel};

/// A notification with its actor and what the recipient may see of its subject. It is text like its condition.
fn select() -> String {
    let actor = person::columns("actor_");
    format!(
        "SELECT n.id, n.kind, {actor}, n.course_id, n.post_id, n.lesson_id, n.comment_id, n.conversation_id, \
         n.message_id, n.announcement_id, n.outcome, n.until_at, n.note, n.read_at, n.created_at, \
         CASE WHEN n.kind <> 'MODERATION' THEN coalesce(a.title, p.title) END AS title, \
         CASE WHEN n.kind <> 'MODERATION' THEN substr(coalesce(a.body, c.content, p.content), 1, 1000) END AS excerpt \
         {FROM}"
    )
}

/// Notifications and their subjects.
const FROM: &str = "FROM notifications n LEFT JOIN users u ON u.id = n.actor_id \
    LEFT JOIN posts p ON p.id = n.post_id AND p.status = 'PUBLISHED' \
    LEFT JOIN comments c ON c.id = n.comment_id AND c.status = 'PUBLISHED' \
    LEFT JOIN announcements a ON a.id = n.announcement_id";

/// The newest first: the ids are in the order of their creation.
pub(super) async fn list(
    tx: &Tx,
    user_id: UserId,
    unread: Option<bool>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Notification>> {
    // Text, because of the condition, and because clients read this list all the time.
    let courses = enrollment::readable_courses(tx).await?;
    let (visible, mut values) = visible(tx, &courses);
    let mut sql = format!("{} WHERE n.user_id = :user_id AND n.in_app AND {visible}", select());
    values.extend(values! { user_id });
    sql.push_str(match unread {
        Some(true) => " AND n.read_at IS NULL",
        Some(false) => " AND n.read_at IS NOT NULL",
        None => "",
    });
    if let Some(after) = after {
        sql.push_str(" AND n.id < :after");
        values.extend(values! { after: after.id });
    }
    sql.push_str(&format!(" ORDER BY n.id DESC LIMIT {}", limit.fetch()));
    tx.fetch_all(&sql, values).await
}

pub(super) async fn unread_count(tx: &Tx, user_id: UserId, max: u64) -> Result<i64> {
    let courses = enrollment::readable_courses(tx).await?;
    let (visible, mut values) = visible(tx, &courses);
    // Text, because of the condition.
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 {FROM} WHERE n.user_id = :user_id AND n.in_app AND n.read_at IS NULL AND {visible} \
         LIMIT {max}) t"
    );
    values.extend(values! { user_id });
    let count: Option<i64> = tx.fetch_scalar(&sql, values).await?;
    Ok(count.unwrap_or_default())
}

/// Marks unread notifications as read, and answers with how many there were.
pub(super) async fn mark_read(tx: &Tx, user_id: UserId, which: &Which) -> Result<u64> {
    let these = match which {
        Which::UpTo(id) => notifications::COLUMN.id.lte(*id),
        Which::These(ids) => notifications::COLUMN.id.is_in(ids.iter().copied()),
    };
    let update = notifications::Entity::update_many()
        .set(notifications::ActiveModel { read_at: Set(Some(tx.now())), ..Default::default() })
        .filter(notifications::COLUMN.user_id.eq(user_id))
        .filter(notifications::COLUMN.read_at.is_null())
        .filter(these);
    Ok(update.exec(tx).await.map_db_err()?.rows_affected)
}

/// The notifications that are to be mailed to the caller, newest first: unread, not mailed yet, written after `since`, and visible now.
/// Only the notification `id`, or up to `max` of them.
pub(super) async fn unmailed(
    tx: &Tx,
    user_id: UserId,
    id: Option<NotificationId>,
    since: Timestamp,
    max: u64,
) -> Result<Vec<Notification>> {
    // Text, because of the condition.
    let courses = enrollment::readable_courses(tx).await?;
    let (visible, mut values) = visible(tx, &courses);
    let mut sql = format!(
        "{} WHERE n.user_id = :user_id AND n.by_mail AND n.mailed_at IS NULL AND n.read_at IS NULL \
         AND n.created_at > :since AND {visible}",
        select()
    );
    values.extend(values! { user_id, since });
    if let Some(id) = id {
        sql.push_str(" AND n.id = :id");
        values.extend(values! { id });
    }
    sql.push_str(&format!(" ORDER BY n.id DESC LIMIT {max}"));
    tx.fetch_all(&sql, values).await
}

pub(super) async fn mark_mailed(tx: &Tx, user_id: UserId, ids: &[NotificationId]) -> Result<()> {
    notifications::Entity::update_many()
        .set(notifications::ActiveModel { mailed_at: Set(Some(tx.now())), ..Default::default() })
        .filter(notifications::COLUMN.user_id.eq(user_id))
        .filter(notifications::COLUMN.id.is_in(ids.iter().copied()))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}

/// Inserts notifications, each unless its recipient was notified of the same before. Answers with the recipients and ids of the new
/// ones.
pub(super) async fn insert(
    tx: &Tx,
    new: Vec<(Channel, NewNotification)>,
) -> Result<Vec<(UserId, NotificationId)>> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let rows = new.into_iter().map(|(channel, new)| notifications::ActiveModel {
        id: Set(tx.new_id()),
        user_id: Set(new.user_id),
        kind: Set(new.kind),
        source: Set(new.source),
        actor_id: Set(new.actor_id),
        course_id: Set(new.course_id),
        post_id: Set(new.post_id),
        lesson_id: Set(new.lesson_id),
        comment_id: Set(new.comment_id),
        conversation_id: Set(new.conversation_id),
        message_id: Set(new.message_id),
        announcement_id: Set(new.announcement_id),
        outcome: Set(new.outcome),
        until_at: Set(new.until_at),
        note: Set(new.note),
        in_app: Set(channel.in_app),
        by_mail: Set(channel.email),
        mailed_at: Set(None),
        read_at: Set(None),
        created_at: Set(tx.now()),
    });
    // Two unique constraints may be in the way, so that the conflict names no columns.
    let mut insert =
        notifications::Entity::insert_many(rows).on_conflict(OnConflict::new().do_nothing().to_owned());
    QueryTrait::query(&mut insert)
        .returning(Query::returning().columns([notifications::Column::UserId, notifications::Column::Id]));
    let rows = tx.query_all(QueryTrait::as_query(&insert)).await.map_db_err()?;
    let written = rows
        .iter()
        .map(|row| Ok((row.try_get("", "user_id")?, row.try_get("", "id")?)))
        .collect::<Result<_, sea_orm::DbErr>>();
    written.map_db_err()
}

/// Deletes unread notifications of a conversation whose recipients have read the message meanwhile.
pub(super) async fn delete_read(tx: &Tx, conversation_id: ConversationId) -> Result<()> {
    // Text, because of the condition on another table.
    let sql = "DELETE FROM notifications WHERE conversation_id = :conversation_id AND read_at IS NULL \
               AND (SELECT m.read_number >= g.number \
               FROM messages g JOIN conversation_members m ON m.conversation_id = g.conversation_id \
               WHERE g.id = notifications.message_id AND m.user_id = notifications.user_id)";
    tx.execute(sql, values! { conversation_id }).await.map(drop)
}

pub(super) async fn sweep(tx: &Tx, before: Timestamp) -> Result<u64> {
    let delete = notifications::Entity::delete_many().filter(notifications::COLUMN.created_at.lt(before));
    Ok(delete.exec(tx).await.map_db_err()?.rows_affected)
}
