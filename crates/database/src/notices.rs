//! Telling every server of an installation that what everybody may read has changed.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use sqlx::{
    Executor,
    postgres::{PgConnectOptions, PgListener},
};

use crate::db::Shared;

/// The channel of the database's notifications.
pub(crate) const CHANNEL: &str = "palestra_public";
/// After this silence the server is asked whether it is one.
const ASK: Duration = Duration::from_millis(300);
/// How long nothing has to be certain before it counts as unheard.
const LIMIT: Duration = Duration::from_secs(1);
const LIMIT_MILLIS: u64 = 1000;

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
    let mut asked = Instant::now();
    // What was said before went unheard; from here on nothing does.
    match shared.upgrade() {
        Some(shared) => {
            shared.advance();
            shared.hearing.confirm(asked);
        }
        None => return Ok(()),
    }
    loop {
        let heard = tokio::time::timeout(ASK.saturating_sub(asked.elapsed()), listener.try_recv()).await;
        let Some(shared) = shared.upgrade() else {
            return Ok(());
        };
        if let Ok(notice) = heard {
            // None: the connection was lost and made again; what was said meanwhile went unheard.
            notice?;
            shared.advance();
            continue;
        }
        // The server's answer comes after every notice that was sent before it: what is silent until then was not said.
        asked = Instant::now();
        tokio::time::timeout(LIMIT, (&mut listener).execute("SELECT 1"))
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)??;
        while listener.next_buffered().is_some() {
            shared.advance();
        }
        shared.hearing.confirm(asked);
    }
}

/// Until when it is certain that everything was heard.
pub(crate) struct Hearing {
    began: Instant,
    /// Milliseconds from the beginning; 0 is never.
    confirmed: AtomicU64,
}

impl Default for Hearing {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            confirmed: AtomicU64::new(0),
        }
    }
}

impl Hearing {
    fn confirm(&self, until: Instant) {
        self.confirmed
            .store(self.since_the_beginning(until), Ordering::SeqCst);
    }

    pub(crate) fn is_good(&self) -> bool {
        let confirmed = self.confirmed.load(Ordering::SeqCst);
        confirmed > 0 && self.since_the_beginning(Instant::now()).saturating_sub(confirmed) < LIMIT_MILLIS
    }

    fn since_the_beginning(&self, instant: Instant) -> u64 {
        u64::try_from(instant.duration_since(self.began).as_millis()).unwrap_or(u64::MAX)
    }
}
