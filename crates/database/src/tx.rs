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
    asking::Asking,
    db::Shared,
    notices::Notices,
    postgres::{Column, Session},
    sqlite::Reader,
};

type Asked<'a, R, T> = Map<BoxFuture<'a, Result<R, DbErr>>, fn(Result<R, DbErr>) -> Result<T>>;

/// A query on its way, for its first row: a pointer to what the driver does, and how the row is read. A use case's state has
/// room for each query in it, so that this is small.
pub type Row<'a, T> = Asked<'a, Option<QueryResult>, T>;

/// A query on its way, for every row.
pub type Rows<'a, T> = Asked<'a, Vec<QueryResult>, Vec<T>>;

/// One transaction: what a use case works in. Where it only reads, or writes with a single statement, there is none.
///
/// It carries the caller, one instant for everything that is written, and the source of ids. Every statement that
/// goes through it is counted, so that a test can hold a hot request to its number of statements.
#[derive(Clone)]
pub struct Tx(Arc<Inner>);

/// What a use case's statements go through.
pub(crate) enum Inside {
    /// A transaction, or a savepoint of the writer's.
    Sqlite(DatabaseTransaction),
    /// A connection that cannot write.
    Reader(Reader),
    /// A connection that was introduced.
    Postgres(Session),
}

struct Inner {
    inside: Inside,
    actor: Actor,
    now: Timestamp,
    notices: Arc<Notices>,
    shared: Arc<Shared>,
}

impl Tx {
    pub(crate) fn new(inside: Inside, actor: Actor, now: Timestamp, shared: &Arc<Shared>) -> Self {
        Self(Arc::new(Inner {
            inside,
            actor,
            now,
            notices: Arc::default(),
            shared: shared.clone(),
        }))
    }

    /// What it went through, to end it; an error where a use case has kept a handle beyond its answer.
    pub(crate) fn into_inner(self) -> Result<Inside> {
        let inner =
            Arc::into_inner(self.0).ok_or_else(|| Error::internal("a use case kept its transaction"))?;
        Ok(inner.inside)
    }

    /// Who asks.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.0.actor
    }

    /// The account that asks, or a refusal.
    ///
    /// # Errors
    /// [`kernel::Code::Unauthenticated`] where nobody has logged in.
    pub fn user_id(&self) -> Result<UserId> {
        self.0
            .actor
            .user_id()
            .ok_or_else(|| kernel::Code::Unauthenticated.into())
    }

    /// The instant of this transaction, the same for everything in it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now
    }

    /// A new id.
    #[must_use]
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        self.0.shared.environment.new_id().into()
    }

    /// 256 random bits.
    #[must_use]
    pub fn secret(&self) -> [u8; 32] {
        self.0.shared.environment.secret()
    }

    /// The absolute address of a path of the API, such as `/images/…`.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        self.0.shared.environment.link(path)
    }

    /// Says that what everybody may read has changed. Once this transaction is committed, [`crate::Db::generation`] moves on
    /// here, and on PostgreSQL every other server hears of it.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn invalidate_public_cache(&self) -> Result<()> {
        if !self.0.notices.announced.swap(true, Ordering::SeqCst) && self.is_postgres() {
            let sql = format!("NOTIFY {}", crate::notices::CHANNEL);
            self.execute_unprepared(&sql).await.map_db_err()?;
        }
        Ok(())
    }

    /// Says that what is remembered of an account, such as what it may see, no longer holds. Once this transaction is committed,
    /// [`crate::Db::generation_of`] moves on here, and on PostgreSQL every other server hears of it.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn invalidate_account_cache(&self, account: UserId) -> Result<()> {
        {
            let forgotten = &self.0.notices.forgotten;
            let mut forgotten = forgotten.lock().unwrap_or_else(PoisonError::into_inner);
            if forgotten.contains(&account) {
                return Ok(());
            }
            forgotten.push(account);
        }
        if self.is_postgres() {
            let values = [crate::notices::FORGET.into(), account.to_string().into()];
            self.query_one_raw(self.statement("SELECT pg_notify(?, ?)", values))
                .await
                .map_db_err()?;
        }
        Ok(())
    }

    /// Says that there is something new for these accounts. Once this transaction is committed, whoever waits for it here is
    /// woken ([`crate::Db::wakeups`]), and on PostgreSQL at every other server.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn notify(&self, accounts: &[UserId]) -> Result<()> {
        if accounts.is_empty() {
            return Ok(());
        }
        if self.is_postgres() && self.0.shared.speaker.is_none() {
            for notice in self.0.shared.wakeups.notices(accounts) {
                let values = [crate::notices::NEWS.into(), notice.into()];
                self.query_one_raw(self.statement("SELECT pg_notify(?, ?)", values))
                    .await
                    .map_db_err()?;
            }
        }
        let mut woken = self
            .0
            .notices
            .woken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        woken.extend_from_slice(accounts);
        Ok(())
    }

    pub(crate) fn notices(&self) -> Arc<Notices> {
        self.0.notices.clone()
    }

    /// The installation's keys.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.0.shared.keyring
    }

    /// Whether this runs on PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.0.inside, Inside::Postgres(_))
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
        match &self.0.inside {
            Inside::Postgres(session) => session
                .execute_columns(sql, columns)
                .map(|done| done.map(|done| done.rows_affected()))
                .boxed(),
            Inside::Sqlite(_) | Inside::Reader(_) => async { Err(no_arrays()) }.boxed(),
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
        let rows = match &self.0.inside {
            Inside::Postgres(session) => session.query_columns(sql, columns),
            Inside::Sqlite(_) | Inside::Reader(_) => async { Err(no_arrays()) }.boxed(),
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
            (
                format!("= ANY (:{name}::text::uuid[])"),
                format!("{{{}}}", ids.join(",")).into(),
            )
        } else {
            let ids: Vec<String> = ids.map(|id: Uuid| format!("\"{}\"", id.simple())).collect();
            (
                format!("IN (SELECT unhex(value) FROM json_each(:{name}))"),
                format!("[{}]", ids.join(",")).into(),
            )
        }
    }

    /// A statement in the database's own dialect, with `?` for each value on both.
    #[must_use]
    pub fn statement(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
        if self.is_postgres() {
            Statement::from_sql_and_values(DbBackend::Postgres, crate::postgres::numbered(sql), values)
        } else {
            Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
        }
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// What the database answers.
    pub fn one<T: FromQueryResult>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Row<'_, Option<T>> {
        self.query_one_raw(self.statement(sql, values)).map(first::<T>)
    }

    /// Every row of a query.
    ///
    /// # Errors
    /// What the database answers.
    pub fn all<T: FromQueryResult>(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Rows<'_, T> {
        self.query_all_raw(self.statement(sql, values)).map(every::<T>)
    }

    /// The number that a query answers with.
    ///
    /// # Errors
    /// What the database answers.
    pub fn count(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Row<'_, i64> {
        self.query_one_raw(self.statement(sql, values)).map(number)
    }

    /// How many rows a statement changed.
    ///
    /// # Errors
    /// What the database answers.
    pub fn change(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> BoxFuture<'_, Result<u64>> {
        let statement = self.statement(sql, values);
        Box::pin(async move { Ok(self.execute_raw(statement).await.map_db_err()?.rows_affected()) })
    }

    /// Many ids as one value, so that the statement is the same however many there are: what stands behind the column, and
    /// the value of its `?`.
    #[must_use]
    pub fn among<I: Copy + Into<Uuid>>(&self, ids: &[I]) -> (&'static str, Value) {
        let ids = ids.iter().map(|id| (*id).into());
        if self.is_postgres() {
            let ids: Vec<String> = ids.map(|id: Uuid| id.to_string()).collect();
            ("= ANY (?::text::uuid[])", format!("{{{}}}", ids.join(",")).into())
        } else {
            let ids: Vec<String> = ids.map(|id: Uuid| format!("\"{}\"", id.simple())).collect();
            (
                "IN (SELECT unhex(value) FROM json_each(?))",
                format!("[{}]", ids.join(",")).into(),
            )
        }
    }

    /// `SELECT … FOR UPDATE` locks on PostgreSQL; SQLite has one writer, which already holds everything.
    #[must_use]
    pub fn for_update(&self) -> &'static str {
        if self.is_postgres() { " FOR UPDATE" } else { "" }
    }

    /// Stands in line behind everybody who names the same thing, until this transaction ends. SQLite has one line for all.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn advisory_lock(&self, name: &str) -> Result<()> {
        if self.is_postgres() {
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))";
            self.query_one_raw(self.statement(sql, [name.into()]))
                .await
                .map_db_err()?;
        }
        Ok(())
    }

    fn tally(&self) {
        self.0.shared.statements.fetch_add(1, Ordering::Relaxed);
    }
}

fn no_arrays() -> DbErr {
    DbErr::Custom("SQLite has no arrays".to_owned())
}

fn first<T: FromQueryResult>(row: Result<Option<QueryResult>, DbErr>) -> Result<Option<T>> {
    row.and_then(|row| row.map(|row| T::from_query_result(&row, "")).transpose())
        .map_db_err()
}

fn every<T: FromQueryResult>(rows: Result<Vec<QueryResult>, DbErr>) -> Result<Vec<T>> {
    rows.and_then(|rows| rows.iter().map(|row| T::from_query_result(row, "")).collect())
        .map_db_err()
}

fn scalar<T: TryGetable>(row: Result<Option<QueryResult>, DbErr>) -> Result<Option<T>> {
    row.and_then(|row| row.map(|row| row.try_get_by_index::<T>(0)).transpose())
        .map_db_err()
}

fn number(row: Result<Option<QueryResult>, DbErr>) -> Result<i64> {
    row.and_then(|row| row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0)))
        .map_db_err()
}

impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0.inside {
            Inside::Sqlite(_) | Inside::Reader(_) => DbBackend::Sqlite,
            Inside::Postgres(_) => DbBackend::Postgres,
        }
    }

    // Written out rather than as `async fn`: what answers is boxed already.

    fn execute_raw<'a: 'f, 'f>(&'a self, statement: Statement) -> BoxFuture<'f, Result<ExecResult, DbErr>>
    where
        Self: 'f,
    {
        self.tally();
        match &self.0.inside {
            Inside::Sqlite(transaction) => transaction.execute_raw(statement),
            Inside::Reader(reader) => reader.execute_raw(statement),
            Inside::Postgres(session) => session.execute_raw(statement),
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
        match &self.0.inside {
            Inside::Sqlite(transaction) => transaction.execute_unprepared(sql),
            Inside::Reader(reader) => reader.execute_unprepared(sql),
            Inside::Postgres(session) => session.execute_unprepared(sql),
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
        match &self.0.inside {
            Inside::Sqlite(transaction) => transaction.query_one_raw(statement),
            Inside::Reader(reader) => reader.query_one_raw(statement),
            Inside::Postgres(session) => session.query_one_raw(statement),
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
        match &self.0.inside {
            Inside::Sqlite(transaction) => transaction.query_all_raw(statement),
            Inside::Reader(reader) => reader.query_all_raw(statement),
            Inside::Postgres(session) => session.query_all_raw(statement),
        }
    }
}
