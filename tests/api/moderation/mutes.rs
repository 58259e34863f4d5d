//! `/moderation/mutes`.

use chrono::Duration;
use database::Tx;
use kernel::{Code, Role, Uuid};
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, PASSWORD, Person,
    community::{actor, course_with_learner, create_comment, create_post, submit_comment, submit_post, uuid},
};

/// Mutes somebody in a course, or everywhere, for some hours or without an end.
async fn mute(
    app: &App,
    by: &Person,
    role: Role,
    whom: &Person,
    course: Option<Uuid>,
    hours: Option<i64>,
) -> kernel::Result<()> {
    let whom = uuid(&whom.id).into();
    let course = course.map(Into::into);
    let work = move |tx: Tx| async move {
        let ends_at = hours.map(|hours| tx.now() + Duration::hours(hours));
        community::mute::impose(&tx, whom, course, ends_at, Some("Rude".to_owned())).await.map(drop)
    };
    app.db.run(actor(by, role), work).await
}

#[both_databases]
async fn only_moderators_mute(app: App) {
    let (elena, other, lena) = (app.trainer().await, app.trainer().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    let place = Some(uuid(&course));
    let impose = async |by: &Person, role: Role, place: Option<Uuid>, hours: Option<i64>| {
        mute(&app, by, role, &lena, place, hours).await
    };
    assert_eq!(impose(&lena, Role::User, place, None).await.unwrap_err().code(), Code::Forbidden);
    assert!(impose(&other, Role::Trainer, place, None).await.is_err());
    assert_eq!(impose(&elena, Role::Trainer, None, None).await.unwrap_err().code(), Code::Forbidden);
}

#[both_databases]
async fn a_member_muted_in_a_course_cannot_write_there_until_it_ends(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    let on = format!("/lessons/{lesson}");
    let comment = create_comment(&app, &lena, &on, "Hello", None).await;
    mute(&app, &elena, Role::Trainer, &lena, Some(uuid(&course)), Some(1)).await.unwrap();
    let refused = submit_comment(&app, &lena, &on, "Hello", None).await.expect_problem(403, "muted");
    assert!((3590..=3601).contains(&refused.header("retry-after").parse::<i64>().unwrap()));
    app.patch_as(&lena, &format!("/comments/{comment}"), "*", json!({ "content": "Rude" }))
        .await
        .expect_problem(403, "muted");
    submit_post(&app, &lena, json!({ "courseId": course })).await.expect_problem(403, "muted");
    create_post(&app, &lena, json!({})).await;
    app.clock.advance(Duration::minutes(61));
    let lena = app.login(&lena.email, PASSWORD).await;
    create_comment(&app, &lena, &on, "Sorry", None).await;
}

#[both_databases]
async fn a_member_muted_everywhere_cannot_write(app: App) {
    let admin = app.admin().await;
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (_, lesson) = course_with_learner(&app, &elena, &lena).await;
    let on = format!("/lessons/{lesson}");
    mute(&app, &admin, Role::Admin, &lena, None, None).await.unwrap();
    for refused in
        [submit_comment(&app, &lena, &on, "Hello", None).await, submit_post(&app, &lena, json!({})).await]
    {
        assert_eq!(refused.expect_problem(403, "muted").header("retry-after"), "");
    }
}

#[both_databases]
async fn the_mutes_of_the_school_are_visible_to_admins_only(app: App) {
    let (admin, elena, lena) = (app.admin().await, app.trainer().await, app.learner().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    let on = format!("/lessons/{lesson}");
    // One that has ended is in no list.
    mute(&app, &elena, Role::Trainer, &lena, Some(uuid(&course)), Some(1)).await.unwrap();
    app.clock.advance(Duration::minutes(61));
    let (admin, elena, lena) = (
        app.login(&admin.email, PASSWORD).await,
        app.login(&elena.email, PASSWORD).await,
        app.login(&lena.email, PASSWORD).await,
    );
    mute(&app, &admin, Role::Admin, &lena, None, None).await.unwrap();
    assert_eq!(app.get_as(&elena, "/moderation/mutes").await.expect(200).at("/data"), json!([]));
    app.get_as(&lena, "/moderation/mutes").await.expect_problem(403, "forbidden");
    let mutes = app.get_as(&admin, &format!("/moderation/mutes?userId={}", lena.id)).await.expect(200);
    assert_eq!(mutes.at("/data").as_array().unwrap().len(), 1);
    assert_eq!(
        (mutes.at("/data/0/user/id"), mutes.at("/data/0/courseId"), mutes.at("/data/0/endsAt")),
        (json!(lena.id), json!(null), json!(null))
    );
    assert_eq!((mutes.at("/data/0/reason"), mutes.at("/data/0/imposedBy")), (json!("Rude"), json!(admin.id)));
    let path = format!("/moderation/mutes/{}", mutes.text_at("/data/0/id"));
    app.delete_as(&lena, &path).await.expect_problem(403, "forbidden");
    app.delete_as(&elena, &path).await.expect_problem(404, "not_found");
    for _ in 0..2 {
        app.delete_as(&admin, &path).await.expect(204);
    }
    create_comment(&app, &lena, &on, "Hello", None).await;
    assert_eq!(app.get_as(&admin, "/moderation/mutes").await.expect(200).at("/data"), json!([]));
    assert_eq!(app.count("SELECT count(*) FROM audit_log WHERE action = 'community.unmuted'").await, 1);
}

#[both_databases]
async fn the_mutes_of_a_course_are_lifted_by_its_editors(app: App) {
    let other = app.trainer().await;
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    let on = format!("/lessons/{lesson}");
    mute(&app, &elena, Role::Trainer, &lena, Some(uuid(&course)), Some(1)).await.unwrap();
    assert_eq!(app.get_as(&other, "/moderation/mutes").await.expect(200).at("/data"), json!([]));
    let mutes = app.get_as(&elena, &format!("/moderation/mutes?courseId={course}")).await.expect(200);
    let path = format!("/moderation/mutes/{}", mutes.text_at("/data/0/id"));
    app.delete_as(&other, &path).await.expect_problem(404, "not_found");
    submit_comment(&app, &lena, &on, "Hello", None).await.expect_problem(403, "muted");
    app.delete_as(&elena, &path).await.expect(204);
    create_comment(&app, &lena, &on, "Hello", None).await;
}
