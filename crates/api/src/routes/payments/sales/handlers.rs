//! The operations on sales and revenue.

use kernel::CourseId;
use payments::SalesScope;

use super::dto::{RevenueByCurrency, RevenueQuery, SalePage};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_my_sales, get_my_revenue, list_course_sales, get_course_revenue);
}

/// List my sales
///
/// Lists the sales of all courses that the caller owns, newest first.
#[utoipa::path(get, path = "/me/sales",
    tag = "payments", operation_id = "listMySales", security(("bearer" = [])), params(PageQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of sales.", body = SalePage)))]
async fn list_my_sales(caller: Trainer, list: List) -> Answer<SalePage> {
    sales(&caller, SalesScope::Own, list).await
}

/// Get my revenue
///
/// Gives the revenue of all courses that the caller owns, by currency.
#[utoipa::path(get, path = "/me/takings",
    tag = "payments", operation_id = "getMyRevenue", security(("bearer" = [])), params(RevenueQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The revenue.", body = RevenueByCurrency)))]
async fn get_my_revenue(caller: Trainer, Query(query): Query<RevenueQuery>) -> Answer<RevenueByCurrency> {
    revenue(&caller, SalesScope::Own, query).await
}

/// List the sales of a course
///
/// Lists the sales of the course, newest first, for its owner and admins.
#[utoipa::path(get, path = "/courses/{course_id}/sales",
    tag = "payments", operation_id = "listCourseSales", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), PageQuery),
    responses((status = 200, description = "A page of sales.", body = SalePage)))]
async fn list_course_sales(caller: Member, Path(course_id): Path<CourseId>, list: List) -> Answer<SalePage> {
    sales(&caller, SalesScope::Course(course_id), list).await
}

/// Get the revenue of a course
///
/// Gives the revenue of the course, by currency, to its owner and admins.
#[utoipa::path(get, path = "/courses/{course_id}/takings",
    tag = "payments", operation_id = "getCourseRevenue", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), RevenueQuery),
    responses((status = 200, description = "The revenue.", body = RevenueByCurrency)))]
async fn get_course_revenue(
    caller: Member,
    Path(course_id): Path<CourseId>,
    Query(query): Query<RevenueQuery>,
) -> Answer<RevenueByCurrency> {
    revenue(&caller, SalesScope::Course(course_id), query).await
}

async fn sales(caller: &Caller, scope: SalesScope, list: List) -> Answer<SalePage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| payments::list_sales(&tx, scope, after, limit).await;
    Ok(Reply::ok(&SalePage::of(list_id, caller.read(work).await?))?)
}

async fn revenue(caller: &Caller, scope: SalesScope, query: RevenueQuery) -> Answer<RevenueByCurrency> {
    let RevenueQuery { from, to } = query;
    let rows = caller.read(async move |tx| payments::revenue(&tx, scope, from, to).await).await?;
    Ok(Reply::ok(&RevenueByCurrency::from(rows))?)
}
