use std::collections::HashMap;

use database::Tx;
use kernel::{
    CouponId, CourseId, Cursor, Error, Limit, Money, PaymentId, RedemptionId, Result, Timestamp, UserId,
};
use sea_orm::{ActiveEnum, ConnectionTrait, DbErr, FromQueryResult, Value};

use super::newest_first;
use crate::{Coupon, Discount, Scope, coupon::currency};

const COLUMNS: &str = "id, owner_id, code, scope, percent_off, amount_off, currency, is_active, starts_at, ends_at, \
    max_redemptions, max_per_user, redemption_count, version, created_at, updated_at";

#[derive(FromQueryResult)]
struct Row {
    id: CouponId,
    owner_id: UserId,
    code: String,
    scope: Scope,
    percent_off: Option<i64>,
    amount_off: Option<i64>,
    currency: Option<String>,
    is_active: bool,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    max_redemptions: Option<i64>,
    max_per_user: Option<i64>,
    redemption_count: i64,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Row {
    fn with(self, course_ids: Vec<CourseId>) -> Result<Coupon> {
        let discount = match (self.percent_off, self.amount_off, &self.currency) {
            (Some(percent), None, None) => Discount::Percentage(percent),
            (None, Some(amount), Some(text)) => Discount::Fixed(Money {
                amount,
                currency: currency(text)?,
            }),
            _ => return Err(Error::internal("a coupon takes nothing off")),
        };
        Ok(Coupon {
            id: self.id,
            owner_id: self.owner_id,
            code: self.code,
            scope: self.scope,
            course_ids,
            discount,
            is_active: self.is_active,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            max_redemptions: self.max_redemptions,
            max_per_user: self.max_per_user,
            redemption_count: self.redemption_count,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

pub(crate) async fn insert(tx: &Tx, coupon: &Coupon) -> Result<(), DbErr> {
    let sql =
        format!("INSERT INTO coupons ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    let (percent, amount, currency) = match coupon.discount {
        Discount::Percentage(percent) => (Some(percent), None, None),
        Discount::Fixed(off) => (None, Some(off.amount), Some(off.currency.to_string())),
    };
    let values: [Value; 16] = [
        coupon.id.into(),
        coupon.owner_id.into(),
        coupon.code.clone().into(),
        coupon.scope.to_value().into(),
        percent.into(),
        amount.into(),
        currency.into(),
        coupon.is_active.into(),
        coupon.starts_at.into(),
        coupon.ends_at.into(),
        coupon.max_redemptions.into(),
        coupon.max_per_user.into(),
        coupon.redemption_count.into(),
        coupon.version.into(),
        coupon.created_at.into(),
        coupon.updated_at.into(),
    ];
    tx.execute_raw(tx.statement(&sql, values)).await.map(drop)
}

/// Answers whether it was written: somebody else may have changed the coupon since `version`.
pub(crate) async fn update(tx: &Tx, coupon: &Coupon, version: i64) -> Result<bool, DbErr> {
    let sql = "UPDATE coupons SET is_active = ?, starts_at = ?, ends_at = ?, max_redemptions = ?, max_per_user = ?, \
               version = ?, updated_at = ? WHERE id = ? AND version = ?";
    let values = [
        coupon.is_active.into(),
        coupon.starts_at.into(),
        coupon.ends_at.into(),
        coupon.max_redemptions.into(),
        coupon.max_per_user.into(),
        coupon.version.into(),
        coupon.updated_at.into(),
        coupon.id.into(),
        version.into(),
    ];
    let done = tx.execute_raw(tx.statement(sql, values)).await?;
    Ok(done.rows_affected() == 1)
}

pub(crate) async fn delete(tx: &Tx, id: CouponId) -> Result<(), DbErr> {
    let sql = "DELETE FROM coupons WHERE id = ?";
    tx.execute_raw(tx.statement(sql, [id.into()])).await.map(drop)
}

pub(crate) async fn set_courses(tx: &Tx, id: CouponId, course_ids: &[CourseId]) -> Result<()> {
    tx.change("DELETE FROM coupon_courses WHERE coupon_id = ?", [id.into()])
        .await?;
    if course_ids.is_empty() {
        return Ok(());
    }
    let rows = vec!["(?, ?)"; course_ids.len()].join(", ");
    let sql =
        format!("INSERT INTO coupon_courses (coupon_id, course_id) VALUES {rows} ON CONFLICT DO NOTHING");
    let values = course_ids.iter().flat_map(|course| [id.into(), (*course).into()]);
    tx.change(&sql, values.collect::<Vec<Value>>()).await.map(drop)
}

pub(crate) async fn find(tx: &Tx, id: CouponId) -> Result<Option<Coupon>> {
    by(tx, "id", id.into()).await
}

pub(crate) async fn by_code(tx: &Tx, code: &str) -> Result<Option<Coupon>> {
    by(tx, "code", code.into()).await
}

async fn by(tx: &Tx, column: &str, value: Value) -> Result<Option<Coupon>> {
    let sql = format!("SELECT {COLUMNS} FROM coupons WHERE {column} = ?");
    let rows: Vec<Row> = tx.all(&sql, [value]).await?;
    Ok(with_courses(tx, rows).await?.pop())
}

pub(crate) async fn list(
    tx: &Tx,
    owner: Option<UserId>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Coupon>> {
    let mut sql = format!("SELECT {COLUMNS} FROM coupons WHERE true");
    let mut values = Vec::new();
    if let Some(owner) = owner {
        sql.push_str(" AND owner_id = ?");
        values.push(owner.into());
    }
    newest_first(&mut sql, &mut values, "created_at", after, limit);
    let rows = tx.all(&sql, values).await?;
    with_courses(tx, rows).await
}

async fn with_courses(tx: &Tx, rows: Vec<Row>) -> Result<Vec<Coupon>> {
    #[derive(FromQueryResult)]
    struct Link {
        coupon_id: CouponId,
        course_id: CourseId,
    }
    let mut courses: HashMap<CouponId, Vec<CourseId>> = HashMap::new();
    let narrow: Vec<Value> = rows
        .iter()
        .filter(|row| row.scope == Scope::Courses)
        .map(|row| row.id.into())
        .collect();
    if !narrow.is_empty() {
        let marks = vec!["?"; narrow.len()].join(", ");
        let sql = format!(
            "SELECT coupon_id, course_id FROM coupon_courses WHERE coupon_id IN ({marks}) ORDER BY coupon_id, course_id"
        );
        for link in tx.all::<Link>(&sql, narrow).await? {
            courses.entry(link.coupon_id).or_default().push(link.course_id);
        }
    }
    rows.into_iter()
        .map(|row| {
            let course_ids = courses.remove(&row.id).unwrap_or_default();
            row.with(course_ids)
        })
        .collect()
}

/// Takes one place of the quota, if there is one; the row is locked until the end of the transaction.
pub(crate) async fn count_up(tx: &Tx, id: CouponId) -> Result<bool> {
    let sql = "UPDATE coupons SET redemption_count = redemption_count + 1 \
               WHERE id = ? AND (max_redemptions IS NULL OR redemption_count < max_redemptions)";
    Ok(tx.change(sql, [id.into()]).await? == 1)
}

pub(crate) async fn count_down(tx: &Tx, id: CouponId) -> Result<()> {
    let sql = "UPDATE coupons SET redemption_count = redemption_count - 1 WHERE id = ?";
    tx.change(sql, [id.into()]).await.map(drop)
}

/// How many places of a coupon this user holds or has kept.
pub(crate) async fn used_by(tx: &Tx, id: CouponId, user_id: UserId) -> Result<i64> {
    let sql = "SELECT count(*) FROM coupon_redemptions WHERE coupon_id = ? AND user_id = ? AND status <> 'RELEASED'";
    tx.count(sql, [id.into(), user_id.into()]).await
}

/// How many places of a coupon this user's open checkout of this course holds: one or none.
pub(crate) async fn held_for(tx: &Tx, id: CouponId, user_id: UserId, course_id: CourseId) -> Result<i64> {
    let sql = "SELECT count(*) FROM coupon_redemptions r JOIN payments p ON p.id = r.payment_id \
               WHERE r.coupon_id = ? AND r.user_id = ? AND r.status = 'RESERVED' AND p.course_id = ? AND p.status = 'PENDING'";
    tx.count(sql, [id.into(), user_id.into(), course_id.into()]).await
}

pub(crate) async fn insert_redemption(
    tx: &Tx,
    coupon_id: CouponId,
    user_id: UserId,
    payment_id: PaymentId,
) -> Result<()> {
    let sql = "INSERT INTO coupon_redemptions (id, coupon_id, user_id, payment_id, status, created_at, updated_at) \
               VALUES (?, ?, ?, ?, 'RESERVED', ?, ?)";
    let values = [
        tx.new_id::<RedemptionId>().into(),
        coupon_id.into(),
        user_id.into(),
        payment_id.into(),
        tx.now().into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await.map(drop)
}

/// Answers whether it stood as `from`.
pub(crate) async fn move_redemption(tx: &Tx, payment_id: PaymentId, from: &str, to: &str) -> Result<bool> {
    let sql = "UPDATE coupon_redemptions SET status = ?, updated_at = ? WHERE payment_id = ? AND status = ?";
    let values = [to.into(), tx.now().into(), payment_id.into(), from.into()];
    Ok(tx.change(sql, values).await? == 1)
}
