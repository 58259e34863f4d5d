//! The trail of privileged and money actions.

use entity::audit_log;
use kernel::{Result, Uuid};
use sea_orm::{EntityTrait, Set};
use serde_json::Value;

use crate::{MapDbErr, Tx};

/// Records, in the transaction of the deed, that this caller did `action` to `subject`.
///
/// # Errors
/// What the database answers.
pub async fn record(tx: &Tx, action: &'static str, subject: impl Into<Uuid>, detail: Value) -> Result<()> {
    let entry = audit_log::ActiveModel {
        id: Set(tx.new_id()),
        actor_id: Set(tx.actor().user_id()),
        action: Set(action.to_owned()),
        subject_id: Set(subject.into()),
        detail: Set(detail),
        created_at: Set(tx.now()),
    };
    let insert = audit_log::Entity::insert(entry).exec_without_returning(tx);
    insert.await.map_db_err().map(drop)
}
