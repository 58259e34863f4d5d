//! What the demo school sells: coupons, and courses that were bought in the sandbox.

use std::{sync::Arc, time::Duration};

use database::Db;
use kernel::{Actor, CourseId, Result};
use payments::{CheckoutRequest, Discount, Method, NewCoupon, Payments, Sandbox, SandboxAct, Scope};
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
        scope: Scope::Owner,
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
    let till = Payments::new(Some(Arc::new(Sandbox)), Duration::from_secs(3600));
    let request = CheckoutRequest {
        course_id,
        coupon_code,
        method: Method::CheckoutSession,
        success_url: String::new(),
        cancel_url: String::new(),
    };
    let checkout = till.checkout(db, buyer, request).await?;
    till.play(db, buyer, checkout.payment.id, SandboxAct::Complete)
        .await
        .map(drop)
}
