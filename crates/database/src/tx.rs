use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use kernel::{Actor, Error, Keyring, Result, Timestamp, Uuid};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, FromQueryResult, QueryResult,
    Statement, Value,
};

use crate::{IntoKernel, db::Shared};

/// One transaction: what a use case works in.
///
/// It carries the caller, one instant for everything that is written, and the source of ids. Every statement that
/// goes through it is counted, so that a test can hold a hot request to its number of statements.
#[derive(Clone)]
pub struct Tx(Arc<Inner>);

struct Inner {
    transaction: DatabaseTransaction,
    actor: Actor,
    now: Timestamp,
    announced: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

impl Tx {
    pub(crate) fn new(transaction: DatabaseTransaction, actor: Actor, shared: &Arc<Shared>) -> Self {
        Self(Arc::new(Inner {
            transaction,
            actor,
            now: shared.ambient.now(),
            announced: Arc::default(),
            shared: shared.clone(),
        }))
    }

    /// The transaction itself, to end it; an error where a use case has kept a handle beyond its answer.
    pub(crate) fn into_inner(self) -> Result<DatabaseTransaction> {
        let inner =
            Arc::into_inner(self.0).ok_or_else(|| Error::internal("a use case kept its transaction"))?;
        Ok(inner.transaction)
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
    pub fn user_id(&self) -> Result<Uuid> {
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
    pub fn new_id(&self) -> Uuid {
        self.0.shared.ambient.new_id()
    }

    /// 256 random bits.
    #[must_use]
    pub fn secret(&self) -> [u8; 32] {
        self.0.shared.ambient.secret()
    }

    /// The absolute address of a path of the API, such as `/images/…`.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        self.0.shared.ambient.link(path)
    }

    /// Says that what everybody may read has changed. Once this transaction is committed, [`crate::Db::generation`] moves on
    /// here, and on PostgreSQL every other server hears of it.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn announce(&self) -> Result<()> {
        if !self.0.announced.swap(true, Ordering::SeqCst) && self.is_postgres() {
            let sql = format!("NOTIFY {}", crate::notices::CHANNEL);
            self.execute_unprepared(&sql).await.kernel()?;
        }
        Ok(())
    }

    pub(crate) fn announced(&self) -> Arc<AtomicBool> {
        self.0.announced.clone()
    }

    /// The installation's keys.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.0.shared.keyring
    }

    /// Whether this runs on PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.0.transaction.get_database_backend() == DbBackend::Postgres
    }

    /// A statement in the database's own dialect, with `?` for each value on both.
    #[must_use]
    pub fn statement(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
        let backend = self.0.transaction.get_database_backend();
        if backend == DbBackend::Postgres {
            Statement::from_sql_and_values(backend, crate::postgres::numbered(sql), values)
        } else {
            Statement::from_sql_and_values(backend, sql, values)
        }
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn one<T: FromQueryResult>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Option<T>> {
        T::find_by_statement(self.statement(sql, values))
            .one(self)
            .await
            .kernel()
    }

    /// Every row of a query.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn all<T: FromQueryResult>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<T>> {
        T::find_by_statement(self.statement(sql, values))
            .all(self)
            .await
            .kernel()
    }

    /// The number that a query answers with.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn count(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<i64> {
        let row = self.query_one_raw(self.statement(sql, values)).await.kernel()?;
        row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0).kernel())
    }

    /// How many rows a statement changed.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn change(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64> {
        Ok(self
            .execute_raw(self.statement(sql, values))
            .await
            .kernel()?
            .rows_affected())
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
    pub async fn serialise(&self, name: &str) -> Result<()> {
        if self.is_postgres() {
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))";
            self.query_one_raw(self.statement(sql, [name.into()]))
                .await
                .kernel()?;
        }
        Ok(())
    }

    fn tally(&self) {
        self.0.shared.statements.fetch_add(1, Ordering::Relaxed);
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.0.transaction.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.tally();
        self.0.transaction.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.tally();
        self.0.transaction.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.tally();
        self.0.transaction.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.tally();
        self.0.transaction.query_all_raw(statement).await
    }
}
