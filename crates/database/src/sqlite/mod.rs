//! What only SQLite has: a file, one writer that commits in groups, and readers that cannot write.

mod reader;

use std::{
    panic::AssertUnwindSafe,
    path::PathBuf,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use kernel::{Code, Error, Result};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    SqliteTransactionMode, SqlxSqliteConnector, Statement, TransactionOptions, TransactionTrait,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

pub(crate) use reader::Reader;

use crate::{
    Tx,
    caller::Caller,
    from_db,
    invalidation::PendingNotifications,
    pool::{Connections, single_connection},
    shared::Shared,
    transaction::TxConnection,
    work::{Answer, Work},
};

/// How many use cases one commit carries at most.
const BATCH: usize = 256;
/// After this long without a write the file is looked at for what other processes wrote.
const LOOK_AFTER: Duration = Duration::from_millis(300);
/// How many may wait for the writer before the next one is turned away with 503.
const QUEUE: usize = 4096;
/// SQLite's result codes (sqlite.org/rescode.html) after which nothing of a commit is kept.
const SQLITE_BUSY: u32 = 5;
const SQLITE_READONLY: u32 = 8;
const SQLITE_FULL: u32 = 13;

/// Where the file is.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The database file; it is made when it does not exist.
    pub path: PathBuf,
    /// Connections for reading.
    pub readers: u32,
}

/// The options of every connection: WAL, and FULL, so that an acknowledged write survives a power cut.
#[must_use]
pub fn options(path: &std::path::Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("cache_size", "-16384")
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", "4000")
        .optimize_on_close(true, None)
}

/// SQLite: a writer and its readers.
#[derive(Clone)]
pub(crate) struct Sqlite {
    readers: Connections<SqliteConnection>,
    writer: DatabaseConnection,
    queue: mpsc::Sender<Queued>,
}

/// A use case that waits for the writer.
struct Queued {
    caller: Caller,
    work: Work,
    reply: oneshot::Sender<Result<Answer>>,
}

/// One that has answered, and whose answer waits for the commit.
struct Staged {
    result: Result<Answer>,
    shared: Arc<Shared>,
    pending: Arc<PendingNotifications>,
    reply: oneshot::Sender<Result<Answer>>,
}

impl Sqlite {
    pub(crate) async fn open(setup: &Setup, shared: Weak<Shared>) -> Result<Self> {
        let unavailable = |error: sqlx::Error| {
            Error::new(Code::Unavailable)
                .detail(format!("the database file {} cannot be opened", setup.path.display()))
                .caused_by(error)
        };
        let writer = single_connection::<sqlx::Sqlite>()
            .test_before_acquire(false)
            // After an I/O error SQLite has rolled back by itself and the connection's own count is off: make a new one.
            .after_release(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
        let writer = writer.connect_with(options(&setup.path)).await.map_err(unavailable)?;
        let readers = options(&setup.path).pragma("query_only", "on");
        let writer = SqlxSqliteConnector::from_sqlx_sqlite_pool(writer);
        let (queue, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(run_writer(writer.clone(), jobs, shared));
        Ok(Self { readers: Connections::new(&readers, setup.readers), writer, queue })
    }

    /// Hands the use case to the writer and waits until the commit that carries it has returned.
    pub(crate) async fn write(&self, caller: Caller, work: Work) -> Result<Answer> {
        let (reply, answer) = oneshot::channel();
        let full = || Error::new(Code::Overloaded).retry_after(Duration::from_secs(1));
        let job = Queued { caller, work, reply };
        self.queue.try_send(job).map_err(|_| full())?;
        answer.await.map_err(|_| Error::new(Code::Unavailable).retry_after(Duration::from_secs(1)))?
    }

    pub(crate) async fn read(&self, caller: Caller, work: Work) -> Result<Answer> {
        let readers = self.readers.clone();
        let task = tokio::spawn(async move {
            let reader = Reader::open(&readers).await?;
            let now = caller.shared.environment.now();
            let tx = Tx::new(TxConnection::Reader(reader), caller, now);
            let result = work(tx.clone()).await;
            if let TxConnection::Reader(reader) = tx.into_inner()? {
                reader.end();
            }
            result
        });
        task.await.map_err(Error::internal)?
    }

    /// Whether the writer is still there.
    pub(crate) fn is_writing(&self) -> bool {
        !self.queue.is_closed()
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        drop(self.writer.clone().close().await);
    }
}

/// The transaction of a use case that has answered.
fn ended(tx: Tx) -> Result<DatabaseTransaction> {
    match tx.into_inner()? {
        TxConnection::Sqlite(transaction) => Ok(transaction),
        TxConnection::Reader(_) | TxConnection::Postgres(_) => {
            Err(Error::internal("a transaction of another kind"))
        }
    }
}

/// The one writer. What arrives while a commit is on its way to the disk becomes the next commit, each use case in a
/// savepoint of its own, so that one that fails takes nothing with it. There is no timer: a lone write is committed at once.
/// While nobody writes, the file is watched for what other processes write.
async fn run_writer(writer: DatabaseConnection, mut jobs: mpsc::Receiver<Queued>, shared: Weak<Shared>) {
    let mut watch = FileWatch { shared, version: None };
    loop {
        watch.look(&writer).await;
        let first = match tokio::time::timeout(LOOK_AFTER, jobs.recv()).await {
            Ok(Some(first)) => first,
            Ok(None) => return,
            Err(_) => continue,
        };
        let mut staged = Vec::new();
        let committed = write_batch(&writer, first, &mut jobs, &mut staged).await;
        for Staged { result, shared, pending, reply } in staged {
            if result.is_ok() {
                shared.publish(&pending);
            }
            let committed = committed.as_ref().copied().map_err(|error| {
                Error::new(error.code()).retry_after(Duration::from_secs(1)).caused_by(error.to_string())
            });
            // Nobody listens any more when the request was cancelled; its work is done all the same.
            drop(reply.send(result.and_then(|value| committed.map(|()| value))));
        }
    }
}

/// What other processes do to the file: a worker of its own, or `palestra admin`. They send no notifications.
struct FileWatch {
    shared: Weak<Shared>,
    version: Option<i64>,
}

impl FileWatch {
    /// Invalidates everything where another process has written since the last look. The writer's own commits do not count: SQLite
    /// changes this number for a connection when any other has committed, and of this process only the writer commits.
    async fn look(&mut self, writer: &DatabaseConnection) {
        let asked = Instant::now();
        let version = data_version(writer).await;
        let Some(shared) = self.shared.upgrade() else { return };
        match version {
            Ok(version) => {
                if self.version.replace(version).is_some_and(|before| before != version) {
                    shared.invalidate_everything();
                }
                shared.listener_health.confirm(asked);
            }
            Err(error) => tracing::debug!(%error, "the database file cannot be watched for other processes"),
        }
    }
}

async fn data_version(writer: &DatabaseConnection) -> Result<i64, DbErr> {
    let sql = Statement::from_string(DbBackend::Sqlite, "PRAGMA data_version");
    let row = writer.query_one_raw(sql).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

async fn write_batch(
    writer: &DatabaseConnection,
    first: Queued,
    jobs: &mut mpsc::Receiver<Queued>,
    staged: &mut Vec<Staged>,
) -> Result<()> {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let batch = writer.begin_with_options(immediate).await.map_err(from_db)?;
    let mut next = Some(first);
    while let Some(job) = next {
        let inside = TxConnection::Sqlite(batch.begin().await.map_err(from_db)?);
        let shared = job.caller.shared.clone();
        let tx = Tx::new(inside, job.caller, shared.environment.now());
        let handle = tx.clone();
        let result = AssertUnwindSafe(async move { (job.work)(handle).await }).catch_unwind().await;
        let result = result.unwrap_or_else(|_| Err(Error::internal("a use case panicked")));
        let keep = result.is_ok();
        staged.push(Staged { result, pending: tx.pending_notifications(), shared, reply: job.reply });
        let savepoint = ended(tx)?;
        if keep { savepoint.commit().await } else { savepoint.rollback().await }.map_err(from_db)?;
        next = if staged.len() < BATCH { jobs.try_recv().ok() } else { None };
    }
    batch.commit().await.map_err(not_committed)
}

/// A commit that found no room, or nowhere to write, is rolled back whole; after any other failure the log may hold it.
fn not_committed(error: DbErr) -> Error {
    let certain = match &error {
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            cause.as_database_error().and_then(|error| error.code()).is_some_and(|code| {
                let primary = code.parse::<u32>().map_or(0, |code| code & 0xff);
                matches!(primary, SQLITE_BUSY | SQLITE_FULL | SQLITE_READONLY)
            })
        }
        _ => false,
    };
    let code = if certain { Code::Unavailable } else { Code::OutcomeUnknown };
    Error::new(code).retry_after(Duration::from_secs(1)).caused_by(error)
}
