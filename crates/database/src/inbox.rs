//! Events that other services told us: each is noted once, however often it is delivered.

use std::time::Duration;

use kernel::Result;

use crate::Tx;

/// How long events are remembered: longer than any service repeats a delivery.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);

/// Notes an event; answers whether it is new.
///
/// # Errors
/// What the database answers.
pub async fn note(tx: &Tx, provider: &str, event_id: &str, kind: &str) -> Result<bool> {
    let sql = "INSERT INTO provider_events (provider, event_id, kind, received_at) VALUES (?, ?, ?, ?) \
               ON CONFLICT (provider, event_id) DO NOTHING";
    let values = [provider.into(), event_id.into(), kind.into(), tx.now().into()];
    Ok(tx.change(sql, values).await? == 1)
}

/// Forgets events that nobody repeats any more; answers with how many.
///
/// # Errors
/// What the database answers.
pub async fn sweep(tx: &Tx) -> Result<u64> {
    let sql = "DELETE FROM provider_events WHERE received_at < ?";
    tx.change(sql, [(tx.now() - REMEMBERED).into()]).await
}
