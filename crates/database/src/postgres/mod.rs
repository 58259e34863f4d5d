//! What only PostgreSQL has: roles, row-level security, locks. Statements are text: the system catalogs have no entities.

mod columns;
mod listener;
mod session;

use std::sync::Arc;

use kernel::{Code, Error, Result};
use sea_orm::{DbErr, RuntimeErr};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, Row, postgres::PgConnectOptions};

use crate::{
    Relay, Tx,
    caller::Caller,
    mode::Mode,
    pool::{Connections, Pool},
    shared::Shared,
    transaction::TxConnection,
    values,
    work::{Answer, Work},
};
pub use columns::Column;
pub(crate) use session::Session;

/// The runtime roles, one for each pool.
pub const ROLES: [&str; 3] = ["palestra_app", "palestra_auth", "palestra_worker"];

/// Where the server is, for each runtime role.
#[derive(Clone)]
pub struct Setup {
    /// `palestra_app`, or a role that has its grants.
    pub app: PgConnectOptions,
    /// `palestra_auth`, or a role that has its grants.
    pub auth: PgConnectOptions,
    /// `palestra_worker`, or a role that has its grants.
    pub worker: PgConnectOptions,
    /// Connections for requests; the other pools take a quarter of it.
    pub connections: u32,
    /// Over what servers notify each other; without it over the database's own notifications.
    pub relay: Option<Relay>,
}

/// PostgreSQL: connections of each runtime role apart, so that none ever changes its role.
#[derive(Clone)]
pub(crate) struct Postgres {
    app: Connections<PgConnection>,
    auth: Connections<PgConnection>,
    worker: Connections<PgConnection>,
    /// How the listener of notifications connects, which holds a connection of its own.
    listener: Arc<PgConnectOptions>,
}

impl Postgres {
    pub(crate) fn open(setup: &Setup) -> Self {
        let small = (setup.connections / 4).max(2);
        Self {
            app: connections(&setup.app, setup.connections),
            auth: connections(&setup.auth, small),
            worker: connections(&setup.worker, small),
            listener: Arc::new(setup.app.clone()),
        }
    }

    /// One use case in a task of its own: cancelling the caller cannot reach between `BEGIN` and its end.
    pub(crate) async fn perform(&self, role: Pool, mode: Mode, caller: Caller, work: Work) -> Result<Answer> {
        let connections = match role {
            Pool::App => self.app.clone(),
            Pool::Auth => self.auth.clone(),
            Pool::Worker => self.worker.clone(),
        };
        let task = tokio::spawn(async move {
            match perform_on(&connections, mode, caller.clone(), work).await {
                Err(error) if is_row_refused(&error) => Err(if is_nobody(&connections, caller).await {
                    Error::new(Code::SessionRevoked)
                } else {
                    error
                }),
                done => done,
            }
        });
        task.await.map_err(Error::internal)?
    }

    /// Begins to listen for the notifications of other servers.
    pub(crate) fn listen(&self, shared: &Arc<Shared>) {
        tokio::spawn(listener::listen(self.listener.clone(), Arc::downgrade(shared)));
    }

    pub(crate) async fn close(&self) {
        for connections in [&self.app, &self.auth, &self.worker] {
            connections.close().await;
        }
    }
}

async fn perform_on(
    connections: &Connections<PgConnection>,
    mode: Mode,
    caller: Caller,
    work: Work,
) -> Result<Answer> {
    let now = caller.shared.environment.now();
    let session = Session::open(connections, mode, caller.actor, now).await?;
    let shared = caller.shared.clone();
    let tx = Tx::new(TxConnection::Postgres(session), caller, now);
    let result = work(tx.clone()).await;
    let pending = tx.pending_notifications();
    // A use case that kept its transaction loses it: the connection is closed when the last handle goes.
    let TxConnection::Postgres(session) = tx.into_inner()? else {
        return Err(Error::internal("a transaction of another database"));
    };
    match result {
        Ok(value) => {
            let committed = session.commit().await;
            shared.publish(&pending);
            committed.map(|()| value)
        }
        Err(error) => Err(session.rollback(error).await),
    }
}

/// Whether a row-level policy has refused to write: a bug, unless the account was suspended at this very moment.
fn is_row_refused(error: &Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<DbErr>());
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        (match cause {
            Some(cause) => cause,
            None => return false,
        })
    else {
        return false;
    };
    cause.as_database_error().and_then(|refusal| refusal.code()).is_some_and(|code| code == "42501")
}

/// Whether to the policies the account is nobody, since it is suspended.
async fn is_nobody(connections: &Connections<PgConnection>, caller: Caller) -> bool {
    if caller.actor.user_id().is_none() {
        return false;
    }
    let ask: Work = crate::work::boxed(|tx: Tx| async move {
        let sql = "SELECT CASE WHEN app.uid() IS NULL THEN 1::bigint ELSE 0 END";
        // Text: there is no table.
        tx.fetch_scalar::<i64>(sql, values! {}).await
    });
    let asked = perform_on(connections, Mode::Read, caller, ask).await;
    asked.ok().and_then(|answer| answer.downcast::<Option<i64>>().ok()).is_some_and(|found| *found == Some(1))
}

fn connections(options: &PgConnectOptions, most: u32) -> Connections<PgConnection> {
    let options = options
        .clone()
        .application_name("palestra")
        .options([
            ("statement_timeout", "20000"),
            ("lock_timeout", "5000"),
            ("client_min_messages", "error"),
            // How much of a misspelt word has to be right, for the catalogue's search: the default of 0.6 finds "strenght"
            // and misses "moblity".
            ("pg_trgm.word_similarity_threshold", "0.5"),
        ])
        .disable_statement_logging();
    Connections::new(&options, most)
}

/// Refuses a database that began with another master key, before anything of the server is changed.
///
/// # Errors
/// In words: what is wrong, and what to do.
pub async fn check_key(owner: &PgConnectOptions, key_check: &[u8]) -> Result<(), String> {
    let failed = |error: sqlx::Error| format!("PostgreSQL does not answer: {error}");
    let mut connection = PgConnection::connect_with(owner).await.map_err(failed)?;
    let found = connection
        .fetch_one("SELECT to_regclass('public.installation') IS NOT NULL")
        .await
        .map_err(failed)?;
    if found.get::<bool, _>(0) {
        let known = connection
            .fetch_optional("SELECT key_check FROM installation WHERE id = 1")
            .await
            .map_err(failed)?;
        if known.is_some_and(|known| known.get::<Vec<u8>, _>(0) != key_check) {
            return Err(crate::schema::OTHER_KEY.to_owned());
        }
    }
    connection.close().await.map_err(failed)
}

/// Makes the runtime roles, as a role that may (`CREATEROLE`). Those that exist must take this password: they may belong to
/// another installation on the same server.
///
/// # Errors
/// What the server answered.
pub async fn ensure_roles(
    owner: &PgConnectOptions,
    password: impl Fn(&str) -> String,
) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect_with(owner).await?;
    for role in ROLES {
        let password = password(role);
        let exists = "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)";
        let exists: bool = connection.fetch_one(sqlx::query(exists).bind(role)).await?.get(0);
        if exists {
            // Roles belong to the whole server. Giving another installation's role our password would lock it out.
            PgConnection::connect_with(&owner.clone().username(role).password(&password))
                .await?
                .close()
                .await?;
            continue;
        }
        // Roles and passwords are ours and hexadecimal, so that quoting is not a question.
        let create = format!(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD '{password}'; \
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        connection.execute(sqlx::AssertSqlSafe(create)).await?;
    }
    connection.close().await
}

/// Refuses a runtime role for which row-level security does not hold, and a server that forgets what it acknowledged.
///
/// # Errors
/// In words: what is wrong, and what to do.
pub async fn check_runtime(options: &PgConnectOptions) -> Result<(), String> {
    let failed =
        |error: sqlx::Error| format!("PostgreSQL does not answer as {}: {error}", options.get_username());
    let mut connection = PgConnection::connect_with(options).await.map_err(failed)?;
    let row = connection
        .fetch_one(
            "SELECT rolname::text, rolsuper OR rolbypassrls, current_setting('fsync'), current_setting('full_page_writes'), \
             current_setting('synchronous_commit'), current_setting('server_version_num')::int \
             FROM pg_roles WHERE rolname = current_user",
        )
        .await
        .map_err(failed)?;
    let (role, bypasses): (String, bool) = (row.get(0), row.get(1));
    if bypasses {
        return Err(format!(
            "the runtime role {role} is a superuser or bypasses row security; give PALESTRA_DATABASE_APP_URL, \
             PALESTRA_DATABASE_AUTH_URL and PALESTRA_DATABASE_WORKER_URL roles that do not"
        ));
    }
    for (index, name) in [(2, "fsync"), (3, "full_page_writes"), (4, "synchronous_commit")] {
        if row.get::<String, _>(index) == "off" {
            return Err(format!(
                "PostgreSQL runs with {name} = off and would lose acknowledged writes; turn it on"
            ));
        }
    }
    if row.get::<i32, _>(5) < 150_000 {
        return Err("PostgreSQL 15 or newer is needed".to_owned());
    }
    connection.close().await.map_err(failed)
}
