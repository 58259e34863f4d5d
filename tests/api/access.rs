use database::Pool;
use enrollment::{Purchased, Standing};
use kernel::Actor;
use serde_json::json;
use uuid::Uuid;

use crate::support::{App, Person, on_both_databases};

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
        let payment = app.db.ambient().new_id();
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
                match code {
                    None => drop(read.expect(200)),
                    Some(code) => drop(read.refused(403, code)),
                }
            }
        }
        assert_eq!(app.get_as(&lena, "/me/enrollments").await.at("/data").as_array().unwrap().len(), 1);
        assert_eq!(app.get_as(&lena, "/me/wishlist").await.at("/data"), json!([]));
    }
}
