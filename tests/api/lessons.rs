use chrono::Duration;
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::support::{App, on_both_databases};

on_both_databases! {
    async fn a_lesson_is_read_by_whoever_may(app: App) {
        let (elena, lena, tom, admin) = (app.trainer().await, app.learner().await, app.learner().await, app.admin().await);
        let (course, _, lessons) = app.course(&elena, json!({})).await;
        let path = format!("/lessons/{}", lessons[0]);
        app.get(&path).await.refused(401, "unauthenticated");
        app.get_as(&tom, &path).await.refused(403, "not_granted");
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let read = app.get_as(&lena, &path).await.expect(200);
        assert_eq!((read.at("/access/reason"), read.at("/content")), (json!("granted"), json!("<p>Hips back.</p>")));
        assert_eq!(app.get_as(&elena, &path).await.expect(200).at("/access/reason"), "staff");
        assert_eq!(app.get_as(&admin, &path).await.expect(200).at("/access/reason"), "staff");
        app.act_as(&elena, &format!("{path}/unpublish")).await.expect(200);
        app.get_as(&lena, &path).await.refused(404, "not_found");
    }

    async fn a_free_chapter_is_read_by_all(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let course = app.draft(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
        let (free, paid) = (app.chapter(&elena, &course, true).await, app.chapter(&elena, &course, false).await);
        let (preview, locked) = (app.lesson(&elena, &free).await, app.lesson(&elena, &paid).await);
        for chapter in [&free, &paid] {
            app.act_as(&elena, &format!("/chapters/{chapter}/publish")).await.expect(200);
        }
        app.act_as(&elena, &format!("/courses/{course}/publish")).await.expect(200);
        let read = app.get(&format!("/lessons/{preview}")).await.expect(200);
        assert_eq!((read.at("/access/reason"), read.at("/content")), (json!("free_preview"), json!("<p>Hips back.</p>")));
        assert_eq!(app.get_as(&lena, &format!("/lessons/{preview}")).await.expect(200).at("/access/reason"), "free_preview");
        app.get(&format!("/lessons/{locked}")).await.refused(401, "unauthenticated");
        app.get_as(&lena, &format!("/lessons/{locked}")).await.refused(403, "not_granted");
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.refused(409, "course_not_free");
        let outline = app.get(&format!("/courses/{course}")).await.expect(200);
        assert_eq!((outline.at("/chapters/0/isFree"), outline.at("/chapters/1/isFree")), (json!(true), json!(false)));
    }

    async fn enrolling_again_is_the_same_record(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, ..) = app.course(&elena, json!({})).await;
        let first = app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let path = format!("/courses/{course}/enroll");
        let replies = futures_util::future::join_all((0..8).map(|_| app.act_as(&lena, &path))).await;
        for reply in replies {
            assert_eq!(reply.expect(200).at("/id"), first.at("/id"));
        }
        let mine = app.get_as(&lena, "/me/enrollments").await.expect(200);
        assert_eq!(mine.at("/data").as_array().unwrap().len(), 1);
        let draft = app.draft(&elena, json!({})).await;
        app.act_as(&lena, &format!("/courses/{draft}/enroll")).await.refused(404, "not_found");
        app.act_as(&elena, &format!("/courses/{draft}/enroll")).await.refused(404, "not_found");
    }

    async fn of_eight_enrolments_at_once_one_is_made(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, ..) = app.course(&elena, json!({})).await;
        let path = format!("/courses/{course}/enroll");
        let replies = futures_util::future::join_all((0..8).map(|_| app.act_as(&lena, &path))).await;
        let ids: std::collections::HashSet<String> = replies.iter().map(|reply| reply.text_at("/id")).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    }

    async fn a_grant_ends_when_it_is_asked_not_when_a_job_runs(app: App) {
        let (elena, lena) = (app.trainer().await, app.learner().await);
        let (course, _, lessons) = app.course(&elena, json!({})).await;
        app.act_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
        let ends_at = app.db.environment().now() + Duration::hours(1);
        // A free grant has no end by itself: written past the use cases.
        change(&app, &elena, "UPDATE grants SET ends_at = ?", vec![ends_at.into()]).await;
        let path = format!("/lessons/{}", lessons[0]);
        assert!(app.get_as(&lena, &path).await.expect(200).at("/access/expiresAt").is_string());
        app.clock.advance(Duration::minutes(59));
        let lena = app.login(&lena.email, crate::support::PASSWORD).await;
        app.get_as(&lena, &path).await.expect(200);
        app.clock.advance(Duration::minutes(2));
        app.get_as(&lena, &path).await.refused(403, "grant_expired");
        app.act_as(&lena, &format!("{path}/complete")).await.refused(403, "grant_expired");
        let elena = app.login(&elena.email, crate::support::PASSWORD).await;
        for (status, code) in [("SUSPENDED", "grant_suspended"), ("REFUNDED", "grant_refunded"), ("REVOKED", "grant_revoked")] {
            change(&app, &elena, "UPDATE grants SET status = ?", vec![status.into()]).await;
            app.get_as(&lena, &path).await.refused(403, code);
        }
        // The record of what was learnt stays.
        assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data").as_array().unwrap().len(), 1);
    }

    async fn two_authors_cannot_overwrite_each_other(app: App) {
        let elena = app.trainer().await;
        let (_, _, lessons) = app.course(&elena, json!({})).await;
        let path = format!("/lessons/{}", lessons[0]);
        let etag = app.get_as(&elena, &path).await.header("etag").to_owned();
        app.patch_as(&elena, &path, &etag, json!({ "title": "New" })).await.expect(200);
        app.patch_as(&elena, &path, &etag, json!({ "title": "Newer" })).await.refused(412, "precondition_failed");
        assert_eq!(app.get_as(&elena, &path).await.at("/title"), "New");
    }
}

/// Writes into the ledger as the author of the course may.
async fn change(app: &App, author: &crate::support::Person, sql: &'static str, values: Vec<sea_orm::Value>) {
    let actor = kernel::Actor::User {
        id: author.id.parse().unwrap(),
        role: kernel::Role::Trainer,
        session: uuid::Uuid::nil(),
    };
    let work = move |tx: ::database::Tx| async move {
        tx.execute_raw(tx.statement(sql, values))
            .await
            .map_err(::database::from_db)
            .map(drop)
    };
    app.db.run(actor, work).await.unwrap();
}
