//! Coupons in requests and answers.

use kernel::{CouponId, CourseId, Error, Result, UserId};
use payments::{CouponChange, CouponScope, Discount, NewCoupon};

use crate::routes::shared::prelude::*;

bounded! {
    /// What buyers type, in upper or lower case: 3 to 32 letters, digits, `_` or `-`.
    #[schema(pattern = "^[A-Za-z0-9_-]{3,32}$", example = "SPRING26")]
    CouponCode(String);

    /// How often a coupon can be used in all.
    #[schema(minimum = 1, maximum = 1_000_000_000, example = 100)]
    MaxRedemptions(i64);

    /// How often one user can use a coupon.
    #[schema(minimum = 1, maximum = 1_000_000, example = 1)]
    MaxPerUser(i64);
}

/// A coupon, as its owner sees it.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = payments::Coupon, ignore(version), used(discount))]
pub(super) struct Coupon {
    /// The coupon's id.
    id: CouponId,
    /// The trainer or admin who created it.
    owner_id: UserId,
    /// What buyers type: upper case, unique.
    #[schema(example = "SPRING26")]
    code: String,
    /// The courses that it is for: `OWNER` for all of its owner's, `COURSES` for those that it names, `ALL` for everybody's; more may be
    /// added.
    #[schema(value_type = String, example = "OWNER")]
    scope: CouponScope,
    /// The courses by name, where the scope is `COURSES`.
    course_ids: Vec<CourseId>,
    /// How many per cent it takes off; null where it takes off an amount.
    #[schema(minimum = 1, maximum = 100, example = 20)]
    #[dto(with = percentage(discount))]
    percent_off: Option<i64>,
    /// The amount that it takes off; null where it takes off a percentage.
    #[schema(value_type = Option<Money>)]
    #[dto(with = fixed(discount))]
    amount_off: Option<Money>,
    /// Whether it can be used at all.
    is_active: bool,
    /// From when it can be used; null is at once.
    starts_at: Option<DateTime<Utc>>,
    /// Until when it can be used; null is for ever.
    ends_at: Option<DateTime<Utc>>,
    /// How often it can be used in all; null is without limit.
    #[schema(minimum = 1, example = 100)]
    max_redemptions: Option<i64>,
    /// How often one user can use it; null is without limit.
    #[schema(minimum = 1, example = 1)]
    max_per_user: Option<i64>,
    /// How often it was used, including checkouts that still wait for their buyer.
    #[schema(minimum = 0, example = 12)]
    redemption_count: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When its owner last changed it.
    updated_at: DateTime<Utc>,
}

fn percentage(discount: Discount) -> Option<i64> {
    match discount {
        Discount::Percentage(percent) => Some(percent),
        Discount::Fixed(_) => None,
    }
}

fn fixed(discount: Discount) -> Option<Money> {
    match discount {
        Discount::Percentage(_) => None,
        Discount::Fixed(off) => Some(off.into()),
    }
}

/// A coupon to be created: either with `percentOff` or with `amountOff`.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "code": "SPRING26", "percentOff": 20, "maxRedemptions": 100, "maxPerUser": 1 }))]
#[validate(schema(function = "has_one_discount"), schema(function = "ends_after_start"))]
pub(super) struct CreateCoupon {
    /// The code, which has to be unique.
    code: CouponCode,
    /// The courses that it is for.
    #[serde(default = "owner")]
    #[schema(value_type = schema::CouponScope, default = "OWNER")]
    scope: CouponScope,
    /// The courses by name, where the scope is `COURSES`: only the caller's own.
    #[serde(default)]
    #[schema(max_items = 100)]
    course_ids: Vec<CourseId>,
    /// How many per cent it takes off.
    #[schema(minimum = 1, maximum = 100, nullable = false, example = 20)]
    percent_off: Option<i64>,
    /// The amount that it takes off prices in its currency: never more than the price.
    #[schema(nullable = false)]
    amount_off: Option<Money>,
    /// Whether it can be used at all.
    #[serde(default = "active")]
    #[schema(default = true)]
    is_active: bool,
    /// From when it can be used; null is at once.
    starts_at: Option<DateTime<Utc>>,
    /// Until when it can be used; null is for ever.
    ends_at: Option<DateTime<Utc>>,
    /// How often it can be used in all; null is without limit.
    max_redemptions: Option<MaxRedemptions>,
    /// How often one user can use it; null is without limit.
    max_per_user: Option<MaxPerUser>,
}

fn owner() -> CouponScope {
    CouponScope::Owner
}

fn active() -> bool {
    true
}

fn has_one_discount(coupon: &CreateCoupon) -> Result<(), ValidationError> {
    match (coupon.percent_off, coupon.amount_off) {
        (None, None) => Err(broken("/percentOff", "required", "Name percentOff or amountOff.")),
        (Some(_), Some(_)) => {
            Err(broken("/amountOff", "not_allowed", "Either percentOff or amountOff, not both."))
        }
        (None, Some(off)) if off.amount == 0 => {
            Err(broken("/amountOff/amount", "too_small", "It has to take something off."))
        }
        _ => Ok(()),
    }
}

fn ends_after_start(coupon: &CreateCoupon) -> Result<(), ValidationError> {
    match (coupon.starts_at, coupon.ends_at) {
        (Some(start), Some(end)) if end <= start => {
            Err(broken("/endsAt", "not_after_start", "It has to end after it starts."))
        }
        _ => Ok(()),
    }
}

impl TryFrom<CreateCoupon> for NewCoupon {
    type Error = Error;

    /// An unknown currency is refused.
    fn try_from(body: CreateCoupon) -> Result<Self> {
        let CreateCoupon {
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
        } = body;
        let discount = match (percent_off, amount_off) {
            (Some(percent), _) => Discount::Percentage(percent),
            (None, Some(off)) => Discount::Fixed(off.into_kernel("/amountOff")?),
            (None, None) => return Err(Error::internal("a coupon without a discount passed its rules")),
        };
        Ok(Self {
            code: code.into(),
            scope,
            course_ids,
            discount,
            is_active,
            starts_at,
            ends_at,
            max_redemptions: max_redemptions.map(Into::into),
            max_per_user: max_per_user.map(Into::into),
        })
    }
}

/// What changes about a coupon. Its code, its scope and its discount never change: create another coupon.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "isActive": false }))]
#[dto(into = CouponChange)]
pub(super) struct PatchCoupon {
    /// All courses that it is for from now on, where the scope is `COURSES`.
    #[schema(max_items = 100, nullable = false)]
    course_ids: Option<Vec<CourseId>>,
    /// Whether it can be used at all. Open checkouts with a coupon that is switched off end.
    #[schema(nullable = false, example = false)]
    is_active: Option<bool>,
    /// From when it can be used; null is at once.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    starts_at: Option<Option<DateTime<Utc>>>,
    /// Until when it can be used; null is for ever.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    ends_at: Option<Option<DateTime<Utc>>>,
    /// How often it can be used in all, not less than it was used already; null is without limit.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<MaxRedemptions>)]
    max_redemptions: Option<Option<MaxRedemptions>>,
    /// How often one user can use it; null is without limit.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<MaxPerUser>)]
    max_per_user: Option<Option<MaxPerUser>>,
}

page! {
    /// A page of coupons.
    CouponPage of Coupon
}
