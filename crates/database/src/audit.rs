//! The trail of privileged and money actions.

use kernel::{AuditEntryId, Result, Uuid};
use serde_json::Value;

use crate::Tx;

/// Writes down, in the transaction of the deed, that this caller did `action` to `subject`.
///
/// # Errors
/// What the database answers.
pub async fn record(tx: &Tx, action: &'static str, subject: impl Into<Uuid>, detail: Value) -> Result<()> {
    let sql = "INSERT INTO audit_log (id, actor_id, action, subject_id, detail, created_at) VALUES (?, ?, ?, ?, ?, ?)";
    let values = [
        tx.new_id::<AuditEntryId>().into(),
        tx.actor().user_id().into(),
        action.into(),
        subject.into().into(),
        detail.into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await.map(drop)
}
