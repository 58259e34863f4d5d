//! Offers: whether a course can be sold to somebody, and whether what a checkout froze can still be.

mod model;

use courses::Course;
use database::Tx;
use entity::enums::PaymentStatus;
use kernel::{CourseId, Result, UserId};

pub(crate) use self::model::Withdrawal;
use crate::{coupon, payment::Payment, purchase, redemption};

/// When an offer is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// While its checkout is open.
    Open,
    /// When its buyer has paid.
    Paid,
}

/// The course, if it can be sold to this user.
pub(crate) async fn find(
    tx: &Tx,
    buyer_id: UserId,
    course_id: CourseId,
) -> Result<std::result::Result<Course, Withdrawal>> {
    let course = courses::courses_by_ids(tx, &[course_id]).await?.pop();
    let Some(course) = course.filter(|course| course.is_published && course.archived_at.is_none()) else {
        return Ok(Err(Withdrawal::CourseUnavailable));
    };
    let active = identity::active_accounts(tx, &[buyer_id, course.author.id]).await?;
    let withdrawal = if !active.contains(&course.author.id) {
        Withdrawal::CourseUnavailable
    } else if !active.contains(&buyer_id) {
        Withdrawal::AccountSuspended
    } else if purchase::store::is_owned(tx, buyer_id, course_id).await? {
        Withdrawal::AlreadyPurchased
    } else if enrollment::has_lasting_access(tx, buyer_id, course_id).await? {
        Withdrawal::AlreadyEnrolled
    } else {
        return Ok(Ok(course));
    };
    Ok(Err(withdrawal))
}

/// Why the offer that a payment froze does not stand any more; `None` where it does. Terms that were accepted by paying stay, where
/// the money takes days.
pub(crate) async fn withdrawal(tx: &Tx, payment: &Payment, moment: Moment) -> Result<Option<Withdrawal>> {
    let course = match find(tx, payment.user_id, payment.course_id).await? {
        Ok(course) => course,
        Err(withdrawal) => return Ok(Some(withdrawal)),
    };
    if payment.accepted_at.is_some() {
        return Ok(None);
    }
    let Some(price) = course.price.filter(|_| !course.is_free()) else {
        return Ok(Some(Withdrawal::CourseFree));
    };
    let discount = course.discount_price.map_or(0, |discounted| price.amount - discounted.amount);
    let frozen = (payment.base_amount, payment.discount_amount, payment.currency.as_str());
    if (price.amount, discount, price.currency.as_str()) != frozen {
        return Ok(Some(Withdrawal::PriceChanged));
    }
    coupon_withdrawal(tx, payment, &course, moment).await
}

async fn coupon_withdrawal(
    tx: &Tx,
    payment: &Payment,
    course: &Course,
    moment: Moment,
) -> Result<Option<Withdrawal>> {
    let Some(coupon_id) = payment.coupon_id else {
        return Ok(None);
    };
    let Some(coupon) = coupon::store::find(tx, coupon_id).await? else {
        return Ok(Some(Withdrawal::CouponWithdrawn));
    };
    let has_started = coupon.starts_at.is_none_or(|start| start <= tx.now());
    if !coupon.is_active || !has_started || !coupon.is_for(course.id, course.author.id) {
        return Ok(Some(Withdrawal::CouponWithdrawn));
    }
    // A checkout that was still open when its buyer paid was in time: the report may come a little later.
    let is_late = moment == Moment::Open || payment.status != PaymentStatus::Pending;
    if is_late && coupon.ends_at.is_some_and(|end| end <= tx.now()) {
        return Ok(Some(Withdrawal::CouponExpired));
    }
    let is_exhausted = coupon.max_redemptions.is_some_and(|maximum| coupon.redemption_count >= maximum);
    if is_exhausted && !redemption::has_slot(tx, payment.id).await? {
        return Ok(Some(Withdrawal::CouponExhausted));
    }
    Ok(None)
}
