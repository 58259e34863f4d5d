//! Access that is granted by hand or by a payment.

use chrono::{DateTime, Duration, Utc};
use database::Pool;
use enrollment::{PurchaseState, Purchased};
use kernel::Actor;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, PASSWORD, Person, Reply};

/// An instant as in the JSON of a response.
pub fn json_time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Grants access by hand.
pub async fn grant(app: &App, by: &Person, course: &str, learner: &Person, more: Value) -> Reply {
    let mut body = json!({ "userId": learner.id });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.post_as(by, &format!("/courses/{course}/grants"), body).await
}

/// Advances the clock and logs these people in again, since their access tokens expire.
pub async fn let_time_pass(app: &App, by: Duration, people: &mut [&mut Person]) {
    app.clock.advance(by);
    for person in people {
        **person = app.login(&person.email, PASSWORD).await;
    }
}

/// Applies the state of a payment to the buyer's access, as the worker does.
pub async fn report_purchase(app: &App, buyer: &Person, course: &str, payment: Uuid, state: PurchaseState) {
    let purchased = Purchased {
        user_id: buyer.id.parse().unwrap(),
        course_id: course.parse().unwrap(),
        payment_id: payment.into(),
    };
    let work = move |tx| async move {
        enrollment::apply_purchase_state(&tx, purchased, state, "as the payment says").await
    };
    app.db.run_in(Pool::Worker, Actor::System, work).await.unwrap();
}
