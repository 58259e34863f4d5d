//! Quotes: what a course costs a buyer now, with a coupon if they name one.

mod model;

use courses::Course;
use database::Tx;
use kernel::{Code, CourseId, Error, FieldError, Money, Result};

pub use self::model::Quote;
use crate::{
    offer::{self, Withdrawal},
    redemption,
};

/// What a course costs the caller, with a coupon if they name one. Runs in the worker's role: only its owner sees a coupon.
///
/// # Errors
/// [`Code::NotFound`] where the course cannot be bought, [`Code::OwnCourse`], [`Code::CourseFree`], [`Code::AlreadyPurchased`],
/// [`Code::AlreadyEnrolled`] for who has the course for good, [`Code::ValidationFailed`] for a coupon, and for an amount that no
/// provider would charge, with the reason.
pub async fn quote(tx: &Tx, course_id: CourseId, coupon_code: Option<&str>) -> Result<Quote> {
    let user_id = tx.user_id()?;
    let reference = courses::course_ref(tx, course_id).await?;
    if reference.staff || reference.author_id == user_id {
        return Err(Code::OwnCourse.into());
    }
    let course = offer::find(tx, user_id, course_id).await?.map_err(Withdrawal::refusal)?;
    let mut quote = without_coupon(course)?;
    if let Some(code) = coupon_code {
        let coupon = redemption::find_usable(tx, code, &quote).await?;
        let left = quote.amount - coupon.discount_of(quote.amount);
        // What cannot be charged is taken off as well: always in the buyer's favour.
        let left = left - left % quote.currency.charge_step();
        quote.coupon_amount = quote.amount - left;
        quote.amount = left;
        quote.coupon = Some(coupon);
    }
    check_charge(&quote)?;
    Ok(quote)
}

/// Refuses an amount that no provider would charge. The prices of courses are judged where they are typed; a coupon, and a price
/// older than the limits, may lead below them.
fn check_charge(quote: &Quote) -> Result<()> {
    let pointer = if quote.coupon.is_some() { "/couponCode" } else { "/courseId" };
    let amount = Money { amount: quote.amount, currency: quote.currency };
    match amount.charge_refusal("") {
        None => Ok(()),
        Some(FieldError { code, detail, .. }) => {
            let detail = format!("{amount} would be left to pay. {detail}");
            Err(Error::invalid(vec![FieldError::new(pointer, code, detail)]))
        }
    }
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
