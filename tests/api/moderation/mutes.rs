//! `/moderation/mutes`.

use chrono::Duration;
use community::mute;
use database::Tx;
use kernel::{Code, CourseId, Role, Uuid};
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, PASSWORD, Person,
    community::{actor, course_with_learner, create_comment, create_post, submit_comment, submit_post, uuid},
};

#[both_databases]
async fn a_muted_member_cannot_write(app: App) {
    let (admin, elena, other, lena) = (
        app.admin().await,
        app.trainer().await,
        app.trainer().await,
        app.learner().await,
    );
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    let on = format!("/lessons/{lesson}");
    let comment = create_comment(&app, &lena, &on, "Hello", None).await;
    let (who, place) = (uuid(&lena.id).into(), Some(uuid(&course).into()));
    let impose = |by: &Person, role: Role, place: Option<CourseId>, hours: Option<i64>| {
        let (db, by) = (app.db.clone(), actor(by, role));
        async move {
            let work = move |tx: Tx| async move {
                let ends_at = hours.map(|hours| tx.now() + Duration::hours(hours));
                mute::impose(&tx, who, place, ends_at, Some("Rude".to_owned()))
                    .await
                    .map(drop)
            };
            db.run(by, work).await
        }
    };
    assert_eq!(
        impose(&lena, Role::User, place, None).await.unwrap_err().code(),
        Code::Forbidden
    );
    assert!(impose(&other, Role::Trainer, place, None).await.is_err());
    assert_eq!(
        impose(&elena, Role::Trainer, None, None)
            .await
            .unwrap_err()
            .code(),
        Code::Forbidden
    );
    impose(&elena, Role::Trainer, place, Some(1)).await.unwrap();
    let refused = submit_comment(&app, &lena, &on, "Hello", None)
        .await
        .expect_problem(403, "muted");
    assert!((3590..=3601).contains(&refused.header("retry-after").parse::<i64>().unwrap()));
    app.patch_as(
        &lena,
        &format!("/comments/{comment}"),
        "*",
        json!({ "content": "Rude" }),
    )
    .await
    .expect_problem(403, "muted");
    submit_post(&app, &lena, json!({ "courseId": course }))
        .await
        .expect_problem(403, "muted");
    create_post(&app, &lena, json!({})).await;
    app.clock.advance(Duration::minutes(61));
    let lena = app.login(&lena.email, PASSWORD).await;
    create_comment(&app, &lena, &on, "Sorry", None).await;
    // Everywhere, without an end; then lifted.
    impose(&admin, Role::Admin, None, None).await.unwrap();
    for refused in [
        submit_comment(&app, &lena, &on, "Hello", None).await,
        submit_post(&app, &lena, json!({})).await,
    ] {
        assert_eq!(refused.expect_problem(403, "muted").header("retry-after"), "");
    }
    let (admin, elena, other) = (
        app.login(&admin.email, PASSWORD).await,
        app.login(&elena.email, PASSWORD).await,
        app.login(&other.email, PASSWORD).await,
    );
    // What has ended is in no list; the mute of the school is its admins' alone.
    assert_eq!(
        app.get_as(&elena, "/moderation/mutes")
            .await
            .expect(200)
            .at("/data"),
        json!([])
    );
    app.get_as(&lena, "/moderation/mutes")
        .await
        .expect_problem(403, "forbidden");
    let mutes = app
        .get_as(&admin, &format!("/moderation/mutes?userId={}", lena.id))
        .await
        .expect(200);
    assert_eq!(mutes.at("/data").as_array().unwrap().len(), 1);
    assert_eq!(
        (
            mutes.at("/data/0/user/id"),
            mutes.at("/data/0/courseId"),
            mutes.at("/data/0/endsAt")
        ),
        (json!(lena.id), json!(null), json!(null))
    );
    assert_eq!(
        (mutes.at("/data/0/reason"), mutes.at("/data/0/imposedBy")),
        (json!("Rude"), json!(admin.id))
    );
    let path = format!("/moderation/mutes/{}", mutes.text_at("/data/0/id"));
    app.delete_as(&lena, &path).await.expect_problem(403, "forbidden");
    app.delete_as(&elena, &path)
        .await
        .expect_problem(404, "not_found");
    for _ in 0..2 {
        app.delete_as(&admin, &path).await.expect(204);
    }
    create_comment(&app, &lena, &on, "Hello", None).await;
    assert_eq!(
        app.get_as(&admin, "/moderation/mutes")
            .await
            .expect(200)
            .at("/data"),
        json!([])
    );
    assert_eq!(
        app.count("SELECT count(*) FROM audit_log WHERE action = 'community.unmuted'")
            .await,
        1
    );
    // In a course its editors see and lift them, and those of other courses do not.
    impose(&elena, Role::Trainer, place, Some(1)).await.unwrap();
    assert_eq!(
        app.get_as(&other, "/moderation/mutes")
            .await
            .expect(200)
            .at("/data"),
        json!([])
    );
    let mutes = app
        .get_as(&elena, &format!("/moderation/mutes?courseId={course}"))
        .await
        .expect(200);
    let path = format!("/moderation/mutes/{}", mutes.text_at("/data/0/id"));
    app.delete_as(&other, &path)
        .await
        .expect_problem(404, "not_found");
    submit_comment(&app, &lena, &on, "Hello", None)
        .await
        .expect_problem(403, "muted");
    app.delete_as(&elena, &path).await.expect(204);
    create_comment(&app, &lena, &on, "Hello", None).await;
}
