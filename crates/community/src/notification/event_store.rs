//! The statements about the events of which people are notified, and about those people. For the worker, whose database role sees only
//! some columns of messages.

use std::collections::HashSet;

use database::{MapDbErr, Tx, values};
use entity::{
    conversation_members,
    enums::{NotificationKind, PostStatus, Role, UserStatus},
    messages, posts, users,
};
use kernel::{CommentId, ConversationId, CourseId, LessonId, MessageId, PostId, Result, UserId};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use super::model::{MessageReaders, SentMessage, WrittenContent};
use crate::{counter::model::PostOrComment, mention};

/// Those of these accounts that are active.
pub(super) async fn active_users(tx: &Tx, users: &[UserId]) -> Result<HashSet<UserId>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: UserId,
    }
    if users.is_empty() {
        return Ok(HashSet::new());
    }
    let (any_of, users) = tx.any_of("users", users);
    // Text, so that the statement is the same however many accounts there are.
    let sql = format!("SELECT id FROM users WHERE status = 'ACTIVE' AND id {any_of}");
    let rows: Vec<Row> = tx.fetch_all(&sql, values! { users }).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The role of an active account.
pub(super) async fn role(tx: &Tx, user_id: UserId) -> Result<Option<Role>> {
    users::Entity::find_by_id(user_id)
        .select_only()
        .column(users::Column::Role)
        .filter(users::COLUMN.status.eq(UserStatus::Active))
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()
}

async fn mentioned(
    tx: &Tx,
    subject: PostOrComment,
) -> Result<impl Iterator<Item = (NotificationKind, UserId)>> {
    let users = mention::of(tx, subject).await?;
    Ok(users.into_iter().map(|user| (NotificationKind::Mention, user)))
}

/// A published post, and whom it mentions.
pub(super) async fn post(tx: &Tx, id: PostId) -> Result<Option<WrittenContent>> {
    let post: Option<(UserId, Option<CourseId>)> = posts::Entity::find_by_id(id)
        .select_only()
        .column(posts::Column::AuthorId)
        .column(posts::Column::CourseId)
        .filter(posts::COLUMN.status.eq(PostStatus::Published))
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()?;
    let Some((author_id, course_id)) = post else {
        return Ok(None);
    };
    Ok(Some(WrittenContent {
        author_id,
        course_id,
        post_id: Some(id),
        lesson_id: None,
        comment_id: None,
        concerned: mentioned(tx, PostOrComment::Post(id)).await?.collect(),
    }))
}

/// A published comment; the author of the comment that it answers, the author of the post or the course, and whom it mentions.
pub(super) async fn comment(tx: &Tx, id: CommentId) -> Result<Option<WrittenContent>> {
    #[derive(FromQueryResult)]
    struct Row {
        author_id: UserId,
        course_id: Option<CourseId>,
        post_id: Option<PostId>,
        lesson_id: Option<LessonId>,
        parent_author_id: Option<UserId>,
        owner_id: Option<UserId>,
    }
    // Text, because it joins the comments with themselves and with two other tables.
    let sql = "SELECT c.author_id, c.course_id, c.post_id, c.lesson_id, o.author_id AS parent_author_id, \
               coalesce(p.author_id, k.author_id) AS owner_id FROM comments c LEFT JOIN comments o ON o.id = c.parent_id \
               LEFT JOIN posts p ON p.id = c.post_id LEFT JOIN courses k ON k.id = c.course_id \
               WHERE c.id = :id AND c.status = 'PUBLISHED'";
    let row: Option<Row> = tx.fetch_optional(sql, values! { id }).await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let parent_author = row.parent_author_id.map(|user| (NotificationKind::Reply, user));
    let owner = row.owner_id.map(|user| (NotificationKind::Comment, user));
    let mentioned = mentioned(tx, PostOrComment::Comment(id)).await?;
    Ok(Some(WrittenContent {
        author_id: row.author_id,
        course_id: row.course_id,
        post_id: row.post_id,
        lesson_id: row.lesson_id,
        comment_id: Some(id),
        concerned: parent_author.into_iter().chain(owner).chain(mentioned).collect(),
    }))
}

/// A message, and the other members who have not read up to it.
pub(super) async fn message(tx: &Tx, id: MessageId) -> Result<Option<SentMessage>> {
    let message: Option<(ConversationId, UserId, i64)> = messages::Entity::find_by_id(id)
        .select_only()
        .column(messages::Column::ConversationId)
        .column(messages::Column::SenderId)
        .column(messages::Column::Number)
        .filter(messages::COLUMN.deleted_at.is_null())
        .filter(messages::COLUMN.removed_at.is_null())
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()?;
    let Some((conversation_id, sender_id, number)) = message else {
        return Ok(None);
    };
    let unread_by = conversation_members::Entity::find()
        .select_only()
        .column(conversation_members::Column::UserId)
        .filter(conversation_members::COLUMN.conversation_id.eq(conversation_id))
        .filter(conversation_members::COLUMN.user_id.ne(sender_id))
        .filter(conversation_members::COLUMN.left_at.is_null())
        .filter(conversation_members::COLUMN.read_number.lt(number))
        .order_by_asc(conversation_members::Column::UserId)
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()?;
    Ok(Some(SentMessage { conversation_id, sender_id, unread_by }))
}

/// The conversation of a message, its number there, and the members.
pub(super) async fn message_readers(tx: &Tx, message_id: MessageId) -> Result<Option<MessageReaders>> {
    #[derive(FromQueryResult)]
    struct Row {
        conversation_id: ConversationId,
        number: i64,
        user_id: UserId,
    }
    // Text, because the two tables are joined without a foreign key between them.
    let sql = "SELECT m.conversation_id, g.number, m.user_id FROM messages g JOIN conversation_members m \
               ON m.conversation_id = g.conversation_id WHERE g.id = :message_id AND m.left_at IS NULL ORDER BY m.user_id";
    let rows: Vec<Row> = tx.fetch_all(sql, values! { message_id }).await?;
    let place = rows.first().map(|row| (row.conversation_id, row.number));
    Ok(place.map(|(conversation_id, number)| MessageReaders {
        conversation_id,
        number,
        members: rows.into_iter().map(|row| row.user_id).collect(),
    }))
}
