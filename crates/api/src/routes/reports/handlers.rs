//! The operations below `/reports`.

use community::NewReport;
use database::Tx;
use kernel::ReportId;

use super::dto::{CreateReport, Report};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, create_report, get_report);
}

/// Create a report
///
/// About a post, a comment or a message that the caller may read. The moderators see the content as it is now, whatever becomes of it: the
/// editors of its course, and admins; about messages only admins. Only admins see who reported it. A person has one open report of the
/// same content, and makes at most twenty reports in 24 hours.
#[utoipa::path(post, path = "/reports",
    tag = "moderation", operation_id = "createReport", security(("bearer" = [])), request_body = CreateReport,
    extensions(("x-problem-codes" = json!(["not_found", "own_content", "already_reported", "too_many_reports"]))),
    responses((status = 201, description = "The report.", body = Report)))]
async fn create_report(caller: Member, key: Idempotency, body: Json<CreateReport>) -> Answer<Report> {
    let new = NewReport::from(body.value);
    let work = async move |tx: Tx| {
        let report = community::create_report(&tx, new).await?;
        let location = format!("/reports/{}", report.id);
        Ok(Reply::created(&location, &Report::from(report))?.content())
    };
    Ok(key.run(&caller, "createReport", &body.raw, work).await?)
}

/// Get a report of mine
///
/// With its state, and when it was decided.
#[utoipa::path(get, path = "/reports/{report_id}",
    tag = "moderation", operation_id = "getReport", security(("bearer" = [])),
    params(("report_id" = Uuid, Path, description = "The report's id.")),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "The report.", body = Report)))]
async fn get_report(caller: Member, Path(id): Path<ReportId>) -> Answer<Report> {
    let report = caller.read(async move |tx| community::own_report(&tx, id).await).await?;
    Ok(Reply::ok(&Report::from(report))?.content())
}
