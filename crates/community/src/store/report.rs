use database::{MapDbErr, Tx};
use kernel::{Code, CourseId, Cursor, Limit, ReportId, Result, Timestamp, UserId, Uuid};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use super::moderation::edited;
use crate::{
    Decision, OwnReport, Report, ReportFilter, ReportStatus,
    content::{Snapshot, Subject},
    moderation::Action,
    report::Reason,
};

const REPORT: &str = "SELECT r.id, r.reporter_id, r.subject_kind, r.subject_id, r.course_id, r.author_id, \
    u.username AS author_username, u.name AS author_name, u.avatar_url AS author_avatar_url, r.reason, r.note, \
    r.snapshot_title, r.snapshot_content, r.snapshot_version, r.snapshot_written_at, r.status, r.action, r.removed, r.muted_until, r.decided_by, \
    r.decided_at, r.decision_note, r.version, r.created_at, (SELECT count(*) FROM reports o \
      WHERE o.subject_kind = r.subject_kind AND o.subject_id = r.subject_id AND o.status = 'OPEN') AS open_count \
    FROM reports r JOIN users u ON u.id = r.author_id";

/// A condition for the reports about which the caller decides: nobody but an admin about what they wrote themselves.
fn moderated(tx: &Tx) -> Result<(String, Vec<Value>)> {
    let (edited, mut values) = edited(tx, "r.course_id")?;
    if tx.actor().is_admin() {
        return Ok((edited, values));
    }
    values.push(tx.user_id()?.into());
    Ok((format!("{edited} AND r.author_id <> ?"), values))
}

pub(crate) async fn insert(
    tx: &Tx,
    id: ReportId,
    subject: Subject,
    found: &Snapshot,
    reason: Reason,
    note: Option<&str>,
) -> Result<()> {
    let sql = "INSERT INTO reports (id, reporter_id, subject_kind, subject_id, course_id, author_id, reason, note, \
               snapshot_title, snapshot_content, snapshot_version, snapshot_written_at, status, removed, version, created_at) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'OPEN', ?, 1, ?)";
    let values: [Value; 14] = [
        id.into(),
        tx.user_id()?.into(),
        subject.kind().into(),
        subject.id().into(),
        found.course_id.into(),
        found.author_id.into(),
        reason.as_str().into(),
        note.map(str::to_owned).into(),
        found.title.clone().into(),
        found.content.clone().into(),
        found.version.into(),
        found.edited_at.unwrap_or(found.created_at).into(),
        false.into(),
        tx.now().into(),
    ];
    let done = tx.execute_raw(tx.statement(sql, values)).await;
    done.map(drop)
        .or_refused("uq_reports_reporter_id_subject_kind_subject_id", || {
            Code::AlreadyReported.into()
        })
}

/// When the nth newest report of somebody was made, where that was after `since`.
pub(crate) async fn nth_since(
    tx: &Tx,
    reporter_id: UserId,
    nth: u64,
    since: Timestamp,
) -> Result<Option<Timestamp>> {
    #[derive(FromQueryResult)]
    struct Row {
        created_at: Timestamp,
    }
    let sql = format!(
        "SELECT created_at FROM reports WHERE reporter_id = ? AND created_at > ? \
         ORDER BY created_at DESC LIMIT 1 OFFSET {}",
        nth.saturating_sub(1)
    );
    let row = tx.one::<Row>(&sql, [reporter_id.into(), since.into()]).await?;
    Ok(row.map(|row| row.created_at))
}

pub(crate) async fn own(tx: &Tx, id: ReportId, reporter_id: UserId) -> Result<Option<OwnReport>> {
    let sql = "SELECT id, subject_kind, subject_id, reason, note, status, created_at, decided_at FROM reports \
               WHERE id = ? AND reporter_id = ?";
    tx.one(sql, [id.into(), reporter_id.into()]).await
}

pub(crate) async fn page(
    tx: &Tx,
    filter: &ReportFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Report>> {
    let (moderated, mut values) = moderated(tx)?;
    let mut sql = format!("{REPORT} WHERE {moderated}");
    let ReportFilter {
        status,
        subject_kind,
        subject_id,
        course_id,
    } = filter;
    let conditions: [(&str, Option<Value>); 4] = [
        (" AND r.status = ?", status.map(|status| status.as_str().into())),
        (" AND r.subject_kind = ?", subject_kind.map(Value::from)),
        (" AND r.subject_id = ?", subject_id.map(Value::from)),
        (" AND r.course_id = ?", course_id.map(Value::from)),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(value);
        }
    }
    if let Some(after) = after {
        sql.push_str(" AND r.id < ?");
        values.push(after.id.into());
    }
    sql.push_str(&format!(" ORDER BY r.id DESC LIMIT {}", limit.fetch()));
    tx.all(&sql, values).await
}

/// A report about which the caller decides; locked until the end of the transaction where it is to be changed.
pub(crate) async fn one(tx: &Tx, id: ReportId, to_change: bool) -> Result<Option<Report>> {
    let (moderated, mut values) = moderated(tx)?;
    let lock = if to_change && tx.is_postgres() {
        " FOR UPDATE OF r"
    } else {
        ""
    };
    let sql = format!("{REPORT} WHERE {moderated} AND r.id = ?{lock}");
    values.push(id.into());
    tx.one(&sql, values).await
}

/// Writes a decision into every report that it is about: all open ones of the same, or those by which it was taken away.
pub(crate) async fn close(tx: &Tx, report: &Report, decision: &Decision, removed: bool) -> Result<()> {
    let which = if decision.action == Action::Restore {
        "removed"
    } else {
        "status = 'OPEN'"
    };
    let status = match decision.action {
        Action::Dismiss | Action::Restore => ReportStatus::Dismissed,
        Action::Remove | Action::Warn | Action::Mute | Action::Suspend => ReportStatus::Acted,
    };
    let sql = format!(
        "UPDATE reports SET status = ?, action = ?, removed = ?, muted_until = ?, decided_by = ?, decided_at = ?, \
         decision_note = ?, version = version + 1 WHERE subject_kind = ? AND subject_id = ? AND {which}"
    );
    let values = [
        status.as_str().into(),
        decision.action.as_str().into(),
        removed.into(),
        decision.muted_until.into(),
        tx.user_id()?.into(),
        tx.now().into(),
        decision.note.clone().into(),
        report.subject_kind.clone().into(),
        report.subject_id.into(),
    ];
    tx.change(&sql, values).await.map(drop)
}

/// What somebody is told about a decision.
#[derive(FromQueryResult)]
pub(crate) struct Told {
    pub(crate) author_id: UserId,
    pub(crate) subject_kind: String,
    pub(crate) subject_id: Uuid,
    pub(crate) course_id: Option<CourseId>,
    pub(crate) decision_note: Option<String>,
}

pub(crate) async fn told(tx: &Tx, id: ReportId) -> Result<Option<Told>> {
    let sql =
        "SELECT author_id, subject_kind, subject_id, course_id, decision_note FROM reports WHERE id = ?";
    tx.one(sql, [id.into()]).await
}
