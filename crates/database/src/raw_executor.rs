//! Runs sea-orm's raw statements on a connection of sqlx.

use std::future::Future;

use futures_util::future::BoxFuture;
use sea_orm::{DbErr, ExecResult, QueryResult, RuntimeErr, Statement, sea_query::Values};
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, Database, Executor, IntoArguments, query::Query};

/// A result on its way.
pub(crate) type Pending<'a, T> = BoxFuture<'a, Result<T, DbErr>>;

/// Runs statements on one connection, one after the other.
pub(crate) trait RawExecutor<D: Database>: Sync
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    SqlxValues: IntoArguments<D>,
    ExecResult: From<D::QueryResult>,
    QueryResult: From<D::Row>,
{
    /// Runs `run` with the connection.
    fn with_connection<T: Send>(
        &self,
        run: impl for<'c> Fn(&'c mut D::Connection) -> BoxFuture<'c, Result<T, sqlx::Error>> + Send + Sync,
    ) -> impl Future<Output = Result<T, RuntimeErr>> + Send;

    fn execute_raw(&self, statement: Statement) -> Pending<'_, ExecResult> {
        Box::pin(async move {
            let done = self.with_connection(|connection| connection.execute(query(&statement))).await;
            done.map(Into::into).map_err(DbErr::Exec)
        })
    }

    fn execute_unprepared<'a>(&'a self, sql: &'a str) -> Pending<'a, ExecResult> {
        Box::pin(async move {
            let done =
                self.with_connection(|connection| connection.execute(AssertSqlSafe(sql.to_owned()))).await;
            done.map(Into::into).map_err(DbErr::Exec)
        })
    }

    fn query_one_raw(&self, statement: Statement) -> Pending<'_, Option<QueryResult>> {
        Box::pin(async move {
            let row = self.with_connection(|connection| connection.fetch_optional(query(&statement))).await;
            row.map(|row| row.map(Into::into)).map_err(DbErr::Query)
        })
    }

    fn query_all_raw(&self, statement: Statement) -> Pending<'_, Vec<QueryResult>> {
        Box::pin(async move {
            let rows = self.with_connection(|connection| connection.fetch_all(query(&statement))).await;
            let rows = rows.map_err(DbErr::Query)?;
            Ok(rows.into_iter().map(Into::into).collect())
        })
    }
}

fn query<D: Database>(statement: &Statement) -> Query<'static, D, SqlxValues>
where
    SqlxValues: IntoArguments<D>,
{
    let values = statement.values.clone().unwrap_or_else(|| Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.clone()), SqlxValues(values))
}
