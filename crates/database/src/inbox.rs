//! Events that other services sent to our hooks: each is noted once, however often it is delivered.

use std::time::Duration;

use entity::provider_events;
use kernel::Result;
use sea_orm::{EntityTrait, QueryFilter, Set, TryInsertResult};

use crate::{MapDbErr, Tx};

/// How long events are remembered: longer than any service repeats a delivery.
const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

/// Notes an event; answers whether it is new.
///
/// # Errors
/// What the database answers.
pub async fn note(tx: &Tx, provider: &str, event_id: &str, kind: &str) -> Result<bool> {
    let event = provider_events::ActiveModel {
        provider: Set(provider.to_owned()),
        event_id: Set(event_id.to_owned()),
        kind: Set(kind.to_owned()),
        received_at: Set(tx.now()),
    };
    let insert = provider_events::Entity::insert_many([event]).on_conflict_do_nothing();
    let inserted = insert.exec_without_returning(tx).await.map_db_err()?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// Removes events that nobody repeats any more; answers how many.
///
/// # Errors
/// What the database answers.
pub async fn sweep(tx: &Tx) -> Result<u64> {
    let done = provider_events::Entity::delete_many()
        .filter(provider_events::COLUMN.received_at.lt(tx.now() - RETENTION))
        .exec(tx)
        .await;
    Ok(done.map_db_err()?.rows_affected)
}
