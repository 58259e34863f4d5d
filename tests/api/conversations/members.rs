//! `/conversations/{conversation}/members`: groups and who is in them.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::{
    conversations::ids,
    support::{App, Person},
};

/// A group of `owner` and `member`; `other` could be added to it.
async fn group_of_two(app: &App, owner: &Person, member: &Person, other: &Person) -> String {
    let elena = app.trainer().await;
    app.course_with_learners(&elena, &[owner, member, other]).await;
    let group = app.create_group_as(owner, &[member]).await;
    group.expect(201).text_at("/id")
}

#[both_databases]
async fn the_creator_owns_a_group(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    app.course_with_learners(&elena, &[&lena, &tom]).await;
    let opened = app.create_group_as(&lena, &[&tom, &tom]).await.expect(201);
    assert_eq!(opened.at("/members").as_array().unwrap().len(), 2);
    assert_eq!(
        (opened.at("/members/0/user/id"), opened.at("/members/0/isOwner")),
        (json!(lena.id), json!(true))
    );
}

#[both_databases]
async fn only_the_owner_adds_members(app: App) {
    let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
    let group = group_of_two(&app, &lena, &tom, &marta).await;
    let member = |person: &Person| format!("/conversations/{group}/members/{}", person.id);
    app.put_as(&tom, &member(&marta), Value::Null).await.expect_problem(403, "forbidden");
    app.get_as(&marta, &format!("/conversations/{group}")).await.expect_problem(404, "not_found");
    app.put_as(&lena, &member(&marta), Value::Null).await.expect(200);
    let again = app.put_as(&lena, &member(&marta), Value::Null).await.expect(200);
    assert_eq!(again.at("/members").as_array().unwrap().len(), 3);
}

#[both_databases]
async fn a_new_member_sees_only_later_messages(app: App) {
    let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
    let group = group_of_two(&app, &lena, &tom, &marta).await;
    let member = |person: &Person| format!("/conversations/{group}/members/{}", person.id);
    app.send_message(&tom, &group, "Before Marta came").await;
    app.put_as(&lena, &member(&marta), Value::Null).await.expect(200);
    let seen = app.get_as(&marta, &format!("/conversations/{group}")).await.expect(200);
    assert_eq!((seen.at("/unreadCount"), seen.at("/lastMessage")), (json!(0), Value::Null));
    let first = app.get_as(&lena, &format!("/conversations/{group}/messages")).await.text_at("/data/0/id");
    app.get_as(&marta, &format!("/messages/{first}")).await.expect_problem(404, "not_found");
    app.send_message(&lena, &group, "Welcome").await;
    let messages = app.get_as(&marta, &format!("/conversations/{group}/messages")).await.expect(200);
    assert_eq!(
        (messages.at("/data/0/number"), messages.at("/data").as_array().unwrap().len()),
        (json!(2), 1)
    );
}

#[both_databases]
async fn a_removed_member_sees_nothing(app: App) {
    let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
    let group = group_of_two(&app, &lena, &tom, &marta).await;
    let member = |person: &Person| format!("/conversations/{group}/members/{}", person.id);
    app.put_as(&lena, &member(&marta), Value::Null).await.expect(200);
    app.delete_as(&tom, &member(&marta)).await.expect_problem(403, "forbidden");
    app.delete_as(&lena, &member(&marta)).await.expect(204);
    app.delete_as(&lena, &member(&marta)).await.expect(204);
    for path in [format!("/conversations/{group}"), format!("/conversations/{group}/messages")] {
        app.get_as(&marta, &path).await.expect_problem(404, "not_found");
    }
    assert!(!ids(&app.get_as(&marta, "/conversations").await).contains(&group));
    app.send_message_as(&marta, &group, "And I?").await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_member_who_returns_sees_only_later_messages(app: App) {
    let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
    let group = group_of_two(&app, &lena, &tom, &marta).await;
    let member = |person: &Person| format!("/conversations/{group}/members/{}", person.id);
    app.put_as(&lena, &member(&marta), Value::Null).await.expect(200);
    app.send_message(&lena, &group, "Welcome").await;
    app.delete_as(&lena, &member(&marta)).await.expect(204);
    app.put_as(&lena, &member(&marta), Value::Null).await.expect(200);
    assert_eq!(
        app.get_as(&marta, &format!("/conversations/{group}/messages")).await.expect(200).at("/data"),
        json!([])
    );
}

#[both_databases]
async fn the_longest_member_inherits_a_group(app: App) {
    let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
    let group = group_of_two(&app, &lena, &tom, &marta).await;
    let member = |person: &Person| format!("/conversations/{group}/members/{}", person.id);
    app.put_as(&lena, &member(&marta), Value::Null).await.expect(200);
    app.delete_as(&lena, &member(&lena)).await.expect(204);
    let left = app.get_as(&tom, &format!("/conversations/{group}")).await.expect(200);
    assert_eq!((left.at("/members/0/user/id"), left.at("/members/0/isOwner")), (json!(tom.id), json!(true)));
}

#[both_databases]
async fn only_the_owner_renames_a_group(app: App) {
    let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
    let group = group_of_two(&app, &lena, &tom, &marta).await;
    let member = |person: &Person| format!("/conversations/{group}/members/{}", person.id);
    app.put_as(&lena, &member(&marta), Value::Null).await.expect(200);
    let path = format!("/conversations/{group}");
    app.patch_as(&marta, &path, "*", json!({ "title": "Mine" })).await.expect_problem(403, "forbidden");
    app.patch_as(&lena, &path, "\"99\"", json!({ "title": "Old" }))
        .await
        .expect_problem(412, "precondition_failed");
    let tag = app.get_as(&lena, &path).await.header("etag").to_owned();
    let renamed =
        app.patch_as(&lena, &path, &tag, json!({ "title": "Sunday\u{202e} walkers" })).await.expect(200);
    assert_eq!(renamed.at("/title"), "Sunday walkers");
}

#[both_databases]
async fn a_direct_conversation_has_fixed_members(app: App) {
    let (lena, tom, marta) = (app.learner().await, app.learner().await, app.learner().await);
    let conversation = app.conversation_between(&lena, &tom).await;
    let path = format!("/conversations/{conversation}");
    app.patch_as(&lena, &path, "*", json!({ "title": "x" })).await.expect_problem(409, "direct_conversation");
    for person in [&marta, &tom, &lena] {
        let member = format!("{path}/members/{}", person.id);
        app.put_as(&lena, &member, Value::Null).await.expect_problem(409, "direct_conversation");
        app.delete_as(&lena, &member).await.expect_problem(409, "direct_conversation");
    }
    app.get_as(&marta, &path).await.expect_problem(404, "not_found");
    let admin = app.admin().await;
    // Nobody reads along.
    for path in [path.clone(), format!("{path}/messages")] {
        app.get_as(&admin, &path).await.expect_problem(404, "not_found");
    }
}

#[both_databases]
async fn a_group_has_at_most_32_members(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({})).await;
    let mut learners = Vec::new();
    for _ in 0..32 {
        let learner = app.learner().await;
        app.post_empty_as(&learner, &format!("/courses/{course}/enroll")).await.expect(201);
        learners.push(learner);
    }
    let most: Vec<&Person> = learners.iter().take(31).collect();
    let group = app.create_group_as(&elena, &most).await.expect(201);
    assert_eq!(group.at("/members").as_array().unwrap().len(), 32);
    let one_more = format!("/conversations/{}/members/{}", group.text_at("/id"), learners[31].id);
    app.put_as(&elena, &one_more, Value::Null).await.expect_problem(409, "list_full");
}
