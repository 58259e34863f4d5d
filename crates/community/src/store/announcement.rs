use database::Tx;
use kernel::{AnnouncementId, CourseId, Cursor, Limit, Result, Timestamp, UserId};
use sea_orm::{FromQueryResult, Value};

use crate::Announcement;

const ANNOUNCEMENT: &str = "SELECT a.id, a.course_id, a.author_id, u.username AS author_username, u.name AS author_name, \
    u.avatar_url AS author_avatar_url, a.title, a.body, a.told_count, a.finished_at, a.created_at \
    FROM announcements a JOIN users u ON u.id = a.author_id";

pub(crate) async fn insert(
    tx: &Tx,
    id: AnnouncementId,
    course_id: CourseId,
    author_id: UserId,
    title: &str,
    body: &str,
) -> Result<()> {
    let sql = "INSERT INTO announcements (id, course_id, author_id, title, body, told_count, created_at) \
               VALUES (?, ?, ?, ?, ?, 0, ?)";
    let values = [
        id.into(),
        course_id.into(),
        author_id.into(),
        title.into(),
        body.into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn one(tx: &Tx, id: AnnouncementId) -> Result<Option<Announcement>> {
    tx.one(&format!("{ANNOUNCEMENT} WHERE a.id = ?"), [id.into()])
        .await
}

pub(crate) async fn page(
    tx: &Tx,
    course_id: CourseId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Announcement>> {
    let (mut sql, mut values): (String, Vec<Value>) = (
        format!("{ANNOUNCEMENT} WHERE a.course_id = ?"),
        vec![course_id.into()],
    );
    if let Some(after) = after {
        sql.push_str(" AND (a.created_at, a.id) < (?, ?)");
        values.extend([after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY a.created_at DESC, a.id DESC LIMIT {}",
        limit.fetch()
    ));
    tx.all(&sql, values).await
}

/// When the nth newest of a course was written, where that was after `since`.
pub(crate) async fn nth_since(
    tx: &Tx,
    course_id: CourseId,
    nth: u64,
    since: Timestamp,
) -> Result<Option<Timestamp>> {
    #[derive(FromQueryResult)]
    struct Row {
        created_at: Timestamp,
    }
    let sql = format!(
        "SELECT created_at FROM announcements WHERE course_id = ? AND created_at > ? \
         ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET {}",
        nth.saturating_sub(1)
    );
    let row = tx.one::<Row>(&sql, [course_id.into(), since.into()]).await?;
    Ok(row.map(|row| row.created_at))
}

/// How far an announcement has come.
#[derive(FromQueryResult)]
pub(crate) struct Work {
    pub(crate) course_id: CourseId,
    pub(crate) author_id: UserId,
    pub(crate) reached_id: Option<UserId>,
}

/// An announcement that not everybody was told, locked until the end of the transaction.
pub(crate) async fn lock(tx: &Tx, id: AnnouncementId) -> Result<Option<Work>> {
    let sql = format!(
        "SELECT course_id, author_id, reached_id FROM announcements WHERE id = ? AND finished_at IS NULL{}",
        tx.for_update()
    );
    tx.one(&sql, [id.into()]).await
}

pub(crate) async fn reach(
    tx: &Tx,
    id: AnnouncementId,
    last: Option<UserId>,
    told: u64,
    done: bool,
) -> Result<()> {
    let sql = "UPDATE announcements SET reached_id = coalesce(?, reached_id), told_count = told_count + ?, finished_at = ? \
               WHERE id = ?";
    let values = [
        last.into(),
        i64::try_from(told).unwrap_or(0).into(),
        done.then(|| tx.now()).into(),
        id.into(),
    ];
    tx.change(sql, values).await.map(drop)
}
