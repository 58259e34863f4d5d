//! Row-level security alone, without the filters of the use cases, on PostgreSQL.

use database::{MapDbErr, Tx};
use kernel::{Actor, Role, Uuid};
use sea_orm::ConnectionTrait;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, Row};

use crate::support::{App, DatabaseKind, Person, as_role, watching::course_with_video};

/// The tables of which any request may read every row, each with its reason.
const OPEN_TO_READ: [(&str, &str); 12] = [
    ("catalogue_entries", "what the catalogue lists: published courses"),
    ("catalogue_search", "the words of published courses"),
    ("catalogue_terms", "the spellings of those words"),
    ("categories", "the categories of the catalogue"),
    ("community_settings", "the rules hold for everybody who writes; the words that are refused stand apart"),
    ("course_categories", "two ids: which category a course is in; the filters of the catalogue count them"),
    ("course_editors", "who teaches with whom"),
    ("course_popularity", "how many learners a course has"),
    ("former_usernames", "a link with a name that somebody gave up leads to them"),
    ("installation", "by what a server recognises that the database is its own; no secret follows from it"),
    ("seaql_migrations", "by what a server recognises the version of the schema"),
    ("users", "the public page of a person; address, password and body stand in tables of their own"),
];

/// The tables into which any request may write, each with its reason.
const OPEN_TO_WRITE: [(&str, &str); 1] =
    [("outbox", "what a use case leaves to the worker; requests cannot read it")];

/// The tables without row security: no role of a server writes them.
const WITHOUT_ROW_SECURITY: [&str; 2] = ["installation", "seaql_migrations"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_other_table_has_forced_row_security_with_policies() {
    let app = App::start(DatabaseKind::Postgres).await;
    let mut connection = sqlx::PgConnection::connect(app.url.as_deref().unwrap()).await.unwrap();
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
        assert_ne!(
            guarded,
            WITHOUT_ROW_SECURITY.contains(&table.as_str()),
            "{table} has no forced row security: add its policies to its migration"
        );
    }
    let written = "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee LIKE 'palestra\\_%' \
                   AND privilege_type <> 'SELECT' AND table_name IN ('installation', 'seaql_migrations')";
    assert_eq!(connection.fetch_one(written).await.unwrap().get::<i64, _>(0), 0);
    let unsafe_roles = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'palestra\\_%' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)";
    assert_eq!(connection.fetch_one(unsafe_roles).await.unwrap().get::<i64, _>(0), 0);
    let owned =
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner LIKE 'palestra\\_%'";
    assert_eq!(connection.fetch_one(owned).await.unwrap().get::<i64, _>(0), 0);
}

/// A policy for requests without a condition opens a table to everybody: it needs a reason in the lists above.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_is_open_to_everybody_without_a_reason() {
    let app = App::start(DatabaseKind::Postgres).await;
    let mut connection = sqlx::PgConnection::connect(app.url.as_deref().unwrap()).await.unwrap();
    let mut open = async |commands: &str, condition: &str| -> Vec<String> {
        let sql = format!(
            "SELECT DISTINCT tablename::text FROM pg_policies WHERE roles && '{{palestra_app,public}}'::name[] \
             AND cmd IN ({commands}) AND ({condition}) ORDER BY 1"
        );
        let rows = connection.fetch_all(AssertSqlSafe(sql)).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    let mut read = open("'SELECT', 'ALL'", "qual = 'true'").await;
    read.extend(WITHOUT_ROW_SECURITY.map(str::to_owned));
    read.sort();
    assert_eq!(read, OPEN_TO_READ.map(|(table, _)| table));
    let written = open(
        "'INSERT', 'UPDATE', 'DELETE', 'ALL'",
        "with_check = 'true' OR (cmd <> 'INSERT' AND qual = 'true')",
    );
    assert_eq!(written.await, OPEN_TO_WRITE.map(|(table, _)| table));
}

/// Row-level security alone, without the filters of the use cases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_and_progress_are_private() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (elena, lena, tom, admin) =
        (app.trainer().await, app.learner().await, app.learner().await, app.admin().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let lesson = app.get(&format!("/courses/{course}")).await.text_at("/chapters/0/lessons/0/id");
    app.post_empty_as(&lena, &format!("/lessons/{lesson}/complete")).await.expect(200);
    let key = app
        .request("POST", "/courses")
        .bearer_auth(&elena.token)
        .header("idempotency-key", "one")
        .json(&json!({ "title": "A" }));
    app.send(key).await.expect(201);

    let mut connection =
        sqlx::PgConnection::connect(&as_role(app.url.as_deref().unwrap(), "palestra_app")).await.unwrap();
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
        assert_eq!(visible(None, "", &format!("(SELECT {own} FROM {table}) t")).await, Some(0), "{table}");
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
    assert_eq!(visible(Some(&tom.id), "USER", "(SELECT password_hash FROM credentials) t").await, None);
    assert_eq!(visible(Some(&lena.id), "USER", "lesson_bodies").await, Some(2));
    assert_eq!(visible(Some(&elena.id), "TRAINER", "lesson_bodies").await, Some(2));
    assert_eq!(
        visible(Some(&elena.id), "TRAINER", "enrollments").await,
        Some(1),
        "a trainer sees who is enrolled"
    );
    assert_eq!(visible(Some(&elena.id), "TRAINER", "lesson_progress").await, Some(1), "and how they get on");

    // Writing past the use cases: nobody grants themselves paid access or a role.
    let paid = app.draft(&elena, json!({ "price": { "amount": 100, "currency": "USD" } })).await;
    let write = |sql: String| {
        let actor =
            Actor::User { id: tom.id.parse().unwrap(), role: Role::User, session: Uuid::nil().into() };
        app.db.run(actor, move |tx: Tx| async move {
            tx.execute_unprepared(&sql).await.map_db_err().map(|done| done.rows_affected())
        })
    };
    let grant = |user: &str, course: &str, source: &str| {
        format!(
            "INSERT INTO grants (id, user_id, course_id, source, source_id, status, starts_at, status_changed_at, created_at) \
             VALUES (gen_random_uuid(), '{user}', '{course}', '{source}', 'x', 'ACTIVE', now(), now(), now())"
        )
    };
    assert!(write(grant(&tom.id, &paid, "FREE")).await.is_err(), "a paid course is not free");
    assert!(write(grant(&tom.id, &course, "MANUAL")).await.is_err(), "only a trainer grants by hand");
    assert!(write(grant(&lena.id, &course, "FREE")).await.is_err(), "nobody enrols another");
    assert!(
        write(format!("UPDATE users SET role = 'ADMIN' WHERE id = '{}'", tom.id)).await.is_err(),
        "the column is not granted"
    );
    assert_eq!(write(format!("UPDATE users SET name = 'x' WHERE id = '{}'", lena.id)).await.unwrap(), 0);
    assert_eq!(write("UPDATE lesson_bodies SET content = 'defaced'".to_owned()).await.unwrap(), 0);
    assert!(write("DELETE FROM audit_log".to_owned()).await.is_err());
}

/// Row-level security alone, without the filters of the use cases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watches_are_private_and_written_by_the_worker_only() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (lena, tom) = (app.learner().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    for who in [&lena, &tom] {
        app.post_empty_as(who, &format!("/courses/{course}/enroll")).await.expect(201);
        let watch = format!("/lessons/{}/watch", lessons[0]);
        app.post_as(who, &watch, json!({})).await.expect(200);
    }
    let url = as_role(app.url.as_deref().unwrap(), "palestra_app");
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let mut run = async |who: &Person, sql: &str| {
        let mut transaction = connection.begin().await.unwrap();
        let settings =
            format!("SELECT set_config('app.uid', '{}', true), set_config('app.role', 'USER', true)", who.id);
        transaction.execute(AssertSqlSafe(settings)).await.unwrap();
        let done = transaction.execute(AssertSqlSafe(sql.to_owned())).await;
        done.ok().map(|done| done.rows_affected())
    };
    let credit = "UPDATE watches SET watched_seconds = 600";
    let put = "INSERT INTO watches SELECT * FROM watches";
    for (who, seen, changed) in [(&lena, 1, 0), (&elena, 2, 2), (&marco, 0, 0)] {
        assert_eq!(run(who, "SELECT 1 FROM watches").await, Some(seen));
        assert_eq!(run(who, credit).await, Some(changed));
        assert_eq!(run(who, put).await, None);
        assert_eq!(run(who, "DELETE FROM watches").await, None);
    }
}
