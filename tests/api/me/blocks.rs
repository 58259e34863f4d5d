//! `/me/blocks`.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_block_is_set_once(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let block = format!("/me/blocks/{}", lena.id);
    let made = app.put_as(&tom, &block, Value::Null).await.expect(200);
    assert_eq!(made.at("/user/id"), lena.id);
    assert_eq!(
        app.put_as(&tom, &block, Value::Null).await.expect(200).at("/createdAt"),
        made.at("/createdAt")
    );
}

#[both_databases]
async fn a_block_works_both_ways_and_hides_who_set_it(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    app.send_message(&lena, &conversation, "Hello").await;
    app.send_message(&tom, &conversation, "Hi").await;
    let block = format!("/me/blocks/{}", lena.id);
    app.put_as(&tom, &block, Value::Null).await.expect(200);
    let of_tom =
        app.send_message_as(&lena, &conversation, "Why?").await.expect_problem(403, "recipient_unreachable");
    let of_lena = app
        .send_message_as(&tom, &conversation, "Because")
        .await
        .expect_problem(403, "recipient_unreachable");
    let comparable = |reply: &crate::support::Reply| {
        let mut body = reply.json();
        body["requestId"] = Value::Null;
        body
    };
    assert_eq!(comparable(&of_tom), comparable(&of_lena));
    app.create_group_as(&lena, &[&tom]).await.expect_problem(403, "recipient_unreachable");
}

#[both_databases]
async fn a_group_cannot_unite_two_who_block_each_other(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let block = format!("/me/blocks/{}", lena.id);
    app.put_as(&tom, &block, Value::Null).await.expect(200);
    let marta = app.learner().await;
    app.conversation_between(&marta, &lena).await;
    app.conversation_between(&marta, &tom).await;
    app.create_group_as(&marta, &[&lena, &tom]).await.expect_problem(403, "recipient_unreachable");
    let pair = app.create_group_as(&marta, &[&lena]).await.expect(201).text_at("/id");
    app.put_as(&marta, &format!("/conversations/{pair}/members/{}", tom.id), Value::Null)
        .await
        .expect_problem(403, "recipient_unreachable");
}

#[both_databases]
async fn messages_before_a_block_stay_readable(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    app.send_message(&lena, &conversation, "Hello").await;
    app.send_message(&tom, &conversation, "Hi").await;
    let block = format!("/me/blocks/{}", lena.id);
    app.put_as(&tom, &block, Value::Null).await.expect(200);
    assert_eq!(
        app.get_as(&lena, &format!("/conversations/{conversation}/messages"))
            .await
            .expect(200)
            .at("/data")
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[both_databases]
async fn only_who_blocked_sees_and_lifts_the_block(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    let block = format!("/me/blocks/{}", lena.id);
    app.put_as(&tom, &block, Value::Null).await.expect(200);
    assert_eq!(app.get_as(&lena, "/me/blocks").await.expect(200).at("/data"), json!([]));
    assert_eq!(app.get_as(&tom, "/me/blocks").await.expect(200).at("/data/0/user/id"), lena.id);
    app.delete_as(&lena, &format!("/me/blocks/{}", tom.id)).await.expect(204);
    app.send_message_as(&lena, &conversation, "Why?").await.expect_problem(403, "recipient_unreachable");
    app.delete_as(&tom, &block).await.expect(204);
    app.delete_as(&tom, &block).await.expect(204);
    app.send_message(&lena, &conversation, "Why?").await;
}

#[both_databases]
async fn nobody_blocks_themselves_or_nobody(app: App) {
    let tom = app.learner().await;
    app.put_as(&tom, &format!("/me/blocks/{}", tom.id), Value::Null)
        .await
        .expect_problem(422, "validation_failed");
    app.put_as(&tom, "/me/blocks/0198c0de-0000-7000-8000-000000000001", Value::Null)
        .await
        .expect_problem(404, "not_found");
}
