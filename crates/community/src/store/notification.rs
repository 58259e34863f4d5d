use std::collections::HashSet;

use database::{MapDbErr, Tx};
use enrollment::ReadableCourses;
use kernel::{
    CommentId, ConversationId, CourseId, Cursor, LessonId, Limit, MessageId, NotificationId, PostId, Result,
    Timestamp, UserId, Uuid,
};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use crate::{
    Notification,
    notification::{Kind, New, Which},
    preference::Channel,
};

// Reading ----------------------------------------------------------------------------------------------------------

const NOTIFICATION: &str = "n.id, n.kind, n.actor_id, u.username AS actor_username, u.name AS actor_name, \
    u.avatar_url AS actor_avatar_url, n.course_id, n.post_id, n.lesson_id, n.comment_id, n.conversation_id, n.message_id, \
    n.announcement_id, n.outcome, n.until_at, n.note, n.read_at, n.created_at, \
    CASE WHEN n.kind <> 'MODERATION' THEN coalesce(a.title, p.title) END AS title, \
    CASE WHEN n.kind <> 'MODERATION' THEN substr(coalesce(a.body, c.content, p.content), 1, 1000) END AS excerpt";

/// What a notification is about, as far as its reader may see it.
const ABOUT: &str = "FROM notifications n LEFT JOIN users u ON u.id = n.actor_id \
    LEFT JOIN posts p ON p.id = n.post_id AND p.status = 'PUBLISHED' \
    LEFT JOIN comments c ON c.id = n.comment_id AND c.status = 'PUBLISHED' \
    LEFT JOIN announcements a ON a.id = n.announcement_id";

/// A condition for what the reader may read now, and its values.
///
/// What became of oneself is told whatever happens. Everything else needs that no block stands between the two, that the content
/// is there, and that the reader has the course: a lesson of a free preview is everybody's. Of a conversation it needs that the
/// reader is in it, and that something is unread as long as the notification is.
fn visible(tx: &Tx, courses: &ReadableCourses) -> (String, Vec<Value>) {
    let (in_course, values) = match courses {
        ReadableCourses::All => ("1 = 1".to_owned(), Vec::new()),
        ReadableCourses::These(ids) if ids.is_empty() => ("n.course_id IS NULL".to_owned(), Vec::new()),
        ReadableCourses::These(ids) if tx.is_postgres() => {
            // One value, however many courses there are.
            let list: Vec<String> = ids.iter().map(ToString::to_string).collect();
            let list = format!("{{{}}}", list.join(","));
            (
                "(n.course_id IS NULL OR n.course_id = ANY (CAST(? AS uuid[])))".to_owned(),
                vec![list.into()],
            )
        }
        ReadableCourses::These(ids) => {
            let marks = vec!["?"; ids.len()].join(", ");
            (
                format!("(n.course_id IS NULL OR n.course_id IN ({marks}))"),
                ids.iter().map(|id| Value::from(*id)).collect(),
            )
        }
    };
    let condition = format!(
        "(n.kind IN ('MODERATION', 'ACCESS') OR (NOT EXISTS (SELECT 1 FROM blocks b \
           WHERE (b.blocker_id = n.user_id AND b.blocked_id = n.actor_id) \
           OR (b.blocker_id = n.actor_id AND b.blocked_id = n.user_id)) \
         AND CASE WHEN n.kind = 'MESSAGE' THEN EXISTS (SELECT 1 FROM conversation_members m \
             WHERE m.conversation_id = n.conversation_id AND m.user_id = n.user_id AND m.left_at IS NULL \
             AND (n.read_at IS NOT NULL OR EXISTS (SELECT 1 FROM messages g WHERE g.conversation_id = m.conversation_id \
               AND g.number > m.read_number AND g.sender_id <> n.user_id AND g.deleted_at IS NULL \
               AND g.removed_at IS NULL))) \
           WHEN n.lesson_id IS NOT NULL THEN c.id IS NOT NULL AND EXISTS (SELECT 1 FROM lessons l \
             JOIN chapters h ON h.id = l.chapter_id JOIN courses k ON k.id = l.course_id WHERE l.id = n.lesson_id \
             AND l.is_published AND h.is_published AND k.is_published AND (h.is_free OR {in_course})) \
           WHEN n.announcement_id IS NOT NULL THEN a.id IS NOT NULL AND {in_course} \
           WHEN n.comment_id IS NOT NULL THEN c.id IS NOT NULL AND p.id IS NOT NULL AND {in_course} \
           ELSE p.id IS NOT NULL AND {in_course} END))"
    );
    let four = std::iter::repeat_n(values, 4).flatten().collect();
    (condition, four)
}

pub(crate) async fn page(
    tx: &Tx,
    user_id: UserId,
    unread: Option<bool>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Notification>> {
    let courses = enrollment::readable_courses(tx).await?;
    let (visible, more) = visible(tx, &courses);
    let mut sql = format!("SELECT {NOTIFICATION} {ABOUT} WHERE n.user_id = ? AND n.in_app AND {visible}");
    let mut values: Vec<Value> = vec![user_id.into()];
    values.extend(more);
    sql.push_str(match unread {
        Some(true) => " AND n.read_at IS NULL",
        Some(false) => " AND n.read_at IS NOT NULL",
        None => "",
    });
    if let Some(after) = after {
        sql.push_str(" AND n.id < ?");
        values.push(after.id.into());
    }
    sql.push_str(&format!(" ORDER BY n.id DESC LIMIT {}", limit.fetch()));
    tx.all(&sql, values).await
}

pub(crate) async fn unread_count(tx: &Tx, user_id: UserId, most: u64) -> Result<i64> {
    let courses = enrollment::readable_courses(tx).await?;
    let (visible, more) = visible(tx, &courses);
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 {ABOUT} WHERE n.user_id = ? AND n.in_app AND n.read_at IS NULL AND {visible} \
         LIMIT {most}) t"
    );
    let mut values: Vec<Value> = vec![user_id.into()];
    values.extend(more);
    tx.count(&sql, values).await
}

pub(crate) async fn mark_read(tx: &Tx, user_id: UserId, which: &Which) -> Result<u64> {
    let mut values: Vec<Value> = vec![tx.now().into(), user_id.into()];
    let these = match which {
        Which::UpTo(id) => {
            values.push((*id).into());
            "id <= ?".to_owned()
        }
        Which::These(ids) => {
            values.extend(ids.iter().map(|id| Value::from(*id)));
            format!("id IN ({})", vec!["?"; ids.len()].join(", "))
        }
    };
    let sql =
        format!("UPDATE notifications SET read_at = ? WHERE user_id = ? AND read_at IS NULL AND {these}");
    tx.change(&sql, values).await
}

// Mails ------------------------------------------------------------------------------------------------------------

/// What is to be mailed to the caller, newest first: unread, not mailed yet, written after `since`, and to be seen now. One of
/// them, or as many as a digest has.
pub(crate) async fn to_mail(
    tx: &Tx,
    user_id: UserId,
    one: Option<NotificationId>,
    since: Timestamp,
    most: u64,
) -> Result<Vec<Notification>> {
    let courses = enrollment::readable_courses(tx).await?;
    let (visible, more) = visible(tx, &courses);
    let mut sql = format!(
        "SELECT {NOTIFICATION} {ABOUT} WHERE n.user_id = ? AND n.by_mail AND n.mailed_at IS NULL AND n.read_at IS NULL \
         AND n.created_at > ? AND {visible}"
    );
    let mut values: Vec<Value> = vec![user_id.into(), since.into()];
    values.extend(more);
    if let Some(id) = one {
        sql.push_str(" AND n.id = ?");
        values.push(id.into());
    }
    sql.push_str(&format!(" ORDER BY n.id DESC LIMIT {most}"));
    tx.all(&sql, values).await
}

/// Marks what was mailed to the caller.
pub(crate) async fn mark_mailed(tx: &Tx, user_id: UserId, ids: &[NotificationId]) -> Result<()> {
    let marks = vec!["?"; ids.len()].join(", ");
    let sql = format!("UPDATE notifications SET mailed_at = ? WHERE user_id = ? AND id IN ({marks})");
    let mut values: Vec<Value> = vec![tx.now().into(), user_id.into()];
    values.extend(ids.iter().map(|id| Value::from(*id)));
    tx.change(&sql, values).await.map(drop)
}

// Writing ----------------------------------------------------------------------------------------------------------

/// Writes notifications, each unless its reader was told of the same before; answers with those that are new and whose they are.
pub(crate) async fn insert(tx: &Tx, news: &[(Channel, New)]) -> Result<Vec<(UserId, NotificationId)>> {
    if news.is_empty() {
        return Ok(Vec::new());
    }
    let row = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let sql = format!(
        "INSERT INTO notifications (id, user_id, kind, source, actor_id, course_id, post_id, lesson_id, comment_id, \
         conversation_id, message_id, announcement_id, outcome, until_at, note, in_app, by_mail, created_at) VALUES {} \
         ON CONFLICT DO NOTHING RETURNING user_id, id",
        vec![row; news.len()].join(", ")
    );
    let values = news.iter().flat_map(|(channel, new)| -> [Value; 18] {
        [
            tx.new_id::<NotificationId>().into(),
            new.user_id.into(),
            new.kind.as_str().into(),
            new.source.clone().into(),
            new.actor_id.into(),
            new.course_id.into(),
            new.post_id.into(),
            new.lesson_id.into(),
            new.comment_id.into(),
            new.conversation_id.into(),
            new.message_id.into(),
            new.announcement_id.into(),
            new.outcome.clone().into(),
            new.until_at.into(),
            new.note.clone().into(),
            channel.in_app.into(),
            channel.email.into(),
            tx.now().into(),
        ]
    });
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    let written: Result<Vec<(UserId, NotificationId)>, DbErr> = rows
        .iter()
        .map(|row| Ok((row.try_get("", "user_id")?, row.try_get("", "id")?)))
        .collect();
    written.map_db_err()
}

/// Takes away unread notifications of a conversation whose readers have read it in the meantime.
pub(crate) async fn forget_read(tx: &Tx, conversation_id: ConversationId) -> Result<()> {
    let sql = "DELETE FROM notifications WHERE conversation_id = ? AND read_at IS NULL AND (SELECT m.read_number >= g.number \
               FROM messages g JOIN conversation_members m ON m.conversation_id = g.conversation_id \
               WHERE g.id = notifications.message_id AND m.user_id = notifications.user_id)";
    tx.change(sql, [conversation_id.into()]).await.map(drop)
}

pub(crate) async fn sweep(tx: &Tx, before: Timestamp) -> Result<u64> {
    let sql = "DELETE FROM notifications WHERE created_at < ?";
    tx.change(sql, [before.into()]).await
}

// Readers ----------------------------------------------------------------------------------------------------------

#[derive(FromQueryResult)]
struct Id {
    id: UserId,
}

/// Those of these whose accounts may be used.
pub(crate) async fn active_users(tx: &Tx, users: &[UserId]) -> Result<HashSet<UserId>> {
    if users.is_empty() {
        return Ok(HashSet::new());
    }
    let marks = vec!["?"; users.len()].join(", ");
    let sql = format!("SELECT id FROM users WHERE status = 'ACTIVE' AND id IN ({marks})");
    let rows = tx
        .all::<Id>(&sql, users.iter().map(|id| Value::from(*id)))
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The role of an account that may be used.
pub(crate) async fn role(tx: &Tx, user_id: UserId) -> Result<Option<String>> {
    #[derive(FromQueryResult)]
    struct Row {
        role: String,
    }
    let sql = "SELECT role FROM users WHERE id = ? AND status = 'ACTIVE'";
    Ok(tx.one::<Row>(sql, [user_id.into()]).await?.map(|row| row.role))
}

// Events -----------------------------------------------------------------------------------------------------------

/// A post or a comment, and whom it may concern, in the order in which they are told: everybody once.
pub(crate) struct Written {
    pub(crate) author_id: UserId,
    pub(crate) course_id: Option<CourseId>,
    pub(crate) post_id: Option<PostId>,
    pub(crate) lesson_id: Option<LessonId>,
    pub(crate) comment_id: Option<CommentId>,
    pub(crate) concerned: Vec<(Kind, UserId)>,
}

async fn mentioned(tx: &Tx, subject_id: impl Into<Uuid>) -> Result<impl Iterator<Item = (Kind, UserId)>> {
    let sql = "SELECT user_id AS id FROM mentions WHERE subject_id = ? ORDER BY user_id";
    let rows = tx.all::<Id>(sql, [subject_id.into().into()]).await?;
    Ok(rows.into_iter().map(|row| (Kind::Mention, row.id)))
}

pub(crate) async fn post(tx: &Tx, id: PostId) -> Result<Option<Written>> {
    #[derive(FromQueryResult)]
    struct Row {
        author_id: UserId,
        course_id: Option<CourseId>,
    }
    let sql = "SELECT author_id, course_id FROM posts WHERE id = ? AND status = 'PUBLISHED'";
    let Some(row) = tx.one::<Row>(sql, [id.into()]).await? else {
        return Ok(None);
    };
    Ok(Some(Written {
        author_id: row.author_id,
        course_id: row.course_id,
        post_id: Some(id),
        lesson_id: None,
        comment_id: None,
        concerned: mentioned(tx, id).await?.collect(),
    }))
}

pub(crate) async fn comment(tx: &Tx, id: CommentId) -> Result<Option<Written>> {
    #[derive(FromQueryResult)]
    struct Row {
        author_id: UserId,
        course_id: Option<CourseId>,
        post_id: Option<PostId>,
        lesson_id: Option<LessonId>,
        answered_id: Option<UserId>,
        owner_id: Option<UserId>,
    }
    let sql = "SELECT c.author_id, c.course_id, c.post_id, c.lesson_id, o.author_id AS answered_id, \
               coalesce(p.author_id, k.author_id) AS owner_id FROM comments c LEFT JOIN comments o ON o.id = c.parent_id \
               LEFT JOIN posts p ON p.id = c.post_id LEFT JOIN courses k ON k.id = c.course_id \
               WHERE c.id = ? AND c.status = 'PUBLISHED'";
    let Some(row) = tx.one::<Row>(sql, [id.into()]).await? else {
        return Ok(None);
    };
    let answered = row.answered_id.map(|user| (Kind::Reply, user));
    let owner = row.owner_id.map(|user| (Kind::Comment, user));
    let mentioned = mentioned(tx, id).await?;
    Ok(Some(Written {
        author_id: row.author_id,
        course_id: row.course_id,
        post_id: row.post_id,
        lesson_id: row.lesson_id,
        comment_id: Some(id),
        concerned: answered.into_iter().chain(owner).chain(mentioned).collect(),
    }))
}

/// A message, and the others of its conversation who have not read so far.
pub(crate) struct Sent {
    pub(crate) conversation_id: ConversationId,
    pub(crate) sender_id: UserId,
    pub(crate) unread_by: Vec<UserId>,
}

pub(crate) async fn message(tx: &Tx, id: MessageId) -> Result<Option<Sent>> {
    #[derive(FromQueryResult)]
    struct Row {
        conversation_id: ConversationId,
        sender_id: UserId,
        number: i64,
    }
    let sql = "SELECT conversation_id, sender_id, number FROM messages WHERE id = ? AND deleted_at IS NULL AND removed_at IS NULL";
    let Some(row) = tx.one::<Row>(sql, [id.into()]).await? else {
        return Ok(None);
    };
    let sql = "SELECT user_id AS id FROM conversation_members WHERE conversation_id = ? AND user_id <> ? AND left_at IS NULL \
               AND read_number < ? ORDER BY user_id";
    let values = [
        row.conversation_id.into(),
        row.sender_id.into(),
        row.number.into(),
    ];
    let members = tx.all::<Id>(sql, values).await?;
    Ok(Some(Sent {
        conversation_id: row.conversation_id,
        sender_id: row.sender_id,
        unread_by: members.into_iter().map(|row| row.id).collect(),
    }))
}

/// The conversation of a message, its number in it, and who is there.
pub(crate) async fn members(
    tx: &Tx,
    message_id: MessageId,
) -> Result<Option<(ConversationId, i64, Vec<UserId>)>> {
    #[derive(FromQueryResult)]
    struct Row {
        conversation_id: ConversationId,
        number: i64,
        user_id: UserId,
    }
    let sql = "SELECT m.conversation_id, g.number, m.user_id FROM messages g JOIN conversation_members m \
               ON m.conversation_id = g.conversation_id WHERE g.id = ? AND m.left_at IS NULL ORDER BY m.user_id";
    let rows = tx.all::<Row>(sql, [message_id.into()]).await?;
    let place = rows.first().map(|row| (row.conversation_id, row.number));
    Ok(place.map(|(id, number)| (id, number, rows.into_iter().map(|row| row.user_id).collect())))
}
