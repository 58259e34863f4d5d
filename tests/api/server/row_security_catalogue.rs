//! Row-level security of the catalogue, and of whoever may no more.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

use crate::support::{App, DatabaseKind, PASSWORD, Person, as_role};

/// The database as requests see it: whoever asks is set by the test.
struct Requests(PgConnection);

impl Requests {
    async fn of(app: &App) -> Self {
        let url = as_role(app.url.as_deref().unwrap(), "palestra_app");
        Self(PgConnection::connect(&url).await.unwrap())
    }

    /// The number that a query returns, on behalf of somebody or of nobody; `None` where it is refused. Nothing is committed.
    async fn ask(&mut self, who: Option<(&Person, &str)>, sql: &str) -> Option<i64> {
        let (id, role) = who.map_or(("", ""), |(who, role)| (who.id.as_str(), role));
        let mut transaction = self.0.begin().await.unwrap();
        let settings =
            format!("SELECT set_config('app.uid', '{id}', true), set_config('app.role', '{role}', true)");
        transaction.execute(AssertSqlSafe(settings)).await.unwrap();
        let answer = transaction.fetch_one(AssertSqlSafe(sql.to_owned())).await;
        answer.ok().map(|row| row.get(0))
    }

    /// How many rows a statement changes.
    async fn change(&mut self, who: Option<(&Person, &str)>, sql: &str) -> Option<i64> {
        self.ask(who, &format!("WITH done AS ({sql} RETURNING 1) SELECT count(*) FROM done")).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_its_editors_alone() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (lena, tom) = (app.learner().await, app.learner().await);
    let (course, chapter, [lesson, _]) = app.course(&elena, json!({})).await;
    let text = json!({ "description": "Only for those who pay." });
    app.patch_as(&elena, &format!("/lessons/{lesson}"), "*", text).await.expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let mut requests = Requests::of(&app).await;
    let described = format!(
        "SELECT count(*) FROM lesson_bodies WHERE lesson_id = '{lesson}' AND description IS NOT NULL"
    );
    for (who, seen) in [
        (None, 0),
        (Some((&tom, "USER")), 0),
        (Some((&marco, "TRAINER")), 0),
        (Some((&lena, "USER")), 1),
        (Some((&elena, "TRAINER")), 1),
    ] {
        assert_eq!(requests.ask(who, &described).await, Some(seen), "{who:?}");
    }
    // Published, everybody reads the outline; unpublished, its editors do, and who has the course knows its name.
    let rows = [
        format!("SELECT count(*) FROM courses WHERE id = '{course}'"),
        format!("SELECT count(*) FROM course_slugs WHERE course_id = '{course}'"),
        format!("SELECT count(*) FROM chapters WHERE id = '{chapter}'"),
        format!("SELECT count(*) FROM lessons WHERE id = '{lesson}'"),
    ];
    for sql in &rows {
        assert_eq!(requests.ask(None, sql).await, Some(1), "{sql}");
    }
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
    for sql in &rows {
        for (who, seen) in [
            (None, 0),
            (Some((&tom, "USER")), 0),
            (Some((&marco, "TRAINER")), 0),
            (Some((&lena, "USER")), 1),
            (Some((&elena, "TRAINER")), 1),
        ] {
            assert_eq!(requests.ask(who, sql).await, Some(seen), "{sql} as {who:?}");
        }
    }
    assert_eq!(requests.ask(Some((&lena, "USER")), &described).await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_editors_and_admins_write_the_catalogue() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let (lena, admin) = (app.learner().await, app.admin().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let mut requests = Requests::of(&app).await;
    let category = "INSERT INTO categories (id, name, slug, version, created_at, updated_at) \
         VALUES (gen_random_uuid(), 'x', 'x', 1, now(), now())";
    let slug = format!("INSERT INTO course_slugs (slug, course_id) VALUES ('taken', '{course}')");
    let assignment = format!("DELETE FROM course_categories WHERE course_id = '{course}'");
    let words = format!("UPDATE catalogue_search SET document = '' WHERE course_id = '{course}'");
    let found = format!("DELETE FROM catalogue_search WHERE course_id = '{course}'");
    let terms = "INSERT INTO catalogue_terms (term, letters) VALUES ('nonsense', 8)";
    let rename = "UPDATE categories SET name = 'defaced'";
    // Refused, or nothing that would be changed.
    for who in [None, Some((&lena, "USER")), Some((&marco, "TRAINER"))] {
        for sql in [category, &slug, &assignment, &words, &found, rename] {
            let changed = requests.change(who, sql).await;
            assert!(matches!(changed, None | Some(0)), "{sql} as {who:?}: {changed:?}");
        }
    }
    assert_eq!(requests.change(Some((&lena, "USER")), terms).await, None);
    assert_eq!(requests.change(Some((&marco, "TRAINER")), terms).await, Some(1));
    for sql in [slug.as_str(), &assignment, &words, &found] {
        assert_eq!(requests.change(Some((&elena, "TRAINER")), sql).await, Some(1), "{sql}");
    }
    assert_eq!(requests.change(Some((&elena, "TRAINER")), category).await, None);
    assert_eq!(requests.change(Some((&admin, "ADMIN")), category).await, Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_itself_knows_what_an_account_may_do_now() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.post_as(&elena, "/coupons", json!({ "code": "FIFTH", "percentOff": 20 })).await.expect(201);
    app.post_as(&lena, "/posts", json!({ "title": "Draft" })).await.expect(201);
    let mut requests = Requests::of(&app).await;
    let all = |table: &str| format!("SELECT count(*) FROM {table}");
    // Nobody is an admin by saying so.
    assert_eq!(requests.ask(Some((&lena, "ADMIN")), &all("audit_log")).await, Some(0));
    assert!(requests.ask(Some((&admin, "ADMIN")), &all("audit_log")).await > Some(0));
    // A trainer, until the role is taken away.
    let renamed = format!("UPDATE courses SET title = 'x' WHERE id = '{course}'");
    let of_trainers = ["enrollments", "grants", "coupons"];
    for table in of_trainers {
        assert_eq!(requests.ask(Some((&elena, "TRAINER")), &all(table)).await, Some(1), "{table}");
    }
    assert_eq!(requests.change(Some((&elena, "TRAINER")), &renamed).await, Some(1));
    let standing = |who: &Person| format!("/admin/users/{}", who.id);
    app.patch_as(&admin, &standing(&elena), "*", json!({ "role": "USER" })).await.expect(200);
    for role in ["USER", "TRAINER", "ADMIN"] {
        for table in of_trainers {
            assert_eq!(requests.ask(Some((&elena, role)), &all(table)).await, Some(0), "{table} as {role}");
        }
        assert_eq!(requests.change(Some((&elena, role)), &renamed).await, Some(0));
    }
    // Suspended, an account is nobody.
    let of_lena = ["profiles", "sessions", "grants", "enrollments", "posts", "lesson_bodies"];
    for table in of_lena {
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {table}) t");
        assert!(requests.ask(Some((&lena, "USER")), &sql).await > Some(0), "{table}");
    }
    app.patch_as(&admin, &standing(&lena), "*", json!({ "status": "SUSPENDED" })).await.expect(200);
    for table in of_lena {
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {table}) t");
        assert_eq!(requests.ask(Some((&lena, "USER")), &sql).await, Some(0), "{table}");
    }
    let write = format!(
        "INSERT INTO wishlists (id, user_id, course_id, created_at) VALUES (gen_random_uuid(), '{}', '{course}', now())",
        lena.id
    );
    assert_eq!(requests.change(Some((&lena, "USER")), &write).await, None);
}

/// What somebody decided for themselves, and what editors refuse, is theirs to read; the rules are kept all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_words_and_message_preferences_are_private() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    for who in [&lena, &tom] {
        app.post_empty_as(who, &format!("/courses/{course}/enroll")).await.expect(201);
    }
    let settings = format!("/courses/{course}/community-settings");
    app.patch_as(&elena, &settings, "*", json!({ "blockedWords": ["spam"] })).await.expect(200);
    app.patch_as(&lena, "/me/message-preferences", "*", json!({ "messagesFrom": "NOBODY" }))
        .await
        .expect(200);
    let mut requests = Requests::of(&app).await;
    for (table, who, seen) in [
        ("community_words", None, 0),
        ("community_words", Some((&tom, "USER")), 0),
        ("community_words", Some((&elena, "TRAINER")), 1),
        ("message_preferences", None, 0),
        ("message_preferences", Some((&tom, "USER")), 0),
        ("message_preferences", Some((&lena, "USER")), 1),
    ] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(requests.ask(who, &sql).await, Some(seen), "{table} as {who:?}");
    }
    let write = json!({ "title": "Spam", "content": "x", "courseId": course, "published": true });
    app.post_as(&tom, "/posts", write).await.expect_problem(422, "words_refused");
    let two = json!({ "kind": "DIRECT", "memberIds": [lena.id] });
    app.post_as(&tom, "/conversations", two).await.expect_problem(403, "recipient_unreachable");
    let shown = app.get_as(&app.login(&elena.email, PASSWORD).await, &settings).await.expect(200);
    assert_eq!(shown.at("/blockedWords"), json!(["spam"]));
    assert_eq!(app.get_as(&lena, "/me/message-preferences").await.at("/messagesFrom"), Value::from("NOBODY"));
}
