use chrono::{DateTime, Duration, Utc};
use database::{Pool, Tx};
use enrollment::{Place, Purchased, Standing};
use kernel::{Actor, Role};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, PASSWORD, Person, Reply, eventually, on_both_databases};

/// An instant as it stands in JSON.
fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Gives `learner` access by hand.
async fn grant(app: &App, by: &Person, course: &str, learner: &Person, more: Value) -> Reply {
    let mut body = json!({ "userId": learner.id });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    app.post_as(by, &format!("/courses/{course}/grants"), body).await
}

/// Time passes, for longer than an access token lives.
async fn pass(app: &App, by: Duration, people: &mut [&mut Person]) {
    app.clock.advance(by);
    for person in people {
        **person = app.login(&person.email, PASSWORD).await;
    }
}

/// What the payment of `buyer` says about their purchase, as the worker tells it.
async fn purchase(app: &App, buyer: &Person, course: &str, payment: Uuid, standing: Standing) {
    let purchased = Purchased {
        user_id: buyer.id.parse().unwrap(),
        course_id: course.parse().unwrap(),
        payment_id: payment,
    };
    let work = move |tx| async move {
        enrollment::purchase_standing(&tx, purchased, standing, "as the payment says").await
    };
    app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap();
}

on_both_databases! {
    async fn access_follows_the_payment(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let price = json!({ "price": { "amount": 4900, "currency": "USD" } });
        let (course, _, lessons) = app.course(&elena, price).await;
        let path = format!("/lessons/{}", lessons[0]);
        app.put_as(&lena, &format!("/me/wishlist/{course}"), json!(null)).await.expect(200);
        let payment = app.db.environment().new_id();
        let steps = [
            (Standing::Suspended, Some("grant_suspended")),
            (Standing::Active, None),
            (Standing::Refunded, Some("grant_refunded")),
            (Standing::Ended, Some("grant_revoked")),
            (Standing::Active, None),
        ];
        for (standing, code) in steps {
            for _ in 0..2 {
                purchase(&app, &lena, &course, payment, standing).await;
                let read = app.get_as(&lena, &path).await;
                let told = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
                match code {
                    None => drop(read.expect(200)),
                    Some(code) => {
                        read.refused(403, code);
                        assert_eq!(told.at("/reason"), code);
                    }
                }
                assert_eq!(told.at("/allowed"), code.is_none());
                assert_eq!(told.at("/grants/0/sourceId"), json!(payment));
            }
        }
        let told = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
        let statuses: Vec<Value> = told.at("/grants/0/events").as_array().unwrap().iter().map(|event| event["status"].clone()).collect();
        // Told twice each, written once.
        assert_eq!(json!(statuses), json!(["SUSPENDED", "ACTIVE", "REFUNDED", "ENDED", "ACTIVE"]));
        assert_eq!(told.at("/grants/0/events/0/actorId"), json!(null));
        assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data").as_array().unwrap().len(), 1);
        assert_eq!(app.get_as(&lena, "/me/wishlist").await.at("/data"), json!([]));
        let id = told.text_at("/grants/0/id");
        app.post_as(&elena, &format!("/grants/{id}/revoke"), json!({})).await.refused(409, "grant_not_changeable");
        app.post_as(&elena, &format!("/grants/{id}/extend"), json!({ "endsAt": null })).await.refused(409, "grant_not_changeable");
    }

    async fn of_eight_first_words_about_a_payment_one_makes_the_grant(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, ..) = app.course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
        let payment = app.db.environment().new_id();
        futures_util::future::join_all((0..8).map(|_| purchase(&app, &lena, &course, payment, Standing::Active))).await;
        let told = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
        assert_eq!(told.at("/grants").as_array().unwrap().len(), 1);
        assert_eq!(told.at("/grants/0/events").as_array().unwrap().len(), 1);
    }

    async fn a_trainer_gives_extends_and_takes_access(app: App) {
        let (mut elena, mut lena, tom, other) = (app.trainer().await, app.learner().await, app.learner().await, app.trainer().await);
        let (course, _, lessons) = app.course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
        let (path, access) = (format!("/lessons/{}", lessons[0]), format!("/me/access/courses/{course}"));
        app.put_as(&lena, &format!("/me/wishlist/{course}"), json!(null)).await.expect(200);
        let end = app.db.environment().now() + Duration::days(7);
        let made = grant(&app, &elena, &course, &lena, json!({ "endsAt": text(end), "reason": "Won the challenge" })).await.expect(201);
        let id = made.text_at("/id");
        assert_eq!(made.header("location"), format!("/api/v1/grants/{id}"));
        assert_eq!((made.at("/source"), made.at("/sourceId"), made.at("/isActive")), (json!("MANUAL"), json!(null), json!(true)));
        assert_eq!((made.at("/endsAt"), made.at("/statusReason")), (json!(text(end)), json!("Won the challenge")));
        assert_eq!((made.at("/events/0/actorId"), made.at("/events/0/status")), (json!(elena.id), json!("ACTIVE")));
        assert_eq!(app.get_as(&lena, &path).await.expect(200).at("/access/grantId"), json!(id));
        assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data/0/expiresAt"), json!(text(end)));
        eventually("the wish's end", || async {
            let wishes = app.get_as(&lena, "/me/wishlist").await.at("/data");
            (wishes == json!([])).then_some(())
        }).await;
        // Who may look at it, and who may change it.
        let one = format!("/grants/{id}");
        for (who, status) in [(&lena, 200), (&elena, 200), (&tom, 404), (&other, 404)] {
            app.get_as(who, &one).await.expect(status);
        }
        app.post_as(&lena, &format!("{one}/revoke"), json!({})).await.refused(403, "forbidden");
        for (what, body) in [("revoke", json!({})), ("extend", json!({ "endsAt": null }))] {
            app.post_as(&tom, &format!("{one}/{what}"), body.clone()).await.refused(404, "not_found");
            app.post_as(&other, &format!("{one}/{what}"), body).await.refused(404, "not_found");
        }
        // An extension ends later than before, and than now.
        let extend = |who: &Person, at: Option<DateTime<Utc>>| {
            let (who, one) = (who.clone(), one.clone());
            let app = &app;
            async move { app.post_as(&who, &format!("{one}/extend"), json!({ "endsAt": at.map(text) })).await }
        };
        assert_eq!(extend(&elena, Some(end - Duration::days(1))).await.refused(422, "validation_failed").reasons(), ["/endsAt not_later"]);
        assert_eq!(extend(&elena, Some(end)).await.expect(200).at("/events").as_array().unwrap().len(), 1);
        app.post_as(&elena, &format!("{one}/extend"), json!({})).await.refused(422, "validation_failed");
        pass(&app, Duration::days(8), &mut [&mut elena, &mut lena]).await;
        app.get_as(&lena, &path).await.refused(403, "grant_expired");
        let told = app.get_as(&lena, &access).await.expect(200);
        assert_eq!((told.at("/allowed"), told.at("/reason"), told.at("/grants/0/isActive")), (json!(false), json!("grant_expired"), json!(false)));
        assert_eq!(told.at("/unlock"), json!({ "kind": "BUY", "price": { "amount": 4900, "currency": "USD" } }));
        // Later than before, but over by now.
        extend(&elena, Some(end + Duration::hours(1))).await.refused(422, "validation_failed");
        let longer = end + Duration::days(30);
        assert_eq!(extend(&elena, Some(longer)).await.expect(200).at("/isActive"), true);
        assert_eq!(app.get_as(&lena, &path).await.expect(200).at("/access/expiresAt"), json!(text(longer)));
        assert_eq!(extend(&elena, None).await.expect(200).at("/endsAt"), json!(null));
        extend(&elena, Some(longer)).await.refused(422, "validation_failed");
        // Taken away once, for good.
        for reason in ["Given by mistake", "Again"] {
            let taken = app.post_as(&elena, &format!("{one}/revoke"), json!({ "reason": reason })).await.expect(200);
            assert_eq!((taken.at("/status"), taken.at("/statusReason")), (json!("REVOKED"), json!("Given by mistake")));
            assert_eq!(taken.at("/events").as_array().unwrap().len(), 4);
        }
        extend(&elena, None).await.refused(409, "grant_not_changeable");
        app.get_as(&lena, &path).await.refused(403, "grant_revoked");
        // A new one by hand is another grant.
        let again = grant(&app, &elena, &course, &lena, json!({})).await.expect(201);
        assert_ne!(again.text_at("/id"), id);
        app.get_as(&lena, &path).await.expect(200);
        assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data").as_array().unwrap().len(), 1);
        let sql = "SELECT action, count(*) AS n FROM audit_log WHERE action LIKE 'grant.%' GROUP BY action ORDER BY action";
        let read = move |tx: Tx| async move { tx.query_all_raw(tx.statement(sql, [])).await.map_err(::database::from_db) };
        let rows = app.db.read(Actor::System, read).await.unwrap();
        let rows: Vec<(String, i64)> = rows.iter().map(|row| (row.try_get("", "action").unwrap(), row.try_get("", "n").unwrap())).collect();
        assert_eq!(rows, [("grant.created".to_owned(), 2), ("grant.extended".to_owned(), 2), ("grant.revoked".to_owned(), 1)]);
    }

    async fn a_grant_is_refused_with_its_reason(app: App) {
        let (elena, lena, other, admin) = (app.trainer().await, app.learner().await, app.trainer().await, app.admin().await);
        let (course, ..) = app.course(&elena, json!({})).await;
        grant(&app, &other, &course, &lena, json!({})).await.refused(404, "not_found");
        grant(&app, &lena, &course, &lena, json!({})).await.refused(404, "not_found");
        app.get_as(&other, &format!("/courses/{course}/grants")).await.refused(404, "not_found");
        grant(&app, &elena, &course, &elena, json!({})).await.refused(409, "own_course");
        grant(&app, &admin, &course, &elena, json!({})).await.refused(409, "own_course");
        grant(&app, &elena, &course, &admin, json!({})).await.refused(409, "own_course");
        app.put_as(&elena, &format!("/courses/{course}/trainers/{}", other.id), json!(null)).await.expect(200);
        grant(&app, &elena, &course, &other, json!({})).await.refused(409, "own_course");
        // An editor edits; whom to let in, the owner decides.
        grant(&app, &other, &course, &lena, json!({})).await.refused(404, "not_found");
        let path = format!("/courses/{course}/grants");
        let nobody = json!({ "userId": "0198c0de-0000-7000-8000-000000000001" });
        assert_eq!(app.post_as(&elena, &path, nobody).await.refused(422, "validation_failed").reasons(), ["/userId unknown_user"]);
        let now = app.db.environment().now();
        for body in [
            json!({ "endsAt": text(now - Duration::hours(1)) }),
            json!({ "startsAt": text(now + Duration::days(2)), "endsAt": text(now + Duration::days(1)) }),
        ] {
            assert_eq!(grant(&app, &elena, &course, &lena, body).await.refused(422, "validation_failed").reasons(), ["/endsAt not_later"]);
        }
        // In the year 10000, by the clock that counts.
        let beyond = json!({ "endsAt": "9999-12-31T23:59:59-10:00" });
        assert_eq!(grant(&app, &elena, &course, &lena, beyond).await.refused(422, "validation_failed").reasons(), ["/endsAt bad_format"]);
        grant(&app, &elena, &course, &lena, json!({ "source": "PURCHASE" })).await.refused(422, "validation_failed");
        // A draft can be shown to somebody; they see it once it is published.
        let draft = app.draft(&elena, json!({})).await;
        let made = grant(&app, &elena, &draft, &lena, json!({ "startsAt": "1969-01-01T00:00:00Z", "endsAt": "9999-12-31T23:59:59Z" })).await.expect(201);
        assert!(made.text_at("/startsAt") >= text(now));
        assert_eq!(made.text_at("/endsAt"), "9999-12-31T23:59:59Z");
        app.get_as(&lena, &format!("/me/access/courses/{draft}")).await.refused(404, "not_found");
        app.get_as(&lena, &format!("/grants/{}", made.text_at("/id"))).await.expect(200);
    }

    async fn of_eight_grants_by_hand_at_once_one_is_made(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, ..) = app.course(&elena, json!({})).await;
        let replies = futures_util::future::join_all((0..8).map(|_| grant(&app, &elena, &course, &lena, json!({})))).await;
        let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
        grant(&app, &elena, &course, &lena, json!({})).await.refused(409, "already_granted");
    }

    async fn a_grant_begins_when_it_says(app: App) {
        let (elena, mut lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = app.course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
        let start = app.db.environment().now() + Duration::days(1);
        let made = grant(&app, &elena, &course, &lena, json!({ "startsAt": text(start) })).await.expect(201);
        assert_eq!((made.at("/status"), made.at("/isActive")), (json!("ACTIVE"), json!(false)));
        // It has not ended either.
        grant(&app, &elena, &course, &lena, json!({})).await.refused(409, "already_granted");
        let path = format!("/lessons/{}", lessons[0]);
        app.get_as(&lena, &path).await.refused(403, "not_granted");
        pass(&app, Duration::hours(25), &mut [&mut lena]).await;
        app.get_as(&lena, &path).await.expect(200);
    }

    async fn enrolling_gives_back_nothing_that_was_taken(app: App) {
        let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
        let (course, _, lessons) = app.course(&elena, json!({})).await;
        let (enroll, path) = (format!("/courses/{course}/enroll"), format!("/lessons/{}", lessons[0]));
        let access = format!("/me/access/courses/{course}");
        assert_eq!(app.get_as(&lena, &access).await.expect(200).at("/unlock"), json!({ "kind": "ENROLL", "price": null }));
        let record = app.act_as(&lena, &enroll).await.expect(201);
        assert_eq!(app.act_as(&lena, &enroll).await.expect(200).at("/id"), record.at("/id"));
        let told = app.get_as(&lena, &access).await.expect(200);
        assert_eq!((told.at("/grants/0/source"), told.at("/grants/0/sourceId"), told.at("/unlock")), (json!("FREE"), json!(null), json!(null)));
        let id = told.text_at("/grantId");
        app.post_as(&elena, &format!("/grants/{id}/revoke"), json!({ "reason": "Rude" })).await.expect(200);
        app.act_as(&lena, &enroll).await.refused(403, "grant_revoked");
        app.get_as(&lena, &path).await.refused(403, "grant_revoked");
        let told = app.get_as(&lena, &access).await.expect(200);
        assert_eq!((told.at("/unlock/kind"), told.at("/grants/0/statusReason")), (json!("ASK_TRAINER"), json!("Rude")));
        // What the trainer gives by hand opens again, and enrolling finds the record.
        grant(&app, &elena, &course, &lena, json!({})).await.expect(201);
        assert_eq!(app.act_as(&lena, &enroll).await.expect(200).at("/id"), record.at("/id"));
        // Who was refunded may come when it is free.
        let payment = app.db.environment().new_id();
        purchase(&app, &tom, &course, payment, Standing::Active).await;
        app.act_as(&tom, &enroll).await.expect(200);
        purchase(&app, &tom, &course, payment, Standing::Refunded).await;
        app.get_as(&tom, &path).await.refused(403, "grant_refunded");
        assert_eq!(app.get_as(&tom, &access).await.at("/unlock/kind"), "ENROLL");
        app.act_as(&tom, &enroll).await.expect(201);
        app.get_as(&tom, &path).await.expect(200);
        // Learners stay when it gets a price or is closed; nobody new comes.
        let new = app.learner().await;
        let etag = app.get_as(&elena, &format!("/courses/{course}")).await.header("etag").to_owned();
        let price = json!({ "price": { "amount": 4900, "currency": "USD" } });
        app.patch_as(&elena, &format!("/courses/{course}"), &etag, price).await.expect(200);
        app.act_as(&tom, &enroll).await.expect(200);
        app.act_as(&new, &enroll).await.refused(409, "course_not_free");
        app.act_as(&elena, &format!("/courses/{course}/archive")).await.expect(200);
        app.get_as(&tom, &path).await.expect(200);
        app.act_as(&tom, &enroll).await.expect(200);
        app.act_as(&new, &enroll).await.refused(404, "not_found");
        assert_eq!(app.get_as(&new, &access).await.at("/unlock"), json!({ "kind": "NONE", "price": null }));
    }

    async fn any_active_grant_is_enough_and_the_last_to_end_explains(app: App) {
        let (mut elena, mut lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = app.course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
        let path = format!("/lessons/{}", lessons[0]);
        let (now, payment) = (app.db.environment().now(), app.db.environment().new_id());
        let manual = grant(&app, &elena, &course, &lena, json!({ "endsAt": text(now + Duration::days(3)) })).await.expect(201).text_at("/id");
        purchase(&app, &lena, &course, payment, Standing::Active).await;
        assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data/0/expiresAt"), json!(null));
        purchase(&app, &lena, &course, payment, Standing::Refunded).await;
        // The refund of one leaves the other.
        let told = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
        assert_eq!((told.at("/grantId"), told.at("/until")), (json!(manual), json!(text(now + Duration::days(3)))));
        pass(&app, Duration::days(4), &mut [&mut elena, &mut lena]).await;
        app.get_as(&lena, &path).await.refused(403, "grant_expired");
        let again = app.db.environment().new_id();
        purchase(&app, &lena, &course, again, Standing::Active).await;
        app.get_as(&lena, &path).await.expect(200);
        purchase(&app, &lena, &course, again, Standing::Suspended).await;
        app.get_as(&lena, &path).await.refused(403, "grant_suspended");
        let told = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
        assert_eq!((told.at("/grants").as_array().unwrap().len(), told.at("/unlock/kind")), (3, json!("ASK_TRAINER")));
        app.post_as(&elena, &format!("/grants/{manual}/revoke"), json!({})).await.expect(200);
        app.get_as(&lena, &path).await.refused(403, "grant_revoked");
    }

    async fn the_explanation_names_every_lesson(app: App) {
        let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
        let course = app.draft(&elena, json!({ "price": { "amount": 4900, "currency": "USD" }, "discountPrice": { "amount": 3900, "currency": "USD" } })).await;
        let (free, paid) = (app.chapter(&elena, &course, true).await, app.chapter(&elena, &course, false).await);
        let (preview, locked) = (app.lesson(&elena, &free).await, app.lesson(&elena, &paid).await);
        let body = json!({ "title": "A draft", "content": "<p>x</p>" });
        app.post_as(&elena, &format!("/chapters/{paid}/lessons"), body).await.expect(201);
        for chapter in [&free, &paid] {
            app.act_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
        }
        let access = format!("/me/access/courses/{course}");
        app.get_as(&lena, &access).await.refused(404, "not_found");
        app.act_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
        app.get(&access).await.refused(401, "unauthenticated");
        let map = |first: (bool, &str), second: (bool, &str)| json!([
            { "lessonId": preview, "chapterId": free, "allowed": first.0, "reason": first.1 },
            { "lessonId": locked, "chapterId": paid, "allowed": second.0, "reason": second.1 },
        ]);
        let told = app.get_as(&lena, &access).await.expect(200);
        assert_eq!(told.at("/lessons"), map((true, "free_preview"), (false, "not_granted")));
        assert_eq!(told.at("/unlock"), json!({ "kind": "BUY", "price": { "amount": 3900, "currency": "USD" } }));
        assert_eq!((told.at("/grants"), told.at("/grantId"), told.at("/until")), (json!([]), json!(null), json!(null)));
        assert_eq!(app.get_as(&elena, &access).await.at("/lessons"), map((true, "staff"), (true, "staff")));
        let before = app.db.environment().now();
        purchase(&app, &lena, &course, app.db.environment().new_id(), Standing::Active).await;
        assert_eq!(app.get_as(&lena, &access).await.at("/lessons"), map((true, "free_preview"), (true, "granted")));
        // What is said is what happens.
        for (lesson, reason) in [(&preview, "free_preview"), (&locked, "granted")] {
            assert_eq!(app.get_as(&lena, &format!("/lessons/{lesson}")).await.expect(200).at("/access/reason"), reason);
        }
        // An admin asks for anybody, at any instant.
        let of = |who: &str| format!("/admin/users/{who}/access/courses/{course}");
        app.get_as(&elena, &of(&lena.id)).await.refused(403, "forbidden");
        let now = app.get_as(&admin, &of(&lena.id)).await.expect(200);
        assert_eq!((now.at("/allowed"), now.at("/userId")), (json!(true), json!(lena.id)));
        let then = app.get_as(&admin, &format!("{}?at={}", of(&lena.id), text(before))).await.expect(200);
        assert_eq!((then.at("/reason"), then.at("/grants"), then.at("/at")), (json!("not_granted"), json!([]), json!(text(before))));
        for at in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            app.get_as(&admin, &format!("{}?at={at}", of(&lena.id))).await.expect(200);
        }
        app.get_as(&admin, &format!("{}?at=yesterday", of(&lena.id))).await.refused(422, "validation_failed");
        assert_eq!(app.get_as(&admin, &of(&elena.id)).await.expect(200).at("/reason"), "staff");
        app.get_as(&admin, &of("0198c0de-0000-7000-8000-000000000001")).await.refused(404, "not_found");
        app.act_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
        let hidden = app.get_as(&admin, &of(&lena.id)).await.expect(200);
        assert_eq!((hidden.at("/reason"), hidden.at("/allowed"), hidden.at("/lessons/0/reason")), (json!("not_published"), json!(false), json!("not_published")));
    }

    async fn the_grants_of_a_course_come_in_pages(app: App) {
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
            seen.extend(page.at("/data").as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
            if page.at("/hasMore") == json!(false) { break; }
            next = format!("&cursor={}", page.text_at("/nextCursor"));
        }
        assert_eq!(seen, made);
        app.post_as(&elena, &format!("/grants/{}/revoke", made[0]), json!({})).await.expect(200);
        let count = |query: &str| {
            let (path, admin, app) = (format!("{path}?{query}"), admin.clone(), &app);
            async move { app.get_as(&admin, &path).await.expect(200).at("/data").as_array().unwrap().len() }
        };
        assert_eq!((count("status=ACTIVE").await, count("status=REVOKED").await, count("status=ENDED").await), (4, 1, 0));
        assert_eq!((count("isActive=true").await, count("isActive=false").await), (4, 1));
        let learner = app.get_as(&elena, &format!("{path}?status=REVOKED")).await.text_at("/data/0/learner/id");
        assert_eq!(count(&format!("userId={learner}")).await, 1);
        app.get_as(&elena, &format!("{path}?status=EXPIRED")).await.refused(422, "validation_failed");
    }

    async fn the_database_alone_keeps_the_ledger(app: App) {
        if !app.db.is_postgres() {
            return;
        }
        let (elena, lena, other, admin) = (app.trainer().await, app.learner().await, app.trainer().await, app.admin().await);
        let (course, ..) = app.course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
        purchase(&app, &lena, &course, app.db.environment().new_id(), Standing::Refunded).await;
        let manual = grant(&app, &elena, &course, &lena, json!({})).await.expect(201).text_at("/id");
        let write = |who: &Person, role: Role, sql: String| {
            let actor = Actor::User { id: who.id.parse().unwrap(), role, session: Uuid::nil() };
            app.db.run(actor, move |tx: Tx| async move {
                tx.execute_unprepared(&sql).await.map_err(::database::from_db).map(|done| done.rows_affected())
            })
        };
        let insert = |source: &str| format!(
            "INSERT INTO grants (id, user_id, course_id, source, source_id, status, starts_at, status_changed_at, created_at) \
             VALUES (gen_random_uuid(), '{}', '{course}', '{source}', gen_random_uuid()::text, 'ACTIVE', now(), now(), now())", lena.id);
        write(&other, Role::Trainer, insert("MANUAL")).await.unwrap_err();
        write(&lena, Role::User, insert("MANUAL")).await.unwrap_err();
        write(&lena, Role::User, insert("FREE")).await.unwrap_err();
        for (who, role) in [(&lena, Role::User), (&elena, Role::Trainer), (&admin, Role::Admin)] {
            write(who, role, insert("PURCHASE")).await.unwrap_err();
            let restore = "UPDATE grants SET status = 'ACTIVE' WHERE source = 'PURCHASE'".to_owned();
            assert_eq!(write(who, role, restore).await.unwrap(), 0);
            write(who, role, "DELETE FROM grant_events".to_owned()).await.unwrap_err();
            write(who, role, "UPDATE grant_events SET status = 'ACTIVE'".to_owned()).await.unwrap_err();
        }
        write(&elena, Role::Trainer, insert("MANUAL")).await.unwrap();
        // History says nothing but what is.
        let event = |status: &str, actor: &Person| format!(
            "INSERT INTO grant_events (id, grant_id, user_id, course_id, status, starts_at, actor_id, created_at) \
             SELECT gen_random_uuid(), id, user_id, course_id, '{status}', starts_at, '{}', now() FROM grants WHERE id = '{manual}'", actor.id);
        write(&elena, Role::Trainer, event("REVOKED", &elena)).await.unwrap_err();
        write(&elena, Role::Trainer, event("ACTIVE", &lena)).await.unwrap_err();
        assert_eq!(write(&other, Role::Trainer, event("ACTIVE", &other)).await.unwrap(), 0);
        write(&elena, Role::Trainer, event("ACTIVE", &elena)).await.unwrap();
        assert_eq!(write(&other, Role::Trainer, "UPDATE grants SET status = 'REVOKED'".to_owned()).await.unwrap(), 0);
    }

    async fn events_stand_in_the_order_of_the_changes(app: App) {
        // SQLite has one writer, which begins one after the other.
        if !app.db.is_postgres() {
            return;
        }
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, ..) = app.course(&elena, json!({})).await;
        let end = app.db.environment().now() + Duration::days(1);
        let id: Uuid = grant(&app, &elena, &course, &lena, json!({ "endsAt": text(end) })).await.expect(201).text_at("/id").parse().unwrap();
        let actor = Actor::User { id: elena.id.parse().unwrap(), role: Role::Trainer, session: Uuid::nil() };
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (go, may_go) = tokio::sync::oneshot::channel::<()>();
        // One that begins first and changes last.
        let slow = app.db.run(actor, move |tx: Tx| async move {
            begun.send(()).unwrap();
            may_go.await.unwrap();
            enrollment::revoke_grant(&tx, id, None).await
        });
        let quick = async {
            has_begun.await.unwrap();
            app.post_as(&elena, &format!("/grants/{id}/extend"), json!({ "endsAt": null })).await.expect(200);
            go.send(()).unwrap();
        };
        let (slow, ()) = futures_util::future::join(slow, quick).await;
        assert_eq!(slow.unwrap().events.last().unwrap().status, "REVOKED");
        let told = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
        assert_eq!((told.at("/reason"), told.at("/grants/0/status"), told.at("/grants/0/endsAt")), (json!("grant_revoked"), json!("REVOKED"), json!(null)));
    }

    async fn a_decision_is_one_statement(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = app.course(&elena, json!({})).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let place = Place { course_id: course.parse().unwrap(), is_free: false, staff: false };
        let actor = Actor::User { id: lena.id.parse().unwrap(), role: Role::User, session: Uuid::nil() };
        // The worker of the server may ask in between, but not every time.
        let (mut decision, mut read, mut explanation) = (u64::MAX, u64::MAX, u64::MAX);
        for _ in 0..5 {
            let db = app.db.clone();
            let work = move |tx: Tx| async move {
                let before = db.statements();
                enrollment::decide(&tx, place).await?;
                Ok(db.statements() - before)
            };
            decision = decision.min(app.db.read(actor, work).await.unwrap());
            let before = app.db.statements();
            app.get_as(&lena, &format!("/lessons/{}", lessons[0])).await.expect(200);
            read = read.min(app.db.statements() - before);
            let before = app.db.statements();
            app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
            explanation = explanation.min(app.db.statements() - before);
        }
        assert_eq!((decision, read, explanation), (1, 3, 3));
    }
}
