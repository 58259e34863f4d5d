//! Coupons, as their owners manage them.

mod model;
pub(crate) mod store;

use std::{collections::HashSet, time::Duration};

use database::{Tx, constraint, from_db, outbox};
use entity::enums::CouponScope;
use kernel::{
    Actor, Code, CouponId, CourseId, Cursor, Error, FieldError, Limit, Page, Result, Timestamp, UserId,
};
use sea_orm::DbErr;
use serde_json::json;

pub use self::model::{Coupon, CouponChange, Discount, NewCoupon};
use crate::message::REVIEW;

/// No provider waits longer for a buyer.
const MAX_CHECKOUT_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Creates a coupon: trainers for the courses that they own, admins for all.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::CouponTaken`], [`Code::ValidationFailed`].
pub async fn create_coupon(tx: &Tx, new: NewCoupon) -> Result<Coupon> {
    let coupon = Coupon {
        id: tx.new_id(),
        owner_id: authorize_creation(tx.actor(), new.scope)?,
        code: comparable(&new.code),
        scope: new.scope,
        course_ids: new.course_ids,
        discount: new.discount,
        is_active: new.is_active,
        starts_at: new.starts_at,
        ends_at: new.ends_at,
        max_redemptions: new.max_redemptions,
        max_per_user: new.max_per_user,
        redemption_count: 0,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    check(tx, &coupon, None).await?;
    store::insert(tx, &coupon).await.map_err(code_is_taken)?;
    store::set_courses(tx, coupon.id, &[], &coupon.course_ids).await?;
    Ok(coupon)
}

/// A code in the form in which codes are compared: in upper case, without what a keyboard adds or types in another width.
pub(crate) fn comparable(code: &str) -> String {
    kernel::fold(code).to_ascii_uppercase()
}

/// The owner of a coupon that the caller creates.
fn authorize_creation(actor: Actor, scope: CouponScope) -> Result<UserId> {
    let owner_id = actor.trainer_id()?;
    authorize_scope(actor, scope)?;
    Ok(owner_id)
}

fn authorize_scope(actor: Actor, scope: CouponScope) -> Result<()> {
    if scope == CouponScope::All && !actor.is_admin() {
        let detail = "Only an admin makes and changes coupons for everybody's courses.";
        return Err(Error::new(Code::Forbidden).detail(detail));
    }
    Ok(())
}

/// The caller's coupons, newest first; everybody's for an admin.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in, [`Code::Forbidden`] for whoever is no trainer.
pub async fn list_coupons(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Coupon>> {
    let owner_id = (!tx.actor().is_admin()).then(|| tx.actor().trainer_id()).transpose()?;
    let rows = store::list(tx, owner_id, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}

/// A coupon of the caller's; any for an admin.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn coupon(tx: &Tx, id: CouponId) -> Result<Coupon> {
    let coupon = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    if tx.actor().manages(coupon.owner_id) { Ok(coupon) } else { Err(Code::NotFound.into()) }
}

/// Changes a coupon whose version `matches`. Open checkouts for which it is not good any more are ended by the worker; the others
/// keep their slots.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`] for a former admin's coupon for all courses, [`Code::PreconditionFailed`],
/// [`Code::ValidationFailed`].
pub async fn change_coupon(
    tx: &Tx,
    id: CouponId,
    matches: impl Fn(i64) -> bool,
    change: CouponChange,
) -> Result<Coupon> {
    let before = coupon(tx, id).await?;
    authorize_scope(tx.actor(), before.scope)?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let mut after = Coupon {
        course_ids: change.course_ids.unwrap_or_else(|| before.course_ids.clone()),
        is_active: change.is_active.unwrap_or(before.is_active),
        starts_at: change.starts_at.unwrap_or(before.starts_at),
        ends_at: change.ends_at.unwrap_or(before.ends_at),
        max_redemptions: change.max_redemptions.unwrap_or(before.max_redemptions),
        max_per_user: change.max_per_user.unwrap_or(before.max_per_user),
        ..before.clone()
    };
    if after == before {
        return Ok(before);
    }
    check(tx, &after, Some(&before)).await?;
    after.version += 1;
    after.updated_at = tx.now();
    let is_current = store::update(tx, before.version, &after).await.map_err(quota_is_exceeded)?;
    if !is_current {
        return Err(Code::PreconditionFailed.into());
    }
    if after.course_ids != before.course_ids {
        store::set_courses(tx, id, &before.course_ids, &after.course_ids).await?;
    }
    schedule_reviews(tx, &after).await?;
    Ok(after)
}

/// Has the open checkouts with a coupon reviewed now, and when it ends, should that be while they are open: those that begin later see
/// to it themselves.
async fn schedule_reviews(tx: &Tx, coupon: &Coupon) -> Result<()> {
    let review = |at: Timestamp| (json!({ "couponId": coupon.id }), at);
    let mut reviews = vec![review(tx.now())];
    let is_soon = |end: &Timestamp| *end > tx.now() && *end < tx.now() + MAX_CHECKOUT_LIFETIME;
    reviews.extend(coupon.ends_at.filter(is_soon).map(review));
    outbox::schedule(tx, REVIEW, reviews).await
}

/// Deletes a coupon that nobody used.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`] for a former admin's coupon for all courses, [`Code::CouponUsed`].
pub async fn delete_coupon(tx: &Tx, id: CouponId) -> Result<()> {
    authorize_scope(tx.actor(), coupon(tx, id).await?.scope)?;
    store::delete(tx, id).await.map_err(is_used)
}

/// Collects every reason why a coupon cannot be like this. What is as it was `before` is not judged again.
async fn check(tx: &Tx, coupon: &Coupon, before: Option<&Coupon>) -> Result<()> {
    let mut errors = Vec::new();
    let is_new = before.is_none();
    if is_new && let Discount::Fixed(off) = coupon.discount {
        errors.extend(off.step_refusal("/amountOff"));
    }
    let window = |coupon: &Coupon| (coupon.starts_at, coupon.ends_at);
    if before.map(window) != Some(window(coupon))
        && let (Some(start), Some(end)) = window(coupon)
        && start >= end
    {
        let detail = "It has to end after it starts.";
        errors.push(FieldError::new("/endsAt", "not_after_start", detail));
    }
    let is_below = |maximum| maximum < coupon.redemption_count;
    if before.is_none_or(|before| before.max_redemptions != coupon.max_redemptions)
        && coupon.max_redemptions.is_some_and(is_below)
    {
        errors.push(below_redemptions());
    }
    let known = before.map_or(&[][..], |before| &before.course_ids);
    if is_new || known != coupon.course_ids {
        errors.extend(course_refusals(tx, coupon, known).await?);
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::invalid(errors)) }
}

/// Why a coupon cannot be for its courses, apart from those that it is for already.
async fn course_refusals(tx: &Tx, coupon: &Coupon, known: &[CourseId]) -> Result<Vec<FieldError>> {
    let refusal = match (coupon.scope, coupon.course_ids.is_empty()) {
        (CouponScope::Courses, true) => ("required", "Name the courses that it is for."),
        (CouponScope::All | CouponScope::Owner, false) => {
            ("not_allowed", "Only the scope COURSES names courses.")
        }
        _ => return foreign_courses(tx, coupon, known).await,
    };
    Ok(vec![FieldError::new("/courseIds", refusal.0, refusal.1)])
}

/// The newly named courses that the caller does not manage.
async fn foreign_courses(tx: &Tx, coupon: &Coupon, known: &[CourseId]) -> Result<Vec<FieldError>> {
    let own: HashSet<CourseId> = courses::courses_by_ids(tx, &coupon.course_ids)
        .await?
        .into_iter()
        .filter(|course| tx.actor().manages(course.author.id))
        .map(|course| course.id)
        .collect();
    let named = coupon.course_ids.iter().enumerate();
    Ok(named
        .filter(|(_, id)| !own.contains(id) && !known.contains(id))
        .map(|(index, _)| {
            let pointer = format!("/courseIds/{index}");
            FieldError::new(pointer, "unknown_course", "This is no course of yours.")
        })
        .collect())
}

fn below_redemptions() -> FieldError {
    let detail = "It was used more often already.";
    FieldError::new("/maxRedemptions", "below_redemptions", detail)
}

fn code_is_taken(error: DbErr) -> Error {
    match constraint(&error).as_deref() {
        Some("uq_coupons_code") => Code::CouponTaken.into(),
        _ => from_db(error),
    }
}

/// The constraint decides about the quota: a checkout may be taking a slot at this moment.
fn quota_is_exceeded(error: DbErr) -> Error {
    match constraint(&error).as_deref() {
        Some("ck_coupons_quota") => Error::invalid(vec![below_redemptions()]),
        _ => from_db(error),
    }
}

/// The foreign keys decide about use: a checkout may be taking a slot at this moment. SQLite does not name them.
fn is_used(error: DbErr) -> Error {
    match constraint(&error).as_deref() {
        Some("fk" | "fk_coupon_redemptions_coupon_id" | "fk_payments_coupon_id") => Code::CouponUsed.into(),
        _ => from_db(error),
    }
}
