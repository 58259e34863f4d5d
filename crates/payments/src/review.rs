//! Reviews: a change elsewhere may end what open checkouts froze. For the worker, which hears of all such changes.

use database::{Db, Pool, Tx, outbox::Message};
use entity::{enums::PaymentStatus, payments};
use kernel::{Actor, CouponId, CourseId, PaymentId, Result, UserId};
use sea_orm::{ColumnTrait, Condition};

use crate::{
    message::{COMPLETED, PURCHASE_RESTORED, REVIEW},
    offer::{self, Moment},
    payment,
    provider::{Fact, ProviderUpdate},
    settlement,
};

/// How many checkouts are looked up at once.
const BATCH: u64 = 100;

/// Ends the open checkouts whose offer does not stand any more after what this message is about. Repeating it changes nothing; messages
/// about anything else are ignored.
///
/// # Errors
/// What the database answers; the worker tries again.
pub async fn review_checkouts(db: &Db, message: &Message) -> Result<()> {
    let Some(concerned) = concerned(message) else {
        return Ok(());
    };
    let mut after = None;
    loop {
        let condition = concerned.clone();
        let find =
            move |tx: Tx| async move { payment::store::list_pending(&tx, condition, after, BATCH).await };
        let open = db.read_in(Pool::Worker, Actor::System, find).await?;
        let Some(last) = open.last() else {
            return Ok(());
        };
        after = Some(*last);
        for id in open {
            let review = move |tx: Tx| async move { review(&tx, id).await };
            db.run_in(Pool::Worker, Actor::System, review).await?;
        }
    }
}

/// Ends a checkout whose offer does not stand any more. The provider is told by a message of its own.
async fn review(tx: &Tx, id: PaymentId) -> Result<()> {
    let payment = settlement::lock_payment(tx, id).await?;
    let Some(open) = payment.filter(|payment| payment.status == PaymentStatus::Pending) else {
        return Ok(());
    };
    if let Some(withdrawal) = offer::withdrawal(tx, &open, Moment::Open).await? {
        let ended = ProviderUpdate::of(id, Fact::closed(withdrawal.code()));
        settlement::settle(tx, &ended).await?;
    }
    Ok(())
}

/// The checkouts that a message may concern; `None` where it concerns none.
fn concerned(message: &Message) -> Option<Condition> {
    let course = || message.id_of("courseId").map(|id: CourseId| payments::COLUMN.course_id.eq(id));
    let buyer = || message.id_of("userId").map(|id: UserId| payments::COLUMN.user_id.eq(id));
    let condition = match message.kind.as_str() {
        "course.unpublished" | "course.archived" | courses::OFFER_CHANGED => Condition::all().add(course()?),
        "enrollment.created"
        | "grant.created"
        | enrollment::ACCESS_EXTENDED
        | COMPLETED
        | PURCHASE_RESTORED => Condition::all().add(course()?).add(buyer()?),
        identity::SUSPENDED => {
            let seller = payments::COLUMN.author_id.eq(message.id_of::<UserId>("userId")?);
            Condition::any().add(buyer()?).add(seller)
        }
        REVIEW => {
            let coupon = message.id_of("couponId").map(|id: CouponId| payments::COLUMN.coupon_id.eq(id));
            let payment = || message.id_of("paymentId").map(|id: PaymentId| payments::COLUMN.id.eq(id));
            Condition::all().add(coupon.or_else(payment)?)
        }
        _ => return None,
    };
    Some(condition)
}
