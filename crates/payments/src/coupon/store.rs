//! Statements about coupons and the courses that they are for.

use std::collections::HashMap;

use database::{MapDbErr, NewestFirst, Tx};
use entity::{coupon_courses, coupons, enums::CouponScope};
use kernel::{CouponId, CourseId, Cursor, Limit, Result, UserId};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QueryTrait, Select, Set};

use super::model::Coupon;

/// Writes a coupon without its courses. A constraint tells a code that is taken.
pub(crate) async fn insert(tx: &Tx, coupon: &Coupon) -> Result<(), DbErr> {
    coupons::Entity::insert(coupon.to_row()).exec_without_returning(tx).await.map(drop)
}

/// Writes what an owner may change. Answers whether the coupon still had this version.
pub(crate) async fn update(tx: &Tx, version: i64, coupon: &Coupon) -> Result<bool, DbErr> {
    let updated = coupons::Entity::update_many()
        .set(coupons::ActiveModel {
            is_active: Set(coupon.is_active),
            starts_at: Set(coupon.starts_at),
            ends_at: Set(coupon.ends_at),
            max_redemptions: Set(coupon.max_redemptions),
            max_per_user: Set(coupon.max_per_user),
            version: Set(coupon.version),
            updated_at: Set(coupon.updated_at),
            ..Default::default()
        })
        .filter(coupons::COLUMN.id.eq(coupon.id))
        .filter(coupons::COLUMN.version.eq(version))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Deletes a coupon with its courses. A foreign key refuses one that was used.
pub(crate) async fn delete(tx: &Tx, id: CouponId) -> Result<(), DbErr> {
    coupons::Entity::delete_by_id(id).exec(tx).await.map(drop)
}

/// Writes only what differs: of a course that the owner manages no more, as after a demotion, the database takes no new row.
pub(crate) async fn set_courses(
    tx: &Tx,
    id: CouponId,
    before: &[CourseId],
    after: &[CourseId],
) -> Result<()> {
    let removed = before.iter().filter(|course_id| !after.contains(course_id)).copied();
    coupon_courses::Entity::delete_many()
        .filter(coupon_courses::COLUMN.coupon_id.eq(id))
        .filter(coupon_courses::COLUMN.course_id.is_in(removed))
        .exec(tx)
        .await
        .map_db_err()?;
    let added: Vec<_> = after
        .iter()
        .filter(|course_id| !before.contains(course_id))
        .map(|course_id| coupon_courses::ActiveModel { coupon_id: Set(id), course_id: Set(*course_id) })
        .collect();
    if added.is_empty() {
        return Ok(());
    }
    coupon_courses::Entity::insert_many(added)
        .on_conflict_do_nothing()
        .exec_without_returning(tx)
        .await
        .map_db_err()
        .map(drop)
}

pub(crate) async fn find(tx: &Tx, id: CouponId) -> Result<Option<Coupon>> {
    let found = fetch(tx, coupons::Entity::find_by_id(id)).await?;
    Ok(found.into_iter().next())
}

pub(crate) async fn find_by_code(tx: &Tx, code: &str) -> Result<Option<Coupon>> {
    let select = coupons::Entity::find().filter(coupons::COLUMN.code.eq(code));
    Ok(fetch(tx, select).await?.into_iter().next())
}

/// The coupons of an owner, or of everybody, newest first.
pub(crate) async fn list(
    tx: &Tx,
    owner_id: Option<UserId>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Coupon>> {
    let select = coupons::Entity::find()
        .apply_if(owner_id, |select, owner_id| select.filter(coupons::COLUMN.owner_id.eq(owner_id)))
        .newest_first(coupons::Column::CreatedAt, coupons::Column::Id, after, limit);
    fetch(tx, select).await
}

/// The coupons of a query, each with its courses.
async fn fetch(tx: &Tx, select: Select<coupons::Entity>) -> Result<Vec<Coupon>> {
    let mut coupons: Vec<Coupon> = select.into_partial_model().all(tx).await.map_db_err()?;
    let limited = coupons.iter_mut().filter(|coupon| coupon.scope == CouponScope::Courses);
    let mut limited: HashMap<CouponId, &mut Coupon> = limited.map(|coupon| (coupon.id, coupon)).collect();
    if limited.is_empty() {
        return Ok(coupons);
    }
    let links = coupon_courses::Entity::find()
        .filter(coupon_courses::COLUMN.coupon_id.is_in(limited.keys().copied()))
        .order_by_asc(coupon_courses::Column::CouponId)
        .order_by_asc(coupon_courses::Column::CourseId);
    for link in links.all(tx).await.map_db_err()? {
        if let Some(coupon) = limited.get_mut(&link.coupon_id) {
            coupon.course_ids.push(link.course_id);
        }
    }
    Ok(coupons)
}
