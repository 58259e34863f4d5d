use database::Tx;
use kernel::{CourseId, Result, UserId};

use crate::Trainer;

const TRAINER: &str = "u.id, u.username, u.name, u.avatar_url";

pub(crate) async fn is_editor(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<bool> {
    let sql = "SELECT count(*) FROM course_editors WHERE course_id = ? AND user_id = ?";
    Ok(tx.count(sql, [course_id.into(), user_id.into()]).await? > 0)
}

/// The owner first, then the editors in the order in which they came.
pub(crate) async fn trainers(tx: &Tx, course_id: CourseId) -> Result<Vec<Trainer>> {
    let sql = format!(
        "SELECT {TRAINER}, 'OWNER' AS part, c.created_at AS since FROM courses c JOIN users u ON u.id = c.author_id \
         WHERE c.id = ? UNION ALL \
         SELECT {TRAINER}, 'EDITOR' AS part, e.created_at AS since FROM course_editors e JOIN users u ON u.id = e.user_id \
         WHERE e.course_id = ? ORDER BY part DESC, since, id"
    );
    tx.all(&sql, [course_id.into(), course_id.into()]).await
}

/// Whether somebody can be an editor: an active trainer or admin.
pub(crate) async fn may_be_editor(tx: &Tx, user_id: UserId) -> Result<bool> {
    let sql =
        "SELECT count(*) FROM users WHERE id = ? AND role IN ('TRAINER', 'ADMIN') AND status = 'ACTIVE'";
    Ok(tx.count(sql, [user_id.into()]).await? > 0)
}

/// Whether somebody edits this course as a trainer, or every course as an admin.
pub(crate) async fn is_staff(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<bool> {
    let sql = "SELECT count(*) FROM users u WHERE u.id = ? AND (u.role = 'ADMIN' OR (u.role = 'TRAINER' AND EXISTS (\
               SELECT 1 FROM course_editors e WHERE e.course_id = ? AND e.user_id = u.id)))";
    Ok(tx.count(sql, [user_id.into(), course_id.into()]).await? > 0)
}

pub(crate) async fn insert(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<bool> {
    let sql =
        "INSERT INTO course_editors (course_id, user_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    tx.invalidate_account_cache(user_id).await?;
    Ok(tx
        .change(sql, [course_id.into(), user_id.into(), tx.now().into()])
        .await?
        > 0)
}

pub(crate) async fn delete(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<bool> {
    let sql = "DELETE FROM course_editors WHERE course_id = ? AND user_id = ?";
    tx.invalidate_account_cache(user_id).await?;
    Ok(tx.change(sql, [course_id.into(), user_id.into()]).await? > 0)
}
