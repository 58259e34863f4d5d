//! `/courses/{course}/grants` and `/grants`: access given by hand.

use chrono::{DateTime, Duration, Utc};
use database::Tx;
use kernel::Actor;
use sea_orm::ConnectionTrait;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, Person, Reply, eventually,
    grants::{grant, json_time, let_time_pass},
};

/// A course for sale, which a learner has by hand for a week.
struct WeekGrant {
    elena: Person,
    lena: Person,
    course: String,
    lesson: String,
    id: String,
    end: DateTime<Utc>,
}

impl WeekGrant {
    async fn create(app: &App) -> Self {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, [lesson, _]) = app.course_for_sale(&elena, 4900).await;
        let end = app.db.environment().now() + Duration::days(7);
        let made = grant(app, &elena, &course, &lena, json!({ "endsAt": json_time(end) })).await;
        Self { elena, lena, course, lesson, id: made.expect(201).text_at("/id"), end }
    }

    async fn extend(&self, app: &App, end: Option<DateTime<Utc>>) -> Reply {
        let body = json!({ "endsAt": end.map(json_time) });
        app.post_as(&self.elena, &format!("/grants/{}/extend", self.id), body).await
    }

    /// Moves the clock a day behind the end.
    async fn expire(&mut self, app: &App) {
        let_time_pass(app, Duration::days(8), &mut [&mut self.elena, &mut self.lena]).await;
    }
}

#[both_databases]
async fn a_grant_by_hand_opens_the_course_until_its_end(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) =
        app.course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    let path = format!("/lessons/{}", lessons[0]);
    app.put_as(&lena, &format!("/me/wishlist/{course}"), json!(null)).await.expect(200);
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
    assert_eq!(app.get_as(&lena, &path).await.expect(200).at("/access/grantId"), json!(id));
    assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data/0/expiresAt"), json!(json_time(end)));
    eventually("the wish's end", || async {
        let wishes = app.get_as(&lena, "/me/wishlist").await.at("/data");
        (wishes == json!([])).then_some(())
    })
    .await;
}

#[both_databases]
async fn a_grant_is_visible_to_its_learner_and_the_owner(app: App) {
    let (tom, other) = (app.learner().await, app.trainer().await);
    let WeekGrant { elena, lena, id, .. } = WeekGrant::create(&app).await;
    let one = format!("/grants/{id}");
    for (who, status) in [(&lena, 200), (&elena, 200), (&tom, 404), (&other, 404)] {
        app.get_as(who, &one).await.expect(status);
    }
    app.post_as(&lena, &format!("{one}/revoke"), json!({})).await.expect_problem(403, "forbidden");
    for (what, body) in [("revoke", json!({})), ("extend", json!({ "endsAt": null }))] {
        app.post_as(&tom, &format!("{one}/{what}"), body.clone()).await.expect_problem(404, "not_found");
        app.post_as(&other, &format!("{one}/{what}"), body).await.expect_problem(404, "not_found");
    }
}

#[both_databases]
async fn an_extension_ends_later_than_before_and_than_now(app: App) {
    let mut grant = WeekGrant::create(&app).await;
    let end = grant.end;
    assert_eq!(
        grant
            .extend(&app, Some(end - Duration::days(1)))
            .await
            .expect_problem(422, "validation_failed")
            .errors(),
        ["/endsAt not_later"]
    );
    let same = grant.extend(&app, Some(end)).await.expect(200);
    assert_eq!(same.at("/events").as_array().unwrap().len(), 1);
    app.post_as(&grant.elena, &format!("/grants/{}/extend", grant.id), json!({}))
        .await
        .expect_problem(422, "validation_failed");
    grant.expire(&app).await;
    // Later than before, but over by now.
    grant.extend(&app, Some(end + Duration::hours(1))).await.expect_problem(422, "validation_failed");
    let endless = grant.extend(&app, None).await.expect(200);
    assert_eq!(endless.at("/endsAt"), json!(null));
    grant.extend(&app, Some(end + Duration::days(30))).await.expect_problem(422, "validation_failed");
}

#[both_databases]
async fn an_expired_grant_can_be_extended(app: App) {
    let mut grant = WeekGrant::create(&app).await;
    grant.expire(&app).await;
    let (lena, path) = (grant.lena.clone(), format!("/lessons/{}", grant.lesson));
    let access = format!("/me/access/courses/{}", grant.course);
    app.get_as(&lena, &path).await.expect_problem(403, "grant_expired");
    let explanation = app.get_as(&lena, &access).await.expect(200);
    assert_eq!(
        (explanation.at("/allowed"), explanation.at("/reason"), explanation.at("/grants/0/isActive")),
        (json!(false), json!("grant_expired"), json!(false))
    );
    assert_eq!(
        explanation.at("/unlock"),
        json!({ "kind": "BUY", "price": { "amount": 4900, "currency": "USD" } })
    );
    let longer = grant.end + Duration::days(30);
    let extended = grant.extend(&app, Some(longer)).await.expect(200);
    assert_eq!(extended.at("/isActive"), true);
    assert_eq!(app.get_as(&lena, &path).await.expect(200).at("/access/expiresAt"), json!(json_time(longer)));
}

#[both_databases]
async fn a_grant_is_revoked_once_and_for_good(app: App) {
    let grant = WeekGrant::create(&app).await;
    let (elena, lena, one) = (&grant.elena, &grant.lena, format!("/grants/{}", grant.id));
    for reason in ["Given by mistake", "Again"] {
        let revoked =
            app.post_as(elena, &format!("{one}/revoke"), json!({ "reason": reason })).await.expect(200);
        assert_eq!(
            (revoked.at("/status"), revoked.at("/statusReason")),
            (json!("REVOKED"), json!("Given by mistake"))
        );
        assert_eq!(revoked.at("/events").as_array().unwrap().len(), 2);
    }
    grant.extend(&app, None).await.expect_problem(409, "grant_not_changeable");
    app.get_as(lena, &format!("/lessons/{}", grant.lesson)).await.expect_problem(403, "grant_revoked");
}

#[both_databases]
async fn after_a_revocation_a_new_grant_is_created(app: App) {
    let WeekGrant { elena, lena, course, lesson, id, .. } = WeekGrant::create(&app).await;
    app.post_as(&elena, &format!("/grants/{id}/revoke"), json!({})).await.expect(200);
    let again = grant(&app, &elena, &course, &lena, json!({})).await.expect(201);
    assert_ne!(again.text_at("/id"), id);
    app.get_as(&lena, &format!("/lessons/{lesson}")).await.expect(200);
    assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data").as_array().unwrap().len(), 1);
}

#[both_databases]
async fn changes_of_grants_are_audited(app: App) {
    let grant = WeekGrant::create(&app).await;
    for end in [Some(grant.end + Duration::days(30)), None] {
        grant.extend(&app, end).await.expect(200);
    }
    app.post_as(&grant.elena, &format!("/grants/{}/revoke", grant.id), json!({})).await.expect(200);
    crate::support::grants::grant(&app, &grant.elena, &grant.course, &grant.lena, json!({}))
        .await
        .expect(201);
    let sql = "SELECT action, count(*) AS n FROM audit_log WHERE action LIKE 'grant.%' GROUP BY action ORDER BY action";
    let read =
        move |tx: Tx| async move { tx.query_all_raw(tx.named(sql, [])).await.map_err(::database::from_db) };
    let rows = app.db.read(Actor::System, read).await.unwrap();
    let rows: Vec<(String, i64)> =
        rows.iter().map(|row| (row.try_get("", "action").unwrap(), row.try_get("", "n").unwrap())).collect();
    assert_eq!(
        rows,
        [("grant.created".to_owned(), 2), ("grant.extended".to_owned(), 2), ("grant.revoked".to_owned(), 1)]
    );
}

#[both_databases]
async fn only_the_owner_grants_access(app: App) {
    let (elena, lena, other) = (app.trainer().await, app.learner().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    grant(&app, &other, &course, &lena, json!({})).await.expect_problem(404, "not_found");
    grant(&app, &lena, &course, &lena, json!({})).await.expect_problem(404, "not_found");
    app.get_as(&other, &format!("/courses/{course}/grants")).await.expect_problem(404, "not_found");
    app.put_as(&elena, &format!("/courses/{course}/trainers/{}", other.id), json!(null)).await.expect(200);
    // An editor edits; whom to let in, the owner decides.
    grant(&app, &other, &course, &lena, json!({})).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn staff_of_a_course_needs_no_grant(app: App) {
    let (elena, other, admin) = (app.trainer().await, app.trainer().await, app.admin().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    grant(&app, &elena, &course, &elena, json!({})).await.expect_problem(409, "own_course");
    grant(&app, &admin, &course, &elena, json!({})).await.expect_problem(409, "own_course");
    grant(&app, &elena, &course, &admin, json!({})).await.expect_problem(409, "own_course");
    app.put_as(&elena, &format!("/courses/{course}/trainers/{}", other.id), json!(null)).await.expect(200);
    grant(&app, &elena, &course, &other, json!({})).await.expect_problem(409, "own_course");
}

#[both_databases]
async fn the_members_of_a_grant_are_validated(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let path = format!("/courses/{course}/grants");
    let nobody = json!({ "userId": "0198c0de-0000-7000-8000-000000000001" });
    assert_eq!(
        app.post_as(&elena, &path, nobody).await.expect_problem(422, "validation_failed").errors(),
        ["/userId unknown_user"]
    );
    let now = app.db.environment().now();
    for body in [
        json!({ "endsAt": json_time(now - Duration::hours(1)) }),
        json!({ "startsAt": json_time(now + Duration::days(2)), "endsAt": json_time(now + Duration::days(1)) }),
    ] {
        assert_eq!(
            grant(&app, &elena, &course, &lena, body).await.expect_problem(422, "validation_failed").errors(),
            ["/endsAt not_later"]
        );
    }
    // In the year 10000, by the clock that counts.
    let beyond = json!({ "endsAt": "9999-12-31T23:59:59-10:00" });
    assert_eq!(
        grant(&app, &elena, &course, &lena, beyond).await.expect_problem(422, "validation_failed").errors(),
        ["/endsAt bad_format"]
    );
    grant(&app, &elena, &course, &lena, json!({ "source": "PURCHASE" }))
        .await
        .expect_problem(422, "validation_failed");
}

#[both_databases]
async fn a_draft_can_be_granted(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let now = app.db.environment().now();
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
    app.get_as(&lena, &format!("/me/access/courses/{draft}")).await.expect_problem(404, "not_found");
    app.get_as(&lena, &format!("/grants/{}", made.text_at("/id"))).await.expect(200);
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
    grant(&app, &elena, &course, &lena, json!({})).await.expect_problem(409, "already_granted");
}

#[both_databases]
async fn a_grant_starts_at_its_start(app: App) {
    let (elena, mut lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) =
        app.course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    let start = app.db.environment().now() + Duration::days(1);
    let made = grant(&app, &elena, &course, &lena, json!({ "startsAt": json_time(start) })).await.expect(201);
    assert_eq!((made.at("/status"), made.at("/isActive")), (json!("ACTIVE"), json!(false)));
    // It has not ended either.
    grant(&app, &elena, &course, &lena, json!({})).await.expect_problem(409, "already_granted");
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
        made.insert(0, grant(&app, &elena, &course, &learner, json!({})).await.expect(201).text_at("/id"));
    }
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = app.get_as(&elena, &format!("{path}?limit=2{next}")).await.expect(200);
        seen.extend(
            page.at("/data").as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        if page.at("/hasMore") == json!(false) {
            break;
        }
        next = format!("&cursor={}", page.text_at("/nextCursor"));
    }
    assert_eq!(seen, made);
    app.post_as(&elena, &format!("/grants/{}/revoke", made[0]), json!({})).await.expect(200);
    let count = |query: &str| {
        let (path, admin, app) = (format!("{path}?{query}"), admin.clone(), &app);
        async move { app.get_as(&admin, &path).await.expect(200).at("/data").as_array().unwrap().len() }
    };
    assert_eq!(
        (count("status=ACTIVE").await, count("status=REVOKED").await, count("status=ENDED").await),
        (4, 1, 0)
    );
    assert_eq!((count("isActive=true").await, count("isActive=false").await), (4, 1));
    let learner = app.get_as(&elena, &format!("{path}?status=REVOKED")).await.text_at("/data/0/learner/id");
    assert_eq!(count(&format!("userId={learner}")).await, 1);
    app.get_as(&elena, &format!("{path}?status=EXPIRED")).await.expect_problem(422, "validation_failed");
}
