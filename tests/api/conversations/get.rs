//! `GET /conversations`: order, pages, cost.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::{conversations::ids, support::App};

#[both_databases]
async fn a_direct_conversation_is_listed_after_its_first_message(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    assert_eq!(ids(&app.get_as(&lena, "/conversations").await.expect(200)), vec![conversation.clone()]);
    assert!(ids(&app.get_as(&tom, "/conversations").await.expect(200)).is_empty());
    app.send_message(&lena, &conversation, "Hello").await;
    let list = app.get_as(&tom, "/conversations").await.expect(200);
    assert_eq!(ids(&list), [conversation]);
    assert_eq!(
        (list.at("/data/0/unreadCount"), list.at("/data/0/lastMessage/content")),
        (json!(1), json!("Hello"))
    );
    assert_eq!(list.at("/data/0/lastMessage/clientMessageId"), Value::Null, "the sender's alone");
}

#[both_databases]
async fn conversations_are_sorted_by_their_last_message_and_paged(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({})).await;
    let mut all = Vec::new();
    for _ in 0..5 {
        let learner = app.learner().await;
        app.post_empty_as(&learner, &format!("/courses/{course}/enroll")).await.expect(201);
        all.push((app.open_conversation_as(&elena, &learner).await.expect(201).text_at("/id"), learner));
    }
    for index in [3, 0, 4, 2, 1] {
        app.send_message(&all[index].1, &all[index].0, "Hello").await;
    }
    let expected: Vec<String> = [1, 2, 4, 0, 3].map(|index: usize| all[index].0.clone()).into();
    let (mut found, mut path) = (Vec::new(), "/conversations?limit=2".to_owned());
    loop {
        let page = app.get_as(&elena, &path).await.expect(200);
        found.extend(ids(&page));
        let Some(next) = page.at("/nextCursor").as_str().map(str::to_owned) else {
            break;
        };
        path = format!("/conversations?limit=2&cursor={next}");
    }
    assert_eq!(found, expected);
}

#[both_databases]
async fn a_page_takes_few_statements(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({})).await;
    let mut spent = Vec::new();
    for round in 1..=3 {
        for _ in 0..2 {
            let learner = app.learner().await;
            app.post_empty_as(&learner, &format!("/courses/{course}/enroll")).await.expect(201);
            let conversation = app.open_conversation_as(&elena, &learner).await.expect(201).text_at("/id");
            for _ in 0..round {
                app.send_message(&learner, &conversation, "Hello").await;
            }
        }
        app.wait_for_worker().await;
        let mut cost = Vec::new();
        let first = ids(&app.get_as(&elena, "/conversations").await.expect(200))[0].clone();
        for path in ["/conversations".to_owned(), format!("/conversations/{first}/messages")] {
            let read = async || drop(app.get_as(&elena, &path).await.expect(200));
            cost.push(app.count_statements(read).await);
        }
        spent.push(cost);
    }
    assert_eq!(spent, vec![vec![3, 1]; 3]);
}

#[both_databases]
async fn the_documents_of_a_conversation(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    app.set_username(&lena, "lena").await;
    app.set_username(&tom, "tom").await;
    let conversation = app.conversation_between(&lena, &tom).await;
    app.send_message(&lena, &conversation, "Hello").await;
    let path = format!("/conversations/{conversation}");
    let shown = app.get_as(&tom, &path).await.expect(200);
    insta::assert_json_snapshot!("conversation", shown.document());
    let messages = app.get_as(&tom, &format!("{path}/messages")).await.expect(200);
    insta::assert_json_snapshot!("messages", messages.document());
}
