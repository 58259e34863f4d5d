//! A coupon: a code that takes something off the price of a course.

use entity::{coupons, enums::CouponScope};
use kernel::{CouponId, CourseId, Money, Timestamp, UserId};
use sea_orm::{
    DbErr, DerivePartialModel, EntityTrait, FromQueryResult, PartialModelTrait, QueryResult, QuerySelect,
};

/// What a coupon takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discount {
    /// So many per cent of the price, from 1 to 100.
    Percentage(i64),
    /// This amount, of prices in its currency.
    Fixed(Money),
}

/// A coupon, as its owner sees it.
#[derive(Clone, Debug, PartialEq, DerivePartialModel)]
#[sea_orm(entity = "entity::coupons::Entity", into_active_model)]
pub struct Coupon {
    /// The coupon's id.
    pub id: CouponId,
    /// The trainer or admin who created it.
    pub owner_id: UserId,
    /// What buyers type: upper case, unique.
    pub code: String,
    /// The courses that it is for.
    pub scope: CouponScope,
    /// The courses by name, where the scope is [`CouponScope::Courses`]; they stand in a table of their own.
    #[sea_orm(skip)]
    pub course_ids: Vec<CourseId>,
    /// What it takes off.
    #[sea_orm(nested)]
    pub discount: Discount,
    /// Whether it can be used at all.
    pub is_active: bool,
    /// From when it can be used; `None` is at once.
    pub starts_at: Option<Timestamp>,
    /// Until when it can be used; `None` is for ever.
    pub ends_at: Option<Timestamp>,
    /// How often it can be used in all; `None` is without limit.
    pub max_redemptions: Option<i64>,
    /// How often one user can use it; `None` is without limit.
    pub max_per_user: Option<i64>,
    /// How many redemption slots are taken: by completed payments and by open checkouts.
    pub redemption_count: i64,
    /// Grows with every change by its owner.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its owner last changed it.
    pub updated_at: Timestamp,
}

impl Coupon {
    /// What the coupon takes off this amount: never more than the amount itself. A percentage is rounded to the nearest minor
    /// unit, halves in the buyer's favour.
    #[must_use]
    pub fn discount_of(&self, amount: i64) -> i64 {
        match self.discount {
            Discount::Percentage(percent) => {
                let hundredths = i128::from(amount) * i128::from(percent);
                i64::try_from((hundredths + 50) / 100).map_or(amount, |off| off.min(amount))
            }
            Discount::Fixed(off) => off.amount.min(amount),
        }
    }

    /// Whether the coupon is for this course of this author.
    pub(crate) fn is_for(&self, course_id: CourseId, author_id: UserId) -> bool {
        match self.scope {
            CouponScope::All => true,
            CouponScope::Owner => self.owner_id == author_id,
            CouponScope::Courses => self.course_ids.contains(&course_id),
        }
    }

    /// The row of the coupon.
    pub(super) fn to_row(&self) -> coupons::ActiveModel {
        use sea_orm::{IntoActiveModel, Set};
        let (percent_off, amount_off, currency) = match self.discount {
            Discount::Percentage(percent) => (Some(percent), None, None),
            Discount::Fixed(off) => (None, Some(off.amount), Some(off.currency.to_string())),
        };
        coupons::ActiveModel {
            percent_off: Set(percent_off),
            amount_off: Set(amount_off),
            currency: Set(currency),
            ..self.clone().into_active_model()
        }
    }
}

// A discount is one value here and three columns in the row, of which a constraint allows two combinations.

impl PartialModelTrait for Discount {
    fn select_cols_nested<S: QuerySelect>(mut select: S, prefix: Option<&str>, _: Option<&'static str>) -> S {
        let prefix = prefix.unwrap_or_default();
        for (column, name) in [
            (coupons::Column::PercentOff, "percent_off"),
            (coupons::Column::AmountOff, "amount_off"),
            (coupons::Column::Currency, "currency"),
        ] {
            select = select.column_as(column, format!("{prefix}{name}"));
        }
        select
    }
}

impl FromQueryResult for Discount {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let percent: Option<i64> = row.try_get(prefix, "percent_off")?;
        let amount: Option<i64> = row.try_get(prefix, "amount_off")?;
        let currency: Option<String> = row.try_get(prefix, "currency")?;
        match (percent, amount, currency) {
            (Some(percent), None, None) => Ok(Self::Percentage(percent)),
            (None, Some(amount), Some(currency)) => {
                let unknown = |()| DbErr::Type(format!("a coupon has the currency {currency}"));
                let currency = currency.parse().map_err(unknown)?;
                Ok(Self::Fixed(Money { amount, currency }))
            }
            _ => Err(DbErr::Type("a coupon takes off neither a percentage nor an amount".to_owned())),
        }
    }
}

/// A coupon to be created.
#[derive(Clone, Debug)]
pub struct NewCoupon {
    /// See [`Coupon::code`]; whatever its case.
    pub code: String,
    /// See [`Coupon::scope`].
    pub scope: CouponScope,
    /// See [`Coupon::course_ids`].
    pub course_ids: Vec<CourseId>,
    /// See [`Coupon::discount`].
    pub discount: Discount,
    /// See [`Coupon::is_active`].
    pub is_active: bool,
    /// See [`Coupon::starts_at`].
    pub starts_at: Option<Timestamp>,
    /// See [`Coupon::ends_at`].
    pub ends_at: Option<Timestamp>,
    /// See [`Coupon::max_redemptions`].
    pub max_redemptions: Option<i64>,
    /// See [`Coupon::max_per_user`].
    pub max_per_user: Option<i64>,
}

/// What changes about a coupon: `None` stays as it is. The code, the scope and the discount never change.
#[derive(Clone, Debug, Default)]
pub struct CouponChange {
    /// See [`Coupon::course_ids`].
    pub course_ids: Option<Vec<CourseId>>,
    /// See [`Coupon::is_active`].
    pub is_active: Option<bool>,
    /// See [`Coupon::starts_at`].
    pub starts_at: Option<Option<Timestamp>>,
    /// See [`Coupon::ends_at`].
    pub ends_at: Option<Option<Timestamp>>,
    /// See [`Coupon::max_redemptions`].
    pub max_redemptions: Option<Option<i64>>,
    /// See [`Coupon::max_per_user`].
    pub max_per_user: Option<Option<i64>>,
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use kernel::Uuid;

    use super::*;

    fn coupon(discount: Discount) -> Coupon {
        Coupon {
            id: CouponId(Uuid::nil()),
            owner_id: UserId(Uuid::nil()),
            code: "SPRING".to_owned(),
            scope: CouponScope::Owner,
            course_ids: Vec::new(),
            discount,
            is_active: true,
            starts_at: None,
            ends_at: None,
            max_redemptions: None,
            max_per_user: None,
            redemption_count: 0,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_discount_is_never_more_than_the_amount() {
        let euro = |amount| Discount::Fixed(Money { amount, currency: "EUR".parse().unwrap() });
        for (discount, amount, expected) in [
            (Discount::Percentage(20), 4900, 980),
            (Discount::Percentage(100), 4900, 4900),
            (Discount::Percentage(50), 1, 1),
            (Discount::Percentage(33), 100, 33),
            (Discount::Percentage(99), i64::MAX, 9_131_138_316_486_228_049),
            (euro(1000), 4900, 1000),
            (euro(5000), 4900, 4900),
        ] {
            assert_eq!(coupon(discount).discount_of(amount), expected, "{discount:?}");
        }
    }
}
