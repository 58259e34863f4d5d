//! What claims to be Stripe's, and is not, or is about somebody else's money.

use kernel::Environment;
use serde_json::{Value, json};

use crate::support::{FORMER_SECRET, SECRET, StripeDouble, Till, at_the_till, sign};

/// The events of a payment that was made.
async fn paid(till: &Till) -> (String, Vec<Value>) {
    let waiting = till.begin().await;
    till.double.pay(&waiting.name);
    (waiting.payment, till.double.events())
}

at_the_till! {
    async fn of_a_thousand_forged_altered_and_stale_signatures_none_is_taken(till: Till) {
        let (payment, events) = paid(&till).await;
        till.quiet().await;
        let (before, now) = (till.rows("outbox").await, till.clock_now());
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
                7 => (body.clone(), good.get(..good.len() - 1 - usize::try_from(n % 60).unwrap()).unwrap().to_owned()),
                8 => (body.clone(), ["", "t=", "v1=", "t=x,v1=y", ","][usize::try_from(n / 10 % 5).unwrap()].to_owned()),
                _ => (body.clone(), format!("t={now},v1={n:064x}")),
            };
            StripeDouble::send(&till, &body, &signature).await.refused(400, "hook_signature_invalid");
        }
        let unsigned = till.request("POST", "/hooks/stripe").header("content-type", "application/json").body(body.clone());
        till.send(unsigned).await.refused(400, "hook_signature_invalid");
        assert_eq!((till.rows("provider_events").await, till.rows("outbox").await), (0, before));
        assert_eq!(till.payment(&payment).await.at("/status"), "PENDING");
        StripeDouble::send(&till, &body, &good).await.expect(200);
        till.is(&payment, "/status", json!("COMPLETED")).await;
    }

    async fn two_secrets_are_good_while_one_takes_the_other_s_place(till: Till) {
        let (payment, events) = paid(&till).await;
        let body = events.last().unwrap().to_string();
        StripeDouble::send(&till, &body, &sign("whsec_third", &body, till.clock_now())).await.refused(400, "hook_signature_invalid");
        StripeDouble::send(&till, &body, &sign(FORMER_SECRET, &body, till.clock_now())).await.expect(200);
        till.is(&payment, "/status", json!("COMPLETED")).await;
        // Stripe signs with both for a while.
        let (former, present) = (sign(FORMER_SECRET, &body, till.clock_now()), sign(SECRET, &body, till.clock_now()));
        let both = format!("{former},{}", present.split_once(',').unwrap().1);
        StripeDouble::send(&till, &body, &both).await.expect(200);
    }

    async fn what_is_not_about_our_money_is_acknowledged_and_does_nothing(till: Till) {
        let (payment, events) = paid(&till).await;
        till.quiet().await;
        let stranger = Environment::default().new_id().to_string();
        let changes: [&dyn Fn(&mut Value); 7] = [
            &|event| event["livemode"] = json!(true),
            &|event| event["account"] = json!("acct_1"),
            &|event| event["type"] = json!("invoice.paid"),
            &|event| event["type"] = json!("something.stripe.thinks.of.one.day"),
            &|event| event["data"]["object"]["metadata"] = json!({}),
            &|event| event["data"]["object"]["metadata"]["palestra_payment_id"] = json!(stranger),
            &|event| event["data"]["object"]["metadata"]["palestra_payment_id"] = json!("no-uuid"),
        ];
        for (event, (n, change)) in events.iter().flat_map(|event| changes.iter().enumerate().map(move |change| (event, change))) {
            let mut event = event.clone();
            event["id"] = json!(format!("{}_{n}", event["id"].as_str().unwrap()));
            change(&mut event);
            till.double.deliver(&till, &event).await.expect(200);
        }
        // A payment, a refund and a dispute that somebody else made with the same account.
        for object in [
            json!({ "id": "re_other", "object": "refund", "amount": 5, "currency": "usd", "status": "succeeded", "payment_intent": "pi_other" }),
            json!({ "id": "re_none", "object": "refund", "amount": 5, "currency": "usd", "status": "succeeded", "payment_intent": null }),
        ] {
            let event = json!({ "id": format!("evt_{}", object["id"]), "object": "event", "type": "refund.created", "livemode": false, "data": { "object": object } });
            till.double.deliver(&till, &event).await.expect(200);
        }
        till.quiet().await;
        assert_eq!((till.payment(&payment).await.at("/status"), till.reason().await), (json!("PENDING"), "not_granted".to_owned()));
        assert_eq!((till.rows("receipts").await, till.rows("purchases").await, till.rows("refunds").await), (0, 0, 0));
    }

    async fn another_amount_or_currency_than_was_agreed_buys_nothing(till: Till) {
        let (payment, events) = paid(&till).await;
        let session = events.iter().find(|event| event["type"] == "checkout.session.completed").unwrap();
        for (n, (name, value)) in [("amount_total", json!(1)), ("amount_total", json!(i64::MAX)), ("amount_total", json!(-4900)), ("currency", json!("eur"))].into_iter().enumerate() {
            let mut event = session.clone();
            event["id"] = json!(format!("evt_other{n}"));
            event["data"]["object"][name] = value;
            till.double.deliver(&till, &event).await.expect(200);
        }
        till.quiet().await;
        assert_eq!((till.payment(&payment).await.at("/status"), till.reason().await), (json!("PENDING"), "not_granted".to_owned()));
    }

    async fn signed_bytes_that_are_no_event_are_refused(till: Till) {
        for body in ["", "{", "null", "[]", "{\"id\": 1}", "\u{1F980}"] {
            StripeDouble::send(&till, body, &sign(SECRET, body, till.clock_now())).await.refused(400, "malformed_request");
        }
        assert_eq!(till.rows("provider_events").await, 0);
    }
}
