//! Live events: everything that happens, in order, once, and to nobody else.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{App, Ears, Heard, Person, Store, eventually, on_both_databases};

/// Opens a stream that is expected to begin with this.
async fn listen(
    app: &App,
    who: &Person,
    since: Option<&str>,
    expected: Option<&str>,
) -> (Ears, Option<Heard>) {
    let (ears, first) = Ears::open(app, who, since).await;
    assert_eq!(first.as_ref().map(|heard| heard.kind.as_str()), expected);
    (ears, first)
}

async fn streams(app: &App) -> i64 {
    let metrics = app.get("//metrics").await.expect(200).text;
    let line = metrics
        .lines()
        .find(|line| line.starts_with("palestra_live_streams "))
        .unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Numbers of the messages that are told of.
async fn numbers(ears: &mut Ears, how_many: usize) -> Vec<i64> {
    let mut numbers = Vec::new();
    while numbers.len() < how_many {
        let heard = ears.next().await.expect("an event");
        assert_eq!(heard.kind, "message.created");
        numbers.push(heard.data["number"].as_i64().unwrap());
    }
    numbers
}

on_both_databases! {
    async fn everybody_in_a_conversation_hears_and_nobody_else(app: App) {
        let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
        let conversation = app.acquainted(&lena, &tom).await;
        let (mut at_lena, _) = listen(&app, &lena, None, Some("ready")).await;
        let (mut at_tom, _) = listen(&app, &tom, None, Some("ready")).await;
        let (mut at_toms_other, _) = listen(&app, &tom, None, Some("ready")).await;
        let (mut at_marta, _) = listen(&app, &marta, None, Some("ready")).await;
        let sent = app.write(&lena, &conversation, "Hello").await;
        for ears in [&mut at_lena, &mut at_tom, &mut at_toms_other] {
            let heard = ears.next().await.unwrap();
            assert_eq!(heard.kind, "message.created");
            assert_eq!(heard.data, json!({ "conversationId": conversation, "messageId": sent.at("/id"), "number": 1 }));
        }
        app.put_as(&tom, &format!("/conversations/{conversation}/read"), json!({ "number": 1 })).await.expect(200);
        let path = format!("/messages/{}", sent.text_at("/id"));
        app.patch_as(&lena, &path, "*", json!({ "content": "Hello!" })).await.expect(200);
        app.delete_as(&lena, &path).await.expect(204);
        for ears in [&mut at_lena, &mut at_tom] {
            assert_eq!(ears.kinds(3).await, ["conversation.read", "message.updated", "message.deleted"]);
        }
        // The first that Marta hears is what is hers.
        app.acquainted(&lena, &marta).await;
        let group = app.group(&lena, &[&marta]).await.expect(201).text_at("/id");
        let heard = at_marta.next().await.unwrap();
        assert_eq!((heard.kind.as_str(), &heard.data), ("conversation.created", &json!({ "conversationId": group })));
        // Whoever was taken out hears that, and nothing more.
        app.delete_as(&lena, &format!("/conversations/{group}/members/{}", marta.id)).await.expect(204);
        app.write(&lena, &group, "Alone").await;
        let other = app.open_as(&lena, &marta).await.text_at("/id");
        app.write(&lena, &other, "Sorry").await;
        assert_eq!(at_marta.kinds(2).await, ["conversation.updated", "message.created"]);
        assert_eq!(app.count(&format!("SELECT count(*) FROM live_events WHERE CAST(data AS text) LIKE '%{group}%' AND kind = 'message.created'")).await, 1);
    }

    async fn whoever_comes_back_hears_what_they_missed_once_and_in_order(app: App) {
        let (lena, tom) = (app.learner().await, app.learner().await);
        let conversation = app.acquainted(&lena, &tom).await;
        let (mut ears, _) = listen(&app, &tom, None, Some("ready")).await;
        app.write(&lena, &conversation, "One").await;
        let first = ears.next().await.unwrap();
        drop(ears);
        // More than a page of them.
        for _ in 0..120 {
            app.write(&lena, &conversation, "More").await;
        }
        let (mut ears, _) = listen(&app, &tom, Some(&first.id), None).await;
        assert_eq!(numbers(&mut ears, 120).await, (2..=121).collect::<Vec<_>>());
        app.write(&lena, &conversation, "Now").await;
        let last = ears.next().await.unwrap();
        assert_eq!(last.data["number"], 122);
        // By the query, for whoever cannot set the header.
        let request = app.request("GET", &format!("/me/events?lastEventId={}", last.id)).bearer_auth(&tom.token);
        let (mut ears, begun) = Ears::of(request).await;
        assert_eq!(begun, None);
        app.write(&lena, &conversation, "And now").await;
        assert_eq!(numbers(&mut ears, 1).await, [123]);
    }

    async fn a_stream_without_a_body_is_over_at_once(app: App) {
        let lena = app.learner().await;
        // Over one connection: the second would wait for the end of the first.
        let client = reqwest::Client::builder().pool_max_idle_per_host(1).build().unwrap();
        for _ in 0..12 {
            let head = client.head(format!("{}/api/v1/me/events", app.base)).bearer_auth(&lena.token).send().await.unwrap();
            assert_eq!(head.status(), 200);
            let next = client.get(format!("{}/livez", app.base)).send().await.unwrap();
            assert_eq!(next.status(), 200);
        }
    }

    async fn a_position_that_cannot_be_resumed_is_answered_with_reset(app: App) {
        let (lena, tom) = (app.learner().await, app.learner().await);
        let conversation = app.acquainted(&lena, &tom).await;
        let (mut at_lena, _) = listen(&app, &lena, None, Some("ready")).await;
        let (mut at_tom, _) = listen(&app, &tom, None, Some("ready")).await;
        app.write(&lena, &conversation, "One").await;
        app.write(&lena, &conversation, "Two").await;
        let (of_lena, first) = (at_lena.next().await.unwrap().id, at_tom.next().await.unwrap().id);
        let last = at_tom.next().await.unwrap().id;
        let future = format!("{}-{}", last.split('-').next().unwrap(), 9_000_000);
        let none = String::new();
        for wrong in [&future, &of_lena, &"nonsense".to_owned(), &none, &"x".repeat(64)] {
            let (mut ears, reset) = listen(&app, &tom, Some(wrong), Some("reset")).await;
            // It stands at the end, and goes on from there.
            assert_eq!(reset.unwrap().id, last, "{wrong}");
            let told = app.write(&lena, &conversation, "Three").await;
            let heard = ears.next().await.unwrap();
            assert_eq!(heard.data["messageId"], told.at("/id"));
            app.sql("DELETE FROM live_events WHERE number > 2").await;
            app.sql("UPDATE live_cursors SET last_number = 2").await;
        }
        // Where the log does not reach back so far, either.
        app.sql("DELETE FROM live_events WHERE number = 1").await;
        listen(&app, &tom, Some(&first), None).await;
        app.sql("DELETE FROM live_events").await;
        listen(&app, &tom, Some(&first), Some("reset")).await;
        listen(&app, &tom, Some(&last), None).await;
    }

    async fn old_events_are_forgotten_without_a_gap(app: App) {
        let (lena, tom) = (app.learner().await, app.learner().await);
        let conversation = app.acquainted(&lena, &tom).await;
        for _ in 0..4 {
            app.write(&lena, &conversation, "Old").await;
        }
        // A bit older than the one before it, as a transaction that began earlier leaves it behind.
        let (old, young) = (app.db.environment().now() - chrono::Duration::days(8), app.db.environment().now());
        for (number, at) in [(1, old), (2, young), (3, old), (4, young)] {
            let at = at.format("%Y-%m-%d %H:%M:%S%.6f+00:00");
            app.sql(&format!("UPDATE live_events SET created_at = '{at}' WHERE number = {number}")).await;
        }
        let work = |tx| async move { community::live::sweep(&tx, Duration::from_secs(7 * 86_400)).await };
        assert_eq!(app.db.run_in(database::Pool::Worker, kernel::Actor::System, work).await.unwrap(), 6);
        assert_eq!(app.count("SELECT count(*) FROM live_events WHERE number = 4").await, 2);
        assert_eq!(app.count("SELECT count(*) FROM live_events").await, 2);
    }

    async fn a_ticket_opens_one_stream_within_a_minute(app: App) {
        let (lena, tom) = (app.learner().await, app.learner().await);
        let conversation = app.acquainted(&lena, &tom).await;
        let ticket = async || app.act_as(&tom, "/me/events/ticket").await.expect(200).text_at("/ticket");
        let path = format!("/me/events?ticket={}", ticket().await);
        let (mut ears, first) = Ears::of(app.request("GET", &path)).await;
        assert_eq!(first.unwrap().kind, "ready");
        app.get(&path).await.refused(401, "token_invalid");
        app.write(&lena, &conversation, "Hello").await;
        assert_eq!(ears.next().await.unwrap().kind, "message.created");
        app.get("/me/events").await.refused(401, "unauthenticated");
        app.get("/me/events?ticket=nonsense").await.refused(401, "token_invalid");
        let late = ticket().await;
        app.clock.advance(chrono::Duration::seconds(61));
        app.get(&format!("/me/events?ticket={late}")).await.refused(401, "token_invalid");
        // Only the hash of one is kept.
        let kept = ticket().await;
        assert!(!crate::database::dump(&app).await.contains(&kept));
        // One of a session that has ended opens nothing.
        let tom_again = app.login(&tom.email, crate::support::PASSWORD).await;
        let ended = app.act_as(&tom_again, "/me/events/ticket").await.expect(200).text_at("/ticket");
        app.post("/auth/logout", json!({ "refreshToken": tom_again.refresh_token })).await.expect(204);
        app.get(&format!("/me/events?ticket={ended}")).await.refused(401, "session_revoked");
    }

    async fn a_stream_ends_with_its_session(app: App) {
        let (lena, admin) = (app.learner().await, app.admin().await);
        let (ears, _) = listen(&app, &lena, None, Some("ready")).await;
        app.post("/auth/logout", json!({ "refreshToken": lena.refresh_token })).await.expect(204);
        ears.end().await;
        let lena = app.login(&lena.email, crate::support::PASSWORD).await;
        let other = app.login(&lena.email, crate::support::PASSWORD).await;
        let (ears, _) = listen(&app, &lena, None, Some("ready")).await;
        let (others, _) = listen(&app, &other, None, Some("ready")).await;
        app.delete_as(&other, "/me/sessions").await.expect(204);
        ears.end().await;
        app.patch_as(&admin, &format!("/admin/users/{}", lena.id), "*", json!({ "status": "SUSPENDED" })).await.expect(200);
        others.end().await;
        let refused = app.get_as(&other, "/me/events").await;
        refused.refused(401, "session_revoked");
        eventually("the streams' end", || async { (streams(&app).await == 0).then_some(()) }).await;
    }

    async fn whoever_hangs_up_is_gone(app: App) {
        let lena = app.learner().await;
        let (ears, _) = listen(&app, &lena, None, Some("ready")).await;
        assert_eq!(streams(&app).await, 1);
        drop(ears);
        eventually("the stream's end", || async { (streams(&app).await == 0).then_some(()) }).await;
    }

    async fn one_who_does_not_read_holds_nobody_up(app: App) {
        let (lena, tom) = (app.learner().await, app.learner().await);
        let conversation = app.acquainted(&lena, &tom).await;
        // A connection that takes nothing in: its buffers are small, and then it is full.
        let address: std::net::SocketAddr = app.base.strip_prefix("http://").unwrap().parse().unwrap();
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(2048).unwrap();
        let mut stuck = socket.connect(address).await.unwrap();
        let head = format!("GET /api/v1/me/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", tom.token);
        tokio::io::AsyncWriteExt::write_all(&mut stuck, head.as_bytes()).await.unwrap();
        eventually("the stuck stream", || async { (streams(&app).await == 1).then_some(()) }).await;
        let (mut ears, _) = listen(&app, &tom, None, Some("ready")).await;
        // Nothing that the log has for the stuck one waits in memory: it is written behind the server's back, and more than any
        // buffer of a connection takes.
        for round in 0..4 {
            for _ in 0..25 {
                app.write(&lena, &conversation, "Hello").await;
            }
            let expected: Vec<i64> = (round * 25 + 1..=round * 25 + 25).collect();
            assert_eq!(numbers(&mut ears, 25).await, expected);
        }
        drop(stuck);
        eventually("the stuck stream's end", || async { (streams(&app).await == 1).then_some(()) }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_bounded_for_a_member_and_in_all() {
    let settings = [
        ("PALESTRA_STREAMS_PER_MEMBER", "2"),
        ("PALESTRA_MAX_STREAMS", "3"),
    ];
    let app = App::start_with(Store::Sqlite, &settings).await;
    let (lena, tom) = (app.learner().await, app.learner().await);
    let (first, _) = listen(&app, &lena, None, Some("ready")).await;
    let (_second, _) = listen(&app, &lena, None, Some("ready")).await;
    let refused = app
        .get_as(&lena, "/me/events")
        .await
        .refused(429, "too_many_streams");
    assert_eq!(refused.header("retry-after"), "60");
    let (_third, _) = listen(&app, &tom, None, Some("ready")).await;
    app.get_as(&tom, "/me/events").await.refused(503, "overloaded");
    drop(first);
    eventually("room", || async { (streams(&app).await == 2).then_some(()) }).await;
    listen(&app, &lena, None, Some("ready")).await;
}

/// Streams do not count among the requests in work, and the requests' deadline does not end them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_takes_no_place_of_a_request_and_outlives_their_deadline() {
    let settings = [
        ("PALESTRA_MAX_IN_FLIGHT", "2"),
        ("PALESTRA_REQUEST_TIMEOUT_SECONDS", "1"),
    ];
    let app = App::start_with(Store::Sqlite, &settings).await;
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.acquainted(&lena, &tom).await;
    let mut ears = Vec::new();
    for _ in 0..6 {
        ears.push(listen(&app, &tom, None, Some("ready")).await.0);
    }
    let began = tokio::time::Instant::now();
    eventually("the deadline to pass", || async {
        (began.elapsed() > Duration::from_millis(1500)).then_some(())
    })
    .await;
    app.write(&lena, &conversation, "Hello").await;
    for ears in &mut ears {
        assert_eq!(ears.next().await.unwrap().kind, "message.created");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_ends_its_streams_at_once() {
    let app = App::start(Store::Sqlite).await;
    let lena = app.learner().await;
    let (ears, _) = listen(&app, &lena, None, Some("ready")).await;
    let began = std::time::Instant::now();
    app.begin_to_stop();
    ears.end().await;
    drop(app);
    // The time that a server gives to what runs is ten seconds: nothing here needed it.
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}

/// Two servers on one database: whoever listens at one hears what is said at the other, and goes on there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_tells_what_was_said_at_this_one() {
    let app = App::start(Store::Postgres).await;
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.acquainted(&lena, &tom).await;
    let beside = app.beside().await;
    let (mut ears, _) = listen(&beside, &tom, None, Some("ready")).await;
    app.write(&lena, &conversation, "One").await;
    let first = ears.next().await.unwrap();
    assert_eq!(first.data["number"], 1);
    beside.write(&tom, &conversation, "Two").await;
    assert_eq!(ears.next().await.unwrap().data["number"], 2);
    let (mut here, _) = listen(&app, &tom, Some(&first.id), None).await;
    assert_eq!(here.next().await.unwrap().data["number"], 2);
    // The end of a session is heard there too.
    app.post("/auth/logout", json!({ "refreshToken": tom.refresh_token }))
        .await
        .expect(204);
    ears.end().await;
    here.end().await;
    drop(beside);
}

/// Many who tell the same at once: for each reader the numbers come in the order of the commits, and none is left out.
async fn nothing_is_lost_or_out_of_order(store: Store) {
    let app = App::start(store).await;
    let tom = app.learner().await;
    let (mut friends, mut conversations) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let friend = app.learner().await;
        conversations.push(app.acquainted(&friend, &tom).await);
        friends.push(friend);
    }
    let (mut ears, _) = listen(&app, &tom, None, Some("ready")).await;
    let sends = (0..80).map(|n| app.send_as(&friends[n % 4], &conversations[n % 4], "x"));
    let sent = futures_util::future::join_all(sends).await;
    let mut expected: Vec<Value> = sent
        .into_iter()
        .map(|reply| reply.expect(201).at("/id"))
        .collect();
    let (mut heard, mut last) = (Vec::new(), 0);
    while heard.len() < 80 {
        let event = ears.next().await.unwrap();
        let number: i64 = event.id.rsplit('-').next().unwrap().parse().unwrap();
        assert_eq!(number, last + 1);
        last = number;
        heard.push(event.data["messageId"].clone());
    }
    let by_text = |id: &Value| id.to_string();
    heard.sort_by_key(by_text);
    expected.sort_by_key(by_text);
    assert_eq!(heard, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_out_of_order_on_sqlite() {
    nothing_is_lost_or_out_of_order(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_out_of_order_on_postgres() {
    nothing_is_lost_or_out_of_order(Store::Postgres).await;
}
