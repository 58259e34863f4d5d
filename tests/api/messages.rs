//! Messages: sent once, numbered without gaps, read by members alone.

use serde_json::{Value, json};

use crate::support::{App, Person, on_both_databases};

/// Two who have a conversation.
async fn two(app: &App) -> (Person, Person, String) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.acquainted(&lena, &tom).await;
    (lena, tom, conversation)
}

async fn messages(app: &App, who: &Person, conversation: &str, query: &str) -> Vec<Value> {
    let path = format!("/conversations/{conversation}/messages{query}");
    app.get_as(who, &path)
        .await
        .expect(200)
        .at("/data")
        .as_array()
        .unwrap()
        .clone()
}

async fn read(app: &App, who: &Person, conversation: &str, number: i64) -> crate::support::Reply {
    let path = format!("/conversations/{conversation}/read");
    app.put_as(who, &path, json!({ "number": number })).await
}

on_both_databases! {
    async fn sixty_four_equal_sends_at_once_make_one_message(app: App) {
        let (lena, tom, conversation) = two(&app).await;
        let body = json!({ "clientMessageId": app.db.environment().new_id(), "content": "Once" });
        let path = format!("/conversations/{conversation}/messages");
        let sends = (0..64).map(|_| app.post_as(&lena, &path, body.clone()));
        let replies = futures_util::future::join_all(sends).await;
        let count = |status| replies.iter().filter(|reply| reply.status == status).count();
        // On PostgreSQL a request that finds no connection in time may be told to come again; none here does.
        assert_eq!((count(201), count(200)), (1, 63));
        let mut ids: Vec<String> = replies.iter().map(|reply| reply.text_at("/id")).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1);
        assert_eq!(messages(&app, &tom, &conversation, "").await.len(), 1);
        assert_eq!(app.count("SELECT count(*) FROM outbox WHERE kind = 'message.sent'").await, 1);
        // The same name for something else is a mistake; the same name of somebody else is another.
        let mut other = body.clone();
        other["content"] = json!("Twice");
        app.post_as(&lena, &path, other.clone()).await.refused(422, "idempotency_key_reused");
        app.post_as(&tom, &path, other).await.expect(201);
    }

    async fn numbers_have_no_gaps_whoever_writes_at_once(app: App) {
        let (lena, tom, conversation) = two(&app).await;
        let sends = (0..24).map(|n| app.send_as(if n % 2 == 0 { &lena } else { &tom }, &conversation, "x"));
        for reply in futures_util::future::join_all(sends).await {
            reply.expect(201);
        }
        let all = messages(&app, &lena, &conversation, "?limit=100&sort=number").await;
        let numbers: Vec<i64> = all.iter().map(|message| message["number"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (1..=24).collect::<Vec<_>>());
    }

    async fn a_conversation_is_paged_both_ways(app: App) {
        let (lena, _, conversation) = two(&app).await;
        for n in 1..=7 {
            app.write(&lena, &conversation, &format!("Message {n}")).await;
        }
        for (query, expected) in [("sort=number", vec![1, 2, 3, 4, 5, 6, 7]), ("sort=-number", vec![7, 6, 5, 4, 3, 2, 1]),
            ("", vec![7, 6, 5, 4, 3, 2, 1]), ("sort=number&after=3", vec![4, 5, 6, 7]), ("before=4", vec![3, 2, 1]),
            ("sort=number&after=2&before=6", vec![3, 4, 5]), ("after=7", vec![])] {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let path = format!("/conversations/{conversation}/messages?limit=2&{query}{cursor}");
                let page = app.get_as(&lena, path.trim_end_matches('&')).await.expect(200);
                found.extend(page.at("/data").as_array().unwrap().iter().map(|message| message["number"].as_i64().unwrap()));
                let Some(next) = page.at("/nextCursor").as_str().map(str::to_owned) else { break };
                cursor = format!("&cursor={next}").replace("&&", "&");
            }
            assert_eq!(found, expected, "{query}");
        }
        let path = format!("/conversations/{conversation}/messages?cursor={}", "_".repeat(32));
        app.get_as(&lena, &path).await.expect(200);
    }

    async fn what_was_read_is_counted_and_never_goes_back(app: App) {
        let (lena, tom, conversation) = two(&app).await;
        for n in 1..=3 {
            app.write(&lena, &conversation, &format!("Message {n}")).await;
        }
        app.write(&tom, &conversation, "Mine").await;
        let unread = async |who: &Person| app.get_as(who, &format!("/conversations/{conversation}")).await.expect(200).at("/unreadCount");
        // One's own are not unread, and to write is not to have read.
        assert_eq!((unread(&tom).await, unread(&lena).await), (json!(3), json!(1)));
        let state = read(&app, &tom, &conversation, 2).await.expect(200);
        assert_eq!((state.at("/readNumber"), state.at("/unreadCount")), (json!(2), json!(1)));
        let back = read(&app, &tom, &conversation, 1).await.expect(200);
        assert_eq!((back.at("/readNumber"), back.at("/unreadCount")), (json!(2), json!(1)));
        let beyond = read(&app, &tom, &conversation, 5).await.refused(422, "validation_failed");
        assert_eq!(beyond.reasons(), ["/number unknown_message"]);
        // Lena sees which of hers were read, and since when; that does not change with what is read later.
        let mine = messages(&app, &lena, &conversation, "?sort=number").await;
        let is_read: Vec<bool> = mine.iter().map(|message| message["isRead"].as_bool().unwrap()).collect();
        assert_eq!(is_read, [true, true, false, false]);
        let since = mine[0]["readAt"].clone();
        assert!(since.is_string() && mine[1]["readAt"] == since && mine[2]["readAt"].is_null());
        app.clock.advance(chrono::Duration::minutes(1));
        read(&app, &tom, &conversation, 4).await.expect(200);
        let mine = messages(&app, &lena, &conversation, "?sort=number").await;
        assert!(mine[0]["readAt"] == since && mine[2]["readAt"].as_str() > since.as_str());
        assert_eq!(unread(&tom).await, 0);
        // Many at once end at the greatest.
        let reads = (1..=4).rev().map(|number| read(&app, &lena, &conversation, number));
        futures_util::future::join_all(reads).await;
        assert_eq!(read(&app, &lena, &conversation, 0).await.expect(200).at("/readNumber"), 4);
    }

    async fn in_a_group_all_have_to_have_read_it(app: App) {
        let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
        app.acquainted(&lena, &tom).await;
        app.acquainted(&lena, &marta).await;
        let group = app.group(&lena, &[&tom, &marta]).await.expect(201).text_at("/id");
        let message = app.write(&lena, &group, "Sunday at nine?").await.text_at("/id");
        let is_read = async || app.get_as(&lena, &format!("/messages/{message}")).await.expect(200).at("/isRead");
        read(&app, &tom, &group, 1).await.expect(200);
        assert_eq!(is_read().await, false);
        read(&app, &marta, &group, 1).await.expect(200);
        assert_eq!(is_read().await, true);
    }

    async fn a_message_is_edited_by_its_sender_within_the_time_for_it(app: App) {
        let (lena, tom, conversation) = two(&app).await;
        let sent = app.write(&lena, &conversation, "Sevn").await;
        let (path, tag) = (format!("/messages/{}", sent.text_at("/id")), sent.header("etag").to_owned());
        app.patch_as(&tom, &path, "*", json!({ "content": "Not mine" })).await.refused(403, "forbidden");
        let edited = app.patch_as(&lena, &path, &tag, json!({ "content": "Seven\u{200b}" })).await.expect(200);
        assert_eq!((edited.at("/content"), edited.at("/version")), (json!("Seven"), json!(2)));
        assert!(edited.at("/editedAt").is_string());
        app.patch_as(&lena, &path, &tag, json!({ "content": "Eight" })).await.refused(412, "precondition_failed");
        let same = app.patch_as(&lena, &path, "*", json!({ "content": "Seven" })).await.expect(200);
        assert_eq!(same.at("/version"), 2);
        assert_eq!(app.patch_as(&lena, &path, "*", json!({ "content": "\u{202e}\u{200b} " })).await.expect(422).reasons(), ["/content blank"]);
        app.clock.advance(chrono::Duration::minutes(16));
        let lena = app.login(&lena.email, crate::support::PASSWORD).await;
        app.patch_as(&lena, &path, "*", json!({ "content": "Eight" })).await.refused(409, "edit_window_over");
    }

    async fn a_deleted_message_is_gone_for_all_and_leaves_its_place(app: App) {
        let (lena, tom, conversation) = two(&app).await;
        let secret = "Nothing of this may stay";
        let sent = app.write(&lena, &conversation, secret).await.text_at("/id");
        app.write(&lena, &conversation, "This stays").await;
        let path = format!("/messages/{sent}");
        app.delete_as(&tom, &path).await.refused(403, "forbidden");
        app.delete_as(&lena, &path).await.expect(204);
        app.delete_as(&lena, &path).await.expect(204);
        let seen = messages(&app, &tom, &conversation, "?sort=number").await;
        assert_eq!((seen[0]["content"].clone(), seen[0]["number"].clone(), seen.len()), (Value::Null, json!(1), 2));
        assert!(seen[0]["deletedAt"].is_string());
        assert_eq!(app.get_as(&tom, "/conversations").await.at("/data/0/unreadCount"), 1, "what was deleted is not unread");
        app.patch_as(&lena, &path, "*", json!({ "content": "Back" })).await.refused(409, "edit_window_over");
        assert_eq!(app.count("SELECT count(*) FROM messages WHERE content IS NULL").await, 1);
        // The name under which it was sent stays taken.
        let name = app.get_as(&lena, &path).await.expect(200).at("/clientMessageId");
        let again = app.post_as(&lena, &format!("/conversations/{conversation}/messages"), json!({ "clientMessageId": name, "content": secret })).await;
        assert_eq!(again.expect(200).at("/content"), Value::Null);
    }

    async fn a_message_is_for_the_members_alone(app: App) {
        let (lena, _, conversation) = two(&app).await;
        let (marta, admin) = (app.learner().await, app.admin().await);
        let message = app.write(&lena, &conversation, "For Tom").await.text_at("/id");
        for other in [&marta, &admin] {
            app.get_as(other, &format!("/messages/{message}")).await.refused(404, "not_found");
            app.patch_as(other, &format!("/messages/{message}"), "*", json!({ "content": "x" })).await.refused(404, "not_found");
            app.delete_as(other, &format!("/messages/{message}")).await.refused(404, "not_found");
            app.get_as(other, &format!("/conversations/{conversation}/messages")).await.refused(404, "not_found");
            read(&app, other, &conversation, 1).await.refused(404, "not_found");
            app.send_as(other, &conversation, "x").await.refused(404, "not_found");
            assert_eq!(app.get_as(other, "/conversations").await.expect(200).at("/data"), json!([]));
        }
    }

    async fn nothing_of_a_message_is_anywhere_else(app: App) {
        let (lena, tom, conversation) = two(&app).await;
        let word = "xylophonequartz";
        let sent = app.write(&lena, &conversation, word).await.text_at("/id");
        app.patch_as(&lena, &format!("/messages/{sent}"), "*", json!({ "content": format!("{word} again") })).await.expect(200);
        read(&app, &tom, &conversation, 1).await.expect(200);
        for table in ["outbox", "live_events"] {
            let column = if table == "outbox" { "payload" } else { "data" };
            let sql = format!("SELECT count(*) FROM {table} WHERE CAST({column} AS text) LIKE '%{word}%'");
            assert_eq!(app.count(&sql).await, 0, "{table}");
        }
        assert!(app.count("SELECT count(*) FROM live_events").await >= 4);
    }

    async fn messages_obey_the_rules_of_the_school(app: App) {
        let (lena, tom, admin) = (app.learner().await, app.learner().await, app.admin().await);
        let conversation = app.acquainted(&lena, &tom).await;
        let sent = app.write(&lena, &conversation, "Plain").await;
        let rules = json!({ "blockedWords": ["miracle pill"], "links": "REFUSED", "slowModeSeconds": 60, "posting": "EDITORS" });
        app.patch_as(&admin, "/community-settings", "*", rules).await.expect(200);
        for (text, code) in [("A Miracle\u{200b} Pill", "words_refused"), ("<miracle pill>", "words_refused"), ("See https://example.com", "links_refused")] {
            app.send_as(&lena, &conversation, text).await.refused(422, code);
            let path = format!("/messages/{}", sent.text_at("/id"));
            app.patch_as(&lena, &path, "*", json!({ "content": text })).await.refused(422, code);
        }
        // How often and who is for posts.
        app.write(&lena, &conversation, "Plain again").await;
        app.write(&lena, &conversation, "And again").await;
        let (moderator, muted): (kernel::Uuid, kernel::Uuid) = (admin.id.parse().unwrap(), lena.id.parse().unwrap());
        let actor = kernel::Actor::User { id: moderator, role: kernel::Role::Admin, session: kernel::Uuid::nil() };
        let impose = move |tx: database::Tx| async move {
            let end = tx.now() + chrono::Duration::hours(1);
            community::mute::impose(&tx, muted, None, Some(end), None).await.map(drop)
        };
        app.db.run(actor, impose).await.unwrap();
        let refused = app.send_as(&lena, &conversation, "Plain").await.refused(403, "muted");
        assert!(refused.header("retry-after").parse::<u64>().unwrap() > 3500);
        app.write(&tom, &conversation, "Who is not muted may write").await;
    }

    async fn a_text_that_is_too_long_or_odd_is_refused_or_made_plain(app: App) {
        let (lena, _, conversation) = two(&app).await;
        app.send_as(&lena, &conversation, &"x".repeat(4001)).await.refused(422, "validation_failed");
        app.send_as(&lena, &conversation, &"x".repeat(1_000_000)).await.refused(413, "payload_too_large");
        app.send_as(&lena, &conversation, "\u{0}").await.refused(422, "validation_failed");
        assert_eq!(app.send_as(&lena, &conversation, "\u{200b}\u{3164}\u{202e}").await.expect(422).reasons(), ["/content blank"]);
        let sent = app.write(&lena, &conversation, "  evil\u{202e}txt.exe\nline <b>two</b>  ").await;
        assert_eq!(sent.at("/content"), "eviltxt.exe\nline <b>two</b>");
    }
}

/// The second layer alone: no filter of ours, only the policies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_security_keeps_messages_to_their_members() {
    use sqlx::{Connection, Executor, Row};
    let app = App::start(crate::support::Store::Postgres).await;
    let (lena, tom, conversation) = two(&app).await;
    let (marta, admin) = (app.learner().await, app.admin().await);
    app.write(&lena, &conversation, "For Tom").await;
    read(&app, &tom, &conversation, 1).await.expect(200);
    app.put_as(&lena, &format!("/me/blocks/{}", marta.id), Value::Null)
        .await
        .expect(200);
    app.act_as(&lena, "/me/events/ticket").await.expect(200);
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
        // An admin is told what concerns them, and reads nobody's messages.
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
        (
            counted("UPDATE conversation_members SET read_number = read_number + 1"),
            Some(1),
        ),
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
    assert_eq!(
        ask(&tom, "USER", &blocked).await,
        Some(1),
        "a member of the conversation"
    );
    assert_eq!(ask(&admin, "ADMIN", &blocked).await, Some(0), "somebody else");
    let shares = format!(
        "SELECT CASE WHEN app.shares_course('{}') THEN 1::bigint ELSE 0 END",
        tom.id
    );
    assert_eq!(
        (
            ask(&lena, "USER", &shares).await,
            ask(&marta, "USER", &shares).await
        ),
        (Some(1), Some(0))
    );
}
