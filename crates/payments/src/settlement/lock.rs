//! The locks under which payments change.

use database::Tx;
use kernel::{CourseId, PaymentId, Result, UserId};

use crate::payment::{self, Payment};

/// Makes the checkouts and payments of one buyer and course wait for each other, until the end of the transaction: of two payments
/// that are captured, one buys the course.
pub(crate) async fn lock_purchase(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    tx.advisory_lock(&format!("purchase:{user_id}:{course_id}")).await
}

/// A payment that nobody else changes until the end of the transaction.
pub(crate) async fn lock_payment(tx: &Tx, id: PaymentId) -> Result<Option<Payment>> {
    let Some(payment) = payment::store::find(tx, id).await? else {
        return Ok(None);
    };
    lock_purchase(tx, payment.user_id, payment.course_id).await?;
    payment::store::find_locked(tx, id).await
}
