//! The purchase and the access follow the payment that they came from.

use database::{Tx, outbox};
use enrollment::PurchaseState as Access;
use kernel::Result;
use serde_json::json;

use super::facts::Capture;
use crate::{
    message::PURCHASE_RESTORED,
    payment::{self, Payment},
    purchase::{self, Purchase},
};

/// Ends or restores the purchase of a payment, and moves the access bought with it.
pub(super) async fn follow(tx: &Tx, payment: &Payment, access: Access) -> Result<()> {
    let Some(purchase) = purchase::store::find_by_payment(tx, payment.id).await? else {
        return Ok(());
    };
    match (is_owned(access), purchase.ended_at) {
        (false, None) => {
            purchase::store::set_ended_at(tx, purchase.id, Some(tx.now())).await?;
            restore_earlier_purchase(tx, payment).await?;
        }
        // Unless they have bought the course again meanwhile.
        (true, Some(_)) if !purchase::store::is_owned(tx, payment.user_id, payment.course_id).await? => {
            restore(tx, &purchase).await?;
        }
        _ => {}
    }
    let reason = match access {
        Access::Active => "purchase",
        Access::Suspended => "dispute_opened",
        Access::Refunded => "refund",
        Access::Ended => "dispute_lost",
    };
    let purchased = enrollment::Purchased {
        user_id: payment.user_id,
        course_id: payment.course_id,
        payment_id: payment.id,
    };
    enrollment::apply_purchase_state(tx, purchased, access, reason).await
}

/// A purchase whose access is suspended still belongs to its buyer.
fn is_owned(access: Access) -> bool {
    matches!(access, Access::Active | Access::Suspended)
}

/// Restores a purchase that ended before this one, if its payment was not given back in the end: a refund may have failed after its
/// buyer had bought the course again, so that they paid twice and one purchase is left.
async fn restore_earlier_purchase(tx: &Tx, ended: &Payment) -> Result<()> {
    for purchase in purchase::store::list_ended(tx, ended.user_id, ended.course_id).await? {
        if purchase.payment_id == ended.id {
            continue;
        }
        let Some(payment) = payment::store::find(tx, purchase.payment_id).await? else {
            continue;
        };
        let facts = Capture::of(&payment).facts(tx, &payment).await?;
        if facts.state().access.is_some_and(is_owned) {
            return restore(tx, &purchase).await;
        }
    }
    Ok(())
}

/// The buyer owns the course again: another checkout of theirs that is open for it has to end.
async fn restore(tx: &Tx, purchase: &Purchase) -> Result<()> {
    purchase::store::set_ended_at(tx, purchase.id, None).await?;
    let owned = json!({ "userId": purchase.user_id, "courseId": purchase.course_id });
    outbox::send(tx, PURCHASE_RESTORED, owned).await
}
