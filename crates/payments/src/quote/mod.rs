//! Quotes: what a course costs a buyer now, with a coupon if they name one.

mod model;

use courses::Course;
use database::Tx;
use kernel::{Code, CourseId, Currency, Result};

pub use self::model::Quote;
use crate::{purchase, redemption};

/// What a course costs the caller, with a coupon if they name one. Runs in the worker's role: only its owner sees a coupon.
///
/// # Errors
/// [`Code::NotFound`] where the course cannot be bought, [`Code::OwnCourse`], [`Code::CourseFree`], [`Code::AlreadyPurchased`],
/// [`Code::ValidationFailed`] for a coupon, with the reason.
pub async fn quote(tx: &Tx, course_id: CourseId, coupon_code: Option<&str>) -> Result<Quote> {
    let user_id = tx.user_id()?;
    let reference = courses::course_ref(tx, course_id).await?;
    if reference.staff || reference.author_id == user_id {
        return Err(Code::OwnCourse.into());
    }
    let course = courses::courses_by_ids(tx, &[course_id]).await?.pop();
    let course =
        course.filter(|course| course.is_published && course.archived_at.is_none()).ok_or(Code::NotFound)?;
    if purchase::store::is_owned(tx, user_id, course_id).await? {
        return Err(Code::AlreadyPurchased.into());
    }
    let mut quote = without_coupon(course)?;
    if let Some(code) = coupon_code {
        let coupon = redemption::find_usable(tx, code, &quote).await?;
        let left = quote.amount - coupon.discount_of(quote.amount);
        // What cannot be charged is taken off as well: always in the buyer's favour.
        let left = left - left % chargeable_step(quote.currency);
        quote.coupon_amount = quote.amount - left;
        quote.amount = left;
        quote.coupon = Some(coupon);
    }
    Ok(quote)
}

fn without_coupon(course: Course) -> Result<Quote> {
    let Some(base) = course.price.filter(|_| !course.is_free()) else {
        return Err(Code::CourseFree.into());
    };
    let amount = course.discount_price.map_or(base.amount, |discounted| discounted.amount);
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

/// The smallest difference between two amounts that can be charged, in minor units: card networks know no last digit of
/// thousandths, and no hundredths of an ariary.
fn chargeable_step(currency: Currency) -> i64 {
    match currency.as_str() {
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 10,
        "MGA" => 100,
        _ => 1,
    }
}
