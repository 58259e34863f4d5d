//! One borrowed connection for one use case that reads. There is no transaction: each statement sees what was committed before
//! it, as on PostgreSQL.

use futures_util::future::BoxFuture;
use kernel::Result;
use sea_orm::RuntimeErr;
use sqlx::{Sqlite, SqliteConnection};
use tokio::sync::Mutex;

use crate::{
    pool::{Borrowed, Connections},
    raw_executor::RawExecutor,
};

/// A connection that cannot write.
pub(crate) struct Reader(Mutex<Borrowed<SqliteConnection>>);

impl Reader {
    pub(super) async fn open(connections: &Connections<SqliteConnection>) -> Result<Self> {
        Ok(Self(Mutex::new(connections.acquire().await?)))
    }

    pub(super) fn end(self) {
        self.0.into_inner().release();
    }
}

impl RawExecutor<Sqlite> for Reader {
    async fn with_connection<T: Send>(
        &self,
        run: impl for<'c> Fn(&'c mut SqliteConnection) -> BoxFuture<'c, std::result::Result<T, sqlx::Error>>
        + Send
        + Sync,
    ) -> std::result::Result<T, RuntimeErr> {
        let mut borrowed = self.0.lock().await;
        let answer = run(&mut borrowed.connection).await;
        answer.map_err(|error| RuntimeErr::SqlxError(error.into()))
    }
}
