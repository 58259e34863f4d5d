//! `POST /hooks/stripe`: forged, foreign and malformed events.

use kernel::Environment;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{FORMER_SECRET, SECRET, StripeApp, StripeDouble, sign};

/// The events of a payment that was made.
async fn paid_events(app: &StripeApp) -> (String, Vec<Value>) {
    let checkout = app.start_checkout().await;
    app.stripe.pay(&checkout.reference);
    (checkout.payment, app.stripe.events())
}

#[both_databases]
async fn of_a_thousand_forged_or_stale_signatures_none_is_accepted(app: StripeApp) {
    let (payment, events) = paid_events(&app).await;
    app.wait_for_empty_outbox().await;
    let (before, now) = (app.count_rows("outbox").await, app.unix_time());
    let body = events.last().unwrap().to_string();
    let good = sign(SECRET, &body, now);
    let tag = good.split_once("v1=").unwrap().1.to_owned();
    for n in 0..1000_i64 {
        let other = format!("{body}{}", " ".repeat(usize::try_from(n % 7).unwrap() + 1));
        let (body, signature) = match n % 10 {
            0 => (body.clone(), sign(&format!("whsec_guess{n}"), &body, now)),
            1 => (other, good.clone()),
            2 => (body.replace("4900", &format!("{}", 4901 + n)), good.clone()),
            3 => (body.clone(), sign(SECRET, &body, now - 301 - n)),
            4 => (body.clone(), sign(SECRET, &body, now + 400 + n)),
            5 => (body.clone(), format!("t={},v1={tag}", now + n + 1)),
            6 => (body.clone(), format!("t={now},v0={tag}")),
            7 => (
                body.clone(),
                good.get(..good.len() - 1 - usize::try_from(n % 60).unwrap()).unwrap().to_owned(),
            ),
            8 => (
                body.clone(),
                ["", "t=", "v1=", "t=x,v1=y", ","][usize::try_from(n / 10 % 5).unwrap()].to_owned(),
            ),
            _ => (body.clone(), format!("t={now},v1={n:064x}")),
        };
        StripeDouble::send(&app, &body, &signature).await.expect_problem(400, "hook_signature_invalid");
    }
    let unsigned =
        app.request("POST", "/hooks/stripe").header("content-type", "application/json").body(body.clone());
    app.send(unsigned).await.expect_problem(400, "hook_signature_invalid");
    assert_eq!((app.count_rows("provider_events").await, app.count_rows("outbox").await), (0, before));
    assert_eq!(app.payment(&payment).await.at("/status"), "PENDING");
    StripeDouble::send(&app, &body, &good).await.expect(200);
    app.wait_until(&payment, "/status", json!("COMPLETED")).await;
}

#[both_databases]
async fn two_secrets_are_valid_during_a_rotation(app: StripeApp) {
    let (payment, events) = paid_events(&app).await;
    let body = events.last().unwrap().to_string();
    StripeDouble::send(&app, &body, &sign("whsec_third", &body, app.unix_time()))
        .await
        .expect_problem(400, "hook_signature_invalid");
    StripeDouble::send(&app, &body, &sign(FORMER_SECRET, &body, app.unix_time())).await.expect(200);
    app.wait_until(&payment, "/status", json!("COMPLETED")).await;
    // Stripe signs with both for a while.
    let (former, present) =
        (sign(FORMER_SECRET, &body, app.unix_time()), sign(SECRET, &body, app.unix_time()));
    let both = format!("{former},{}", present.split_once(',').unwrap().1);
    StripeDouble::send(&app, &body, &both).await.expect(200);
}

#[both_databases]
async fn unrelated_events_are_acknowledged_and_ignored(app: StripeApp) {
    let (payment, events) = paid_events(&app).await;
    app.wait_for_empty_outbox().await;
    let stranger = Environment::default().new_id::<kernel::Uuid>().to_string();
    let changes: [&dyn Fn(&mut Value); 7] = [
        &|event| event["livemode"] = json!(true),
        &|event| event["account"] = json!("acct_1"),
        &|event| event["type"] = json!("invoice.paid"),
        &|event| event["type"] = json!("something.stripe.thinks.of.one.day"),
        &|event| event["data"]["object"]["metadata"] = json!({}),
        &|event| event["data"]["object"]["metadata"]["palestra_payment_id"] = json!(stranger),
        &|event| event["data"]["object"]["metadata"]["palestra_payment_id"] = json!("no-uuid"),
    ];
    for (event, (n, change)) in
        events.iter().flat_map(|event| changes.iter().enumerate().map(move |change| (event, change)))
    {
        let mut event = event.clone();
        event["id"] = json!(format!("{}_{n}", event["id"].as_str().unwrap()));
        change(&mut event);
        app.stripe.deliver(&app, &event).await.expect(200);
    }
    // A payment, a refund and a dispute that somebody else made with the same account.
    for object in [
        json!({ "id": "re_other", "object": "refund", "amount": 5, "currency": "usd", "status": "succeeded", "payment_intent": "pi_other" }),
        json!({ "id": "re_none", "object": "refund", "amount": 5, "currency": "usd", "status": "succeeded", "payment_intent": null }),
    ] {
        let event = json!({ "id": format!("evt_{}", object["id"]), "object": "event", "type": "refund.created", "livemode": false, "data": { "object": object } });
        app.stripe.deliver(&app, &event).await.expect(200);
    }
    app.wait_for_empty_outbox().await;
    assert_eq!(
        (app.payment(&payment).await.at("/status"), app.buyer_access().await),
        (json!("PENDING"), "not_granted".to_owned())
    );
    assert_eq!(
        (
            app.count_rows("receipts").await,
            app.count_rows("purchases").await,
            app.count_rows("refunds").await
        ),
        (0, 0, 0)
    );
}

#[both_databases]
async fn another_amount_or_currency_completes_nothing(app: StripeApp) {
    let (payment, events) = paid_events(&app).await;
    let session = events.iter().find(|event| event["type"] == "checkout.session.completed").unwrap();
    for (n, (name, value)) in [
        ("amount_total", json!(1)),
        ("amount_total", json!(i64::MAX)),
        ("amount_total", json!(-4900)),
        ("currency", json!("eur")),
    ]
    .into_iter()
    .enumerate()
    {
        let mut event = session.clone();
        event["id"] = json!(format!("evt_other{n}"));
        event["data"]["object"][name] = value;
        app.stripe.deliver(&app, &event).await.expect(200);
    }
    app.wait_for_empty_outbox().await;
    assert_eq!(
        (app.payment(&payment).await.at("/status"), app.buyer_access().await),
        (json!("PENDING"), "not_granted".to_owned())
    );
}

#[both_databases]
async fn a_signed_body_that_is_no_event_is_refused(app: StripeApp) {
    for body in ["", "{", "null", "[]", "{\"id\": 1}", "\u{1F980}"] {
        StripeDouble::send(&app, body, &sign(SECRET, body, app.unix_time()))
            .await
            .expect_problem(400, "malformed_request");
    }
    assert_eq!(app.count_rows("provider_events").await, 0);
}
