use std::collections::HashSet;

use database::{Tx, constraint, from_db};
use kernel::{
    Actor, Code, CouponId, CourseId, Currency, Cursor, Error, FieldError, Limit, Money, Page, PaymentId,
    Result, Role, Timestamp, UserId,
};
use sea_orm::{DbErr, DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

use crate::{Quote, store};

/// What a coupon takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discount {
    /// 1 to 100 hundredths of what would be to pay.
    Percentage(i64),
    /// This much, of prices in its currency; never more than there is to pay.
    Fixed(Money),
}

/// For which courses a coupon is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    /// Everybody's: an admin's coupon.
    All,
    /// All that its owner sells.
    Owner,
    /// These alone.
    Courses,
}

/// A coupon, as its owner sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Coupon {
    /// The coupon's id.
    pub id: CouponId,
    /// Whose it is.
    pub owner_id: UserId,
    /// What buyers type: upper case, unique.
    pub code: String,
    /// For which courses.
    pub scope: Scope,
    /// The courses, where the scope is [`Scope::Courses`].
    pub course_ids: Vec<CourseId>,
    /// What it takes off.
    pub discount: Discount,
    /// Whether it can be used at all.
    pub is_active: bool,
    /// From when.
    pub starts_at: Option<Timestamp>,
    /// Until when.
    pub ends_at: Option<Timestamp>,
    /// How often in all.
    pub max_redemptions: Option<i64>,
    /// How often by one user.
    pub max_per_user: Option<i64>,
    /// How often it was used, or is held by a checkout.
    pub redemption_count: i64,
    /// Grows with every change by its owner.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its owner last changed it.
    pub updated_at: Timestamp,
}

impl Coupon {
    /// What it takes off this amount: never more than the amount itself. A percentage is rounded to the nearest minor unit,
    /// halves in the buyer's favour.
    #[must_use]
    pub fn takes_off(&self, amount: i64) -> i64 {
        match self.discount {
            Discount::Percentage(percent) => {
                let hundredths = i128::from(amount) * i128::from(percent);
                i64::try_from((hundredths + 50) / 100).map_or(amount, |off| off.min(amount))
            }
            Discount::Fixed(off) => off.amount.min(amount),
        }
    }
}

/// A coupon to be made.
#[derive(Clone, Debug)]
pub struct NewCoupon {
    /// See [`Coupon::code`]; whatever its case.
    pub code: String,
    /// See [`Coupon::scope`].
    pub scope: Scope,
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

/// What changes in a coupon; its code and what it takes off stay.
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

/// Makes a coupon. Trainers for what they sell, admins for everything.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::CouponTaken`], [`Code::ValidationFailed`].
pub async fn create_coupon(tx: &Tx, new: NewCoupon) -> Result<Coupon> {
    let owner_id = match tx.actor() {
        Actor::User {
            id,
            role: Role::Trainer | Role::Admin,
            ..
        } => id,
        Actor::Anonymous => return Err(Code::Unauthenticated.into()),
        _ => return Err(Code::Forbidden.into()),
    };
    if new.scope == Scope::All && !tx.actor().is_admin() {
        return Err(
            Error::new(Code::Forbidden).detail("Only an admin makes coupons for everybody's courses.")
        );
    }
    let coupon = Coupon {
        id: tx.new_id(),
        owner_id,
        code: new.code.to_ascii_uppercase(),
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
    check(tx, &coupon).await?;
    store::coupon::insert(tx, &coupon).await.map_err(taken)?;
    store::coupon::set_courses(tx, coupon.id, &coupon.course_ids).await?;
    Ok(coupon)
}

/// The caller's coupons, newest first; everybody's for an admin.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_coupons(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Coupon>> {
    let owner = (!tx.actor().is_admin()).then(|| tx.user_id()).transpose()?;
    let rows = store::coupon::list(tx, owner, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}

/// A coupon of the caller's; any for an admin.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn coupon(tx: &Tx, id: CouponId) -> Result<Coupon> {
    let coupon = store::coupon::find(tx, id).await?.ok_or(Code::NotFound)?;
    if tx.actor().manages(coupon.owner_id) {
        Ok(coupon)
    } else {
        Err(Code::NotFound.into())
    }
}

/// Changes a coupon, if its version is still one that `matches` accepts. Who holds a place in it keeps it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::ValidationFailed`].
pub async fn change_coupon(
    tx: &Tx,
    id: CouponId,
    matches: impl Fn(i64) -> bool,
    change: CouponChange,
) -> Result<Coupon> {
    let before = coupon(tx, id).await?;
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
    check(tx, &after).await?;
    after.version += 1;
    after.updated_at = tx.now();
    // The quota is held against the count by the database: somebody may be using the coupon right now.
    let written = store::coupon::update(tx, &after, before.version).await;
    let written = written.map_err(|error| {
        if constraint(&error).as_deref() == Some("ck_coupons_quota") {
            refused(
                "/maxRedemptions",
                "below_redemptions",
                "It was used more often already.",
            )
        } else {
            from_db(error)
        }
    })?;
    if !written {
        return Err(Code::PreconditionFailed.into());
    }
    if after.course_ids != before.course_ids {
        store::coupon::set_courses(tx, id, &after.course_ids).await?;
    }
    Ok(after)
}

/// Deletes a coupon that nobody used.
///
/// # Errors
/// [`Code::NotFound`], [`Code::CouponUsed`].
pub async fn delete_coupon(tx: &Tx, id: CouponId) -> Result<()> {
    coupon(tx, id).await?;
    store::coupon::delete(tx, id)
        .await
        .map_err(|error| match constraint(&error).as_deref() {
            // Held by checkouts or payments; one at this moment too.
            Some("fk" | "fk_coupon_redemptions_coupon_id" | "fk_payments_coupon_id") => {
                Code::CouponUsed.into()
            }
            _ => from_db(error),
        })
}

/// The coupon of this code, if this buyer may use it for this.
///
/// # Errors
/// [`Code::ValidationFailed`] with the reason: `coupon_unknown`, `coupon_not_started`, `coupon_expired`,
/// `coupon_not_applicable`, `coupon_exhausted`, `coupon_limit_reached`.
pub(crate) async fn usable(tx: &Tx, code: &str, quote: &Quote) -> Result<Coupon> {
    let no = |code, detail: &str| refused("/couponCode", code, detail);
    let found = store::coupon::by_code(tx, &code.to_ascii_uppercase()).await?;
    let Some(coupon) = found.filter(|coupon| coupon.is_active) else {
        return Err(no("coupon_unknown", "There is no such coupon."));
    };
    if coupon.starts_at.is_some_and(|start| start > tx.now()) {
        return Err(no("coupon_not_started", "This coupon cannot be used yet."));
    }
    if coupon.ends_at.is_some_and(|end| end <= tx.now()) {
        return Err(no("coupon_expired", "This coupon has expired."));
    }
    let for_this = match coupon.scope {
        Scope::All => true,
        Scope::Owner => coupon.owner_id == quote.author_id,
        Scope::Courses => coupon.course_ids.contains(&quote.course_id),
    };
    if !for_this {
        return Err(no("coupon_not_applicable", "This coupon is not for this course."));
    }
    if matches!(coupon.discount, Discount::Fixed(off) if off.currency != quote.currency) {
        return Err(no(
            "coupon_not_applicable",
            "This coupon is for prices in another currency.",
        ));
    }
    // The place that their own open checkout of this course holds is theirs to use: it goes on, or gives it back first.
    let held = store::coupon::held_for(tx, coupon.id, tx.user_id()?, quote.course_id).await?;
    if coupon
        .max_redemptions
        .is_some_and(|most| coupon.redemption_count - held >= most)
    {
        return Err(exhausted());
    }
    limit_per_user(tx, &coupon, held).await?;
    Ok(coupon)
}

/// Takes a place in the quota for a payment. Of many at once, as many as there are places.
pub(crate) async fn reserve(tx: &Tx, coupon: &Coupon, payment_id: PaymentId) -> Result<()> {
    if !store::coupon::count_up(tx, coupon.id).await? {
        return Err(exhausted());
    }
    // The row of the coupon is ours until the end: nobody else takes this user's last place meanwhile.
    limit_per_user(tx, coupon, 0).await?;
    store::coupon::insert_redemption(tx, coupon.id, tx.user_id()?, payment_id).await
}

/// Keeps the place of a payment that was made. One that had lost its place takes another if there is one; paid is paid.
pub(crate) async fn confirm(tx: &Tx, coupon_id: CouponId, payment_id: PaymentId) -> Result<()> {
    if !store::coupon::move_redemption(tx, payment_id, "RESERVED", "CONFIRMED").await?
        && store::coupon::count_up(tx, coupon_id).await?
        && !store::coupon::move_redemption(tx, payment_id, "RELEASED", "CONFIRMED").await?
    {
        store::coupon::count_down(tx, coupon_id).await?;
    }
    Ok(())
}

/// Gives back the place of a payment that came to nothing.
pub(crate) async fn release(tx: &Tx, coupon_id: CouponId, payment_id: PaymentId) -> Result<()> {
    if store::coupon::move_redemption(tx, payment_id, "RESERVED", "RELEASED").await? {
        store::coupon::count_down(tx, coupon_id).await?;
    }
    Ok(())
}

/// `held` of the places that they use count for nothing.
async fn limit_per_user(tx: &Tx, coupon: &Coupon, held: i64) -> Result<()> {
    let Some(most) = coupon.max_per_user else {
        return Ok(());
    };
    if store::coupon::used_by(tx, coupon.id, tx.user_id()?).await? - held < most {
        return Ok(());
    }
    Err(refused(
        "/couponCode",
        "coupon_limit_reached",
        "You have used this coupon as often as you may.",
    ))
}

fn exhausted() -> Error {
    refused("/couponCode", "coupon_exhausted", "This coupon is used up.")
}

fn refused(pointer: &str, code: &'static str, detail: &str) -> Error {
    Error::invalid(vec![FieldError::new(pointer, code, detail)])
}

async fn check(tx: &Tx, coupon: &Coupon) -> Result<()> {
    let mut errors = Vec::new();
    if let (Some(start), Some(end)) = (coupon.starts_at, coupon.ends_at)
        && start >= end
    {
        errors.push(FieldError::new(
            "/endsAt",
            "not_after_start",
            "It has to end after it starts.",
        ));
    }
    if coupon
        .max_redemptions
        .is_some_and(|most| most < coupon.redemption_count)
    {
        errors.push(FieldError::new(
            "/maxRedemptions",
            "below_redemptions",
            "It was used more often already.",
        ));
    }
    match (coupon.scope, coupon.course_ids.is_empty()) {
        (Scope::Courses, true) => {
            errors.push(FieldError::new(
                "/courseIds",
                "required",
                "Name the courses that it is for.",
            ));
        }
        (Scope::All | Scope::Owner, false) => {
            errors.push(FieldError::new(
                "/courseIds",
                "not_allowed",
                "Only the scope COURSES names courses.",
            ));
        }
        _ => errors.extend(foreign_courses(tx, coupon).await?),
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Error::invalid(errors))
    }
}

async fn foreign_courses(tx: &Tx, coupon: &Coupon) -> Result<Vec<FieldError>> {
    let own: HashSet<CourseId> = courses::courses_by_ids(tx, &coupon.course_ids)
        .await?
        .into_iter()
        .filter(|course| tx.actor().manages(course.author.id))
        .map(|course| course.id)
        .collect();
    let foreign = coupon
        .course_ids
        .iter()
        .enumerate()
        .filter(|(_, id)| !own.contains(id));
    Ok(foreign
        .map(|(n, _)| {
            FieldError::new(
                format!("/courseIds/{n}"),
                "unknown_course",
                "This is no course of yours.",
            )
        })
        .collect())
}

fn taken(error: DbErr) -> Error {
    match constraint(&error).as_deref() {
        Some("uq_coupons_code") => Code::CouponTaken.into(),
        _ => from_db(error),
    }
}

/// A currency as the database keeps it.
pub(crate) fn currency(text: &str) -> Result<Currency> {
    text.parse()
        .map_err(|()| Error::internal(format!("unknown currency {text} in the database")))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn coupon(discount: Discount) -> Coupon {
        Coupon {
            id: CouponId(kernel::Uuid::nil()),
            owner_id: UserId(kernel::Uuid::nil()),
            code: "SPRING".to_owned(),
            scope: Scope::Owner,
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
    fn a_discount_is_taken_off_and_never_more_than_there_is() {
        let euro = |amount| {
            Discount::Fixed(Money {
                amount,
                currency: "EUR".parse().unwrap(),
            })
        };
        assert_eq!(coupon(Discount::Percentage(20)).takes_off(4900), 980);
        assert_eq!(coupon(Discount::Percentage(100)).takes_off(4900), 4900);
        assert_eq!(coupon(Discount::Percentage(50)).takes_off(1), 1);
        assert_eq!(coupon(Discount::Percentage(33)).takes_off(100), 33);
        assert_eq!(
            coupon(Discount::Percentage(99)).takes_off(i64::MAX),
            9_131_138_316_486_228_049
        );
        assert_eq!(coupon(euro(1000)).takes_off(4900), 1000);
        assert_eq!(coupon(euro(5000)).takes_off(4900), 4900);
    }
}
