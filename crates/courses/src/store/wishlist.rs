use database::Tx;
use kernel::{CourseId, Cursor, Limit, Result, UserId, Uuid, WishId};
use sea_orm::{FromQueryResult, Value};

use kernel::Timestamp;

/// A wish, without its course.
#[derive(FromQueryResult)]
pub(crate) struct Wish {
    pub(crate) id: WishId,
    pub(crate) course_id: CourseId,
    pub(crate) created_at: Timestamp,
}

pub(crate) async fn insert(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    let sql = "INSERT INTO wishlists (id, user_id, course_id, created_at) VALUES (?, ?, ?, ?) \
               ON CONFLICT (user_id, course_id) DO NOTHING";
    let values = [
        tx.new_id::<Uuid>().into(),
        user_id.into(),
        course_id.into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn delete(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    let sql = "DELETE FROM wishlists WHERE user_id = ? AND course_id = ?";
    tx.change(sql, [user_id.into(), course_id.into()]).await.map(drop)
}

pub(crate) async fn find(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Option<Wish>> {
    let sql = "SELECT id, course_id, created_at FROM wishlists WHERE user_id = ? AND course_id = ?";
    tx.one(sql, [user_id.into(), course_id.into()]).await
}

/// Newest first. What is no longer published is still on the list, and not shown.
pub(crate) async fn list(tx: &Tx, user_id: UserId, after: Option<Cursor>, limit: Limit) -> Result<Vec<Wish>> {
    let mut sql =
        "SELECT w.id, w.course_id, w.created_at FROM wishlists w JOIN courses c ON c.id = w.course_id \
                   WHERE w.user_id = ? AND c.is_published"
            .to_owned();
    let mut values: Vec<Value> = vec![user_id.into()];
    if let Some(after) = after {
        sql.push_str(" AND (w.created_at, w.id) < (?, ?)");
        values.extend([after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY w.created_at DESC, w.id DESC LIMIT {}",
        limit.fetch()
    ));
    tx.all(&sql, values).await
}
