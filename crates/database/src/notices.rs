//! Telling every server of an installation that what everybody may read has changed.

use std::{sync::atomic::Ordering, time::Duration};

use sqlx::postgres::{PgConnectOptions, PgListener};

use crate::db::Shared;

/// The channel of the database's notifications.
pub(crate) const CHANNEL: &str = "palestra_public";

impl Shared {
    /// What was read before this is old.
    pub(crate) fn advance(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }
}

/// Listens for other servers' changes until the process ends. While the connection is broken everything counts as changed
/// once a second.
pub(crate) async fn listen(options: std::sync::Arc<PgConnectOptions>, shared: std::sync::Weak<Shared>) {
    loop {
        if let Err(error) = hear(&options, &shared).await {
            tracing::debug!(%error, "the database's notifications cannot be heard");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        match shared.upgrade() {
            Some(shared) => shared.advance(),
            None => return,
        }
    }
}

async fn hear(options: &PgConnectOptions, shared: &std::sync::Weak<Shared>) -> Result<(), sqlx::Error> {
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(PgConnectOptions::clone(options));
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // None: the connection was lost and made again; what was said meanwhile went unheard.
        listener.try_recv().await?;
        let Some(shared) = shared.upgrade() else {
            return Ok(());
        };
        shared.advance();
    }
}
