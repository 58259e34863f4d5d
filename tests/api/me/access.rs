//! `GET /me/access/courses/{course}`: the explanation of access.

use chrono::Duration;
use database::Tx;
use enrollment::{AccessScope, PurchaseState};
use kernel::{Actor, Role};
use serde_json::{Value, json};
use test_macros::both_databases;
use uuid::Uuid;

use crate::support::{
    App, Person,
    grants::{grant, json_time, let_time_pass, report_purchase},
};

/// A discounted course with a free preview and a chapter that is for sale.
struct Outline {
    elena: Person,
    lena: Person,
    course: String,
    free: String,
    paid: String,
    preview: String,
    locked: String,
}

impl Outline {
    async fn create(app: &App) -> Self {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let course = app.draft(&elena, json!({ "price": { "amount": 4900, "currency": "USD" }, "discountPrice": { "amount": 3900, "currency": "USD" } })).await;
        let (free, paid) =
            (app.chapter(&elena, &course, true).await, app.chapter(&elena, &course, false).await);
        let (preview, locked) = (app.lesson(&elena, &free).await, app.lesson(&elena, &paid).await);
        let body = json!({ "title": "A draft", "content": "<p>x</p>" });
        app.post_as(&elena, &format!("/chapters/{paid}/lessons"), body).await.expect(201);
        for chapter in [&free, &paid] {
            app.post_empty_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
        }
        app.post_empty_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
        Self { elena, lena, course, free, paid, preview, locked }
    }

    /// What an explanation says about its two published lessons.
    fn lessons(&self, first: (bool, &str), second: (bool, &str)) -> Value {
        json!([
            { "lessonId": self.preview, "chapterId": self.free, "allowed": first.0, "reason": first.1 },
            { "lessonId": self.locked, "chapterId": self.paid, "allowed": second.0, "reason": second.1 },
        ])
    }
}

#[both_databases]
async fn access_follows_the_payment(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let price = json!({ "price": { "amount": 4900, "currency": "USD" } });
    let (course, _, lessons) = app.course(&elena, price).await;
    let path = format!("/lessons/{}", lessons[0]);
    app.put_as(&lena, &format!("/me/wishlist/{course}"), json!(null)).await.expect(200);
    let payment = app.db.environment().new_id::<kernel::Uuid>();
    let steps = [
        (PurchaseState::Suspended, Some("grant_suspended")),
        (PurchaseState::Active, None),
        (PurchaseState::Refunded, Some("grant_refunded")),
        (PurchaseState::Ended, Some("grant_revoked")),
        (PurchaseState::Active, None),
    ];
    for (standing, code) in steps {
        for _ in 0..2 {
            report_purchase(&app, &lena, &course, payment, standing).await;
            let read = app.get_as(&lena, &path).await;
            let explanation = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
            match code {
                None => drop(read.expect(200)),
                Some(code) => {
                    read.expect_problem(403, code);
                    assert_eq!(explanation.at("/reason"), code);
                }
            }
            assert_eq!(explanation.at("/allowed"), code.is_none());
            assert_eq!(explanation.at("/grants/0/sourceId"), json!(payment));
        }
    }
    let explanation = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
    let statuses: Vec<Value> = explanation
        .at("/grants/0/events")
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["status"].clone())
        .collect();
    // Each event was delivered twice and recorded once.
    assert_eq!(json!(statuses), json!(["SUSPENDED", "ACTIVE", "REFUNDED", "ENDED", "ACTIVE"]));
    assert_eq!(explanation.at("/grants/0/events/0/actorId"), json!(null));
    assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data").as_array().unwrap().len(), 1);
    assert_eq!(app.get_as(&lena, "/me/wishlist").await.at("/data"), json!([]));
    let id = explanation.text_at("/grants/0/id");
    app.post_as(&elena, &format!("/grants/{id}/revoke"), json!({}))
        .await
        .expect_problem(409, "grant_not_changeable");
    app.post_as(&elena, &format!("/grants/{id}/extend"), json!({ "endsAt": null }))
        .await
        .expect_problem(409, "grant_not_changeable");
}

#[both_databases]
async fn of_eight_concurrent_payment_events_one_creates_the_grant(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    let payment = app.db.environment().new_id::<kernel::Uuid>();
    futures_util::future::join_all(
        (0..8).map(|_| report_purchase(&app, &lena, &course, payment, PurchaseState::Active)),
    )
    .await;
    let explanation = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
    assert_eq!(explanation.at("/grants").as_array().unwrap().len(), 1);
    assert_eq!(explanation.at("/grants/0/events").as_array().unwrap().len(), 1);
}

#[both_databases]
async fn one_active_grant_suffices_and_the_last_ended_explains(app: App) {
    let (mut elena, mut lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) =
        app.course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    let path = format!("/lessons/{}", lessons[0]);
    let (now, payment) = (app.db.environment().now(), app.db.environment().new_id::<kernel::Uuid>());
    let manual = grant(&app, &elena, &course, &lena, json!({ "endsAt": json_time(now + Duration::days(3)) }))
        .await
        .expect(201)
        .text_at("/id");
    report_purchase(&app, &lena, &course, payment, PurchaseState::Active).await;
    assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data/0/expiresAt"), json!(null));
    report_purchase(&app, &lena, &course, payment, PurchaseState::Refunded).await;
    // The refund of one leaves the other.
    let explanation = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
    assert_eq!(
        (explanation.at("/grantId"), explanation.at("/until")),
        (json!(manual), json!(json_time(now + Duration::days(3))))
    );
    let_time_pass(&app, Duration::days(4), &mut [&mut elena, &mut lena]).await;
    app.get_as(&lena, &path).await.expect_problem(403, "grant_expired");
    let again = app.db.environment().new_id::<kernel::Uuid>();
    report_purchase(&app, &lena, &course, again, PurchaseState::Active).await;
    app.get_as(&lena, &path).await.expect(200);
    report_purchase(&app, &lena, &course, again, PurchaseState::Suspended).await;
    app.get_as(&lena, &path).await.expect_problem(403, "grant_suspended");
    let explanation = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
    assert_eq!(
        (explanation.at("/grants").as_array().unwrap().len(), explanation.at("/unlock/kind")),
        (3, json!("ASK_TRAINER"))
    );
    app.post_as(&elena, &format!("/grants/{manual}/revoke"), json!({})).await.expect(200);
    app.get_as(&lena, &path).await.expect_problem(403, "grant_revoked");
}

#[both_databases]
async fn the_explanation_needs_an_account_and_a_published_course(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let draft = app.draft(&elena, json!({})).await;
    let (course, ..) = app.course(&elena, json!({})).await;
    app.get_as(&lena, &format!("/me/access/courses/{draft}")).await.expect_problem(404, "not_found");
    app.get(&format!("/me/access/courses/{course}")).await.expect_problem(401, "unauthenticated");
}

#[both_databases]
async fn the_explanation_names_every_lesson(app: App) {
    let outline = Outline::create(&app).await;
    let Outline { elena, lena, course, .. } = &outline;
    let access = format!("/me/access/courses/{course}");
    let map = |first, second| outline.lessons(first, second);
    let explanation = app.get_as(lena, &access).await.expect(200);
    assert_eq!(explanation.at("/lessons"), map((true, "free_preview"), (false, "not_granted")));
    assert_eq!(
        explanation.at("/unlock"),
        json!({ "kind": "BUY", "price": { "amount": 3900, "currency": "USD" } })
    );
    assert_eq!(
        (explanation.at("/grants"), explanation.at("/grantId"), explanation.at("/until")),
        (json!([]), json!(null), json!(null))
    );
    assert_eq!(app.get_as(elena, &access).await.at("/lessons"), map((true, "staff"), (true, "staff")));
    report_purchase(&app, lena, course, app.db.environment().new_id::<kernel::Uuid>(), PurchaseState::Active)
        .await;
    assert_eq!(
        app.get_as(lena, &access).await.at("/lessons"),
        map((true, "free_preview"), (true, "granted"))
    );
}

#[both_databases]
async fn reading_a_lesson_agrees_with_the_explanation(app: App) {
    let Outline { lena, course, preview, locked, .. } = Outline::create(&app).await;
    report_purchase(
        &app,
        &lena,
        &course,
        app.db.environment().new_id::<kernel::Uuid>(),
        PurchaseState::Active,
    )
    .await;
    for (lesson, reason) in [(&preview, "free_preview"), (&locked, "granted")] {
        assert_eq!(
            app.get_as(&lena, &format!("/lessons/{lesson}")).await.expect(200).at("/access/reason"),
            reason
        );
    }
}

#[both_databases]
async fn an_admin_explains_the_access_of_anybody(app: App) {
    let admin = app.admin().await;
    let Outline { elena, lena, course, .. } = Outline::create(&app).await;
    report_purchase(
        &app,
        &lena,
        &course,
        app.db.environment().new_id::<kernel::Uuid>(),
        PurchaseState::Active,
    )
    .await;
    let of = |who: &str| format!("/admin/users/{who}/access/courses/{course}");
    app.get_as(&elena, &of(&lena.id)).await.expect_problem(403, "forbidden");
    let now = app.get_as(&admin, &of(&lena.id)).await.expect(200);
    assert_eq!((now.at("/allowed"), now.at("/userId")), (json!(true), json!(lena.id)));
    assert_eq!(app.get_as(&admin, &of(&elena.id)).await.expect(200).at("/reason"), "staff");
    app.get_as(&admin, &of("0198c0de-0000-7000-8000-000000000001")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn an_admin_explains_access_at_any_instant(app: App) {
    let admin = app.admin().await;
    let Outline { lena, course, .. } = Outline::create(&app).await;
    let before = app.db.environment().now();
    report_purchase(
        &app,
        &lena,
        &course,
        app.db.environment().new_id::<kernel::Uuid>(),
        PurchaseState::Active,
    )
    .await;
    let of = |who: &str| format!("/admin/users/{who}/access/courses/{course}");
    let then = app.get_as(&admin, &format!("{}?at={}", of(&lena.id), json_time(before))).await.expect(200);
    assert_eq!(
        (then.at("/reason"), then.at("/grants"), then.at("/at")),
        (json!("not_granted"), json!([]), json!(json_time(before)))
    );
    for at in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
        app.get_as(&admin, &format!("{}?at={at}", of(&lena.id))).await.expect(200);
    }
    app.get_as(&admin, &format!("{}?at=yesterday", of(&lena.id)))
        .await
        .expect_problem(422, "validation_failed");
}

#[both_databases]
async fn the_explanation_of_a_hidden_course_allows_nothing(app: App) {
    let admin = app.admin().await;
    let Outline { elena, lena, course, .. } = Outline::create(&app).await;
    report_purchase(
        &app,
        &lena,
        &course,
        app.db.environment().new_id::<kernel::Uuid>(),
        PurchaseState::Active,
    )
    .await;
    let of = |who: &str| format!("/admin/users/{who}/access/courses/{course}");
    app.post_empty_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
    let hidden = app.get_as(&admin, &of(&lena.id)).await.expect(200);
    assert_eq!(
        (hidden.at("/reason"), hidden.at("/allowed"), hidden.at("/lessons/0/reason")),
        (json!("not_published"), json!(false), json!("not_published"))
    );
}

#[both_databases]
async fn an_access_decision_takes_one_statement(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let place = AccessScope { course_id: course.parse().unwrap(), is_free: false, staff: false };
    let actor = Actor::User { id: lena.id.parse().unwrap(), role: Role::User, session: Uuid::nil().into() };
    let decide = async || {
        let work = move |tx: Tx| async move { enrollment::decide(&tx, place).await };
        app.db.read(actor, work).await.unwrap();
    };
    assert_eq!(app.count_statements(decide).await, 1);
    for path in [format!("/lessons/{}", lessons[0]), format!("/me/access/courses/{course}")] {
        let read = async || drop(app.get_as(&lena, &path).await.expect(200));
        assert_eq!(app.count_statements(read).await, 3, "{path}");
    }
}

#[both_databases]
async fn the_document_of_an_explanation(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = app.course_with_learners(&elena, &[&lena]).await;
    let explanation = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
    insta::assert_json_snapshot!("access", explanation.document());
}

#[both_databases]
async fn an_enrollment_says_whether_and_until_when_there_is_access(app: App) {
    let (mut elena, mut lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    let end = app.db.environment().now() + Duration::days(3);
    let listed = async |lena: &Person| {
        let list = app.get_as(lena, "/me/enrollments").await.expect(200);
        [list.at("/data/0/isActive"), list.at("/data/0/expiresAt"), list.at("/data/0/accessEndedAt")]
    };
    let id = grant(&app, &elena, &course, &lena, json!({ "endsAt": json_time(end) }))
        .await
        .expect(201)
        .text_at("/id");
    assert_eq!(listed(&lena).await, [json!(true), json!(json_time(end)), Value::Null]);
    // It has run out.
    let_time_pass(&app, Duration::days(4), &mut [&mut elena, &mut lena]).await;
    let ended = [json!(false), json!(json_time(end)), json!(json_time(end))];
    assert_eq!(listed(&lena).await, ended);
    // It has begun again, and has no end.
    app.post_as(&elena, &format!("/grants/{id}/extend"), json!({ "endsAt": null })).await.expect(200);
    assert_eq!(listed(&lena).await, [json!(true), Value::Null, Value::Null]);
    // It was taken away.
    let_time_pass(&app, Duration::days(1), &mut [&mut elena, &mut lena]).await;
    let revocation = json!({ "reason": "Moved away" });
    let revoked = app.post_as(&elena, &format!("/grants/{id}/revoke"), revocation).await.expect(200);
    let end = revoked.at("/statusChangedAt");
    assert_eq!(listed(&lena).await, [json!(false), end.clone(), end]);
}
