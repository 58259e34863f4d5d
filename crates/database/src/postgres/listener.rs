//! The notifications of other servers, over PostgreSQL's `NOTIFY`.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use sqlx::{
    Executor,
    postgres::{PgConnectOptions, PgListener, PgNotification},
};

use crate::{
    invalidation::{ACCOUNT_CHANNEL, NOTIFICATION_CHANNEL, PUBLIC_CHANNEL, STALE_AFTER},
    pool::single_connection,
    shared::Shared,
};

/// After this long without a notification the server is pinged.
const PING_AFTER: Duration = Duration::from_millis(300);

/// Listens for the notifications of other servers until the process ends. While the connection is broken, everything is invalidated and
/// the logs of all accounts are read once a second.
pub(super) async fn listen(options: Arc<PgConnectOptions>, shared: Weak<Shared>) {
    loop {
        if let Err(error) = receive(&options, &shared).await {
            tracing::debug!(%error, "the database's notifications cannot be received");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        match shared.upgrade() {
            Some(shared) => shared.invalidate_everything(),
            None => return,
        }
    }
}

async fn receive(options: &PgConnectOptions, shared: &Weak<Shared>) -> Result<(), sqlx::Error> {
    let pool = single_connection::<sqlx::Postgres>().connect_lazy_with(PgConnectOptions::clone(options));
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen_all([PUBLIC_CHANNEL, ACCOUNT_CHANNEL, NOTIFICATION_CHANNEL]).await?;
    let mut asked = Instant::now();
    // Earlier notifications may be missing; from here on all arrive.
    match shared.upgrade() {
        Some(shared) => {
            shared.invalidate_everything();
            shared.listener_health.confirm(asked);
        }
        None => return Ok(()),
    }
    loop {
        let left = PING_AFTER.saturating_sub(asked.elapsed());
        // However many notifications arrive, the server is pinged in time.
        let received =
            if left.is_zero() { None } else { tokio::time::timeout(left, listener.try_recv()).await.ok() };
        let Some(shared) = shared.upgrade() else {
            return Ok(());
        };
        if let Some(notice) = received {
            handle(&shared, notice?.as_ref());
            continue;
        }
        asked = Instant::now();
        // The reply arrives after every notification that was sent before it. Text: a ping reads no table.
        tokio::time::timeout(STALE_AFTER, (&mut listener).execute("SELECT 1"))
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)??;
        while let Some(notice) = listener.next_buffered() {
            handle(&shared, Some(&notice));
        }
        shared.listener_health.confirm(asked);
    }
}

/// Handles a notification. `None` says that the connection was lost and opened again, so that notifications may be missing.
fn handle(shared: &Shared, notice: Option<&PgNotification>) {
    match notice {
        Some(notice) if notice.channel() == NOTIFICATION_CHANNEL => {
            shared.change_notifications.receive(notice.payload())
        }
        Some(notice) if notice.channel() == ACCOUNT_CHANNEL => match notice.payload().parse() {
            Ok(account) => shared.generations.advance(account),
            Err(_) => shared.invalidate_everything(),
        },
        Some(_) => shared.advance(),
        None => shared.invalidate_everything(),
    }
}
