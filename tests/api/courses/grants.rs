//! `/courses/{course}/grants` and `/grants`: access given by hand.

use chrono::{DateTime, Duration, Utc};
use database::Tx;
use kernel::Actor;
use sea_orm::ConnectionTrait;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, Person, eventually,
    grants::{grant, json_time, let_time_pass},
};

#[both_databases]
async fn a_trainer_grants_extends_and_revokes_access(app: App) {
    let (mut elena, mut lena, tom, other) = (
        app.trainer().await,
        app.learner().await,
        app.learner().await,
        app.trainer().await,
    );
    let (course, _, lessons) = app
        .course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } }))
        .await;
    let (path, access) = (
        format!("/lessons/{}", lessons[0]),
        format!("/me/access/courses/{course}"),
    );
    app.put_as(&lena, &format!("/me/wishlist/{course}"), json!(null))
        .await
        .expect(200);
    let end = app.db.environment().now() + Duration::days(7);
    let made = grant(
        &app,
        &elena,
        &course,
        &lena,
        json!({ "endsAt": json_time(end), "reason": "Won the challenge" }),
    )
    .await
    .expect(201);
    let id = made.text_at("/id");
    assert_eq!(made.header("location"), format!("/api/v1/grants/{id}"));
    assert_eq!(
        (made.at("/source"), made.at("/sourceId"), made.at("/isActive")),
        (json!("MANUAL"), json!(null), json!(true))
    );
    assert_eq!(
        (made.at("/endsAt"), made.at("/statusReason")),
        (json!(json_time(end)), json!("Won the challenge"))
    );
    assert_eq!(
        (made.at("/events/0/actorId"), made.at("/events/0/status")),
        (json!(elena.id), json!("ACTIVE"))
    );
    assert_eq!(
        app.get_as(&lena, &path).await.expect(200).at("/access/grantId"),
        json!(id)
    );
    assert_eq!(
        app.get_as(&lena, "/me/enrollments").await.at("/data/0/expiresAt"),
        json!(json_time(end))
    );
    eventually("the wish's end", || async {
        let wishes = app.get_as(&lena, "/me/wishlist").await.at("/data");
        (wishes == json!([])).then_some(())
    })
    .await;
    // Who may look at it, and who may change it.
    let one = format!("/grants/{id}");
    for (who, status) in [(&lena, 200), (&elena, 200), (&tom, 404), (&other, 404)] {
        app.get_as(who, &one).await.expect(status);
    }
    app.post_as(&lena, &format!("{one}/revoke"), json!({}))
        .await
        .expect_problem(403, "forbidden");
    for (what, body) in [("revoke", json!({})), ("extend", json!({ "endsAt": null }))] {
        app.post_as(&tom, &format!("{one}/{what}"), body.clone())
            .await
            .expect_problem(404, "not_found");
        app.post_as(&other, &format!("{one}/{what}"), body)
            .await
            .expect_problem(404, "not_found");
    }
    // An extension ends later than before, and than now.
    let extend = |who: &Person, at: Option<DateTime<Utc>>| {
        let (who, one) = (who.clone(), one.clone());
        let app = &app;
        async move {
            app.post_as(
                &who,
                &format!("{one}/extend"),
                json!({ "endsAt": at.map(json_time) }),
            )
            .await
        }
    };
    assert_eq!(
        extend(&elena, Some(end - Duration::days(1)))
            .await
            .expect_problem(422, "validation_failed")
            .errors(),
        ["/endsAt not_later"]
    );
    assert_eq!(
        extend(&elena, Some(end))
            .await
            .expect(200)
            .at("/events")
            .as_array()
            .unwrap()
            .len(),
        1
    );
    app.post_as(&elena, &format!("{one}/extend"), json!({}))
        .await
        .expect_problem(422, "validation_failed");
    let_time_pass(&app, Duration::days(8), &mut [&mut elena, &mut lena]).await;
    app.get_as(&lena, &path)
        .await
        .expect_problem(403, "grant_expired");
    let told = app.get_as(&lena, &access).await.expect(200);
    assert_eq!(
        (
            told.at("/allowed"),
            told.at("/reason"),
            told.at("/grants/0/isActive")
        ),
        (json!(false), json!("grant_expired"), json!(false))
    );
    assert_eq!(
        told.at("/unlock"),
        json!({ "kind": "BUY", "price": { "amount": 4900, "currency": "USD" } })
    );
    // Later than before, but over by now.
    extend(&elena, Some(end + Duration::hours(1)))
        .await
        .expect_problem(422, "validation_failed");
    let longer = end + Duration::days(30);
    assert_eq!(
        extend(&elena, Some(longer)).await.expect(200).at("/isActive"),
        true
    );
    assert_eq!(
        app.get_as(&lena, &path).await.expect(200).at("/access/expiresAt"),
        json!(json_time(longer))
    );
    assert_eq!(extend(&elena, None).await.expect(200).at("/endsAt"), json!(null));
    extend(&elena, Some(longer))
        .await
        .expect_problem(422, "validation_failed");
    // Taken away once, for good.
    for reason in ["Given by mistake", "Again"] {
        let taken = app
            .post_as(&elena, &format!("{one}/revoke"), json!({ "reason": reason }))
            .await
            .expect(200);
        assert_eq!(
            (taken.at("/status"), taken.at("/statusReason")),
            (json!("REVOKED"), json!("Given by mistake"))
        );
        assert_eq!(taken.at("/events").as_array().unwrap().len(), 4);
    }
    extend(&elena, None)
        .await
        .expect_problem(409, "grant_not_changeable");
    app.get_as(&lena, &path)
        .await
        .expect_problem(403, "grant_revoked");
    // A new one by hand is another grant.
    let again = grant(&app, &elena, &course, &lena, json!({})).await.expect(201);
    assert_ne!(again.text_at("/id"), id);
    app.get_as(&lena, &path).await.expect(200);
    assert_eq!(
        app.get_as(&lena, "/me/enrollments")
            .await
            .at("/data")
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let sql = "SELECT action, count(*) AS n FROM audit_log WHERE action LIKE 'grant.%' GROUP BY action ORDER BY action";
    let read = move |tx: Tx| async move {
        tx.query_all_raw(tx.statement(sql, []))
            .await
            .map_err(::database::from_db)
    };
    let rows = app.db.read(Actor::System, read).await.unwrap();
    let rows: Vec<(String, i64)> = rows
        .iter()
        .map(|row| (row.try_get("", "action").unwrap(), row.try_get("", "n").unwrap()))
        .collect();
    assert_eq!(
        rows,
        [
            ("grant.created".to_owned(), 2),
            ("grant.extended".to_owned(), 2),
            ("grant.revoked".to_owned(), 1)
        ]
    );
}

#[both_databases]
async fn an_invalid_grant_is_refused_with_its_reason(app: App) {
    let (elena, lena, other, admin) = (
        app.trainer().await,
        app.learner().await,
        app.trainer().await,
        app.admin().await,
    );
    let (course, ..) = app.course(&elena, json!({})).await;
    grant(&app, &other, &course, &lena, json!({}))
        .await
        .expect_problem(404, "not_found");
    grant(&app, &lena, &course, &lena, json!({}))
        .await
        .expect_problem(404, "not_found");
    app.get_as(&other, &format!("/courses/{course}/grants"))
        .await
        .expect_problem(404, "not_found");
    grant(&app, &elena, &course, &elena, json!({}))
        .await
        .expect_problem(409, "own_course");
    grant(&app, &admin, &course, &elena, json!({}))
        .await
        .expect_problem(409, "own_course");
    grant(&app, &elena, &course, &admin, json!({}))
        .await
        .expect_problem(409, "own_course");
    app.put_as(
        &elena,
        &format!("/courses/{course}/trainers/{}", other.id),
        json!(null),
    )
    .await
    .expect(200);
    grant(&app, &elena, &course, &other, json!({}))
        .await
        .expect_problem(409, "own_course");
    // An editor edits; whom to let in, the owner decides.
    grant(&app, &other, &course, &lena, json!({}))
        .await
        .expect_problem(404, "not_found");
    let path = format!("/courses/{course}/grants");
    let nobody = json!({ "userId": "0198c0de-0000-7000-8000-000000000001" });
    assert_eq!(
        app.post_as(&elena, &path, nobody)
            .await
            .expect_problem(422, "validation_failed")
            .errors(),
        ["/userId unknown_user"]
    );
    let now = app.db.environment().now();
    for body in [
        json!({ "endsAt": json_time(now - Duration::hours(1)) }),
        json!({ "startsAt": json_time(now + Duration::days(2)), "endsAt": json_time(now + Duration::days(1)) }),
    ] {
        assert_eq!(
            grant(&app, &elena, &course, &lena, body)
                .await
                .expect_problem(422, "validation_failed")
                .errors(),
            ["/endsAt not_later"]
        );
    }
    // In the year 10000, by the clock that counts.
    let beyond = json!({ "endsAt": "9999-12-31T23:59:59-10:00" });
    assert_eq!(
        grant(&app, &elena, &course, &lena, beyond)
            .await
            .expect_problem(422, "validation_failed")
            .errors(),
        ["/endsAt bad_format"]
    );
    grant(&app, &elena, &course, &lena, json!({ "source": "PURCHASE" }))
        .await
        .expect_problem(422, "validation_failed");
    // A draft can be shown to somebody; they see it once it is published.
    let draft = app.draft(&elena, json!({})).await;
    let made = grant(
        &app,
        &elena,
        &draft,
        &lena,
        json!({ "startsAt": "1969-01-01T00:00:00Z", "endsAt": "9999-12-31T23:59:59Z" }),
    )
    .await
    .expect(201);
    assert!(made.text_at("/startsAt") >= json_time(now));
    assert_eq!(made.text_at("/endsAt"), "9999-12-31T23:59:59Z");
    app.get_as(&lena, &format!("/me/access/courses/{draft}"))
        .await
        .expect_problem(404, "not_found");
    app.get_as(&lena, &format!("/grants/{}", made.text_at("/id")))
        .await
        .expect(200);
}

#[both_databases]
async fn of_eight_concurrent_grants_one_is_created(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let replies =
        futures_util::future::join_all((0..8).map(|_| grant(&app, &elena, &course, &lena, json!({})))).await;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    grant(&app, &elena, &course, &lena, json!({}))
        .await
        .expect_problem(409, "already_granted");
}

#[both_databases]
async fn a_grant_starts_at_its_start(app: App) {
    let (elena, mut lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = app
        .course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } }))
        .await;
    let start = app.db.environment().now() + Duration::days(1);
    let made = grant(
        &app,
        &elena,
        &course,
        &lena,
        json!({ "startsAt": json_time(start) }),
    )
    .await
    .expect(201);
    assert_eq!(
        (made.at("/status"), made.at("/isActive")),
        (json!("ACTIVE"), json!(false))
    );
    // It has not ended either.
    grant(&app, &elena, &course, &lena, json!({}))
        .await
        .expect_problem(409, "already_granted");
    let path = format!("/lessons/{}", lessons[0]);
    app.get_as(&lena, &path).await.expect_problem(403, "not_granted");
    let_time_pass(&app, Duration::hours(25), &mut [&mut lena]).await;
    app.get_as(&lena, &path).await.expect(200);
}

#[both_databases]
async fn grants_are_listed_in_pages(app: App) {
    let (elena, admin) = (app.trainer().await, app.admin().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let path = format!("/courses/{course}/grants");
    let mut made = Vec::new();
    for _ in 0..5 {
        let learner = app.learner().await;
        made.insert(
            0,
            grant(&app, &elena, &course, &learner, json!({}))
                .await
                .expect(201)
                .text_at("/id"),
        );
    }
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = app
            .get_as(&elena, &format!("{path}?limit=2{next}"))
            .await
            .expect(200);
        seen.extend(
            page.at("/data")
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        if page.at("/hasMore") == json!(false) {
            break;
        }
        next = format!("&cursor={}", page.text_at("/nextCursor"));
    }
    assert_eq!(seen, made);
    app.post_as(&elena, &format!("/grants/{}/revoke", made[0]), json!({}))
        .await
        .expect(200);
    let count = |query: &str| {
        let (path, admin, app) = (format!("{path}?{query}"), admin.clone(), &app);
        async move {
            app.get_as(&admin, &path)
                .await
                .expect(200)
                .at("/data")
                .as_array()
                .unwrap()
                .len()
        }
    };
    assert_eq!(
        (
            count("status=ACTIVE").await,
            count("status=REVOKED").await,
            count("status=ENDED").await
        ),
        (4, 1, 0)
    );
    assert_eq!(
        (count("isActive=true").await, count("isActive=false").await),
        (4, 1)
    );
    let learner = app
        .get_as(&elena, &format!("{path}?status=REVOKED"))
        .await
        .text_at("/data/0/learner/id");
    assert_eq!(count(&format!("userId={learner}")).await, 1);
    app.get_as(&elena, &format!("{path}?status=EXPIRED"))
        .await
        .expect_problem(422, "validation_failed");
}
