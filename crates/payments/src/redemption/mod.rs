//! Redemption slots: a checkout reserves one in its coupon's quota, the payment confirms it or releases it.

mod store;

use database::Tx;
use entity::enums::RedemptionStatus;
use kernel::{CouponId, Error, FieldError, PaymentId, Result};

use crate::{
    coupon::{self, Coupon, Discount},
    quote::Quote,
};

/// The coupon of this code, if the caller may use it for what the quote is about.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] with the reason: `coupon_unknown`, `coupon_not_started`, `coupon_expired`,
/// `coupon_not_applicable`, `coupon_exhausted`, `coupon_limit_reached`.
pub(crate) async fn find_usable(tx: &Tx, code: &str, quote: &Quote) -> Result<Coupon> {
    let found = coupon::store::find_by_code(tx, &coupon::comparable(code)).await?;
    let Some(coupon) = found.filter(|coupon| coupon.is_active) else {
        return Err(refused("coupon_unknown", "There is no such coupon."));
    };
    if coupon.starts_at.is_some_and(|start| start > tx.now()) {
        return Err(refused("coupon_not_started", "This coupon cannot be used yet."));
    }
    if coupon.ends_at.is_some_and(|end| end <= tx.now()) {
        return Err(refused("coupon_expired", "This coupon has expired."));
    }
    if !coupon.is_for(quote.course_id, quote.author_id) {
        let detail = "This coupon is not for this course.";
        return Err(refused("coupon_not_applicable", detail));
    }
    if matches!(coupon.discount, Discount::Fixed(off) if off.currency != quote.currency) {
        let detail = "This coupon is for prices in another currency.";
        return Err(refused("coupon_not_applicable", detail));
    }
    // The slot of the caller's own open checkout does not count: that checkout continues, or releases its slot first.
    let held = store::count_reserved_slots(tx, coupon.id, tx.user_id()?, quote.course_id).await?;
    let is_exhausted = |maximum| coupon.redemption_count - held >= maximum;
    if coupon.max_redemptions.is_some_and(is_exhausted) {
        return Err(exhausted());
    }
    check_limit_per_user(tx, &coupon, held).await?;
    Ok(coupon)
}

/// Whether a payment holds a slot, reserved or confirmed.
pub(crate) async fn has_slot(tx: &Tx, payment_id: PaymentId) -> Result<bool> {
    store::has_slot(tx, payment_id).await
}

/// Reserves a slot for a payment of the caller. Of many at once, as many succeed as there are slots.
pub(crate) async fn reserve(tx: &Tx, coupon: &Coupon, payment_id: PaymentId) -> Result<()> {
    if !store::take_slot(tx, coupon.id).await? {
        return Err(exhausted());
    }
    // The coupon is locked now, so that no other checkout of this user takes their last slot.
    check_limit_per_user(tx, coupon, 0).await?;
    store::insert(tx, coupon.id, tx.user_id()?, payment_id).await
}

/// Confirms the slot of a payment that was completed. One that had been released takes another slot if there is one; the payment
/// is valid without.
pub(crate) async fn confirm(tx: &Tx, coupon_id: CouponId, payment_id: PaymentId) -> Result<()> {
    use RedemptionStatus::{Confirmed, Released, Reserved};
    if store::move_slot(tx, payment_id, Reserved, Confirmed).await? {
        return Ok(());
    }
    if store::take_slot(tx, coupon_id).await?
        && !store::move_slot(tx, payment_id, Released, Confirmed).await?
    {
        store::free_slot(tx, coupon_id).await?;
    }
    Ok(())
}

/// Releases the slot of a payment that came to nothing.
pub(crate) async fn release(tx: &Tx, coupon_id: CouponId, payment_id: PaymentId) -> Result<()> {
    use RedemptionStatus::{Released, Reserved};
    if store::move_slot(tx, payment_id, Reserved, Released).await? {
        store::free_slot(tx, coupon_id).await?;
    }
    Ok(())
}

/// Refuses a user who has used the coupon as often as they may, without counting `held` of their slots.
async fn check_limit_per_user(tx: &Tx, coupon: &Coupon, held: i64) -> Result<()> {
    let Some(maximum) = coupon.max_per_user else {
        return Ok(());
    };
    if store::count_slots(tx, coupon.id, tx.user_id()?).await? - held < maximum {
        return Ok(());
    }
    let detail = "You have used this coupon as often as you may.";
    Err(refused("coupon_limit_reached", detail))
}

fn exhausted() -> Error {
    refused("coupon_exhausted", "This coupon is used up.")
}

fn refused(code: &'static str, detail: &str) -> Error {
    Error::invalid(vec![FieldError::new("/couponCode", code, detail)])
}
