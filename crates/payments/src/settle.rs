use database::{Tx, audit, outbox};
use kernel::{CourseId, PaymentId, Result, Timestamp, UserId};
use sea_orm::ActiveEnum;
use serde_json::json;

use crate::{
    Fact, Payment, PaymentStatus, RefundStatus, Told, coupon,
    outbox::{REFUND, STOP},
    receipt,
    standing::{Known, Standing},
    store,
};

/// Facts about a payment become its state: the payment, its purchase, receipt and coupon, and the access bought with it, all in
/// this transaction. Known facts change nothing, and their order does not matter. Answers whether there is such a payment.
///
/// Runs as the worker's role.
pub(crate) async fn settle(tx: &Tx, told: &Told) -> Result<bool> {
    let Some(id) = store::payment::named(tx, told).await? else {
        return Ok(false);
    };
    let Some(payment) = lock(tx, id).await? else {
        return Ok(false);
    };
    let mut gathered = Gathered::of(&payment);
    for fact in &told.facts {
        gathered.add(tx, fact).await?;
    }
    let standing = standing(tx, &payment, gathered.captured, gathered.over).await?;
    write(tx, gathered, standing).await?;
    Ok(true)
}

/// How a payment stands, by its rows and by whether its money came.
async fn standing(tx: &Tx, payment: &Payment, captured: bool, over: bool) -> Result<Standing> {
    let refunds = store::refund::of_payment(tx, payment.id).await?;
    let disputes = store::dispute::of_payment(tx, payment.id).await?;
    let known = Known {
        amount: payment.amount,
        captured,
        over,
        refunds: refunds
            .iter()
            .map(|refund| (refund.status, refund.amount, refund.ends_access))
            .collect(),
        disputes: disputes.iter().map(|dispute| dispute.status).collect(),
    };
    Ok(known.standing())
}

/// One buyer's checkouts and payments of one course wait for each other: of two that were paid, one buys.
pub(crate) async fn stand_in_line(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<()> {
    tx.advisory_lock(&format!("purchase:{user_id}:{course_id}")).await
}

/// A payment that nobody else changes until the end of this transaction.
pub(crate) async fn lock(tx: &Tx, id: PaymentId) -> Result<Option<Payment>> {
    let Some(payment) = store::payment::find(tx, id).await? else {
        return Ok(None);
    };
    stand_in_line(tx, payment.user_id, payment.course_id).await?;
    store::payment::locked(tx, id).await
}

/// A payment with what was told of it besides refunds and disputes, which are rows of their own.
struct Gathered {
    before: Payment,
    captured: bool,
    over: bool,
    provider_payment_id: Option<String>,
    failure_code: Option<String>,
}

impl Gathered {
    fn of(payment: &Payment) -> Self {
        Self {
            before: payment.clone(),
            captured: payment.completed_at.is_some(),
            over: payment.status == PaymentStatus::Failed,
            provider_payment_id: payment.provider_payment_id.clone(),
            failure_code: payment.failure_code.clone(),
        }
    }

    async fn add(&mut self, tx: &Tx, fact: &Fact) -> Result<()> {
        let payment = &self.before;
        match fact {
            Fact::Captured {
                provider_payment_id,
                amount,
                currency,
            } => {
                if (*amount, currency) != (payment.amount, &payment.currency) {
                    // Not what was agreed: a person has to look, and nobody gets a course for it.
                    tracing::error!(payment = %payment.id, amount, currency, "another amount was paid than was to be paid");
                    let detail = json!({ "amount": amount, "currency": currency });
                    return audit::record(tx, "payment.mismatch", payment.id, detail).await;
                }
                self.captured = true;
                self.provider_payment_id
                    .get_or_insert_with(|| provider_payment_id.clone());
            }
            Fact::Declined { code } if payment.status == PaymentStatus::Pending => {
                self.failure_code = Some(code.clone());
            }
            Fact::Over { code } if payment.status == PaymentStatus::Pending => {
                self.over = true;
                self.failure_code = Some(code.clone());
            }
            Fact::OnItsWay | Fact::Declined { .. } | Fact::Over { .. } => {}
            Fact::Refund {
                id,
                ours,
                amount,
                status,
                code,
            } => store::refund::tell(tx, payment, (id, *ours), *amount, *status, code.as_deref()).await?,
            Fact::Dispute {
                id,
                amount,
                status,
                reason,
            } => store::dispute::tell(tx, payment, id, *amount, *status, reason.as_deref()).await?,
        }
        Ok(())
    }
}

async fn write(tx: &Tx, gathered: Gathered, standing: Standing) -> Result<()> {
    let Gathered {
        before,
        provider_payment_id,
        failure_code,
        ..
    } = gathered;
    let now = tx.now();
    let first = |already: Option<Timestamp>, is: bool| if is { already.or(Some(now)) } else { None };
    let captured = matches!(
        standing.status,
        PaymentStatus::Completed | PaymentStatus::Refunded
    );
    let after = Payment {
        status: standing.status,
        refunded_amount: standing.refunded,
        refunding_amount: standing.refunding,
        provider_payment_id,
        failure_code: failure_code.filter(|_| !captured),
        completed_at: first(before.completed_at, captured),
        failed_at: first(before.failed_at, standing.status == PaymentStatus::Failed),
        refunded_at: first(before.refunded_at, standing.status == PaymentStatus::Refunded),
        ..before.clone()
    };
    store::payment::advance(tx, &before, &after).await?;
    if after.status != before.status {
        let detail = json!({ "from": before.status.to_value(), "to": after.status.to_value() });
        audit::record(tx, "payment.status", after.id, detail).await?;
    }
    if before.completed_at.is_none() && captured {
        complete(tx, &after).await?;
    }
    if before.status == PaymentStatus::Pending && after.status == PaymentStatus::Failed {
        if let Some(coupon_id) = after.coupon_id {
            coupon::release(tx, coupon_id, after.id).await?;
        }
        outbox::send(tx, STOP, json!({ "paymentId": after.id })).await?;
    }
    if let Some(access) = standing.access {
        follow(tx, &after, access).await?;
    }
    Ok(())
}

/// What happens once, when the money comes.
async fn complete(tx: &Tx, payment: &Payment) -> Result<()> {
    if let Some(coupon_id) = payment.coupon_id {
        coupon::confirm(tx, coupon_id, payment.id).await?;
    }
    receipt::issue(tx, payment).await?;
    if !store::purchase::insert(tx, payment).await? {
        // Bought already, by another payment: this money goes back.
        return give_back(tx, payment).await;
    }
    let detail = json!({ "paymentId": payment.id, "userId": payment.user_id, "courseId": payment.course_id });
    outbox::send(tx, "payment.completed", detail).await
}

/// All that is left: some of it may have been given back by hand before we heard that it came.
async fn give_back(tx: &Tx, payment: &Payment) -> Result<()> {
    let left = payment.refundable();
    if left == 0 {
        return Ok(());
    }
    tracing::warn!(payment = %payment.id, "the course was paid for twice: the second payment goes back");
    let refund_id = tx.new_id();
    store::refund::insert(tx, payment, refund_id, left, "DUPLICATE", None, true).await?;
    store::payment::set_refunding(tx, payment.id, payment.refunding_amount + left).await?;
    outbox::send(tx, REFUND, json!({ "refundId": refund_id })).await
}

/// The purchase and the access follow the payment that they came from.
async fn follow(tx: &Tx, payment: &Payment, access: enrollment::PurchaseState) -> Result<()> {
    use enrollment::PurchaseState::{Active, Ended, Refunded, Suspended};
    let Some(purchase) = store::purchase::of_payment(tx, payment.id).await? else {
        return Ok(());
    };
    let owned = matches!(access, Active | Suspended);
    match (owned, purchase.ended_at) {
        (false, None) => {
            store::purchase::set_ended(tx, purchase.id, Some(tx.now())).await?;
            fall_back(tx, payment).await?;
        }
        // Theirs again, unless they have bought it again meanwhile.
        (true, Some(_)) if !store::purchase::is_live(tx, payment.user_id, payment.course_id).await? => {
            store::purchase::set_ended(tx, purchase.id, None).await?;
        }
        _ => {}
    }
    let reason = match access {
        Active => "purchase",
        Suspended => "dispute_opened",
        Refunded => "refund",
        Ended => "dispute_lost",
    };
    let purchased = enrollment::Purchased {
        user_id: payment.user_id,
        course_id: payment.course_id,
        payment_id: payment.id,
    };
    enrollment::apply_purchase_state(tx, purchased, access, reason).await
}

/// Who bought again, and then was not given back what they had paid first, has paid for the course once more: when the later
/// purchase ends, the earlier one is theirs again, as the access bought with it is.
async fn fall_back(tx: &Tx, ended: &Payment) -> Result<()> {
    use enrollment::PurchaseState::{Active, Suspended};
    for purchase in store::purchase::ended(tx, ended.user_id, ended.course_id).await? {
        if purchase.payment_id == ended.id {
            continue;
        }
        let Some(payment) = store::payment::find(tx, purchase.payment_id).await? else {
            continue;
        };
        let captured = payment.completed_at.is_some();
        let access = standing(tx, &payment, captured, false).await?.access;
        if matches!(access, Some(Active | Suspended)) {
            return store::purchase::set_ended(tx, purchase.id, None).await;
        }
    }
    Ok(())
}

/// Facts that we know ourselves, about a payment of ours.
pub(crate) fn of(payment_id: PaymentId, facts: Vec<Fact>) -> Told {
    Told {
        payment_id: Some(payment_id),
        facts,
        ..Told::default()
    }
}

/// That a refund will not be made.
pub(crate) fn refund_failed(refund: &crate::Refund, code: &str) -> Fact {
    Fact::Refund {
        id: refund
            .provider_refund_id
            .clone()
            .unwrap_or_else(|| refund.id.to_string()),
        ours: Some(refund.id),
        amount: refund.amount,
        status: RefundStatus::Failed,
        code: Some(code.to_owned()),
    }
}
