//! Who has a course in common.

mod store;

use std::collections::HashSet;

use database::Tx;
use kernel::{Result, UserId};

/// Those of `others` who have a course in common with the caller: both have access to it now, or teach it. It tells nothing but
/// that.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn sharing_course(tx: &Tx, others: &[UserId]) -> Result<HashSet<UserId>> {
    let me = tx.user_id()?;
    if others.is_empty() {
        return Ok(HashSet::new());
    }
    store::sharing(tx, me, others).await
}
