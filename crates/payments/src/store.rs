//! All SQL of this crate.

use kernel::{Cursor, Limit};
use sea_orm::Value;

pub(crate) mod coupon;
pub(crate) mod customer;
pub(crate) mod dispute;
pub(crate) mod payment;
pub(crate) mod purchase;
pub(crate) mod receipt;
pub(crate) mod refund;

/// Ends a query of a list: newest first by `time`, after the cursor, one row more than is shown.
fn newest_first(sql: &mut String, values: &mut Vec<Value>, time: &str, after: Option<Cursor>, limit: Limit) {
    if let Some(after) = after {
        sql.push_str(&format!(" AND ({time}, id) < (?, ?)"));
        values.extend([after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(" ORDER BY {time} DESC, id DESC LIMIT {}", limit.fetch()));
}
