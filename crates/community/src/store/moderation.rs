use database::Tx;
use kernel::{Actor, Code, CourseId, Cursor, Limit, ModerationEntryId, Result, Role};
use sea_orm::Value;

use crate::{Decision, LogEntry, Report};

/// A condition for what stands in a course that the caller edits, with its values; no condition for admins.
///
/// # Errors
/// [`Code::Forbidden`] for whoever is neither a trainer nor an admin.
pub(crate) fn edited(tx: &Tx, course: &str) -> Result<(String, Vec<Value>)> {
    match tx.actor() {
        actor if actor.is_admin() => Ok(("1 = 1".to_owned(), Vec::new())),
        Actor::User {
            id,
            role: Role::Trainer,
            ..
        } => {
            let condition = format!(
                "{course} IN (SELECT id FROM courses WHERE author_id = ? \
                 UNION ALL SELECT course_id FROM course_editors WHERE user_id = ?)"
            );
            Ok((condition, vec![id.into(), id.into()]))
        }
        Actor::Anonymous => Err(Code::Unauthenticated.into()),
        _ => Err(Code::Forbidden.into()),
    }
}

pub(crate) async fn insert(
    tx: &Tx,
    id: ModerationEntryId,
    report: &Report,
    decision: &Decision,
    removed: bool,
) -> Result<()> {
    let sql = "INSERT INTO moderation_log (id, moderator_id, action, report_id, course_id, subject_kind, subject_id, user_id, \
               removed, muted_until, note, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = [
        id.into(),
        tx.user_id()?.into(),
        decision.action.as_str().into(),
        report.id.into(),
        report.course_id.into(),
        report.subject_kind.clone().into(),
        report.subject_id.into(),
        report.author_id.into(),
        removed.into(),
        decision.muted_until.into(),
        decision.note.clone().into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn page(
    tx: &Tx,
    course_id: Option<CourseId>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<LogEntry>> {
    let (edited, mut values) = edited(tx, "l.course_id")?;
    let mut sql = format!(
        "SELECT l.id, l.moderator_id, u.username AS moderator_username, u.name AS moderator_name, \
         u.avatar_url AS moderator_avatar_url, l.action, l.report_id, l.course_id, l.subject_kind, l.subject_id, l.user_id, \
         l.removed, l.muted_until, l.note, l.created_at FROM moderation_log l JOIN users u ON u.id = l.moderator_id \
         WHERE {edited}"
    );
    if let Some(course_id) = course_id {
        sql.push_str(" AND l.course_id = ?");
        values.push(course_id.into());
    }
    if let Some(after) = after {
        sql.push_str(" AND l.id < ?");
        values.push(after.id.into());
    }
    sql.push_str(&format!(" ORDER BY l.id DESC LIMIT {}", limit.fetch()));
    tx.all(&sql, values).await
}
