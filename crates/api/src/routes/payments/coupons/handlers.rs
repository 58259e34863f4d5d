//! The operations on coupons.

use kernel::CouponId;
use payments::NewCoupon;

use super::dto::{Coupon, CouponPage, CreateCoupon, PatchCoupon};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_coupons, create_coupon, get_coupon, update_coupon, delete_coupon);
}

/// List coupons
///
/// Lists the caller's coupons, newest first; for an admin everybody's.
#[utoipa::path(get, path = "/coupons",
    tag = "coupons", operation_id = "listCoupons", security(("bearer" = [])), params(PageQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of coupons.", body = CouponPage)))]
async fn list_coupons(caller: Trainer, list: List) -> Answer<CouponPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| payments::list_coupons(&tx, after, limit).await;
    Ok(Reply::ok(&CouponPage::of(list_id, caller.read(work).await?))?)
}

/// Create a coupon
///
/// Creates a coupon: a trainer for the courses that they own, an admin for all. It takes a percentage or an amount off the price, never
/// more than the price; a course with nothing left to pay is bought at once.
#[utoipa::path(post, path = "/coupons",
    tag = "coupons", operation_id = "createCoupon", security(("bearer" = [])), request_body = CreateCoupon,
    extensions(("x-problem-codes" = json!(["forbidden", "coupon_taken"]))),
    responses((status = 201, description = "The coupon.", body = Coupon)))]
async fn create_coupon(caller: Trainer, key: Idempotency, body: Json<CreateCoupon>) -> Answer<Coupon> {
    let new = NewCoupon::try_from(body.value)?;
    let work = async move |tx| {
        let coupon = payments::create_coupon(&tx, new).await?;
        let (location, version) = (format!("/coupons/{}", coupon.id), coupon.version);
        Ok(Reply::created(&location, &Coupon::from(coupon))?.version_and_content(version))
    };
    Ok(key.run(&caller, "createCoupon", &body.raw, work).await?)
}

/// Get a coupon
///
/// Gives a coupon to its owner and to admins.
#[utoipa::path(get, path = "/coupons/{coupon_id}",
    tag = "coupons", operation_id = "getCoupon", security(("bearer" = [])),
    params(("coupon_id" = Uuid, Path, description = "The coupon's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The coupon.", body = Coupon)))]
async fn get_coupon(caller: Trainer, Path(id): Path<CouponId>) -> Answer<Coupon> {
    versioned(caller.read(async move |tx| payments::coupon(&tx, id).await).await?)
}

/// Change a coupon
///
/// Changes a coupon of the caller's; an admin changes any.
#[utoipa::path(patch, path = "/coupons/{coupon_id}",
    tag = "coupons", operation_id = "updateCoupon", security(("bearer" = [])), request_body = PatchCoupon,
    params(("coupon_id" = Uuid, Path, description = "The coupon's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The coupon as it is now.", body = Coupon)))]
async fn update_coupon(
    caller: Trainer,
    Path(id): Path<CouponId>,
    seen: IfMatch,
    body: Json<PatchCoupon>,
) -> Answer<Coupon> {
    let change = body.value.into();
    let matches = move |version| seen.accepts(version);
    versioned(caller.run(async move |tx| payments::change_coupon(&tx, id, matches, change).await).await?)
}

/// Delete a coupon
///
/// Deletes a coupon that nobody has used. One that was used can be deactivated.
#[utoipa::path(delete, path = "/coupons/{coupon_id}",
    tag = "coupons", operation_id = "deleteCoupon", security(("bearer" = [])),
    params(("coupon_id" = Uuid, Path, description = "The coupon's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "coupon_used"]))),
    responses((status = 204, description = "The coupon was deleted.")))]
async fn delete_coupon(caller: Trainer, Path(id): Path<CouponId>) -> Answer<Nothing> {
    caller.run(async move |tx| payments::delete_coupon(&tx, id).await).await?;
    Ok(Reply::no_content())
}

/// The count of redemptions moves without the version, so that both make the entity tag.
fn versioned(coupon: payments::Coupon) -> Answer<Coupon> {
    let version = coupon.version;
    Ok(Reply::ok(&Coupon::from(coupon))?.version_and_content(version))
}
