use crate::http::routing::{Operations, operations};
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use database::Pool;
use kernel::{CouponId, CourseId, Error, FieldError, Result, UserId, Uuid};
use payments::{CouponChange, Discount, NewCoupon, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    http::{
        extract::{Idempotency, IfMatch, Json, Path, Query, Trainer, merge},
        problem::Problem,
        reply::{Nothing, Reply},
    },
    routes::shared::{Money, PageQuery, page},
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_coupons,
        create_coupon,
        get_coupon,
        update_coupon,
        delete_coupon
    );
}

/// A coupon, as its owner sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Coupon {
    /// The coupon's id.
    id: CouponId,
    /// Whose it is.
    owner_id: UserId,
    /// What buyers type, in upper case; unique.
    #[schema(example = "SPRING26")]
    code: String,
    /// `OWNER` for everything that its owner sells, `COURSES` for some, `ALL` for everybody's; more may be added.
    #[schema(value_type = String, example = "OWNER")]
    scope: Scope,
    /// The courses, where the scope is `COURSES`.
    course_ids: Vec<CourseId>,
    /// Hundredths that it takes off, where it is not an amount.
    #[schema(minimum = 1, maximum = 100, example = 20)]
    percent_off: Option<i64>,
    /// What it takes off, where it is not a percentage.
    #[schema(value_type = Option<Money>)]
    amount_off: Option<Money>,
    /// Whether it can be used at all.
    is_active: bool,
    /// From when.
    starts_at: Option<DateTime<Utc>>,
    /// Until when.
    ends_at: Option<DateTime<Utc>>,
    /// How often in all; null is without limit.
    #[schema(minimum = 1, example = 100)]
    max_redemptions: Option<i64>,
    /// How often by one user; null is without limit.
    #[schema(minimum = 1, example = 1)]
    max_per_user: Option<i64>,
    /// How often it was used, checkouts that still wait for their buyer included.
    #[schema(minimum = 0, example = 12)]
    redemption_count: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When its owner last changed it.
    updated_at: DateTime<Utc>,
}

impl From<payments::Coupon> for Coupon {
    fn from(coupon: payments::Coupon) -> Self {
        let payments::Coupon {
            id,
            owner_id,
            code,
            scope,
            course_ids,
            discount,
            is_active,
            starts_at,
            ends_at,
            max_redemptions,
            max_per_user,
            redemption_count,
            version: _,
            created_at,
            updated_at,
        } = coupon;
        let (percent_off, amount_off) = match discount {
            Discount::Percentage(percent) => (Some(percent), None),
            Discount::Fixed(off) => (None, Some(off.into())),
        };
        Self {
            id,
            owner_id,
            code,
            scope,
            course_ids,
            percent_off,
            amount_off,
            is_active,
            starts_at,
            ends_at,
            max_redemptions,
            max_per_user,
            redemption_count,
            created_at,
            updated_at,
        }
    }
}

/// For which courses a coupon is.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum CouponScope {
    /// Everybody's; admins only.
    All,
    /// All that the caller sells.
    Owner,
    /// These alone.
    Courses,
}

impl From<CouponScope> for Scope {
    fn from(scope: CouponScope) -> Self {
        match scope {
            CouponScope::All => Self::All,
            CouponScope::Owner => Self::Owner,
            CouponScope::Courses => Self::Courses,
        }
    }
}

fn owner() -> CouponScope {
    CouponScope::Owner
}

fn active() -> bool {
    true
}

/// A new coupon: either `percentOff` or `amountOff`.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "code": "SPRING26", "percentOff": 20, "maxRedemptions": 100, "maxPerUser": 1 }))]
struct CreateCoupon {
    /// What buyers type, whatever its case; unique.
    #[schema(pattern = "^[A-Za-z0-9_-]{3,32}$", example = "SPRING26")]
    code: String,
    /// For which courses.
    #[serde(default = "owner")]
    #[schema(default = "OWNER")]
    scope: CouponScope,
    /// The courses, of the caller's own, where the scope is `COURSES`.
    #[serde(default)]
    #[schema(max_items = 100)]
    course_ids: Vec<CourseId>,
    /// Hundredths that it takes off.
    #[schema(minimum = 1, maximum = 100, nullable = false, example = 20)]
    percent_off: Option<i64>,
    /// What it takes off prices in its currency: never more than there is to pay.
    #[schema(nullable = false)]
    amount_off: Option<Money>,
    /// Whether it can be used at all.
    #[serde(default = "active")]
    #[schema(default = true)]
    is_active: bool,
    /// From when.
    starts_at: Option<DateTime<Utc>>,
    /// Until when.
    ends_at: Option<DateTime<Utc>>,
    /// How often in all.
    #[schema(minimum = 1, maximum = 1_000_000_000, example = 100)]
    max_redemptions: Option<i64>,
    /// How often by one user.
    #[schema(minimum = 1, maximum = 1_000_000, example = 1)]
    max_per_user: Option<i64>,
}

impl CreateCoupon {
    fn into_new(self) -> Result<NewCoupon> {
        let refused =
            |pointer, code, detail: &str| Err(Error::invalid(vec![FieldError::new(pointer, code, detail)]));
        let discount = match (self.percent_off, self.amount_off) {
            (Some(percent), None) => Discount::Percentage(percent),
            (None, Some(off)) if off.amount == 0 => {
                return refused("/amountOff/amount", "too_small", "It has to take something off.");
            }
            (None, Some(off)) => Discount::Fixed(off.into_kernel("/amountOff")?),
            (None, None) => return refused("/percentOff", "required", "Name percentOff or amountOff."),
            (Some(_), Some(_)) => {
                return refused(
                    "/amountOff",
                    "not_allowed",
                    "Either percentOff or amountOff, not both.",
                );
            }
        };
        Ok(NewCoupon {
            code: self.code,
            scope: self.scope.into(),
            course_ids: self.course_ids,
            discount,
            is_active: self.is_active,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            max_redemptions: self.max_redemptions,
            max_per_user: self.max_per_user,
        })
    }
}

/// What changes in a coupon. Its code, its scope and what it takes off stay: make another one.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "isActive": false }))]
struct PatchCoupon {
    /// The whole new set of courses, where the scope is `COURSES`.
    #[schema(max_items = 100, nullable = false)]
    course_ids: Option<Vec<CourseId>>,
    /// Whether it can be used at all. Checkouts that hold a place in it keep it.
    #[schema(nullable = false, example = false)]
    is_active: Option<bool>,
    /// From when.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    starts_at: Option<Option<DateTime<Utc>>>,
    /// Until when.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    ends_at: Option<Option<DateTime<Utc>>>,
    /// How often in all; not less than it was used already.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000_000_000)]
    max_redemptions: Option<Option<i64>>,
    /// How often by one user.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000_000)]
    max_per_user: Option<Option<i64>>,
}

page! {
    /// A page of coupons.
    CouponPage of Coupon
}

/// My coupons
///
/// Newest first; everybody's for an admin.
#[utoipa::path(get, path = "/coupons",
    tag = "coupons", operation_id = "listCoupons", security(("bearer" = [])), params(PageQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of coupons.", body = CouponPage)))]
async fn list_coupons(
    state: Data<State>,
    Trainer(actor): Trainer,
    Query(page): Query<PageQuery>,
) -> Result<Reply<CouponPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { payments::list_coupons(&tx, after, limit).await };
    Ok(Reply::ok(&CouponPage::from(state.db.read(actor, work).await?))?)
}

/// Make a coupon
///
/// Trainers for what they sell, admins for everything. It takes a percentage or an amount off what would be to pay, never more than
/// that; with nothing left to pay the course is bought at once.
#[utoipa::path(post, path = "/coupons",
    tag = "coupons", operation_id = "createCoupon", security(("bearer" = [])), request_body = CreateCoupon,
    extensions(("x-problem-codes" = json!(["forbidden", "coupon_taken"]))),
    responses((status = 201, description = "The coupon.", body = Coupon)))]
async fn create_coupon(
    state: Data<State>,
    Trainer(actor): Trainer,
    key: Idempotency,
    body: Json<CreateCoupon>,
) -> Result<Reply<Coupon>, Problem> {
    let new = body.value.into_new()?;
    let work = |tx| async move {
        let coupon = payments::create_coupon(&tx, new).await?;
        let (location, version) = (format!("/coupons/{}", coupon.id), coupon.version);
        Ok(Reply::created(&location, &Coupon::from(coupon))?.version_and_content(version))
    };
    let whose = (Pool::App, actor);
    Ok(key.run(&state.db, whose, "createCoupon", &body.raw, work).await?)
}

/// A coupon
///
/// Of one's own; any for an admin.
#[utoipa::path(get, path = "/coupons/{coupon_id}",
    tag = "coupons", operation_id = "getCoupon", security(("bearer" = [])),
    params(("coupon_id" = Uuid, Path, description = "The coupon's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The coupon.", body = Coupon)))]
async fn get_coupon(
    state: Data<State>,
    Trainer(actor): Trainer,
    Path(id): Path<CouponId>,
) -> Result<Reply<Coupon>, Problem> {
    let work = move |tx| async move { payments::coupon(&tx, id).await };
    versioned(state.db.read(actor, work).await?)
}

/// Change a coupon
///
/// Of one's own; any for an admin.
#[utoipa::path(patch, path = "/coupons/{coupon_id}",
    tag = "coupons", operation_id = "updateCoupon", security(("bearer" = [])), request_body = PatchCoupon,
    params(("coupon_id" = Uuid, Path, description = "The coupon's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The coupon as it is now.", body = Coupon)))]
async fn update_coupon(
    state: Data<State>,
    Trainer(actor): Trainer,
    Path(id): Path<CouponId>,
    seen: IfMatch,
    body: Json<PatchCoupon>,
) -> Result<Reply<Coupon>, Problem> {
    let PatchCoupon {
        course_ids,
        is_active,
        starts_at,
        ends_at,
        max_redemptions,
        max_per_user,
    } = body.value;
    let change = CouponChange {
        course_ids,
        is_active,
        starts_at,
        ends_at,
        max_redemptions,
        max_per_user,
    };
    let matches = move |version| seen.accepts(version);
    let work = move |tx| async move { payments::change_coupon(&tx, id, matches, change).await };
    versioned(state.db.run(actor, work).await?)
}

/// Delete a coupon
///
/// One that nobody used; others are deactivated.
#[utoipa::path(delete, path = "/coupons/{coupon_id}",
    tag = "coupons", operation_id = "deleteCoupon", security(("bearer" = [])),
    params(("coupon_id" = Uuid, Path, description = "The coupon's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "coupon_used"]))),
    responses((status = 204, description = "It is gone.")))]
async fn delete_coupon(
    state: Data<State>,
    Trainer(actor): Trainer,
    Path(id): Path<CouponId>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { payments::delete_coupon(&tx, id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}

/// The count moves without the version: both make the tag.
fn versioned(coupon: payments::Coupon) -> Result<Reply<Coupon>, Problem> {
    let version = coupon.version;
    Ok(Reply::ok(&Coupon::from(coupon))?.version_and_content(version))
}
