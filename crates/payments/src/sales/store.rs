//! Statements about sales.

use database::{MapDbErr, NewestFirst, Tx, literal, values};
use entity::{disputes, enums::DisputeStatus, payments};
use kernel::{CourseId, Cursor, Limit, PaymentId, Result, Timestamp, UserId, Uuid};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, FromQueryResult, IdenStatic, IntoSimpleExpr, QueryFilter,
    QuerySelect, Value,
};

use super::model::Revenue;
use crate::payment::Payment;

/// Whose sales, or of what.
#[derive(Clone, Copy)]
pub(crate) enum SalesFilter {
    Course(CourseId),
    Seller(UserId),
}

impl SalesFilter {
    fn column(self) -> payments::Column {
        match self {
            Self::Course(_) => payments::Column::CourseId,
            Self::Seller(_) => payments::Column::AuthorId,
        }
    }

    fn id(self) -> Uuid {
        match self {
            Self::Course(id) => id.into(),
            Self::Seller(id) => id.into(),
        }
    }
}

/// Payments that were completed, newest first.
pub(crate) async fn list(
    tx: &Tx,
    filter: SalesFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Payment>> {
    payments::Entity::find()
        .filter(filter.column().eq(filter.id()))
        .filter(payments::COLUMN.completed_at.is_not_null())
        .newest_first(payments::Column::CompletedAt, payments::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

/// What a buyer's bank took back of a payment.
#[derive(FromQueryResult)]
pub(crate) struct LostAmount {
    pub(crate) payment_id: PaymentId,
    pub(crate) amount: i64,
}

/// What was lost in disputes about these payments; only those with a lost dispute are listed.
pub(crate) async fn lost_amounts(tx: &Tx, payments: &[PaymentId]) -> Result<Vec<LostAmount>> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    let is_lost = disputes::Column::Status.into_simple_expr().eq(literal(DisputeStatus::Lost));
    // The sum of bigints is numeric on PostgreSQL.
    let amount = disputes::Column::Amount.sum().cast_as("bigint");
    disputes::Entity::find()
        .select_only()
        .column(disputes::Column::PaymentId)
        .column_as(amount, "amount")
        .filter(is_lost)
        .filter(disputes::COLUMN.payment_id.is_in(payments.iter().copied()))
        .group_by(disputes::Column::PaymentId)
        .into_model()
        .all(tx)
        .await
        .map_db_err()
}

/// The revenue of the payments that were completed within `[from, to)`, by currency.
pub(crate) async fn revenue(
    tx: &Tx,
    filter: SalesFilter,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Vec<Revenue>> {
    let column = filter.column().as_str();
    let mut conditions = format!("p.{column} = :id AND p.completed_at IS NOT NULL");
    let mut values: Vec<(_, Value)> = values! { id: filter.id() }.into();
    if let Some(from) = from {
        conditions.push_str(" AND p.completed_at >= :from");
        values.extend(values! { from });
    }
    if let Some(to) = to {
        conditions.push_str(" AND p.completed_at < :to");
        values.extend(values! { to });
    }
    // Text: sums over a join with a grouped subquery. The sum of bigints is numeric on PostgreSQL.
    let sql = format!(
        "SELECT p.currency, count(*) AS sales, CAST(sum(p.amount) AS bigint) AS gross, \
         CAST(sum(p.refunded_amount) AS bigint) AS refunded, CAST(sum(coalesce(d.amount, 0)) AS bigint) AS lost FROM payments p \
         LEFT JOIN (SELECT payment_id, CAST(sum(amount) AS bigint) AS amount FROM disputes WHERE status = 'LOST' \
         GROUP BY payment_id) d ON d.payment_id = p.id WHERE {conditions} GROUP BY p.currency ORDER BY p.currency"
    );
    tx.fetch_all(&sql, values).await
}
