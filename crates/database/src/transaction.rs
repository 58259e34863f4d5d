//! The transaction of a use case: its caller, its instant, its statements, and what it publishes after the commit.

use std::sync::{Arc, PoisonError, atomic::Ordering};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Map},
};
use kernel::{Actor, Error, Keyring, Result, Timestamp, UserId, Uuid};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, FromQueryResult, QueryResult,
    Statement, TryGetable, Value,
};

use crate::{
    MapDbErr,
    caller::Caller,
    invalidation::{ACCOUNT_CHANNEL, NOTIFICATION_CHANNEL, PUBLIC_CHANNEL, PendingNotifications},
    postgres::{Column, Session},
    raw_executor::RawExecutor,
    sqlite::Reader,
    values,
};

type PendingQuery<'a, R, T> = Map<BoxFuture<'a, Result<R, DbErr>>, fn(Result<R, DbErr>) -> Result<T>>;

/// A query in progress, for its first row: a pointer to the driver's future, and how the row is read. The state of a use case holds each
/// of its queries, so that this is kept small.
pub type Row<'a, T> = PendingQuery<'a, Option<QueryResult>, T>;

/// A query in progress, for every row.
pub type Rows<'a, T> = PendingQuery<'a, Vec<QueryResult>, Vec<T>>;

/// The transaction of a use case. A use case that only reads, or that runs as one autocommitted statement, has a connection without a
/// transaction around it.
///
/// It carries the caller, one instant for everything that is written, and the source of ids. Every statement that
/// goes through it is counted, so that a test can hold a hot request to its number of statements.
#[derive(Clone)]
pub struct Tx(Arc<Inner>);

/// The connection that the statements of a use case run on.
pub(crate) enum TxConnection {
    /// A transaction, or a savepoint of the writer's.
    Sqlite(DatabaseTransaction),
    /// A connection that cannot write.
    Reader(Reader),
    /// A connection whose session knows who asks.
    Postgres(Session),
}

struct Inner {
    connection: TxConnection,
    caller: Caller,
    now: Timestamp,
    pending: Arc<PendingNotifications>,
}

impl Tx {
    pub(crate) fn new(connection: TxConnection, caller: Caller, now: Timestamp) -> Self {
        Self(Arc::new(Inner { connection, caller, now, pending: Arc::default() }))
    }

    /// The connection, to end it; an error where a use case has kept a handle after it answered.
    pub(crate) fn into_inner(self) -> Result<TxConnection> {
        let inner =
            Arc::into_inner(self.0).ok_or_else(|| Error::internal("a use case kept its transaction"))?;
        Ok(inner.connection)
    }

    /// Who asks.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.0.caller.actor
    }

    /// The account that asks, or a refusal.
    ///
    /// # Errors
    /// [`kernel::Code::Unauthenticated`] where nobody has logged in.
    pub fn user_id(&self) -> Result<UserId> {
        self.0.caller.actor.user_id().ok_or_else(|| kernel::Code::Unauthenticated.into())
    }

    /// The instant of this transaction, the same for everything in it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now
    }

    /// A new id.
    #[must_use]
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        self.0.caller.shared.environment.new_id()
    }

    /// 256 random bits.
    #[must_use]
    pub fn secret(&self) -> [u8; 32] {
        self.0.caller.shared.environment.secret()
    }

    /// The absolute address of a path of the API, such as `/images/…`.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        self.0.caller.shared.environment.link(path)
    }

    /// The hosts whose players are shown in texts.
    #[must_use]
    pub fn players(&self) -> &[String] {
        self.0.caller.shared.environment.players()
    }

    /// Invalidates the cached public answers. After the commit [`crate::Db::generation`] grows in this process, and on PostgreSQL
    /// every other server is notified.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn invalidate_public_cache(&self) -> Result<()> {
        if !self.0.pending.public_cache_changed.swap(true, Ordering::SeqCst) && self.is_postgres() {
            let sql = format!("NOTIFY {PUBLIC_CHANNEL}");
            self.execute_unprepared(&sql).await.map_db_err()?;
        }
        Ok(())
    }

    /// Invalidates what is cached about an account, such as what it may see. After the commit [`crate::Db::generation_of`] grows in this
    /// process, and on PostgreSQL every other server is notified.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn invalidate_account_cache(&self, account: UserId) -> Result<()> {
        {
            let accounts = &self.0.pending.invalidated_accounts;
            let mut accounts = accounts.lock().unwrap_or_else(PoisonError::into_inner);
            if accounts.contains(&account) {
                return Ok(());
            }
            accounts.push(account);
        }
        if self.is_postgres() {
            self.pg_notify(ACCOUNT_CHANNEL, account.to_string()).await?;
        }
        Ok(())
    }

    /// Notifies these accounts of something new. After the commit whoever waits for them in this process is woken
    /// ([`crate::Db::change_notifications`]), and on PostgreSQL in every other server.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn notify(&self, accounts: &[UserId]) -> Result<()> {
        if accounts.is_empty() {
            return Ok(());
        }
        if self.is_postgres() && self.0.caller.shared.redis_publisher.is_none() {
            for notice in self.0.caller.shared.change_notifications.notices(accounts) {
                self.pg_notify(NOTIFICATION_CHANNEL, notice).await?;
            }
        }
        self.0
            .pending
            .notified_accounts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(accounts);
        Ok(())
    }

    /// Text: the builder has no notifications.
    async fn pg_notify(&self, channel: &'static str, payload: String) -> Result<()> {
        let sql = "SELECT pg_notify(:channel, :payload)";
        self.execute(sql, values! { channel, payload }).await.map(drop)
    }

    pub(crate) fn pending_notifications(&self) -> Arc<PendingNotifications> {
        self.0.pending.clone()
    }

    /// The installation's keys.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.0.caller.shared.keyring
    }

    /// Whether this runs on PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.0.connection, TxConnection::Postgres(_))
    }

    /// A statement in the database's own dialect, with `:name` for each of its values ([`crate::values!`]).
    ///
    /// # Panics
    /// Where a name has no value, or a value is never named.
    #[must_use]
    pub fn named(&self, sql: &str, values: impl IntoIterator<Item = (&'static str, Value)>) -> Statement {
        crate::sql::named(self.get_database_backend(), sql, values)
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// What the database answers.
    pub fn fetch_optional<T: FromQueryResult>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Row<'_, Option<T>> {
        self.query_one_raw(self.named(sql, values)).map(first::<T>)
    }

    /// Every row of a query.
    ///
    /// # Errors
    /// What the database answers.
    pub fn fetch_all<T: FromQueryResult>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Rows<'_, T> {
        self.query_all_raw(self.named(sql, values)).map(every::<T>)
    }

    /// The first column of the first row of a query, if there is one.
    ///
    /// # Errors
    /// What the database answers.
    pub fn fetch_scalar<T: TryGetable>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Row<'_, Option<T>> {
        self.query_one_raw(self.named(sql, values)).map(scalar::<T>)
    }

    /// How many rows a statement changed.
    ///
    /// # Errors
    /// What the database answers.
    pub fn execute(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> BoxFuture<'_, Result<u64>> {
        let statement = self.named(sql, values);
        Box::pin(async move { Ok(self.execute_raw(statement).await.map_db_err()?.rows_affected()) })
    }

    /// How many rows a statement changed that unnests an array for each `:name`. Only PostgreSQL has arrays.
    ///
    /// # Errors
    /// What the database answers, as it is: a constraint may say more.
    pub fn execute_columns(
        &self,
        sql: &str,
        columns: impl IntoIterator<Item = (&'static str, Column)>,
    ) -> BoxFuture<'_, Result<u64, DbErr>> {
        self.tally();
        match &self.0.connection {
            TxConnection::Postgres(session) => session
                .execute_columns(sql, columns)
                .map(|done| done.map(|done| done.rows_affected()))
                .boxed(),
            TxConnection::Sqlite(_) | TxConnection::Reader(_) => async { Err(no_arrays()) }.boxed(),
        }
    }

    /// Every row of a query that unnests an array for each `:name`. Only PostgreSQL has arrays.
    ///
    /// # Errors
    /// What the database answers.
    pub fn fetch_columns<T: FromQueryResult>(
        &self,
        sql: &str,
        columns: impl IntoIterator<Item = (&'static str, Column)>,
    ) -> Rows<'_, T> {
        self.tally();
        let rows = match &self.0.connection {
            TxConnection::Postgres(session) => session.query_columns(sql, columns),
            TxConnection::Sqlite(_) | TxConnection::Reader(_) => async { Err(no_arrays()) }.boxed(),
        };
        rows.map(every::<T>)
    }

    /// Many ids as one value, so that the statement is the same however many there are: what stands behind the column, with `:name`
    /// in it, and the value of that name.
    #[must_use]
    pub fn any_of<I: Copy + Into<Uuid>>(&self, name: &str, ids: &[I]) -> (String, Value) {
        let ids = ids.iter().map(|id| (*id).into());
        if self.is_postgres() {
            let ids: Vec<String> = ids.map(|id: Uuid| id.to_string()).collect();
            (format!("= ANY (:{name}::text::uuid[])"), format!("{{{}}}", ids.join(",")).into())
        } else {
            let ids: Vec<String> = ids.map(|id: Uuid| format!("\"{}\"", id.simple())).collect();
            (
                format!("IN (SELECT unhex(value) FROM json_each(:{name}))"),
                format!("[{}]", ids.join(",")).into(),
            )
        }
    }

    /// `SELECT … FOR UPDATE` locks on PostgreSQL; SQLite has one writer, which already holds everything.
    #[must_use]
    pub fn for_update(&self) -> &'static str {
        if self.is_postgres() { " FOR UPDATE" } else { "" }
    }

    /// Takes the advisory lock of this name until the transaction ends. SQLite has a single writer and needs no lock.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn advisory_lock(&self, name: &str) -> Result<()> {
        if self.is_postgres() {
            // Text: the builder has no locks.
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))";
            self.execute(sql, values! { name }).await?;
        }
        Ok(())
    }

    fn tally(&self) {
        self.0.caller.statements.fetch_add(1, Ordering::Relaxed);
    }
}

fn no_arrays() -> DbErr {
    DbErr::Custom("SQLite has no arrays".to_owned())
}

fn first<T: FromQueryResult>(row: Result<Option<QueryResult>, DbErr>) -> Result<Option<T>> {
    row.and_then(|row| row.map(|row| T::from_query_result(&row, "")).transpose()).map_db_err()
}

fn every<T: FromQueryResult>(rows: Result<Vec<QueryResult>, DbErr>) -> Result<Vec<T>> {
    rows.and_then(|rows| rows.iter().map(|row| T::from_query_result(row, "")).collect()).map_db_err()
}

fn scalar<T: TryGetable>(row: Result<Option<QueryResult>, DbErr>) -> Result<Option<T>> {
    row.and_then(|row| row.map(|row| row.try_get_by_index::<T>(0)).transpose()).map_db_err()
}

impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0.connection {
            TxConnection::Sqlite(_) | TxConnection::Reader(_) => DbBackend::Sqlite,
            TxConnection::Postgres(_) => DbBackend::Postgres,
        }
    }

    // Written out rather than as `async fn`: what answers is boxed already.

    fn execute_raw<'a: 'f, 'f>(&'a self, statement: Statement) -> BoxFuture<'f, Result<ExecResult, DbErr>>
    where
        Self: 'f,
    {
        self.tally();
        match &self.0.connection {
            TxConnection::Sqlite(transaction) => transaction.execute_raw(statement),
            TxConnection::Reader(reader) => reader.execute_raw(statement),
            TxConnection::Postgres(session) => session.execute_raw(statement),
        }
    }

    fn execute_unprepared<'a: 'f, 'b: 'f, 'f>(
        &'a self,
        sql: &'b str,
    ) -> BoxFuture<'f, Result<ExecResult, DbErr>>
    where
        Self: 'f,
    {
        self.tally();
        match &self.0.connection {
            TxConnection::Sqlite(transaction) => transaction.execute_unprepared(sql),
            TxConnection::Reader(reader) => reader.execute_unprepared(sql),
            TxConnection::Postgres(session) => session.execute_unprepared(sql),
        }
    }

    fn query_one_raw<'a: 'f, 'f>(
        &'a self,
        statement: Statement,
    ) -> BoxFuture<'f, Result<Option<QueryResult>, DbErr>>
    where
        Self: 'f,
    {
        self.tally();
        match &self.0.connection {
            TxConnection::Sqlite(transaction) => transaction.query_one_raw(statement),
            TxConnection::Reader(reader) => reader.query_one_raw(statement),
            TxConnection::Postgres(session) => session.query_one_raw(statement),
        }
    }

    fn query_all_raw<'a: 'f, 'f>(
        &'a self,
        statement: Statement,
    ) -> BoxFuture<'f, Result<Vec<QueryResult>, DbErr>>
    where
        Self: 'f,
    {
        self.tally();
        match &self.0.connection {
            TxConnection::Sqlite(transaction) => transaction.query_all_raw(statement),
            TxConnection::Reader(reader) => reader.query_all_raw(statement),
            TxConnection::Postgres(session) => session.query_all_raw(statement),
        }
    }
}
