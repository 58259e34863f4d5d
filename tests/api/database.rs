//! The way to the database, tried directly: what no request may ever be able to do.

use std::time::Duration;

use database::{MapDbErr, Pool, Tx};
use kernel::{Actor, Code, Error, Role, Uuid};
use sea_orm::ConnectionTrait;
use serde_json::json;
use sqlx::{Connection, Executor, Row};

use crate::support::{App, Store, as_role, on_both_databases};

/// Every table as text, to look for what must not be there.
pub async fn dump(app: &App) -> String {
    let mut text = String::new();
    if let Some(url) = &app.url {
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        for row in connection
            .fetch_all("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
            .await
            .unwrap()
        {
            let table: String = row.get(0);
            let rows = sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
            for row in connection.fetch_all(rows).await.unwrap() {
                text.push_str(&row.get::<String, _>(0));
            }
        }
        return text;
    }
    // The file with its log: what rests is there, letter by letter.
    for name in ["palestra.db", "palestra.db-wal"] {
        text.push_str(&String::from_utf8_lossy(
            &std::fs::read(app.folder.join(name)).unwrap_or_default(),
        ));
    }
    text
}

async fn note(tx: &Tx, text: &str) -> kernel::Result<()> {
    database::outbox::send(tx, "test.note", json!({ "text": text })).await
}

async fn notes(app: &App) -> i64 {
    let work = |tx: Tx| async move {
        tx.count("SELECT count(*) FROM outbox WHERE kind = 'test.note'", [])
            .await
    };
    app.db.read_in(Pool::Worker, Actor::System, work).await.unwrap()
}

async fn done_notes(app: &App) -> i64 {
    let sql = "SELECT count(*) FROM outbox WHERE kind = 'test.note' AND done_at IS NOT NULL";
    let work = move |tx: Tx| async move { tx.count(sql, []).await };
    app.db.read_in(Pool::Worker, Actor::System, work).await.unwrap()
}

on_both_databases! {
    async fn what_fails_leaves_nothing(app: App) {
        let work = |tx: Tx| async move {
            note(&tx, "lost").await?;
            Err::<(), Error>(Code::Forbidden.into())
        };
        assert_eq!(app.db.run(Actor::System, work).await.unwrap_err().code(), Code::Forbidden);
        assert_eq!(notes(&app).await, 0);
    }

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
    async fn cancelled_requests_lose_no_acknowledged_write(app: App) {
        let acknowledged = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
        for round in 0..40_u64 {
            let writes = (0..16_u64).map(|n| {
                let (db, acknowledged) = (app.db.clone(), acknowledged.clone());
                async move {
                    let write = db.run(Actor::System, |tx: Tx| async move { note(&tx, "durable").await });
                    // Some are given up at once, some in the middle, some never.
                    let patience = if n % 3 == 0 { Duration::from_secs(20) } else { Duration::from_micros(n * 97 + round * 13) };
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

    async fn readers_cannot_write(app: App) {
        let refused = app.db.read(Actor::System, |tx: Tx| async move { note(&tx, "by a reader").await }).await;
        assert!(refused.is_err());
        assert_eq!(notes(&app).await, 0);
        // What served a reader serves a writer next.
        app.db.run(Actor::System, |tx: Tx| async move { note(&tx, "by a writer").await }).await.unwrap();
    }

    /// In one transaction, so that the server's own worker sees nothing of it.
    async fn a_worker_whose_lease_ran_out_no_longer_decides(app: App) {
        let work = |tx: Tx| async move {
            note(&tx, "taken over").await?;
            let mine = database::outbox::claim(&tx, 10).await?.into_iter().find(|message| message.kind == "test.note").unwrap();
            tx.change("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", [mine.id.into()]).await?;
            database::outbox::done(&tx, &mine).await?;
            database::outbox::failed(&tx, &mine, "too late").await?;
            let open = "SELECT count(*) FROM outbox WHERE kind = 'test.note' AND done_at IS NULL AND last_error IS NULL AND leased_until IS NOT NULL";
            tx.count(open, []).await
        };
        assert_eq!(app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap(), 1);
    }

    async fn a_message_is_worked_off_once_and_its_failure_is_kept(app: App) {
        app.db.run(Actor::System, |tx: Tx| async move { note(&tx, "an event").await }).await.unwrap();
        crate::support::eventually("the worker", || async { (done_notes(&app).await == 1).then_some(()) }).await;
    }
}

/// Every connection that waited for the next request is gone when the server was restarted; no request may notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_the_server_ended_are_replaced() {
    let app = App::start(Store::Postgres).await;
    let reads = (0..8).map(|_| app.get("/courses"));
    futures_util::future::join_all(reads).await;
    let mut admin = sqlx::PgConnection::connect(app.url.as_deref().unwrap())
        .await
        .unwrap();
    let all = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'palestra_app'";
    admin.execute(all).await.unwrap();
    for _ in 0..8 {
        app.get("/courses").await.expect(200);
    }
    app.db
        .run(
            Actor::System,
            |tx: Tx| async move { note(&tx, "afterwards").await },
        )
        .await
        .unwrap();
}

/// What one use case told its connection holds for no other, whichever follows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_works_for_whom_it_was_told_last() {
    let app = App::start_idle(Store::Postgres).await;
    let user = Actor::User {
        id: Uuid::from_u128(7),
        role: Role::Admin,
        session: Uuid::nil(),
    };
    let is = |uid: &str, role: &str, read_only: &str| {
        let sql = format!(
            "SELECT count(*) WHERE current_setting('app.uid') = '{uid}' AND current_setting('app.role') = '{role}' \
             AND current_setting('transaction_read_only') = '{read_only}'"
        );
        |tx: Tx| async move { tx.count(&sql, []).await }
    };
    let uid = Uuid::from_u128(7).to_string();
    for _ in 0..2 {
        let alone = app
            .db
            .execute_autocommit(Pool::Worker, Actor::System, is("", "SYSTEM", "off"))
            .await;
        assert_eq!(alone.unwrap(), 1);
        let reads = app
            .db
            .read_in(Pool::Worker, Actor::System, is("", "SYSTEM", "on"))
            .await;
        assert_eq!(reads.unwrap(), 1);
        let again = app
            .db
            .execute_autocommit(Pool::Worker, Actor::System, is("", "SYSTEM", "off"))
            .await;
        assert_eq!(again.unwrap(), 1);
        let theirs = app.db.read_in(Pool::Worker, user, is(&uid, "ADMIN", "on")).await;
        assert_eq!(theirs.unwrap(), 1);
        let nobodys = app
            .db
            .read_in(Pool::Worker, Actor::Anonymous, is("", "", "on"))
            .await;
        assert_eq!(nobodys.unwrap(), 1);
        let theirs = app
            .db
            .execute_autocommit(Pool::Worker, user, is(&uid, "ADMIN", "off"))
            .await;
        assert_eq!(theirs.unwrap(), 1);
        let undone: Result<(), Error> = app
            .db
            .run_in(Pool::Worker, user, |_| async { Err(Code::NotFound.into()) })
            .await;
        assert!(undone.is_err());
    }
    // There is no second statement, and no undoing of the first.
    let two = |tx: Tx| async move {
        note(&tx, "the first").await?;
        note(&tx, "the second").await
    };
    assert!(
        app.db
            .execute_autocommit(Pool::App, Actor::System, two)
            .await
            .is_err()
    );
    assert_eq!(notes(&app).await, 1);
}

fn notes_are_a_bug() -> bool {
    true
}

/// Tables that everybody may read: nothing personal, paid or about money stands in them.
const PUBLIC: [&str; 7] = [
    "catalogue_search",
    "catalogue_terms",
    "categories",
    "course_categories",
    "course_slugs",
    "installation",
    "seaql_migrations",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_other_table_has_forced_row_security_with_policies() {
    let app = App::start(Store::Postgres).await;
    let mut connection = sqlx::PgConnection::connect(app.url.as_deref().unwrap())
        .await
        .unwrap();
    let tables = connection
        .fetch_all(
            "SELECT c.relname::text, c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid) \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY 1",
        )
        .await
        .unwrap();
    assert!(tables.len() > 20);
    for row in tables {
        let (table, guarded): (String, bool) = (row.get(0), row.get(1));
        assert!(
            guarded || PUBLIC.contains(&table.as_str()),
            "{table} has no forced row security: add its policies to its migration"
        );
    }
    let unsafe_roles = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'palestra\\_%' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)";
    assert_eq!(
        connection.fetch_one(unsafe_roles).await.unwrap().get::<i64, _>(0),
        0
    );
    let owned =
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner LIKE 'palestra\\_%'";
    assert_eq!(connection.fetch_one(owned).await.unwrap().get::<i64, _>(0), 0);
}

/// The second layer alone: no filter of ours, only the policies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_security_holds_without_our_filters() {
    let app = App::start(Store::Postgres).await;
    let (elena, lena, tom, admin) = (
        app.trainer().await,
        app.learner().await,
        app.learner().await,
        app.admin().await,
    );
    let (course, ..) = app.course(&elena, json!({})).await;
    app.act_as(&lena, &format!("/courses/{course}/enroll"))
        .await
        .expect(201);
    let lesson = app
        .get(&format!("/courses/{course}"))
        .await
        .text_at("/chapters/0/lessons/0/id");
    app.act_as(&lena, &format!("/lessons/{lesson}/complete"))
        .await
        .expect(200);
    let key = app
        .request("POST", "/courses")
        .bearer_auth(&elena.token)
        .header("idempotency-key", "one")
        .json(&json!({ "title": "A" }));
    app.send(key).await.expect(201);

    let mut connection = sqlx::PgConnection::connect(&as_role(app.url.as_deref().unwrap(), "palestra_app"))
        .await
        .unwrap();
    let mut visible = async |who: Option<&str>, role: &str, table: &str| -> Option<i64> {
        let mut transaction = connection.begin().await.unwrap();
        let settings = format!(
            "SELECT set_config('app.uid', '{}', true), set_config('app.role', '{role}', true)",
            who.unwrap_or_default()
        );
        transaction.execute(sqlx::AssertSqlSafe(settings)).await.unwrap();
        transaction
            .fetch_one(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
            .await
            .ok()
            .map(|row| row.get(0))
    };
    let people = [(Some(tom.id.as_str()), "USER"), (None, "")];
    for (who, role) in people {
        for table in [
            "grants",
            "enrollments",
            "lesson_progress",
            "chapter_progress",
            "lesson_bodies",
            "chapter_bodies",
            "idempotency_keys",
            "audit_log",
        ] {
            assert_eq!(visible(who, role, table).await, Some(0), "{table} as {who:?}");
        }
    }
    for table in ["credentials", "profiles", "sessions"] {
        let own = "user_id";
        assert_eq!(
            visible(None, "", &format!("(SELECT {own} FROM {table}) t")).await,
            Some(0),
            "{table}"
        );
        assert_eq!(
            visible(Some(&tom.id), "USER", &format!("(SELECT {own} FROM {table}) t")).await,
            Some(1),
            "{table}"
        );
    }
    for table in ["refresh_tokens", "link_tokens", "signing_keys", "outbox"] {
        assert_eq!(
            visible(Some(&admin.id), "ADMIN", table).await,
            None,
            "{table} is not for requests at all"
        );
    }
    assert_eq!(
        visible(Some(&tom.id), "USER", "(SELECT password_hash FROM credentials) t").await,
        None
    );
    assert_eq!(visible(Some(&lena.id), "USER", "lesson_bodies").await, Some(2));
    assert_eq!(
        visible(Some(&elena.id), "TRAINER", "lesson_bodies").await,
        Some(2)
    );
    assert_eq!(
        visible(Some(&elena.id), "TRAINER", "enrollments").await,
        Some(1),
        "a trainer sees who is enrolled"
    );
    assert_eq!(
        visible(Some(&elena.id), "TRAINER", "lesson_progress").await,
        Some(1),
        "and how they get on"
    );

    // Writing past the use cases: nobody grants themselves what is not free, nor a role.
    let paid = app
        .draft(&elena, json!({ "price": { "amount": 100, "currency": "USD" } }))
        .await;
    let write = |sql: String| {
        let actor = Actor::User {
            id: tom.id.parse().unwrap(),
            role: Role::User,
            session: Uuid::nil(),
        };
        app.db.run(actor, move |tx: Tx| async move {
            tx.execute_unprepared(&sql)
                .await
                .map_db_err()
                .map(|done| done.rows_affected())
        })
    };
    let grant = |user: &str, course: &str, source: &str| {
        format!(
            "INSERT INTO grants (id, user_id, course_id, source, source_id, status, starts_at, status_changed_at, created_at) \
             VALUES (gen_random_uuid(), '{user}', '{course}', '{source}', 'x', 'ACTIVE', now(), now(), now())"
        )
    };
    assert!(
        write(grant(&tom.id, &paid, "FREE")).await.is_err(),
        "a paid course is not free"
    );
    assert!(
        write(grant(&tom.id, &course, "MANUAL")).await.is_err(),
        "only a trainer grants by hand"
    );
    assert!(
        write(grant(&lena.id, &course, "FREE")).await.is_err(),
        "nobody enrols another"
    );
    assert!(
        write(format!("UPDATE users SET role = 'ADMIN' WHERE id = '{}'", tom.id))
            .await
            .is_err(),
        "the column is not granted"
    );
    assert_eq!(
        write(format!("UPDATE users SET name = 'x' WHERE id = '{}'", lena.id))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        write("UPDATE lesson_bodies SET content = 'defaced'".to_owned())
            .await
            .unwrap(),
        0
    );
    assert!(write("DELETE FROM audit_log".to_owned()).await.is_err());
}
