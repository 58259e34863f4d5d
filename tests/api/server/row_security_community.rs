//! Row-level security of posts, messages, notifications and reports.

use database::Tx;
use kernel::{Actor, Role, Uuid};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::{
    conversations::{mark_read, two_people_talking},
    support::{
        App, DatabaseKind, Person,
        community::{course_with_learner, create_comment, create_post, submit_post},
        count,
    },
};

/// Row-level security alone, without the filters of the use cases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_comments_and_reactions_are_protected() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    let post = create_post(&app, &lena, json!({ "courseId": course })).await;
    let comment = create_comment(&app, &lena, &format!("/posts/{post}"), "In the course", None).await;
    create_comment(&app, &lena, &format!("/lessons/{lesson}"), "On the lesson", None).await;
    submit_post(&app, &lena, json!({ "published": false, "title": "Draft" })).await.expect(201);
    let open = create_post(&app, &lena, json!({})).await;
    app.put_as(&lena, &format!("/posts/{post}/reactions/like"), json!(null)).await.expect(200);
    let ask = |who: Option<(&Person, Role)>, sql: String| {
        let actor = who.map_or(Actor::Anonymous, |(who, role)| Actor::User {
            id: who.id.parse().unwrap(),
            role,
            session: Uuid::nil().into(),
        });
        app.db.read(actor, move |tx| async move { count(&tx, &sql).await })
    };
    let count_all = |table: &str| format!("SELECT count(*) FROM {table}");
    let counts = [
        ("posts", [0, 1, 2, 3]),
        ("comments", [0, 0, 2, 2]),
        ("thread_counters", [0, 1, 3, 4]),
        ("comment_counters", [0, 0, 2, 2]),
        ("reactions", [0, 0, 0, 1]),
    ];
    for (table, [nobody, toms, elenas, lenas]) in counts {
        assert_eq!(ask(None, count_all(table)).await.unwrap(), nobody, "{table}");
        assert_eq!(ask(Some((&tom, Role::User)), count_all(table)).await.unwrap(), toms, "{table}");
        assert_eq!(ask(Some((&elena, Role::Trainer)), count_all(table)).await.unwrap(), elenas, "{table}");
        assert_eq!(ask(Some((&lena, Role::User)), count_all(table)).await.unwrap(), lenas, "{table}");
    }
    let execute = |who: &Person, role: Role, sql: String| {
        let actor = Actor::User { id: who.id.parse().unwrap(), role, session: Uuid::nil().into() };
        app.db.run(actor, move |tx| async move {
            let done = tx.execute_unprepared(&sql).await;
            done.map(|done| done.rows_affected()).map_err(database::from_db)
        })
    };
    // Whoever reads does not rewrite, nor speak for others, nor react where they may not read.
    for table in ["posts", "comments"] {
        let deface = format!("UPDATE {table} SET content = 'defaced'");
        assert_eq!(execute(&tom, Role::User, deface).await.unwrap(), 0, "{table}");
    }
    let speak = |author: &Person, course: &str| {
        format!(
            "INSERT INTO posts (id, course_id, author_id, title, content, status, is_pinned, is_locked, feed_key, version, \
             published_at, created_at, updated_at) VALUES (gen_random_uuid(), {course}, '{}', 'x', 'x', 'PUBLISHED', false, \
             false, 0, 1, now(), now(), now())",
            author.id
        )
    };
    assert!(execute(&tom, Role::User, speak(&lena, "NULL")).await.is_err());
    assert!(execute(&tom, Role::User, speak(&tom, &format!("'{course}'"))).await.is_err());
    assert!(execute(&tom, Role::User, speak(&tom, "NULL")).await.is_ok());
    let react = |column: &str, id: &str| {
        format!(
            "INSERT INTO reactions (subject_id, user_id, reaction, {column}, created_at) \
             VALUES ('{id}', '{}', 'like', '{id}', now())",
            tom.id
        )
    };
    assert!(execute(&tom, Role::User, react("post_id", &post)).await.is_err());
    assert!(execute(&tom, Role::User, react("comment_id", &comment)).await.is_err());
    assert!(execute(&tom, Role::User, react("post_id", &open)).await.is_ok());
    let raise = format!("UPDATE thread_counters SET score = 99 WHERE thread_id = '{post}'");
    assert_eq!(execute(&tom, Role::User, raise).await.unwrap(), 0);
    let rules = "UPDATE community_settings SET posting = 'EVERYONE'".to_owned();
    assert_eq!(execute(&tom, Role::User, rules).await.unwrap(), 0);
    let mute = format!(
        "INSERT INTO mutes (id, user_id, course_id, created_at) VALUES (gen_random_uuid(), '{}', '{course}', now())",
        lena.id
    );
    assert!(execute(&tom, Role::User, mute.clone()).await.is_err());
    assert!(execute(&elena, Role::Trainer, mute).await.is_ok());
    // An admin does not read a draft either.
    let drafts = "SELECT count(*) FROM posts WHERE status = 'DRAFT'".to_owned();
    assert_eq!(ask(Some((&tom, Role::Admin)), drafts).await.unwrap(), 0);
}

/// Row-level security alone, without the filters of the use cases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_private_to_their_members() {
    use sqlx::{Connection, Executor, Row};
    let app = App::start(crate::support::DatabaseKind::Postgres).await;
    let (lena, tom, conversation) = two_people_talking(&app).await;
    let (marta, admin) = (app.learner().await, app.admin().await);
    app.send_message(&lena, &conversation, "For Tom").await;
    mark_read(&app, &tom, &conversation, 1).await.expect(200);
    app.put_as(&lena, &format!("/me/blocks/{}", marta.id), Value::Null).await.expect(200);
    app.post_empty_as(&lena, "/me/events/ticket").await.expect(200);
    let url = crate::support::as_role(app.url.as_deref().unwrap(), "palestra_app");
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let mut ask = async |who: &Person, role: &str, sql: &str| -> Option<i64> {
        let mut transaction = connection.begin().await.unwrap();
        let settings = format!(
            "SELECT set_config('app.uid', '{}', true), set_config('app.role', '{role}', true)",
            who.id
        );
        transaction.execute(sqlx::AssertSqlSafe(settings)).await.unwrap();
        let answer = transaction.fetch_one(sqlx::AssertSqlSafe(sql.to_owned())).await;
        answer.ok().map(|row| row.get(0))
    };
    for table in [
        "conversations",
        "conversation_members",
        "messages",
        "conversation_reads",
        "live_events",
        "live_cursors",
    ] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(ask(&marta, "USER", &sql).await, Some(0), "{table}");
        // An admin is notified of what concerns them, and reads nobody's messages.
        assert_eq!(ask(&admin, "ADMIN", &sql).await, Some(0), "{table}");
        assert!(ask(&tom, "USER", &sql).await > Some(0), "{table}");
    }
    assert_eq!(ask(&tom, "USER", "SELECT count(*) FROM blocks").await, Some(0));
    assert_eq!(
        ask(&lena, "USER", "SELECT count(*) FROM live_tickets").await,
        None,
        "tickets are not for requests to read"
    );
    let counted = |sql: &str| format!("WITH done AS ({sql} RETURNING 1) SELECT count(*) FROM done");
    // Nobody writes for others, tells others by hand, or puts themselves into a conversation.
    for (sql, wrong) in [
        (counted("UPDATE messages SET content = 'defaced'"), Some(0)),
        (counted("UPDATE conversation_members SET read_number = read_number + 1"), Some(1)),
        (
            counted(
                "INSERT INTO live_events (user_id, number, kind, data, created_at) SELECT user_id, 99, 'x', '{}', now() FROM live_cursors",
            ),
            None,
        ),
        (counted("UPDATE live_cursors SET last_number = 99"), None),
        (
            counted(&format!(
                "INSERT INTO messages (id, conversation_id, number, sender_id, client_message_id, content, version, created_at) \
             VALUES (gen_random_uuid(), '{conversation}', 2, '{}', gen_random_uuid(), 'forged', 1, now())",
                lena.id
            )),
            None,
        ),
    ] {
        assert_eq!(ask(&tom, "USER", &sql).await, wrong, "{sql}");
    }
    let join = counted(&format!(
        "INSERT INTO conversation_members (conversation_id, user_id, is_owner, joined_at, joined_number, read_number) \
         VALUES ('{conversation}', '{}', true, now(), 0, 0)",
        marta.id
    ));
    for who in [&marta, &tom] {
        assert_eq!(ask(who, "USER", &join).await, None);
    }
    // The functions that reach further ask about nobody but the caller.
    let removed = "SELECT count(*) FROM messages m, app.remove_message(m.id, now())";
    assert_eq!(ask(&lena, "USER", removed).await, Some(0));
    let blocked = format!(
        "SELECT CASE WHEN app.is_blocked_in('{conversation}', '{}') THEN 1::bigint ELSE 0 END",
        marta.id
    );
    assert_eq!(ask(&tom, "USER", &blocked).await, Some(1), "a member of the conversation");
    assert_eq!(ask(&admin, "ADMIN", &blocked).await, Some(0), "somebody else");
    let shares = format!("SELECT CASE WHEN app.shares_course('{}') THEN 1::bigint ELSE 0 END", tom.id);
    assert_eq!((ask(&lena, "USER", &shares).await, ask(&marta, "USER", &shares).await), (Some(1), Some(0)));
}

/// Row-level security alone, without the filters of the use cases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notifications_and_reports_are_private() {
    let app = App::start(DatabaseKind::Postgres).await;
    let (elena, greta, lena, tom) =
        (app.trainer().await, app.trainer().await, app.learner().await, app.learner().await);
    let (course, lessons) = app.course_with_learners(&elena, &[&lena, &tom]).await;
    let comment = app.comment_on(&lena, &format!("/lessons/{}", lessons[0]), None, "<p>Hello</p>").await;
    let post = app.publish_post(&lena, None, "<p>Hello</p>").await;
    app.comment_on(&tom, &format!("/posts/{post}"), None, "<p>One</p>").await;
    let report = app.report(&tom, "COMMENT", &comment).await;
    app.report(&tom, "POST", &post).await;
    let decision = json!({ "version": 1, "action": "WARN", "note": "Please." });
    app.post_as(&elena, &format!("/moderation/reports/{report}/decision"), decision).await.expect(200);
    app.set_notification_preferences(&lena, json!({ "digest": "DAILY" })).await;
    app.post_as(&elena, &format!("/courses/{course}/announcements"), json!({ "title": "x", "body": "x" }))
        .await
        .expect(201);
    app.wait_for_worker().await;
    let ask = |who: &Person, role: Role, sql: String| {
        let actor = Actor::User { id: who.id.parse().unwrap(), role, session: Uuid::nil().into() };
        app.db.run(actor, move |tx: Tx| async move { count(&tx, &sql).await })
    };
    let seen = async |who: &Person, role: Role, table: &str| {
        ask(who, role, format!("SELECT count(*) FROM {table}")).await.unwrap()
    };
    for (table, counts) in [
        // Lena was notified of a comment, a warning and the announcement, Tom of the announcement.
        ("notifications", [1, 0, 3, 1]),
        ("notification_preferences", [0, 0, 1, 0]),
        ("announcements", [1, 0, 1, 1]),
        // Elena decides about the one in her course, Tom made both.
        ("reports", [1, 0, 0, 2]),
        ("moderation_log", [1, 0, 0, 0]),
    ] {
        let people =
            [(&elena, Role::Trainer), (&greta, Role::Trainer), (&lena, Role::User), (&tom, Role::User)];
        for ((who, role), expected) in people.into_iter().zip(counts) {
            assert_eq!(seen(who, role, table).await, expected, "{table} as {role}");
        }
    }
    // Writing past the use cases.
    for sql in [
        "UPDATE reports SET status = 'DISMISSED', action = 'DISMISS', decided_at = now() RETURNING 1",
        "DELETE FROM moderation_log RETURNING 1",
        "UPDATE moderation_log SET note = 'x' RETURNING 1",
        "DELETE FROM notifications RETURNING 1",
        "INSERT INTO notifications (id, user_id, kind, source, in_app, by_mail, created_at) \
         SELECT gen_random_uuid(), id, 'MESSAGE', 'x', true, true, now() FROM users RETURNING 1",
        "UPDATE announcements SET title = 'x' RETURNING 1",
    ] {
        let done = ask(&greta, Role::Trainer, sql.to_owned()).await;
        assert!(done.is_err() || done.unwrap() == 0, "{sql}");
    }
}
