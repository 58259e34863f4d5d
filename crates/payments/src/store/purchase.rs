use database::Tx;
use kernel::{CourseId, Cursor, Limit, PaymentId, PurchaseId, Result, Timestamp, UserId};

use super::newest_first;
use crate::{Payment, Purchase};

const COLUMNS: &str = "id, user_id, course_id, payment_id, created_at, updated_at, ended_at";

/// Answers whether it was written: of two that were paid, the first buys.
pub(crate) async fn insert(tx: &Tx, payment: &Payment) -> Result<bool> {
    let sql = "INSERT INTO purchases (id, user_id, course_id, author_id, payment_id, created_at, updated_at) \
               VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let values = [
        tx.new_id::<PurchaseId>().into(),
        payment.user_id.into(),
        payment.course_id.into(),
        payment.author_id.into(),
        payment.id.into(),
        tx.now().into(),
        tx.now().into(),
    ];
    Ok(tx.change(sql, values).await? == 1)
}

/// Whether this user owns the course by a purchase.
pub(crate) async fn is_live(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<bool> {
    let sql = "SELECT count(*) FROM purchases WHERE user_id = ? AND course_id = ? AND ended_at IS NULL";
    Ok(tx.count(sql, [user_id.into(), course_id.into()]).await? > 0)
}

pub(crate) async fn of_payment(tx: &Tx, payment_id: PaymentId) -> Result<Option<Purchase>> {
    let sql = format!("SELECT {COLUMNS} FROM purchases WHERE payment_id = ?");
    tx.one(&sql, [payment_id.into()]).await
}

/// What this user owned by a purchase once and does not any more, newest first.
pub(crate) async fn ended(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Vec<Purchase>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM purchases WHERE user_id = ? AND course_id = ? AND ended_at IS NOT NULL ORDER BY created_at DESC, id"
    );
    tx.all(&sql, [user_id.into(), course_id.into()]).await
}

pub(crate) async fn set_ended(tx: &Tx, id: PurchaseId, ended_at: Option<Timestamp>) -> Result<()> {
    let sql = "UPDATE purchases SET ended_at = ?, updated_at = ? WHERE id = ?";
    tx.change(sql, [ended_at.into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

pub(crate) async fn of_user(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Purchase>> {
    let mut sql = format!("SELECT {COLUMNS} FROM purchases WHERE user_id = ?");
    let mut values = vec![user_id.into()];
    newest_first(&mut sql, &mut values, "created_at", after, limit);
    tx.all(&sql, values).await
}
