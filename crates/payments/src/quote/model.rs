//! A quote: what a course costs a buyer now.

use kernel::{CourseId, Currency, UserId};

use crate::coupon::Coupon;

/// What a course costs the caller now. Amounts are minor units of `currency`.
#[derive(Clone, Debug)]
pub struct Quote {
    /// The course.
    pub course_id: CourseId,
    /// The course's title.
    pub course_title: String,
    /// The course's owner, who sells it.
    pub author_id: UserId,
    /// The currency of every amount here.
    pub currency: Currency,
    /// The list price.
    pub base_amount: i64,
    /// What the course's own discount takes off.
    pub discount_amount: i64,
    /// The coupon, if one was named.
    pub coupon: Option<Coupon>,
    /// What the coupon takes off.
    pub coupon_amount: i64,
    /// What the buyer pays.
    pub amount: i64,
}
