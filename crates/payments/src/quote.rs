use courses::Course;
use database::Tx;
use kernel::{Code, CourseId, Currency, Result, UserId};

use crate::{Coupon, coupon};

/// What a course costs this buyer now. Amounts are minor units of `currency`.
#[derive(Clone, Debug)]
pub struct Quote {
    /// What is bought.
    pub course_id: CourseId,
    /// Its title.
    pub course_title: String,
    /// Whose it is.
    pub author_id: UserId,
    /// Of everything here.
    pub currency: Currency,
    /// The list price.
    pub base_amount: i64,
    /// What the course's own discount takes off.
    pub discount_amount: i64,
    /// The coupon, if one was named.
    pub coupon: Option<Coupon>,
    /// What the coupon takes off.
    pub coupon_amount: i64,
    /// What is left to pay.
    pub amount: i64,
}

/// What a course costs the caller, with a coupon if they name one. Runs as the worker's role: a coupon is its owner's.
///
/// # Errors
/// [`Code::NotFound`] where it cannot be bought, [`Code::OwnCourse`], [`Code::CourseFree`], [`Code::AlreadyPurchased`],
/// [`Code::ValidationFailed`] for a coupon, with the reason.
pub async fn quote(tx: &Tx, course_id: CourseId, coupon_code: Option<&str>) -> Result<Quote> {
    let user_id = tx.user_id()?;
    let reference = courses::course_ref(tx, course_id).await?;
    if reference.staff {
        return Err(Code::OwnCourse.into());
    }
    let course = courses::courses_by_ids(tx, &[course_id]).await?.pop();
    let course = course
        .filter(|course| course.is_published && course.archived_at.is_none())
        .ok_or(Code::NotFound)?;
    if crate::store::purchase::is_live(tx, user_id, course_id).await? {
        return Err(Code::AlreadyPurchased.into());
    }
    let mut quote = price(course)?;
    if let Some(code) = coupon_code {
        let coupon = coupon::usable(tx, code, &quote).await?;
        let left = quote.amount - coupon.takes_off(quote.amount);
        // What cannot be charged goes off too: the buyer's favour is the only direction that a coupon allows.
        let left = left - left % step(quote.currency);
        quote.coupon_amount = quote.amount - left;
        quote.amount = left;
        quote.coupon = Some(coupon);
    }
    Ok(quote)
}

fn price(course: Course) -> Result<Quote> {
    let Some(base) = course.price.filter(|_| !course.is_free()) else {
        return Err(Code::CourseFree.into());
    };
    let amount = course
        .discount_price
        .map_or(base.amount, |discount| discount.amount);
    Ok(Quote {
        course_id: course.id,
        course_title: course.title,
        author_id: course.author.id,
        currency: base.currency,
        base_amount: base.amount,
        discount_amount: base.amount - amount,
        coupon: None,
        coupon_amount: 0,
        amount,
    })
}

/// The least by which two amounts of a currency can differ where they are charged: card networks know no last digit of
/// thousandths, and no hundredths of an ariary.
fn step(currency: Currency) -> i64 {
    match currency.as_str() {
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 10,
        "MGA" => 100,
        _ => 1,
    }
}
