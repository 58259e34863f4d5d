//! Reports: members report content to the moderators, who decide about it.

mod decide;
mod model;
pub(crate) mod store;

use database::{Tx, audit};
use entity::enums::PostStatus;
use kernel::{Code, Cursor, Error, Limit, Page, ReportId, Result};
use serde_json::json;

pub(crate) use decide::DECIDED;
pub use decide::decide_report;
pub use model::{Decision, NewReport, OwnReport, Report, ReportFilter};

use crate::{access, content};

/// How many reports one person may make within [`WINDOW`].
const MAX_REPORTS: u64 = 20;
/// The time within which reports are counted.
const WINDOW: chrono::Duration = chrono::Duration::hours(24);

/// Reports content to its moderators, with a snapshot of what it says now.
///
/// # Errors
/// [`Code::NotFound`] for content that the caller may not read, [`Code::OwnContent`], [`Code::AlreadyReported`] while the caller has
/// an open report of the same content, [`Code::TooManyReports`] beyond 20 reports in 24 hours.
pub async fn create_report(tx: &Tx, new: NewReport) -> Result<OwnReport> {
    let reporter_id = tx.user_id()?;
    let subject = new.subject;
    let snapshot = content::snapshot(tx, subject).await;
    let snapshot = snapshot.map_err(access::as_not_found)?;
    if snapshot.status != PostStatus::Published {
        return Err(Code::NotFound.into());
    }
    if snapshot.author_id == reporter_id {
        return Err(Code::OwnContent.into());
    }
    // Of several reports at once, each counts those before it.
    tx.advisory_lock(&format!("reports {reporter_id}")).await?;
    let since = tx.now() - WINDOW;
    if let Some(first) = store::nth_since(tx, reporter_id, MAX_REPORTS, since).await? {
        let wait = (first + WINDOW - tx.now()).to_std().unwrap_or_default();
        return Err(Error::new(Code::TooManyReports)
            .detail(format!("At most {MAX_REPORTS} reports in 24 hours."))
            .retry_after(wait));
    }
    let note = new.note.map(|note| kernel::trimmed(&kernel::legible(&note)).to_owned());
    let new = NewReport { note: note.filter(|note| !note.is_empty()), ..new };
    let id = tx.new_id();
    store::insert(tx, id, reporter_id, new, snapshot).await?;
    let detail = json!({ "subject": subject.kind(), "subjectId": subject.id() });
    audit::record(tx, "report.created", id, detail).await?;
    own_report(tx, id).await
}

/// A report of the caller's own.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn own_report(tx: &Tx, id: ReportId) -> Result<OwnReport> {
    let found = store::find_own(tx, id, tx.user_id()?).await?;
    found.ok_or_else(|| Code::NotFound.into())
}

/// The reports about which the caller decides, newest first: all for admins; for trainers those of what others wrote in the courses
/// that they edit, without who reported it.
///
/// # Errors
/// [`Code::Forbidden`] for anybody else.
pub async fn list_reports(
    tx: &Tx,
    filter: ReportFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Report>> {
    let rows = store::list(tx, filter, after, limit).await?;
    let page = Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id));
    Ok(page.map(|row| without_reporter(tx, row)))
}

/// A report about which the caller decides.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::NotFound`].
pub async fn moderated_report(tx: &Tx, id: ReportId) -> Result<Report> {
    let found = store::find(tx, id).await?;
    Ok(without_reporter(tx, found.ok_or(Code::NotFound)?))
}

/// Only admins are told who reported something.
fn without_reporter(tx: &Tx, report: Report) -> Report {
    let is_admin = tx.actor().is_admin();
    Report { reporter_id: report.reporter_id.filter(|_| is_admin), ..report }
}
