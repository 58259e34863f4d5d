//! The database: opening it, and running use cases in transactions.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::future::BoxFuture;
use kernel::{Actor, Environment, Keyring, Result, UserId};

use crate::{
    ChangeNotifications, Relay, Tx,
    caller::Caller,
    invalidation::{Generations, ListenerHealth},
    mode::Mode,
    pool::Pool,
    postgres::Postgres,
    redis::RedisPublisher,
    shared::Shared,
    sqlite::Sqlite,
    work::{Answer, Work, boxed, opened},
};

/// How to open the database.
#[derive(Clone)]
pub enum Setup {
    /// A file on this machine.
    Sqlite(crate::sqlite::Setup),
    /// A server.
    Postgres(Box<crate::postgres::Setup>),
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    relay: Option<Relay>,
    shared: Arc<Shared>,
    statements: Arc<AtomicU64>,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Db {
    /// Opens the pools. Connections are made when they are first needed.
    ///
    /// # Errors
    /// [`kernel::Code::Unavailable`] where the database cannot be opened.
    pub async fn open(setup: Setup, environment: Environment, keyring: Keyring) -> Result<Self> {
        let relay = match &setup {
            Setup::Sqlite(_) => None,
            Setup::Postgres(setup) => setup.relay.clone(),
        };
        let [a, b, c, d, ..] = environment.secret();
        let change_notifications = Arc::new(ChangeNotifications::new([a, b, c, d]));
        let shared = Arc::new(Shared {
            redis_publisher: relay.clone().map(|relay| RedisPublisher::start(relay, &change_notifications)),
            change_notifications,
            environment,
            keyring: Arc::new(keyring),
            generation: AtomicU64::new(0),
            generations: Generations::default(),
            listener_health: ListenerHealth::default(),
        });
        let engine = match setup {
            Setup::Sqlite(setup) => Engine::Sqlite(Sqlite::open(&setup, Arc::downgrade(&shared)).await?),
            Setup::Postgres(setup) => Engine::Postgres(Postgres::open(&setup)),
        };
        Ok(Self { engine, relay, shared, statements: Arc::default() })
    }

    /// Runs a use case in one transaction of its own, on behalf of `actor`, and commits it when it answers `Ok`.
    ///
    /// The answer comes after the commit has returned. The work goes on to its commit or its rollback when the
    /// caller goes away: a cancelled request leaves nothing half done, and no connection inside a transaction (sqlx
    /// 0.9.0 loses later writes otherwise). It must not wait for the network, nor start another transaction.
    ///
    /// # Errors
    /// What the use case answers; [`kernel::Code::Unavailable`] where the database does not answer,
    /// [`kernel::Code::OutcomeUnknown`] where the connection broke during the commit.
    pub fn run<T, F, W>(&self, actor: Actor, work: W) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        self.run_in(Pool::App, actor, work)
    }

    /// Like [`Db::run`], with another role's connection.
    ///
    /// # Errors
    /// See [`Db::run`].
    pub fn run_in<T, F, W>(&self, pool: Pool, actor: Actor, work: W) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        opened(self.write(pool, Mode::Write, actor, boxed(work)))
    }

    /// Like [`Db::run_in`], for a use case of one statement that needs no transaction around it. On SQLite it has one all the same.
    /// On PostgreSQL it is committed as it is made, in one round trip instead of three: there a second statement is refused, what
    /// the use case refuses after the first is not undone, and the row-level policies of what it writes as [`Actor::System`] must
    /// not look at the time.
    ///
    /// # Errors
    /// See [`Db::run`]; [`kernel::Code::OutcomeUnknown`] also where the connection broke during the statement.
    pub fn execute_autocommit<T, F, W>(
        &self,
        pool: Pool,
        actor: Actor,
        work: W,
    ) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        opened(self.write(pool, Mode::Autocommit, actor, boxed(work)))
    }

    /// Runs a use case that only reads, on a connection that refuses to write: each statement sees what was committed before it.
    ///
    /// # Errors
    /// See [`Db::run`].
    pub fn read<T, F, W>(&self, actor: Actor, work: W) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        self.read_in(Pool::App, actor, work)
    }

    /// Like [`Db::read`], with another role's connection.
    ///
    /// # Errors
    /// See [`Db::run`].
    pub fn read_in<T, F, W>(
        &self,
        pool: Pool,
        actor: Actor,
        work: W,
    ) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        opened(self.read_inner(pool, actor, boxed(work)))
    }

    fn write(&self, pool: Pool, mode: Mode, actor: Actor, work: Work) -> BoxFuture<'_, Result<Answer>> {
        let caller = self.caller(actor);
        match &self.engine {
            Engine::Sqlite(sqlite) => Box::pin(sqlite.write(caller, work)),
            Engine::Postgres(postgres) => Box::pin(postgres.perform(pool, mode, caller, work)),
        }
    }

    fn read_inner(&self, pool: Pool, actor: Actor, work: Work) -> BoxFuture<'_, Result<Answer>> {
        let caller = self.caller(actor);
        match &self.engine {
            Engine::Sqlite(sqlite) => Box::pin(sqlite.read(caller, work)),
            Engine::Postgres(postgres) => Box::pin(postgres.perform(pool, Mode::Read, caller, work)),
        }
    }

    fn caller(&self, actor: Actor) -> Caller {
        Caller { actor, shared: self.shared.clone(), statements: self.statements.clone() }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`kernel::Code::Unavailable`] where it does not.
    pub async fn ping(&self) -> Result<()> {
        if let Engine::Sqlite(sqlite) = &self.engine
            && !sqlite.is_writing()
        {
            return Err(kernel::Error::new(kernel::Code::Unavailable)
                .detail("The writer has ended; restart the server."));
        }
        self.read(Actor::Anonymous, |tx| async move {
            // Text: a ping reads no table.
            let answer = sea_orm::ConnectionTrait::execute_unprepared(&tx, "SELECT 1").await;
            answer.map(|_| ()).map_err(crate::from_db)
        })
        .await
    }

    /// Grows whenever what everybody may read has changed, here or in another process. What was read at one generation is no older than
    /// its end.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::SeqCst)
    }

    /// Grows whenever what is remembered of this account no longer holds ([`Tx::invalidate_account_cache`]), here or in another process;
    /// and now and then besides. What is public has [`Db::generation`].
    #[must_use]
    pub fn generation_of(&self, account: UserId) -> u64 {
        self.shared.generations.of(account)
    }

    /// The accounts that were notified ([`Tx::notify`]), here or at another server. Where notifications of other servers may have been
    /// lost with a connection, every account counts as notified.
    #[must_use]
    pub fn change_notifications(&self) -> &ChangeNotifications {
        &self.shared.change_notifications
    }

    /// Whether every change that another process made more than a second ago is in [`Db::generation`] and [`Db::generation_of`].
    #[must_use]
    pub fn invalidations_are_live(&self) -> bool {
        self.shared.listener_health.is_good()
    }

    /// Begins to receive other servers' notifications. On SQLite the writer watches the file, and nothing has to begin.
    pub fn listen(&self) {
        if let Engine::Postgres(postgres) = &self.engine {
            postgres.listen(&self.shared);
        }
        if let Some(relay) = self.relay.clone() {
            tokio::spawn(crate::redis::listen(relay, Arc::downgrade(&self.shared.change_notifications)));
        }
    }

    /// How many statements went through the transactions of this handle and its clones.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// The same database, with statements counted apart: those of the worker are no part of what a request costs.
    #[must_use]
    pub fn counted_apart(&self) -> Self {
        Self { statements: Arc::default(), ..self.clone() }
    }

    /// Where the time and the ids come from.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.shared.environment
    }

    /// The installation's keys.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.shared.keyring
    }

    /// Whether this is PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// Closes every connection, after what runs has finished.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(postgres) => postgres.close().await,
        }
    }
}
