//! Grants in the database: row security, and the order of their events.

use chrono::Duration;
use database::Tx;
use enrollment::PurchaseState;
use kernel::{Actor, Role};
use sea_orm::ConnectionTrait;
use serde_json::json;
use test_macros::both_databases;
use uuid::Uuid;

use crate::support::{
    App, Person,
    grants::{grant, json_time, report_purchase},
};

#[both_databases]
async fn row_security_protects_grants(app: App) {
    if !app.db.is_postgres() {
        return;
    }
    let (elena, lena, other, admin) =
        (app.trainer().await, app.learner().await, app.trainer().await, app.admin().await);
    let (course, ..) = app.course(&elena, json!({ "price": { "amount": 4900, "currency": "USD" } })).await;
    report_purchase(&app, &lena, &course, app.db.environment().new_id::<Uuid>(), PurchaseState::Refunded)
        .await;
    let manual = grant(&app, &elena, &course, &lena, json!({})).await.expect(201).text_at("/id");
    let write = |who: &Person, role: Role, sql: String| {
        let actor = Actor::User { id: who.id.parse().unwrap(), role, session: Uuid::nil().into() };
        app.db.run(actor, move |tx: Tx| async move {
            tx.execute_unprepared(&sql).await.map_err(::database::from_db).map(|done| done.rows_affected())
        })
    };
    let insert = |source: &str| {
        format!(
            "INSERT INTO grants (id, user_id, course_id, source, source_id, status, starts_at, status_changed_at, created_at) \
         VALUES (gen_random_uuid(), '{}', '{course}', '{source}', gen_random_uuid()::text, 'ACTIVE', now(), now(), now())",
            lena.id
        )
    };
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
    // History cannot be falsified.
    let event = |status: &str, actor: &Person| {
        format!(
            "INSERT INTO grant_events (id, grant_id, user_id, course_id, status, starts_at, actor_id, created_at) \
         SELECT gen_random_uuid(), id, user_id, course_id, '{status}', starts_at, '{}', now() FROM grants WHERE id = '{manual}'",
            actor.id
        )
    };
    write(&elena, Role::Trainer, event("REVOKED", &elena)).await.unwrap_err();
    write(&elena, Role::Trainer, event("ACTIVE", &lena)).await.unwrap_err();
    assert_eq!(write(&other, Role::Trainer, event("ACTIVE", &other)).await.unwrap(), 0);
    write(&elena, Role::Trainer, event("ACTIVE", &elena)).await.unwrap();
    assert_eq!(
        write(&other, Role::Trainer, "UPDATE grants SET status = 'REVOKED'".to_owned()).await.unwrap(),
        0
    );
}

#[both_databases]
async fn grant_events_are_in_commit_order(app: App) {
    // SQLite has one writer at a time.
    if !app.db.is_postgres() {
        return;
    }
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let end = app.db.environment().now() + Duration::days(1);
    let id: kernel::GrantId = grant(&app, &elena, &course, &lena, json!({ "endsAt": json_time(end) }))
        .await
        .expect(201)
        .text_at("/id")
        .parse()
        .unwrap();
    let actor =
        Actor::User { id: elena.id.parse().unwrap(), role: Role::Trainer, session: Uuid::nil().into() };
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (go, may_go) = tokio::sync::oneshot::channel::<()>();
    // A transaction that begins first and writes last.
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
    assert_eq!(slow.unwrap().events.last().unwrap().status, enrollment::GrantStatus::Revoked);
    let explanation = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
    assert_eq!(
        (explanation.at("/reason"), explanation.at("/grants/0/status"), explanation.at("/grants/0/endsAt")),
        (json!("grant_revoked"), json!("REVOKED"), json!(null))
    );
}
