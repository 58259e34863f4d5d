use database::{MapDbErr, Tx};
use kernel::{CourseId, Cursor, Limit, PaymentId, Result, Timestamp, UserId, Uuid};
use sea_orm::{ActiveEnum, ConnectionTrait, Value};

use super::newest_first;
use crate::{Payment, Started, Takings, Told};

const COLUMNS: &str = "id, user_id, course_id, author_id, course_title, status, provider, method, currency, base_amount, \
    discount_amount, coupon_id, coupon_amount, amount, refunded_amount, refunding_amount, provider_session_id, \
    provider_payment_id, failure_code, expires_at, completed_at, failed_at, refunded_at, created_at, updated_at";

pub(crate) async fn insert(tx: &Tx, payment: &Payment) -> Result<()> {
    let sql = format!(
        "INSERT INTO payments ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    let values: [Value; 25] = [
        payment.id.into(),
        payment.user_id.into(),
        payment.course_id.into(),
        payment.author_id.into(),
        payment.course_title.clone().into(),
        payment.status.to_value().into(),
        payment.provider.to_value().into(),
        payment.method.to_value().into(),
        payment.currency.clone().into(),
        payment.base_amount.into(),
        payment.discount_amount.into(),
        payment.coupon_id.into(),
        payment.coupon_amount.into(),
        payment.amount.into(),
        payment.refunded_amount.into(),
        payment.refunding_amount.into(),
        payment.provider_session_id.clone().into(),
        payment.provider_payment_id.clone().into(),
        payment.failure_code.clone().into(),
        payment.expires_at.into(),
        payment.completed_at.into(),
        payment.failed_at.into(),
        payment.refunded_at.into(),
        payment.created_at.into(),
        payment.updated_at.into(),
    ];
    tx.change(&sql, values).await.map(drop)
}

pub(crate) async fn find(tx: &Tx, id: PaymentId) -> Result<Option<Payment>> {
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE id = ?");
    tx.one(&sql, [id.into()]).await
}

pub(crate) async fn locked(tx: &Tx, id: PaymentId) -> Result<Option<Payment>> {
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE id = ?{}", tx.for_update());
    tx.one(&sql, [id.into()]).await
}

/// The payment that waits for this buyer of this course.
pub(crate) async fn waiting(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Option<Payment>> {
    let sql =
        format!("SELECT {COLUMNS} FROM payments WHERE user_id = ? AND course_id = ? AND status = 'PENDING'");
    tx.one(&sql, [user_id.into(), course_id.into()]).await
}

/// Which payment is meant, by whichever of its names is there.
pub(crate) async fn named(tx: &Tx, told: &Told) -> Result<Option<PaymentId>> {
    let (column, name): (_, Value) = match told {
        Told {
            payment_id: Some(id), ..
        } => ("id", (*id).into()),
        Told {
            session_id: Some(name),
            ..
        } => ("provider_session_id", name.clone().into()),
        Told {
            provider_payment_id: Some(name),
            ..
        } => ("provider_payment_id", name.clone().into()),
        _ => return Ok(None),
    };
    let sql = format!("SELECT id FROM payments WHERE {column} = ?");
    let row = tx.query_one_raw(tx.statement(&sql, [name])).await.map_db_err()?;
    row.map(|row| row.try_get("", "id").map_db_err()).transpose()
}

/// Writes how a payment stands now, if it still stood as `before`.
pub(crate) async fn advance(tx: &Tx, before: &Payment, after: &Payment) -> Result<()> {
    let sql = "UPDATE payments SET status = ?, refunded_amount = ?, refunding_amount = ?, provider_payment_id = ?, \
               failure_code = ?, completed_at = ?, failed_at = ?, refunded_at = ?, updated_at = ? WHERE id = ? AND status = ?";
    let values = [
        after.status.to_value().into(),
        after.refunded_amount.into(),
        after.refunding_amount.into(),
        after.provider_payment_id.clone().into(),
        after.failure_code.clone().into(),
        after.completed_at.into(),
        after.failed_at.into(),
        after.refunded_at.into(),
        tx.now().into(),
        after.id.into(),
        before.status.to_value().into(),
    ];
    if tx.change(sql, values).await? == 1 {
        Ok(())
    } else {
        Err(kernel::Error::internal("a payment changed under its lock"))
    }
}

pub(crate) async fn set_refunding(tx: &Tx, id: PaymentId, amount: i64) -> Result<()> {
    let sql = "UPDATE payments SET refunding_amount = ?, updated_at = ? WHERE id = ?";
    tx.change(sql, [amount.into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

/// Where the buyer pays. Names that a hook has told already stay.
pub(crate) async fn set_handover(tx: &Tx, id: PaymentId, started: &Started, sealed: Vec<u8>) -> Result<()> {
    let sql = "UPDATE payments SET provider_session_id = ?, provider_payment_id = coalesce(provider_payment_id, ?), \
               sealed_handover = ? WHERE id = ?";
    let values = [
        started.session_id.clone().into(),
        started.payment_id.clone().into(),
        sealed.into(),
        id.into(),
    ];
    tx.change(sql, values).await.map(drop)
}

/// What is known of it before the provider has made ready.
pub(crate) async fn set_sealed_handover(tx: &Tx, id: PaymentId, sealed: Vec<u8>) -> Result<()> {
    let sql = "UPDATE payments SET sealed_handover = ? WHERE id = ?";
    tx.change(sql, [sealed.into(), id.into()]).await.map(drop)
}

pub(crate) async fn sealed_handover(tx: &Tx, id: PaymentId) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT sealed_handover FROM payments WHERE id = ?";
    let row = tx
        .query_one_raw(tx.statement(sql, [id.into()]))
        .await
        .map_db_err()?;
    row.map_or(Ok(None), |row| row.try_get("", "sealed_handover").map_db_err())
}

/// Payments, and refunds of payments, of which nothing was heard since `before`; they count as asked about. Those first of which
/// there was no word and no question for the longest time: however many there are, each has its turn.
pub(crate) async fn silent(tx: &Tx, before: Timestamp, limit: u64) -> Result<Vec<Payment>> {
    let quiet = "updated_at < ? AND (asked_at IS NULL OR asked_at < ?)";
    let sql = format!(
        "UPDATE payments SET asked_at = ? WHERE id IN (\
         SELECT id FROM (SELECT id, coalesce(asked_at, updated_at) AS since FROM payments WHERE status = 'PENDING' AND {quiet} \
         UNION ALL SELECT id, coalesce(asked_at, updated_at) AS since FROM payments WHERE refunding_amount > 0 AND {quiet}) q \
         ORDER BY since, id LIMIT {limit}) RETURNING {COLUMNS}"
    );
    let before = || Value::from(before);
    tx.all(&sql, [tx.now().into(), before(), before(), before(), before()])
        .await
}

pub(crate) async fn of_user(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Payment>> {
    let mut sql = format!("SELECT {COLUMNS} FROM payments WHERE user_id = ?");
    let mut values = vec![user_id.into()];
    newest_first(&mut sql, &mut values, "created_at", after, limit);
    tx.all(&sql, values).await
}

/// What brought money, by course or by seller.
pub(crate) async fn sales(
    tx: &Tx,
    (column, id): (&str, Uuid),
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Payment>> {
    let mut sql = format!("SELECT {COLUMNS} FROM payments WHERE {column} = ? AND completed_at IS NOT NULL");
    let mut values = vec![id.into()];
    newest_first(&mut sql, &mut values, "completed_at", after, limit);
    tx.all(&sql, values).await
}

pub(crate) async fn takings(
    tx: &Tx,
    (column, id): (&str, Uuid),
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Vec<Takings>> {
    // What a bank takes back is never more than what had not gone back already. The sum of bigints is numeric on PostgreSQL.
    let lost = "CASE WHEN d.amount IS NULL THEN 0 WHEN d.amount < p.amount - p.refunded_amount THEN d.amount \
                ELSE p.amount - p.refunded_amount END";
    let mut sql = format!(
        "SELECT p.currency, count(*) AS sales, CAST(sum(p.amount) AS bigint) AS gross, \
         CAST(sum(p.refunded_amount) AS bigint) AS refunded, CAST(sum({lost}) AS bigint) AS lost FROM payments p \
         LEFT JOIN (SELECT payment_id, CAST(sum(amount) AS bigint) AS amount FROM disputes WHERE status = 'LOST' \
         GROUP BY payment_id) d ON d.payment_id = p.id WHERE p.{column} = ? AND p.completed_at IS NOT NULL"
    );
    let mut values: Vec<Value> = vec![id.into()];
    if let Some(from) = from {
        sql.push_str(" AND p.completed_at >= ?");
        values.push(from.into());
    }
    if let Some(to) = to {
        sql.push_str(" AND p.completed_at < ?");
        values.push(to.into());
    }
    sql.push_str(" GROUP BY p.currency ORDER BY p.currency");
    tx.all(&sql, values).await
}
