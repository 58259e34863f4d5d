//! What the demo school sells: coupons, and courses that were bought in the sandbox.

use std::{sync::Arc, time::Duration};

use database::Db;
use kernel::{Actor, CourseId, Result};
use payments::{
    CheckoutRequest, CouponScope, Discount, NewCoupon, PaymentMethod, Payments, Sandbox, SimulatedAction,
};
use serde::Deserialize;

/// A coupon for everything that its owner sells.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DemoCoupon {
    pub(super) owner: String,
    code: String,
    percent_off: i64,
    max_per_user: Option<i64>,
}

/// Makes a coupon.
pub(super) async fn add_coupon(db: &Db, owner: Actor, coupon: DemoCoupon) -> Result<()> {
    let new = NewCoupon {
        code: coupon.code,
        scope: CouponScope::Owner,
        course_ids: Vec::new(),
        discount: Discount::Percentage(coupon.percent_off),
        is_active: true,
        starts_at: None,
        ends_at: None,
        max_redemptions: None,
        max_per_user: coupon.max_per_user,
    };
    let work = |tx| async move { payments::create_coupon(&tx, new).await.map(drop) };
    db.run(owner, work).await
}

/// Buys a course, with a coupon or without: no money moves.
pub(super) async fn buy(
    db: &Db,
    buyer: Actor,
    course_id: CourseId,
    coupon_code: Option<String>,
) -> Result<()> {
    let payments = Payments::new(Some(Arc::new(Sandbox)), Duration::from_secs(3600));
    let request = CheckoutRequest {
        course_id,
        coupon_code,
        method: PaymentMethod::CheckoutSession,
        success_url: String::new(),
        cancel_url: String::new(),
    };
    let checkout = payments.checkout(db, buyer, request).await?;
    payments::simulate(db, buyer, checkout.payment.id, SimulatedAction::Complete).await.map(drop)
}
