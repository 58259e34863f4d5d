use crate::http::routing::{Operations, operations};
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use kernel::{CourseId, Result, Uuid};
use payments::Of;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{Money, Party, Payment};
use crate::{
    http::{
        extract::{Member, Path, Query, Trainer},
        problem::Problem,
        reply::Reply,
    },
    routes::shared::{PageQuery, page},
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_my_sales,
        get_my_takings,
        list_course_sales,
        get_course_takings
    );
}

/// A payment that brought money, as its seller sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Sale {
    /// The payment.
    payment: Payment,
    /// Who bought.
    buyer: Option<Party>,
    /// What their bank took back: a dispute that was lost.
    lost: Money,
}

impl From<payments::Sale> for Sale {
    fn from(sale: payments::Sale) -> Self {
        let payments::Sale { payment, buyer, lost } = sale;
        Self {
            lost: Money::stored(lost, &payment.currency),
            payment: payment.into(),
            buyer: buyer.map(Into::into),
        }
    }
}

/// What was sold in one currency, in its minor units.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Takings {
    /// An ISO 4217 code.
    #[schema(pattern = "^[A-Z]{3}$", example = "USD")]
    currency: String,
    /// How many payments.
    #[schema(minimum = 0, example = 12)]
    sales: i64,
    /// What was paid.
    #[schema(minimum = 0, example = 58800)]
    gross: i64,
    /// What of it has gone back.
    #[schema(minimum = 0, example = 4900)]
    refunded: i64,
    /// What of it buyers' banks took back: disputes that were lost.
    #[schema(minimum = 0, example = 0)]
    lost: i64,
    /// What is left: `gross` less `refunded` less `lost`. What a dispute that is still open is about counts; what the provider
    /// keeps for itself is not known here.
    #[schema(minimum = 0, example = 53900)]
    net: i64,
}

impl From<payments::Takings> for Takings {
    fn from(takings: payments::Takings) -> Self {
        let payments::Takings {
            currency,
            sales,
            gross,
            refunded,
            lost,
        } = takings;
        Self {
            currency,
            sales,
            gross,
            refunded,
            lost,
            net: gross - refunded - lost,
        }
    }
}

/// What was sold, by currency: currencies are never added up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TakingsByCurrency {
    /// One row a currency.
    currencies: Vec<Takings>,
}

/// Of which time.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TakingsQuery {
    /// Paid at this instant or later.
    #[param(nullable = false, example = "2026-01-01T00:00:00Z")]
    from: Option<DateTime<Utc>>,
    /// Paid before this instant.
    #[param(nullable = false, example = "2027-01-01T00:00:00Z")]
    to: Option<DateTime<Utc>>,
}

page! {
    /// A page of sales.
    SalePage of Sale
}

/// My sales
///
/// Of all courses that the caller owns, newest first.
#[utoipa::path(get, path = "/me/sales",
    tag = "payments", operation_id = "listMySales", security(("bearer" = [])), params(PageQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of sales.", body = SalePage)))]
async fn list_my_sales(
    state: Data<State>,
    Trainer(actor): Trainer,
    Query(page): Query<PageQuery>,
) -> Result<Reply<SalePage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { payments::list_sales(&tx, Of::Mine, after, limit).await };
    Ok(Reply::ok(&SalePage::from(state.db.read(actor, work).await?))?)
}

/// My takings
///
/// What was sold of all courses that the caller owns, by currency.
#[utoipa::path(get, path = "/me/takings",
    tag = "payments", operation_id = "getMyTakings", security(("bearer" = [])), params(TakingsQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The takings.", body = TakingsByCurrency)))]
async fn get_my_takings(
    state: Data<State>,
    Trainer(actor): Trainer,
    Query(query): Query<TakingsQuery>,
) -> Result<Reply<TakingsByCurrency>, Problem> {
    let TakingsQuery { from, to } = query;
    let work = move |tx| async move { payments::takings(&tx, Of::Mine, from, to).await };
    Ok(Reply::ok(&by_currency(state.db.read(actor, work).await?))?)
}

/// Sales of a course
///
/// Newest first: for its owner and admins.
#[utoipa::path(get, path = "/courses/{course_id}/sales",
    tag = "payments", operation_id = "listCourseSales", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), PageQuery),
    responses((status = 200, description = "A page of sales.", body = SalePage)))]
async fn list_course_sales(
    state: Data<State>,
    Member(actor): Member,
    Path(course_id): Path<CourseId>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<SalePage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { payments::list_sales(&tx, Of::Course(course_id), after, limit).await };
    Ok(Reply::ok(&SalePage::from(state.db.read(actor, work).await?))?)
}

/// Takings of a course
///
/// What was sold of it, by currency: for its owner and admins.
#[utoipa::path(get, path = "/courses/{course_id}/takings",
    tag = "payments", operation_id = "getCourseTakings", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), TakingsQuery),
    responses((status = 200, description = "The takings.", body = TakingsByCurrency)))]
async fn get_course_takings(
    state: Data<State>,
    Member(actor): Member,
    Path(course_id): Path<CourseId>,
    Query(query): Query<TakingsQuery>,
) -> Result<Reply<TakingsByCurrency>, Problem> {
    let TakingsQuery { from, to } = query;
    let work = move |tx| async move { payments::takings(&tx, Of::Course(course_id), from, to).await };
    Ok(Reply::ok(&by_currency(state.db.read(actor, work).await?))?)
}

fn by_currency(takings: Vec<payments::Takings>) -> TakingsByCurrency {
    TakingsByCurrency {
        currencies: takings.into_iter().map(Into::into).collect(),
    }
}
