//! Transactions, outbox and connections, used directly.

use std::time::Duration;

use database::{MapDbErr, Pool, Tx, values};
use kernel::{Actor, Code, Error, Role, Uuid};
use sea_orm::ConnectionTrait;
use serde_json::json;
use sqlx::{Connection, Executor};
use test_macros::both_databases;

use crate::support::{App, DatabaseKind, count};

async fn note(tx: &Tx, text: &str) -> kernel::Result<()> {
    database::outbox::send(tx, "test.note", json!({ "text": text })).await
}

async fn notes(app: &App) -> i64 {
    let sql = "SELECT count(*) FROM outbox WHERE kind = 'test.note'";
    let work = move |tx: Tx| async move { count(&tx, sql).await };
    app.db.read_in(Pool::Worker, Actor::System, work).await.unwrap()
}

async fn done_notes(app: &App) -> i64 {
    let sql = "SELECT count(*) FROM outbox WHERE kind = 'test.note' AND done_at IS NOT NULL";
    let work = move |tx: Tx| async move { count(&tx, sql).await };
    app.db.read_in(Pool::Worker, Actor::System, work).await.unwrap()
}

#[both_databases]
async fn what_fails_leaves_nothing(app: App) {
    let work = |tx: Tx| async move {
        note(&tx, "lost").await?;
        Err::<(), Error>(Code::Forbidden.into())
    };
    assert_eq!(app.db.run(Actor::System, work).await.unwrap_err().code(), Code::Forbidden);
    assert_eq!(notes(&app).await, 0);
}

#[both_databases]
async fn a_panic_leaves_nothing_and_the_next_one_works(app: App) {
    let work = |tx: Tx| async move {
        note(&tx, "lost").await?;
        if notes_are_a_bug() {
            panic!("a bug in a use case");
        }
        Ok(())
    };
    assert_eq!(app.db.run(Actor::System, work).await.unwrap_err().code(), Code::Internal);
    app.db.run(Actor::System, |tx: Tx| async move { note(&tx, "kept").await }).await.unwrap();
    assert_eq!(notes(&app).await, 1);
}

#[both_databases]
async fn one_that_fails_takes_nobody_with_it(app: App) {
    let writes = (0..64).map(|n| {
        let db = app.db.clone();
        async move {
            db.run(Actor::System, move |tx: Tx| async move {
                note(&tx, "one of many").await?;
                if n % 4 == 0 {
                    tx.execute_unprepared("SELECT no_such_column FROM users").await.map_db_err()?;
                }
                Ok(())
            })
            .await
            .is_ok()
        }
    });
    let kept = futures_util::future::join_all(writes).await.into_iter().filter(|kept| *kept).count();
    assert_eq!((kept, notes(&app).await), (48, 48));
}

/// sqlx 0.9.0 loses acknowledged writes when a `begin` is cancelled: the next borrower of the connection writes inside
/// the transaction that was left open, and it is rolled back later. Nothing that was acknowledged may be missing.
#[both_databases]
async fn cancelled_requests_lose_no_acknowledged_write(app: App) {
    let acknowledged = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    for round in 0..40_u64 {
        let writes = (0..16_u64).map(|n| {
            let (db, acknowledged) = (app.db.clone(), acknowledged.clone());
            async move {
                let write = db.run(Actor::System, |tx: Tx| async move { note(&tx, "durable").await });
                // Some are given up at once, some in the middle, some never.
                let patience = if n % 3 == 0 {
                    Duration::from_secs(20)
                } else {
                    Duration::from_micros(n * 97 + round * 13)
                };
                if let Ok(Ok(())) = tokio::time::timeout(patience, write).await {
                    acknowledged.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                }
            }
        });
        futures_util::future::join_all(writes).await;
    }
    let acknowledged = acknowledged.load(std::sync::atomic::Ordering::SeqCst);
    assert!(acknowledged >= 40 * 6);
    // What was given up may have been done; what was acknowledged must have been.
    assert!(notes(&app).await >= acknowledged, "{} of {acknowledged}", notes(&app).await);
    crate::support::eventually("the given-up ones to end", || async {
        let before = notes(&app).await;
        tokio::task::yield_now().await;
        (before == notes(&app).await).then_some(())
    })
    .await;
    app.db.run(Actor::System, |tx: Tx| async move { note(&tx, "afterwards").await }).await.unwrap();
}

#[both_databases]
async fn readers_cannot_write(app: App) {
    let refused = app.db.read(Actor::System, |tx: Tx| async move { note(&tx, "by a reader").await }).await;
    assert!(refused.is_err());
    assert_eq!(notes(&app).await, 0);
    // What served a reader serves a writer next.
    app.db.run(Actor::System, |tx: Tx| async move { note(&tx, "by a writer").await }).await.unwrap();
}

/// In one transaction, so that the server's own worker sees nothing of it.
#[both_databases]
async fn a_worker_whose_lease_ran_out_no_longer_decides(app: App) {
    let work = |tx: Tx| async move {
        note(&tx, "taken over").await?;
        let mine = database::outbox::claim(&tx, database::outbox::Kinds::Any, 10)
            .await?
            .into_iter()
            .find(|message| message.kind == "test.note")
            .unwrap();
        let sql = "UPDATE outbox SET attempts = attempts + 1 WHERE id = :id";
        tx.execute(sql, values! { id: mine.id }).await?;
        database::outbox::done(&tx, &mine).await?;
        database::outbox::failed(&tx, &mine, "too late").await?;
        let open = "SELECT count(*) FROM outbox WHERE kind = 'test.note' AND done_at IS NULL AND last_error IS NULL AND leased_until IS NOT NULL";
        count(&tx, open).await
    };
    assert_eq!(app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap(), 1);
}

#[both_databases]
async fn a_message_is_worked_off_once_and_its_failure_is_kept(app: App) {
    app.db.run(Actor::System, |tx: Tx| async move { note(&tx, "an event").await }).await.unwrap();
    crate::support::eventually("the worker", || async { (done_notes(&app).await == 1).then_some(()) }).await;
}

/// After a restart of PostgreSQL all idle connections are dead; no request may notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_the_server_ended_are_replaced() {
    let app = App::start(DatabaseKind::Postgres).await;
    let reads = (0..8).map(|_| app.get("/courses"));
    futures_util::future::join_all(reads).await;
    let mut admin = sqlx::PgConnection::connect(app.url.as_deref().unwrap()).await.unwrap();
    let all = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'palestra_app'";
    admin.execute(all).await.unwrap();
    for _ in 0..8 {
        app.get("/courses").await.expect(200);
    }
    app.db.run(Actor::System, |tx: Tx| async move { note(&tx, "afterwards").await }).await.unwrap();
}

/// The session context of one use case never leaks into the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_works_for_whom_it_was_told_last() {
    let app = App::start_without_worker(DatabaseKind::Postgres).await;
    let user = Actor::User { id: Uuid::from_u128(7).into(), role: Role::Admin, session: Uuid::nil().into() };
    let is = |uid: &str, role: &str, read_only: &str| {
        let sql = format!(
            "SELECT count(*) WHERE current_setting('app.uid') = '{uid}' AND current_setting('app.role') = '{role}' \
             AND current_setting('transaction_read_only') = '{read_only}'"
        );
        |tx: Tx| async move { count(&tx, &sql).await }
    };
    let uid = Uuid::from_u128(7).to_string();
    for _ in 0..2 {
        let alone = app.db.execute_autocommit(Pool::Worker, Actor::System, is("", "SYSTEM", "off")).await;
        assert_eq!(alone.unwrap(), 1);
        let reads = app.db.read_in(Pool::Worker, Actor::System, is("", "SYSTEM", "on")).await;
        assert_eq!(reads.unwrap(), 1);
        let again = app.db.execute_autocommit(Pool::Worker, Actor::System, is("", "SYSTEM", "off")).await;
        assert_eq!(again.unwrap(), 1);
        let theirs = app.db.read_in(Pool::Worker, user, is(&uid, "ADMIN", "on")).await;
        assert_eq!(theirs.unwrap(), 1);
        let nobodys = app.db.read_in(Pool::Worker, Actor::Anonymous, is("", "", "on")).await;
        assert_eq!(nobodys.unwrap(), 1);
        let theirs = app.db.execute_autocommit(Pool::Worker, user, is(&uid, "ADMIN", "off")).await;
        assert_eq!(theirs.unwrap(), 1);
        let undone: Result<(), Error> =
            app.db.run_in(Pool::Worker, user, |_| async { Err(Code::NotFound.into()) }).await;
        assert!(undone.is_err());
    }
    // There is no second statement, and no undoing of the first.
    let two = |tx: Tx| async move {
        note(&tx, "the first").await?;
        note(&tx, "the second").await
    };
    assert!(app.db.execute_autocommit(Pool::App, Actor::System, two).await.is_err());
    assert_eq!(notes(&app).await, 1);
}

fn notes_are_a_bug() -> bool {
    true
}
