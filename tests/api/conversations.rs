//! Conversations: who may open one with whom, who is in it, and what each of them sees of it.

use serde_json::{Value, json};

use crate::support::{App, Person, on_both_databases};

/// The ids of a page's rows.
fn ids(reply: &crate::support::Reply) -> Vec<String> {
    let rows = reply.at("/data");
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(id).collect()
}

async fn takes(app: &App, who: &Person, from: &str) {
    let body = json!({ "messagesFrom": from });
    app.patch_as(who, "/me/message-preferences", "*", body)
        .await
        .expect(200);
}

on_both_databases! {
    async fn whoever_has_a_course_in_common_may_write(app: App) {
        let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
        let (marco, admin) = (app.trainer().await, app.admin().await);
        let (course, ..) = app.course(&elena, json!({})).await;
        app.open_as(&lena, &tom).await.refused(403, "recipient_unreachable");
        app.open_as(&lena, &elena).await.refused(403, "recipient_unreachable");
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        // The learner and the trainer, either way; not somebody who only has an account.
        app.open_as(&lena, &elena).await.expect(201);
        app.open_as(&elena, &lena).await.expect(200);
        let refused = app.open_as(&lena, &tom).await.refused(403, "recipient_unreachable");
        assert_eq!(refused.reasons(), ["/memberIds/0 unreachable"]);
        app.open_as(&marco, &lena).await.refused(403, "recipient_unreachable");
        // An editor teaches too.
        app.put_as(&elena, &format!("/courses/{course}/trainers/{}", marco.id), Value::Null).await.expect(200);
        app.open_as(&marco, &lena).await.expect(201);
        // Two who learn the same.
        app.act_as(&tom, &format!("/courses/{course}/enroll")).await.expect(201);
        app.open_as(&lena, &tom).await.expect(201);
        // Admins write to whom they have to.
        let stranger = app.learner().await;
        app.open_as(&admin, &stranger).await.expect(201);
        app.open_as(&stranger, &admin).await.expect(200);
    }

    async fn access_that_has_ended_is_nothing_in_common(app: App) {
        let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
        let (course, ..) = app.course(&elena, json!({})).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let soon = app.db.environment().now() + chrono::Duration::hours(1);
        let given = json!({ "userId": tom.id, "endsAt": soon });
        app.post_as(&elena, &format!("/courses/{course}/grants"), given).await.expect(201);
        let conversation = app.open_as(&lena, &tom).await.expect(201).text_at("/id");
        app.write(&lena, &conversation, "Hello").await;
        app.clock.advance(chrono::Duration::hours(2));
        // Both sessions outlive that; their tokens do not.
        let (lena, tom) = (app.login(&lena.email, crate::support::PASSWORD).await, app.login(&tom.email, crate::support::PASSWORD).await);
        app.send_as(&lena, &conversation, "Still there?").await.refused(403, "recipient_unreachable");
        // Whoever was written to may still answer, and be answered from then on.
        app.write(&tom, &conversation, "I am").await;
        app.write(&lena, &conversation, "Good").await;
        app.get_as(&tom, &format!("/conversations/{conversation}/messages")).await.expect(200);
    }

    async fn everybody_decides_from_whom_they_take_messages(app: App) {
        let (lena, tom) = (app.learner().await, app.learner().await);
        let preferences = app.get_as(&tom, "/me/message-preferences").await.expect(200);
        assert_eq!((preferences.at("/messagesFrom"), preferences.header("etag")), (json!("SHARED"), "\"0\""));
        takes(&app, &tom, "EVERYONE").await;
        let stale = app.patch_as(&tom, "/me/message-preferences", "\"0\"", json!({ "messagesFrom": "NOBODY" })).await;
        stale.refused(412, "precondition_failed");
        let conversation = app.open_as(&lena, &tom).await.expect(201).text_at("/id");
        app.write(&lena, &conversation, "Hello").await;
        takes(&app, &tom, "NOBODY").await;
        app.send_as(&lena, &conversation, "Hello?").await.refused(403, "recipient_unreachable");
        let admin = app.admin().await;
        app.open_as(&admin, &tom).await.expect(201);
        // What is refused to them is not refused to Tom.
        app.open_as(&tom, &lena).await.expect(200);
        let (course, ..) = app.course(&app.trainer().await, json!({})).await;
        for learner in [&lena, &tom] {
            app.act_as(learner, &format!("/courses/{course}/enroll")).await.expect(201);
        }
        app.send_as(&lena, &conversation, "We have a course in common").await.refused(403, "recipient_unreachable");
        app.write(&tom, &conversation, "Well then").await;
        app.write(&lena, &conversation, "Thanks").await;
        app.patch_as(&tom, "/me/message-preferences", "*", json!({ "messagesFrom": "FRIENDS" })).await.expect(422);
    }

    async fn a_block_holds_both_ways_and_does_not_tell_whose_it_is(app: App) {
        let (lena, tom) = (app.learner().await, app.learner().await);
        let conversation = app.acquainted(&lena, &tom).await;
        app.write(&lena, &conversation, "Hello").await;
        app.write(&tom, &conversation, "Hi").await;
        let block = format!("/me/blocks/{}", lena.id);
        let made = app.put_as(&tom, &block, Value::Null).await.expect(200);
        assert_eq!(made.at("/user/id"), lena.id);
        assert_eq!(app.put_as(&tom, &block, Value::Null).await.expect(200).at("/createdAt"), made.at("/createdAt"));
        let of_tom = app.send_as(&lena, &conversation, "Why?").await.refused(403, "recipient_unreachable");
        let of_lena = app.send_as(&tom, &conversation, "Because").await.refused(403, "recipient_unreachable");
        let told = |reply: &crate::support::Reply| { let mut body = reply.json(); body["requestId"] = Value::Null; body };
        assert_eq!(told(&of_tom), told(&of_lena));
        app.group(&lena, &[&tom]).await.refused(403, "recipient_unreachable");
        // Of a third who knows both, neither.
        let marta = app.learner().await;
        app.acquainted(&marta, &lena).await;
        app.acquainted(&marta, &tom).await;
        app.group(&marta, &[&lena, &tom]).await.refused(403, "recipient_unreachable");
        let pair = app.group(&marta, &[&lena]).await.expect(201).text_at("/id");
        app.put_as(&marta, &format!("/conversations/{pair}/members/{}", tom.id), Value::Null).await.refused(403, "recipient_unreachable");
        // What was written stays to be read; only who blocked sees the block.
        assert_eq!(app.get_as(&lena, &format!("/conversations/{conversation}/messages")).await.expect(200).at("/data").as_array().unwrap().len(), 2);
        assert_eq!(app.get_as(&lena, "/me/blocks").await.expect(200).at("/data"), json!([]));
        assert_eq!(app.get_as(&tom, "/me/blocks").await.expect(200).at("/data/0/user/id"), lena.id);
        app.delete_as(&lena, &format!("/me/blocks/{}", tom.id)).await.expect(204);
        app.send_as(&lena, &conversation, "Why?").await.refused(403, "recipient_unreachable");
        app.delete_as(&tom, &block).await.expect(204);
        app.delete_as(&tom, &block).await.expect(204);
        app.write(&lena, &conversation, "Why?").await;
        app.put_as(&tom, &format!("/me/blocks/{}", tom.id), Value::Null).await.refused(422, "validation_failed");
        app.put_as(&tom, "/me/blocks/0198c0de-0000-7000-8000-000000000001", Value::Null).await.refused(404, "not_found");
    }

    async fn nobody_writes_to_themselves_the_suspended_or_nobody(app: App) {
        let (lena, tom, admin) = (app.learner().await, app.learner().await, app.admin().await);
        let conversation = app.acquainted(&lena, &tom).await;
        app.write(&tom, &conversation, "Hi").await;
        let refused = app.open_as(&lena, &lena).await.refused(422, "validation_failed");
        assert_eq!(refused.reasons(), ["/memberIds/0 oneself"]);
        app.group(&lena, &[&tom, &lena]).await.refused(422, "validation_failed");
        let nobody = json!({ "kind": "DIRECT", "memberIds": ["0198c0de-0000-7000-8000-000000000001"] });
        app.post_as(&lena, "/conversations", nobody).await.refused(403, "recipient_unreachable");
        let path = format!("/admin/users/{}", tom.id);
        app.patch_as(&admin, &path, "*", json!({ "status": "SUSPENDED" })).await.expect(200);
        app.send_as(&lena, &conversation, "Tom?").await.refused(403, "recipient_unreachable");
        app.open_as(&admin, &tom).await.refused(403, "recipient_unreachable");
        let body = json!({ "kind": "DIRECT", "memberIds": [tom.id], "title": "Two" });
        assert_eq!(app.post_as(&lena, "/conversations", body).await.expect(422).reasons(), ["/title not_direct"]);
        let body = json!({ "kind": "GROUP", "memberIds": [tom.id] });
        assert_eq!(app.post_as(&lena, "/conversations", body).await.expect(422).reasons(), ["/title required"]);
        let body = json!({ "kind": "GROUP", "memberIds": [tom.id], "title": "\u{200b}\u{202e} \u{3164}" });
        assert_eq!(app.post_as(&lena, "/conversations", body).await.expect(422).reasons(), ["/title blank"]);
        let many: Vec<_> = (0..32).map(|_| app.db.environment().new_id()).collect();
        app.post_as(&lena, "/conversations", json!({ "kind": "GROUP", "memberIds": many, "title": "x" })).await.expect(422);
    }

    async fn two_have_one_conversation_however_many_open_it(app: App) {
        let (lena, tom) = (app.learner().await, app.learner().await);
        let (course, ..) = app.course(&app.trainer().await, json!({})).await;
        for learner in [&lena, &tom] {
            app.act_as(learner, &format!("/courses/{course}/enroll")).await.expect(201);
        }
        let opened = (0..16).map(|n| if n % 2 == 0 { app.open_as(&lena, &tom) } else { app.open_as(&tom, &lena) });
        let replies = futures_util::future::join_all(opened).await;
        let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[14], statuses[15], statuses[0]), (200, 201, 200), "{statuses:?}");
        let mut found: Vec<String> = replies.iter().map(|reply| reply.text_at("/id")).collect();
        found.dedup();
        assert_eq!(found.len(), 1);
        assert_eq!(app.count("SELECT count(*) FROM conversations").await, 1);
        assert_eq!(replies[0].at("/members").as_array().unwrap().len(), 2);
    }

    async fn a_direct_conversation_is_in_the_others_list_once_something_is_said(app: App) {
        let (lena, tom) = (app.learner().await, app.learner().await);
        let conversation = app.acquainted(&lena, &tom).await;
        assert_eq!(ids(&app.get_as(&lena, "/conversations").await.expect(200)), vec![conversation.clone()]);
        assert!(ids(&app.get_as(&tom, "/conversations").await.expect(200)).is_empty());
        app.write(&lena, &conversation, "Hello").await;
        let list = app.get_as(&tom, "/conversations").await.expect(200);
        assert_eq!(ids(&list), [conversation]);
        assert_eq!((list.at("/data/0/unreadCount"), list.at("/data/0/lastMessage/content")), (json!(1), json!("Hello")));
        assert_eq!(list.at("/data/0/lastMessage/clientMessageId"), Value::Null, "the sender's alone");
    }

    async fn conversations_are_sorted_by_what_was_said_last_and_paged(app: App) {
        let elena = app.trainer().await;
        let (course, ..) = app.course(&elena, json!({})).await;
        let mut all = Vec::new();
        for _ in 0..5 {
            let learner = app.learner().await;
            app.act_as(&learner, &format!("/courses/{course}/enroll")).await.expect(201);
            all.push((app.open_as(&elena, &learner).await.expect(201).text_at("/id"), learner));
        }
        for index in [3, 0, 4, 2, 1] {
            app.write(&all[index].1, &all[index].0, "Hello").await;
        }
        let expected: Vec<String> = [1, 2, 4, 0, 3].map(|index: usize| all[index].0.clone()).into();
        let (mut found, mut path) = (Vec::new(), "/conversations?limit=2".to_owned());
        loop {
            let page = app.get_as(&elena, &path).await.expect(200);
            found.extend(ids(&page));
            let Some(next) = page.at("/nextCursor").as_str().map(str::to_owned) else { break };
            path = format!("/conversations?limit=2&cursor={next}");
        }
        assert_eq!(found, expected);
    }

    async fn a_page_of_conversations_and_of_messages_costs_few_statements(app: App) {
        let elena = app.trainer().await;
        let (course, ..) = app.course(&elena, json!({})).await;
        let mut spent = Vec::new();
        for round in 1..=3 {
            for _ in 0..2 {
                let learner = app.learner().await;
                app.act_as(&learner, &format!("/courses/{course}/enroll")).await.expect(201);
                let conversation = app.open_as(&elena, &learner).await.expect(201).text_at("/id");
                for _ in 0..round {
                    app.write(&learner, &conversation, "Hello").await;
                }
            }
            // What the worker tells of these messages is counted too.
            app.settled().await;
            let mut cost = Vec::new();
            let first = ids(&app.get_as(&elena, "/conversations").await.expect(200))[0].clone();
            for path in ["/conversations".to_owned(), format!("/conversations/{first}/messages")] {
                // The worker asks now and then; the least of some is what it takes.
                let mut least = u64::MAX;
                for _ in 0..5 {
                    let before = app.db.statements();
                    app.get_as(&elena, &path).await.expect(200);
                    least = least.min(app.db.statements() - before);
                }
                cost.push(least);
            }
            spent.push(cost);
        }
        assert_eq!(spent, vec![vec![3, 1]; 3]);
    }

    async fn a_group_has_an_owner_and_members_who_come_and_go(app: App) {
        let (elena, lena, tom, marta) = (app.trainer().await, app.learner().await, app.learner().await, app.learner().await);
        let (course, ..) = app.course(&elena, json!({})).await;
        for learner in [&lena, &tom, &marta] {
            app.act_as(learner, &format!("/courses/{course}/enroll")).await.expect(201);
        }
        let opened = app.group(&lena, &[&tom, &tom]).await.expect(201);
        let group = opened.text_at("/id");
        assert_eq!(opened.at("/members").as_array().unwrap().len(), 2);
        assert_eq!((opened.at("/members/0/user/id"), opened.at("/members/0/isOwner")), (json!(lena.id), json!(true)));
        app.write(&tom, &group, "Before Marta came").await;
        let member = |person: &Person| format!("/conversations/{group}/members/{}", person.id);
        app.put_as(&tom, &member(&marta), Value::Null).await.refused(403, "forbidden");
        app.get_as(&marta, &format!("/conversations/{group}")).await.refused(404, "not_found");
        app.put_as(&lena, &member(&marta), Value::Null).await.expect(200);
        let again = app.put_as(&lena, &member(&marta), Value::Null).await.expect(200);
        assert_eq!(again.at("/members").as_array().unwrap().len(), 3);
        // Marta sees what is written from now on, and no count of what was before.
        let seen = app.get_as(&marta, &format!("/conversations/{group}")).await.expect(200);
        assert_eq!((seen.at("/unreadCount"), seen.at("/lastMessage")), (json!(0), Value::Null));
        let first = app.get_as(&lena, &format!("/conversations/{group}/messages")).await.text_at("/data/0/id");
        app.get_as(&marta, &format!("/messages/{first}")).await.refused(404, "not_found");
        app.write(&lena, &group, "Welcome").await;
        let messages = app.get_as(&marta, &format!("/conversations/{group}/messages")).await.expect(200);
        assert_eq!((messages.at("/data/0/number"), messages.at("/data").as_array().unwrap().len()), (json!(2), 1));
        // Whoever is out sees nothing any more.
        app.delete_as(&tom, &member(&marta)).await.refused(403, "forbidden");
        app.delete_as(&lena, &member(&marta)).await.expect(204);
        app.delete_as(&lena, &member(&marta)).await.expect(204);
        for path in [format!("/conversations/{group}"), format!("/conversations/{group}/messages")] {
            app.get_as(&marta, &path).await.refused(404, "not_found");
        }
        assert!(!ids(&app.get_as(&marta, "/conversations").await).contains(&group));
        app.send_as(&marta, &group, "And I?").await.refused(404, "not_found");
        // Back again, from then on.
        app.put_as(&lena, &member(&marta), Value::Null).await.expect(200);
        assert_eq!(app.get_as(&marta, &format!("/conversations/{group}/messages")).await.expect(200).at("/data"), json!([]));
        // The owner leaves, and whoever was there longest owns it.
        app.delete_as(&lena, &member(&lena)).await.expect(204);
        let left = app.get_as(&tom, &format!("/conversations/{group}")).await.expect(200);
        assert_eq!((left.at("/members/0/user/id"), left.at("/members/0/isOwner")), (json!(tom.id), json!(true)));
        let path = format!("/conversations/{group}");
        app.patch_as(&marta, &path, "*", json!({ "title": "Mine" })).await.refused(403, "forbidden");
        app.patch_as(&tom, &path, "\"1\"", json!({ "title": "Old" })).await.refused(412, "precondition_failed");
        let tag = left.header("etag").to_owned();
        let renamed = app.patch_as(&tom, &path, &tag, json!({ "title": "Sunday\u{202e} walkers" })).await.expect(200);
        assert_eq!(renamed.at("/title"), "Sunday walkers");
    }

    async fn two_are_no_group(app: App) {
        let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
        let conversation = app.acquainted(&lena, &tom).await;
        let path = format!("/conversations/{conversation}");
        app.patch_as(&lena, &path, "*", json!({ "title": "x" })).await.refused(409, "direct_conversation");
        for person in [&marta, &tom, &lena] {
            let member = format!("{path}/members/{}", person.id);
            app.put_as(&lena, &member, Value::Null).await.refused(409, "direct_conversation");
            app.delete_as(&lena, &member).await.refused(409, "direct_conversation");
        }
        app.get_as(&marta, &path).await.refused(404, "not_found");
        let admin = app.admin().await;
        // Nobody reads along.
        for path in [path.clone(), format!("{path}/messages")] {
            app.get_as(&admin, &path).await.refused(404, "not_found");
        }
    }

    async fn a_group_has_no_more_than_its_most(app: App) {
        let elena = app.trainer().await;
        let (course, ..) = app.course(&elena, json!({})).await;
        let mut learners = Vec::new();
        for _ in 0..32 {
            let learner = app.learner().await;
            app.act_as(&learner, &format!("/courses/{course}/enroll")).await.expect(201);
            learners.push(learner);
        }
        let most: Vec<&Person> = learners.iter().take(31).collect();
        let group = app.group(&elena, &most).await.expect(201);
        assert_eq!(group.at("/members").as_array().unwrap().len(), 32);
        let one_more = format!("/conversations/{}/members/{}", group.text_at("/id"), learners[31].id);
        app.put_as(&elena, &one_more, Value::Null).await.refused(409, "list_full");
    }
}

/// What a new account may not do yet, an older one may.
async fn new_accounts_are_bounded(store: crate::support::Store) {
    let settings = [
        ("PALESTRA_NEW_ACCOUNT_CONVERSATIONS", "2"),
        ("PALESTRA_NEW_ACCOUNT_MESSAGES", "3"),
        ("PALESTRA_MESSAGES_FROM", "everyone"),
    ];
    let app = App::start_with(store, &settings).await;
    let lena = app.learner().await;
    let others = [app.learner().await, app.learner().await, app.learner().await];
    let opened = futures_util::future::join_all(others.iter().map(|other| app.open_as(&lena, other))).await;
    let mut statuses: Vec<u16> = opened.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 429]);
    let refused = opened.iter().find(|reply| reply.status == 429).unwrap().clone();
    let refused = refused.refused(429, "new_account_limit");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 80_000);
    let conversation = opened
        .iter()
        .find(|reply| reply.status == 201)
        .unwrap()
        .text_at("/id");
    let sent = (0..8).map(|_| app.send_as(&lena, &conversation, "Hello"));
    let sent = futures_util::future::join_all(sent).await;
    assert_eq!(sent.iter().filter(|reply| reply.status == 201).count(), 3);
    let refused = app
        .send_as(&lena, &conversation, "Hello")
        .await
        .refused(429, "new_account_limit");
    assert!((1..=61).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    app.clock.advance(chrono::Duration::days(8));
    let lena = app.login(&lena.email, crate::support::PASSWORD).await;
    for _ in 0..5 {
        app.write(&lena, &conversation, "Hello").await;
    }
    for other in &others {
        app.open_as(&lena, other).await;
        assert!(app.open_as(&lena, other).await.status < 300);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_accounts_are_bounded_on_sqlite() {
    new_accounts_are_bounded(crate::support::Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_accounts_are_bounded_on_postgres() {
    new_accounts_are_bounded(crate::support::Store::Postgres).await;
}
