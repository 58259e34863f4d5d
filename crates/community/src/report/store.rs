//! The statements about reports.

use database::{MapDbErr, Tx};
use entity::{
    enums::{ModerationAction, ReportStatus},
    reports,
};
use kernel::{Code, Cursor, Limit, ReportId, Result, Timestamp, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, RelationTrait, Select, sea_query::LockType,
};

use super::model::{DecidedReport, Decision, NewReport, OwnReport, Report, ReportFilter};
use crate::{content::Snapshot, moderation::scope};

/// The reports about which the caller decides. Only admins decide about what they wrote themselves.
fn moderated(tx: &Tx) -> Result<Condition> {
    let condition = scope::moderated(tx, reports::Column::CourseId)?;
    if tx.actor().is_admin() {
        return Ok(condition);
    }
    Ok(condition.add(reports::COLUMN.author_id.ne(tx.user_id()?)))
}

/// # Errors
/// [`Code::AlreadyReported`] where the reporter has an open report of the same content.
pub(super) async fn insert(
    tx: &Tx,
    id: ReportId,
    reporter_id: UserId,
    new: NewReport,
    snapshot: Snapshot,
) -> Result<()> {
    let report = reports::ActiveModel {
        id: Set(id),
        reporter_id: Set(reporter_id),
        subject_kind: Set(new.subject.kind()),
        subject_id: Set(new.subject.id()),
        course_id: Set(snapshot.course_id),
        author_id: Set(snapshot.author_id),
        reason: Set(new.reason),
        note: Set(new.note),
        snapshot_title: Set(snapshot.title),
        snapshot_content: Set(snapshot.content),
        snapshot_version: Set(snapshot.version),
        snapshot_written_at: Set(snapshot.edited_at.unwrap_or(snapshot.created_at)),
        status: Set(ReportStatus::Open),
        removed: Set(false),
        version: Set(1),
        created_at: Set(tx.now()),
        ..Default::default()
    };
    let insert = reports::Entity::insert(report);
    let done = insert.exec_without_returning(tx).await.map(drop);
    done.or_refused("uq_reports_reporter_id_subject_kind_subject_id", || Code::AlreadyReported.into())
}

/// When the nth newest report of a reporter was made, if that was after `since`.
pub(super) async fn nth_since(
    tx: &Tx,
    reporter_id: UserId,
    nth: u64,
    since: Timestamp,
) -> Result<Option<Timestamp>> {
    reports::Entity::find()
        .select_only()
        .column(reports::Column::CreatedAt)
        .filter(reports::COLUMN.reporter_id.eq(reporter_id))
        .filter(reports::COLUMN.created_at.gt(since))
        .order_by_desc(reports::Column::CreatedAt)
        .offset(nth.saturating_sub(1))
        .limit(1)
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()
}

pub(super) async fn find_own(tx: &Tx, id: ReportId, reporter_id: UserId) -> Result<Option<OwnReport>> {
    reports::Entity::find_by_id(id)
        .filter(reports::COLUMN.reporter_id.eq(reporter_id))
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// The reports about which the caller decides, with their authors.
fn select(tx: &Tx) -> Result<Select<reports::Entity>> {
    Ok(reports::Entity::find()
        .join(JoinType::InnerJoin, reports::Relation::Author.def())
        .filter(moderated(tx)?))
}

/// The newest first: the ids are in the order of their creation.
pub(super) async fn list(
    tx: &Tx,
    filter: ReportFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Report>> {
    let ReportFilter { status, subject_kind, subject_id, course_id } = filter;
    select(tx)?
        .apply_if(status, |select, status| select.filter(reports::COLUMN.status.eq(status)))
        .apply_if(subject_kind, |select, kind| select.filter(reports::COLUMN.subject_kind.eq(kind)))
        .apply_if(subject_id, |select, id| select.filter(reports::COLUMN.subject_id.eq(id)))
        .apply_if(course_id, |select, id| select.filter(reports::COLUMN.course_id.eq(id)))
        .apply_if(after, |select, after| select.filter(reports::COLUMN.id.lt(after.id)))
        .order_by_desc(reports::Column::Id)
        .limit(limit.fetch())
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

pub(super) async fn find(tx: &Tx, id: ReportId) -> Result<Option<Report>> {
    select(tx)?.filter(reports::COLUMN.id.eq(id)).into_partial_model().one(tx).await.map_db_err()
}

/// A report about which the caller decides, locked until the end of the transaction.
pub(super) async fn lock(tx: &Tx, id: ReportId) -> Result<Option<Report>> {
    let mut select = select(tx)?.filter(reports::COLUMN.id.eq(id));
    QueryTrait::query(&mut select).lock_with_tables(LockType::Update, [reports::Entity]);
    select.into_partial_model().one(tx).await.map_db_err()
}

/// Writes a decision into all reports that it is about: the open ones of the same content, or those by which it was removed.
pub(super) async fn close(tx: &Tx, report: &Report, decision: &Decision, removed: bool) -> Result<()> {
    let which = if decision.action == ModerationAction::Restore {
        reports::COLUMN.removed.eq(true)
    } else {
        reports::COLUMN.status.eq(ReportStatus::Open)
    };
    let status = match decision.action {
        ModerationAction::Dismiss | ModerationAction::Restore => ReportStatus::Dismissed,
        ModerationAction::Remove
        | ModerationAction::Warn
        | ModerationAction::Mute
        | ModerationAction::Suspend => ReportStatus::Acted,
    };
    reports::Entity::update_many()
        .set(reports::ActiveModel {
            status: Set(status),
            action: Set(Some(decision.action)),
            removed: Set(removed),
            muted_until: Set(decision.muted_until),
            decided_by: Set(Some(tx.user_id()?)),
            decided_at: Set(Some(tx.now())),
            decision_note: Set(decision.note.clone()),
            ..Default::default()
        })
        .col_expr(reports::Column::Version, reports::COLUMN.version.add(1))
        .filter(reports::COLUMN.subject_kind.eq(report.subject_kind))
        .filter(reports::COLUMN.subject_id.eq(report.subject_id))
        .filter(which)
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}

pub(crate) async fn find_decided(tx: &Tx, id: ReportId) -> Result<Option<DecidedReport>> {
    reports::Entity::find_by_id(id).into_partial_model().one(tx).await.map_db_err()
}
