//! The operations below `/moderation`, without mutes.

use community::{Decision, ModerationAction};
use database::Pool;
use kernel::ReportId;

use super::dto::{
    DecideReport, LogQuery, ModeratedReport, ModeratedReportPage, ModerationLogPage, ReportQuery,
};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_reports, get_report, decide, list_log);
}

/// List reports
///
/// The newest first. Admins see all; trainers those about what others wrote in the courses that they edit, without who reported it.
#[utoipa::path(get, path = "/moderation/reports",
    tag = "moderation", operation_id = "listReports", security(("bearer" = [])), params(PageQuery, ReportQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of reports.", body = ModeratedReportPage)))]
async fn list_reports(caller: Trainer, list: List<ReportQuery>) -> Answer<ModeratedReportPage> {
    let List { filter, list_id, after, limit, .. } = list;
    let filter = filter.filter();
    let work = async move |tx| community::list_reports(&tx, filter, after, limit).await;
    let page = caller.read(work).await?;
    Ok(Reply::ok(&ModeratedReportPage::of(list_id, page))?)
}

/// Get a report to be decided
///
/// With the content when it was reported.
#[utoipa::path(get, path = "/moderation/reports/{report_id}",
    tag = "moderation", operation_id = "getModeratedReport", security(("bearer" = [])),
    params(("report_id" = Uuid, Path, description = "The report's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The report.", body = ModeratedReport)))]
async fn get_report(caller: Trainer, Path(id): Path<ReportId>) -> Answer<ModeratedReport> {
    let report = caller.read(async move |tx| community::moderated_report(&tx, id).await).await?;
    let version = report.version;
    Ok(Reply::ok(&ModeratedReport::from(report))?.version_and_content(version))
}

/// Decide about a report
///
/// And about all other open reports of the same content, in one step with all that follows: the content, the author's mute or account, the
/// moderation log and the audit log. The author is notified of what was done, and why. `version` is the one that the moderator has seen:
/// where another moderator was faster, the answer is 409. `RESTORE` restores removed content.
#[utoipa::path(post, path = "/moderation/reports/{report_id}/decision",
    tag = "moderation", operation_id = "decideReport", security(("bearer" = [])), request_body = DecideReport,
    params(("report_id" = Uuid, Path, description = "The report's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "report_already_decided", "nothing_to_restore", "precondition_failed",
        "last_admin"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The decided report.", body = ModeratedReport)))]
async fn decide(
    caller: Member,
    Path(id): Path<ReportId>,
    body: Json<DecideReport>,
) -> Answer<ModeratedReport> {
    // Only the auth role of the database may change the state of an account.
    let pool = match body.value.action {
        ModerationAction::Suspend => Pool::Auth,
        _ => Pool::App,
    };
    let decision = Decision::from(body.value);
    let work = async move |tx| community::decide_report(&tx, id, decision).await;
    let report = caller.state.db.run_in(pool, caller.actor, work).await?;
    caller.state.wake_worker.notify_one();
    let version = report.version;
    Ok(Reply::ok(&ModeratedReport::from(report))?.version_and_content(version))
}

/// List the moderation log
///
/// The newest entry first: all entries for admins; for trainers those of the courses that they edit.
#[utoipa::path(get, path = "/moderation/log",
    tag = "moderation", operation_id = "listModerationLog", security(("bearer" = [])), params(PageQuery, LogQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of the log.", body = ModerationLogPage)))]
async fn list_log(caller: Trainer, list: List<LogQuery>) -> Answer<ModerationLogPage> {
    let List { filter: LogQuery { course_id }, list_id, after, limit, .. } = list;
    let work = async move |tx| community::moderation_log(&tx, course_id, after, limit).await;
    let page = caller.read(work).await?;
    Ok(Reply::ok(&ModerationLogPage::of(list_id, page))?)
}
